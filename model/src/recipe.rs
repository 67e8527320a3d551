//! Recipes: which cube is wanted. One JSON document for every protocol.

mod clip;
mod extra;
mod failure;
mod group;
mod index;
mod mask;
mod reduce;
mod request;
mod select;

pub use clip::Clip;
pub use extra::Extra;
pub use failure::OnError;
pub use group::Group;
pub use index::NamedIndex;
pub use mask::{Keep, MaskRule};
pub use reduce::{Best, Reduce};
pub use request::{After, BandRequest};
pub use select::Select;

use geojson::GeoJson;
use serde::{Deserialize, Serialize};

use crate::footprint::from_document;
use crate::{Anchor, Bounds, Crs, Error, Interval, Result, cover};

/// A cube: from which items, on which grid, which bands, what is masked, how dates are grouped and reduced.
///
/// ```
/// use ardent_model::{Recipe, recipe::{Group, Reduce}};
/// let recipe = Recipe::parse(br#"{
///     "collections": ["sentinel2"], "datetime": "2019-06-01/2019-08-31",
///     "bbox": [434800, 96500, 548510, 145900], "bbox_crs": "EPSG:27700", "crs": "EPSG:27700", "resolution": 10,
///     "bands": ["red", "green", "blue", {"name": "ndvi", "expression": "(nir2-red)/(nir2+red)"}],
///     "valid": {"vmask": [1]}, "mask": {"fmask": [0]}, "group": "season", "reduce": "median"
/// }"#).unwrap();
/// assert_eq!((recipe.group, recipe.reduce), (Group::Season, Reduce::Median));
/// assert!(Recipe::parse(br#"{"colections": []}"#).unwrap_err().to_string().contains("colections"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Ids of the collections to read.
    pub collections: Vec<String>,
    /// Ids of the items to read; left out: all that the rest finds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Time to read, dates or RFC 3339, the end included; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datetime: Option<String>,
    /// Area as left, bottom, right, top in `bbox_crs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bbox: Option<[f64; 4]>,
    /// CRS of `bbox` and `geometry`; longitude and latitude if left out.
    #[serde(default = "wgs84")]
    pub bbox_crs: Crs,
    /// Area as a GeoJSON geometry in `bbox_crs`, of which the bounds count, or with `clip` the inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<GeoJson>,
    /// Whether pixels outside of `geometry` are left out.
    #[serde(default)]
    pub clip: Clip,
    /// CRS of the result; left out: that of the items, if they share a grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crs: Option<Crs>,
    /// Pixel size of the result in units of its CRS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<f64>,
    /// Where the pixel edges of the result lie.
    #[serde(default)]
    pub anchor: Anchor,
    /// How values are taken from a grid that is not the result's.
    #[serde(default)]
    pub resampling: Resampling,
    /// Bands of the result, by name, alias or expression.
    pub bands: Vec<BandRequest>,
    /// Where there is data at all.
    #[serde(default, with = "mask::list", skip_serializing_if = "Vec::is_empty")]
    pub valid: Vec<MaskRule>,
    /// Which pixels to keep.
    #[serde(default, with = "mask::list", skip_serializing_if = "Vec::is_empty")]
    pub mask: Vec<MaskRule>,
    /// Which versions of a scene are read.
    #[serde(default)]
    pub dedupe: Dedupe,
    /// Which dates are read; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<Select>,
    /// Which dates go together.
    #[serde(default)]
    pub group: Group,
    /// What becomes of the dates of a group.
    #[serde(default)]
    pub reduce: Reduce,
    /// Bands that tell where values come from, after the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
    /// Whether the result is in physical values, as float32, instead of the collection's digital numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scale: bool,
    /// Whether items whose values differ in scale or offset are brought to one of each.
    #[serde(default = "yes")]
    pub harmonize: bool,
    /// What becomes of the cube if a scene cannot be read.
    #[serde(default)]
    pub on_error: OnError,
}

const fn yes() -> bool {
    true
}

const fn wgs84() -> Crs {
    Crs::WGS84
}

/// How values are taken from a grid that is not the result's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resampling {
    /// The source pixel in which the centre of the output pixel lies.
    #[default]
    Nearest,
    /// The four source pixels around it, weighted by distance.
    Bilinear,
    /// The sixteen source pixels around it, by cubic convolution.
    Cubic,
    /// The mean of the source pixels that the output pixel covers, weighted by how much of each.
    Average,
    /// The value that covers most of the output pixel.
    Mode,
}

/// Which versions of a scene are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dedupe {
    /// The latest.
    #[default]
    Latest,
    /// All.
    None,
}

/// Most bands of a recipe.
pub const MAX_BANDS: usize = 64;

