//! Assets and the bands inside them, from STAC 1.0 (`eo:bands`, `raster:bands`) and 1.1 (`bands`) alike.

use serde_json::{Map, Value};

use crate::{Affine, Crs, DataType, GeoBox};

/// One band of an asset.
///
/// ```
/// use ardent_model::Band;
/// let band = Band::from_stac(1, &serde_json::json!({"name": "B04", "eo:common_name": "red", "nodata": 0}));
/// assert_eq!(band.nodata, Some(0.0));
/// assert!(band.answers_to("red"));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Band {
    /// Canonical name; empty if the document gives none.
    pub name: String,
    /// Common name (`red`, `nir08`), if given.
    pub common_name: Option<String>,
    /// Other names it answers to (`Band 1`, `NIR_B8A`).
    pub aliases: Vec<String>,
    /// Its number in the file, from 1.
    pub layer: usize,
    /// Pixel type, if given.
    pub data_type: Option<DataType>,
    /// Value of missing pixels (NaN included), if there is one.
    pub nodata: Option<f64>,
    /// Unit of the values, if given.
    pub unit: Option<String>,
    /// Physical value = scale × stored value + offset.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
}

impl Band {
    /// From an element of `bands`, `eo:bands` or `raster:bands`.
    pub fn from_stac(layer: usize, value: &Value) -> Self {
        let mut band = Self { layer, scale: 1.0, ..Self::default() };
        if let Some(members) = value.as_object() {
            band.read(members);
        }
        band
    }

    /// Takes over what `members` says, and keeps what it does not.
    fn read(&mut self, members: &Map<String, Value>) {
        let text = |key: &str| members.get(key).and_then(Value::as_str).map(str::to_owned);
        let first = |keys: [&str; 2]| keys.iter().find_map(|key| members.get(*key));
        if let Some(name) = text("name") {
            self.name = name;
        }
        self.common_name = text("eo:common_name").or_else(|| text("common_name")).or(self.common_name.take());
        if let Some(aliases) = members.get("ardent:aliases").and_then(Value::as_array) {
            self.aliases = aliases.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        self.data_type = text("data_type").and_then(|name| name.parse().ok()).or(self.data_type);
        if let Some(nodata) = members.get("nodata") {
            self.nodata = nodata_from_json(nodata);
        }
        self.unit = text("unit").or(self.unit.take());
        self.scale = first(["raster:scale", "scale"]).and_then(Value::as_f64).unwrap_or(self.scale);
        self.offset = first(["raster:offset", "offset"]).and_then(Value::as_f64).unwrap_or(self.offset);
    }

    /// Whether it is known by `name`: its name, common name or an alias.
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.common_name.as_deref() == Some(name) || self.aliases.iter().any(|alias| alias == name)
    }
}

/// A nodata value of STAC JSON: a number, or `"nan"`, `"inf"`, `"-inf"`.
///
/// ```
/// assert!(ardent_model::band::nodata_from_json(&serde_json::json!("nan")).unwrap().is_nan());
/// ```
pub fn nodata_from_json(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str().and_then(|text| text.to_ascii_lowercase().parse().ok()))
}

/// A file of an item.
///
/// ```
/// use ardent_model::Asset;
/// let asset = Asset::from_stac("blue", &serde_json::json!({"href": "s3://b/B02.tif"}), None);
/// assert_eq!(asset.bands[0].name, "blue", "a file of one unnamed band is called by the asset's key");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Its key in the item.
    pub key: String,
    /// Where it is.
    pub href: String,
    /// Media type, if given.
    pub media_type: Option<String>,
    /// Its roles.
    pub roles: Vec<String>,
    /// Its bands, in the order of the file; none for a thumbnail, an overview picture or metadata.
    pub bands: Vec<Band>,
    /// Its pixel grid, if the document gives it (`proj:code`, `proj:shape`, `proj:transform`).
    pub grid: Option<GeoBox>,
    /// What else the document says of it.
    pub members: Map<String, Value>,
}