impl Recipe {
    /// From JSON text; every fault names the member.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let recipe: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." { "(document)".to_owned() } else { path };
            Error::recipe(field, error.into_inner().to_string())
        })?;
        reader.end().map_err(|error| Error::recipe("(document)", error.to_string()))?;
        recipe.validate()?;
        Ok(recipe)
    }

    /// The time to read; `None`: all of it.
    pub fn interval(&self) -> Result<Option<Interval>> {
        self.datetime.as_deref().map(Interval::parse_recipe).transpose()
    }

    /// The area in `bbox_crs`; `None`: wherever the items are. Across the antimeridian longitudes go on beyond 180.
    pub fn area(&self) -> Result<Option<Bounds>> {
        let round =
            |left: f64, right: f64| if self.bbox_crs == Crs::WGS84 && left > right { right + 360.0 } else { right };
        if let Some([left, bottom, right, top]) = self.bbox {
            return Ok(Some(Bounds { left, bottom, right: round(left, right), top }));
        }
        let Some(geojson) = &self.geometry else { return Ok(None) };
        let geometry = from_document(geojson.clone())
            .map_err(|error| Error::recipe("geometry", format!("{error}; give a GeoJSON geometry")))?;
        let bounds = geo::BoundingRect::bounding_rect(&geometry)
            .ok_or_else(|| Error::recipe("geometry", "it is empty; give one with an area"))?;
        let (min, max) = (bounds.min(), bounds.max());
        let whole = Bounds { left: min.x, bottom: min.y, right: max.x, top: max.y };
        // Parts on both sides of the antimeridian are one area.
        let across = cover::bounds(&geometry).filter(|bbox| self.bbox_crs == Crs::WGS84 && bbox.crosses_antimeridian());
        Ok(Some(across.map_or(whole, |bbox| {
            let [west, _, east, _] = bbox.sides();
            Bounds { left: west, right: round(west, east), ..whole }
        })))
    }

    /// Bands of a group of the result, extra ones among them.
    pub fn bands_per_group(&self) -> usize {
        let extra = self.extra.iter().map(|extra| if extra.is_per_band(&self.reduce) { self.bands.len() } else { 1 });
        self.bands.len() + extra.sum::<usize>()
    }

    /// Whether it can be carried out, as far as it alone tells.
    pub fn validate(&self) -> Result<()> {
        let need = |holds: bool, field: &str, reason: &str| {
            if holds { Ok(()) } else { Err(Error::recipe(field, reason)) }
        };
        need(!self.collections.is_empty(), "collections", "it is empty; name at least one collection")?;
        need(!self.bands.is_empty(), "bands", "it is empty; name at least one band")?;
        need(self.bands.len() <= MAX_BANDS, "bands", "there are more than 64; split the request")?;
        need(self.bbox.is_none() || self.geometry.is_none(), "geometry", "give either it or bbox, not both")?;
        need(
            self.crs.is_some() == self.resolution.is_some() || matches!(self.anchor, Anchor::Like { .. }),
            if self.crs.is_some() { "resolution" } else { "crs" },
            "crs and resolution go together; give both, or neither for the items' own grid",
        )?;
        if let Some(resolution) = self.resolution {
            need(resolution.is_finite() && resolution > 0.0, "resolution", "it must be a positive number")?;
        }
        if let Anchor::At(corner) = self.anchor {
            need(corner.iter().all(|side| side.is_finite()), "anchor", "its coordinates must be finite")?;
        }
        self.interval().map_err(|error| Error::recipe("datetime", error.to_string()))?;
        self.validate_area()?;
        self.clip_polygons()?;
        let mut names = std::collections::HashSet::new();
        for (index, band) in self.bands.iter().enumerate() {
            band.validate(&format!("bands[{index}]"))?;
            let once = names.insert(band.name());
            need(once, &format!("bands[{index}]"), "the band is named twice; name it once")?;
        }
        self.reduce.validate()?;
        extra::validate(&self.extra, &self.reduce, &self.bands)?;
        mask::validate("valid", &self.valid)?;
        mask::validate("mask", &self.mask)?;
        self.select.as_ref().map_or(Ok(()), Select::validate)?;
        self.on_error.validate()
    }

    fn validate_area(&self) -> Result<()> {
        let Some(area) = self.area()? else { return Ok(()) };
        let field = if self.bbox.is_some() { "bbox" } else { "geometry" };
        let sides = [area.left, area.bottom, area.right, area.top];
        if sides.iter().any(|side| !side.is_finite()) {
            return Err(Error::recipe(field, "its coordinates must be finite"));
        }
        // Across the antimeridian it is left > right in a bbox, and goes on beyond 180 here.
        let is_beyond = !(-180.0..=180.0).contains(&area.left) || area.right > area.left + 360.0;
        let has_far_side = self.bbox.is_some_and(|[_, _, right, _]| right > 180.0);
        if self.bbox_crs == Crs::WGS84 && (is_beyond || has_far_side || area.bottom < -90.0 || area.top > 90.0) {
            return Err(Error::recipe(field, "it is not in degrees; name its CRS in bbox_crs, for example EPSG:27700"));
        }
        if area.left >= area.right || area.bottom >= area.top {
            return Err(Error::recipe(
                field,
                "the area is empty; give left, bottom, right, top with left < right and \
                bottom < top",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