impl Asset {
    /// From an item's asset. `properties` are the item's, whose `proj:` members hold for assets without their own.
    pub fn from_stac(key: &str, value: &Value, properties: Option<&Map<String, Value>>) -> Self {
        let empty = Map::new();
        let members = value.as_object().unwrap_or(&empty);
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let roles = members.get("roles").and_then(Value::as_array);
        Self {
            key: key.to_owned(),
            href: text("href").unwrap_or_default(),
            media_type: text("type"),
            roles: roles.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            bands: bands_of(key, members),
            grid: grid_of(members, properties.unwrap_or(&empty)),
            members: members.clone(),
        }
    }
}

/// Merges the band lists a document may have; members of the asset itself hold for all of its bands (STAC 1.1).
fn bands_of(key: &str, members: &Map<String, Value>) -> Vec<Band> {
    let lists: Vec<_> = ["eo:bands", "raster:bands", "bands"]
        .iter()
        .filter_map(|name| members.get(*name).and_then(Value::as_array))
        .collect();
    let listed = lists.iter().map(|list| list.len()).max().unwrap_or(0);
    // A file of no listed band has one, unless it is said to be something else than data.
    let has_role = |role: &str| {
        let roles = members.get("roles").and_then(Value::as_array).into_iter().flatten();
        roles.filter_map(Value::as_str).any(|one| one == role)
    };
    let is_other = ["metadata", "thumbnail", "overview"].into_iter().any(has_role);
    let count = if is_other { listed } else { listed.max(1) };
    let shared: Map<String, Value> = ["data_type", "nodata", "unit", "raster:scale", "raster:offset", "ardent:aliases"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), members.get(*name)?.clone())))
        .collect();
    (0..count)
        .map(|index| {
            let mut band = Band { layer: index + 1, scale: 1.0, ..Band::default() };
            band.read(&shared);
            for one in lists.iter().filter_map(|list| list.get(index)).filter_map(Value::as_object) {
                band.read(one);
            }
            if band.name.is_empty() && count == 1 {
                key.clone_into(&mut band.name);
            }
            band
        })
        .collect()
}

fn grid_of(members: &Map<String, Value>, properties: &Map<String, Value>) -> Option<GeoBox> {
    let find = |name: &str| members.get(name).or_else(|| properties.get(name));
    let code = find("proj:code").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let epsg = || find("proj:epsg").and_then(Value::as_u64).and_then(|code| u32::try_from(code).ok()).map(Crs::epsg);
    let crs: Crs = code.or_else(epsg).or_else(|| find("proj:projjson").and_then(Crs::from_projjson))?;
    let numbers = |name: &str| find(name)?.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
    let affine = Affine(numbers("proj:transform")?.get(..6)?.try_into().ok()?);
    let shape = numbers("proj:shape")?;
    let [height, width] = shape.as_slice() else { return None };
    Some(GeoBox { crs, affine, width_px: *width as usize, height_px: *height as usize })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn metadata_and_thumbnails_have_no_bands() {
        for role in ["metadata", "thumbnail", "overview"] {
            let asset = Asset::from_stac("x", &json!({"href": "x", "roles": [role]}), None);
            assert!(asset.bands.is_empty(), "{role}");
        }
        assert_eq!(Asset::from_stac("x", &json!({"href": "x", "roles": ["data", "reflectance"]}), None).bands.len(), 1);
    }

    #[test]
    fn both_versions_of_stac_say_the_same() {
        let old = json!({"href": "a.tif", "eo:bands": [{"name": "B02", "common_name": "blue"}],
            "raster:bands": [{"nodata": 0, "data_type": "uint16", "scale": 0.0001, "offset": -0.1}],
            "proj:shape": [2, 3], "proj:transform": [10, 0, 5, 0, -10, 7]});
        let new = json!({"href": "a.tif", "nodata": 0, "data_type": "uint16",
            "bands": [{"name": "B02", "eo:common_name": "blue", "raster:scale": 0.0001, "raster:offset": -0.1}],
            "proj:code": "EPSG:32633", "proj:shape": [2, 3], "proj:transform": [10, 0, 5, 0, -10, 7, 0, 0, 1]});
        let properties = json!({"proj:epsg": 32633});
        let old = Asset::from_stac("blue", &old, properties.as_object());
        let new = Asset::from_stac("blue", &new, None);
        assert_eq!(old.bands, new.bands);
        assert_eq!(old.grid, new.grid);
        let grid = old.grid.unwrap();
        assert_eq!((grid.width_px, grid.height_px, grid.crs), (3, 2, Crs::epsg(32633)));
    }
}
