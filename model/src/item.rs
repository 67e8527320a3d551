//! Items: what the catalogue finds and the cube engine reads.

use chrono::{DateTime, Utc};
use geo::BoundingRect;
use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value};

use crate::footprint::from_geojson;
use crate::{Asset, Band, Error, Interval, Result};

/// Properties that have a type of their own in every item (STAC 1.1, Common Metadata).
const TYPED_PROPERTIES: [&str; 7] =
    ["datetime", "start_datetime", "end_datetime", "title", "description", "created", "updated"];

/// A STAC item (1.0 or 1.1), as far as searching and reading it need.
///
/// ```
/// use ardent_model::Item;
/// let item = Item::from_stac(&serde_json::json!({
///     "type": "Feature", "stac_version": "1.1.0", "id": "scene", "collection": "sentinel2",
///     "geometry": {"type": "Point", "coordinates": [-1.5, 50.9]}, "bbox": [-1.5, 50.9, -1.5, 50.9],
///     "properties": {"datetime": "2019-06-27T11:21:21Z"},
///     "assets": {"red": {"href": "red.tif"}}, "links": []
/// })).unwrap();
/// assert_eq!(item.resolve_band("red").unwrap().0.href, "red.tif");
/// ```
#[derive(Debug, Clone)]
pub struct Item {
    /// Its id, unique in the collection.
    pub id: String,
    /// Id of its collection; empty if the document names none.
    pub collection: String,
    /// Footprint in longitude and latitude.
    pub geometry: geo_types::Geometry<f64>,
    /// When it was taken: `datetime`, or the start of its range.
    pub datetime: DateTime<Utc>,
    /// The time it covers.
    pub interval: Interval,
    /// `properties`, whole.
    pub properties: Map<String, Value>,
    /// Its assets, in the document's order.
    pub assets: Vec<Asset>,
}

impl Item {
    /// From a STAC item document.
    pub fn from_stac(document: &Value) -> Result<Self> {
        let mut item = Self::without_assets(document)?;
        let assets = document.get("assets").and_then(Value::as_object).into_iter().flatten();
        item.assets = assets.map(|(key, asset)| Asset::from_stac(key, asset, Some(&item.properties))).collect();
        Ok(item)
    }

    /// The same with no assets, which take most of the time to read: enough to find it by.
    pub fn without_assets(document: &Value) -> Result<Self> {
        let id = document.get("id").and_then(Value::as_str).unwrap_or("(without id)").to_owned();
        let fault = |reason: String| Error::Item { item: id.clone(), reason };
        if document.get("type").and_then(Value::as_str) != Some("Feature") {
            return Err(fault("`type` is not \"Feature\", so it is not a STAC item".to_owned()));
        }
        if document.get("id").and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(fault("it has no `id`".to_owned()));
        }
        let properties = document.get("properties").and_then(Value::as_object).cloned();
        let properties = properties.ok_or_else(|| fault("it has no `properties`".to_owned()))?;
        // Assets are read apart: the typed form refuses nodata "nan", which documents do carry. Of properties, it has no
        // more to say than of those that it knows, and takes long over the others.
        let known =
            TYPED_PROPERTIES.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(*name)?.clone())));
        let known = Value::Object(known.collect());
        let members = document.as_object().into_iter().flatten().filter(|(name, _)| *name != "assets");
        let members = members.map(|(name, value)| (name.as_str(), if name == "properties" { &known } else { value }));
        let typed = stac::Item::deserialize(MapDeserializer::new(members));
        let typed = typed.map_err(|error: serde_json::Error| fault(error.to_string()))?;
        let geometry = typed.geometry.ok_or_else(|| {
            fault("it has no geometry, so no search would find it; give the footprint as GeoJSON".to_owned())
        })?;
        let geometry = from_geojson(geometry).map_err(|error| fault(format!("geometry: {error}")))?;
        let (start, end) = (typed.properties.start_datetime, typed.properties.end_datetime);
        let interval = match (typed.properties.datetime, start, end) {
            (_, Some(_), Some(_)) => Interval::new(start, end)?,
            (Some(at), ..) => Interval::instant(at),
            _ => return Err(fault("it has neither `datetime` nor `start_datetime` and `end_datetime`".to_owned())),
        };
        let datetime = typed.properties.datetime.or(interval.start).unwrap_or_default();
        let collection = typed.collection.unwrap_or_default();
        Ok(Self { id, collection, geometry, datetime, interval, properties, assets: Vec::new() })
    }

    /// The asset and band that answer to `name`: a band's name, common name or alias, an asset's key (if it has one
    /// band), or `asset.N` with N from 1. An error lists the candidates if there is none or more than one.
    pub fn resolve_band(&self, name: &str) -> Result<(&Asset, &Band)> {
        let exact = |band: &Band| band.name == name;
        let other = |band: &Band| band.answers_to(name);
        let by_key = |asset: &Asset| asset.key == name && asset.bands.len() == 1;
        let every = || self.assets.iter().flat_map(|asset| asset.bands.iter().map(move |band| (asset, band)));
        // A canonical name wins over an asset's key, that over aliases; within each, two are one too many.
        let ranks: [Vec<_>; 3] = [
            every().filter(|(_, band)| exact(band)).collect(),
            every().filter(|(asset, _)| by_key(asset)).collect(),
            every().filter(|(_, band)| other(band)).collect(),
        ];
        let found = ranks.into_iter().find(|rank| !rank.is_empty()).unwrap_or_else(|| self.layer_of(name));
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(Error::Item {
                item: self.id.clone(),
                reason: format!("it has no band `{name}`; it has {}", self.band_names().join(", ")),
            }),
            many => {
                let candidates: Vec<_> =
                    many.iter().map(|(asset, band)| format!("{}.{}", asset.key, band.layer)).collect();
                Err(Error::Item {
                    item: self.id.clone(),
                    reason: format!("the band `{name}` is ambiguous; choose one of {}", candidates.join(", ")),
                })
            }
        }
    }

    fn layer_of(&self, name: &str) -> Vec<(&Asset, &Band)> {
        let found = name.rsplit_once('.').and_then(|(key, layer)| {
            let asset = self.assets.iter().find(|asset| asset.key == key)?;
            let layer: usize = layer.parse().ok()?;
            Some((asset, asset.bands.iter().find(|band| band.layer == layer)?))
        });
        found.into_iter().collect()
    }

    /// Names of the bands it has.
    pub fn band_names(&self) -> Vec<String> {
        let named = self.assets.iter().flat_map(|asset| &asset.bands).filter(|band| !band.name.is_empty());
        named.map(|band| band.name.clone()).collect()
    }

    /// Bounds of the footprint: west, south, east, north.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let bounds = self.geometry.bounding_rect()?;
        Some([bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y])
    }

    /// Longitude of the middle of the footprint, in degrees.
    pub fn centre_longitude(&self) -> f64 {
        self.geometry.bounding_rect().map_or(0.0, |rectangle| rectangle.center().x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "callers build the value in place")]
    fn scene(assets: Value) -> Value {
        json!({"type": "Feature", "stac_version": "1.0.0", "id": "scene", "collection": "c", "links": [],
            "geometry": {"type": "Point", "coordinates": [0, 0]}, "bbox": [0, 0, 0, 0],
            "properties": {"datetime": "2019-06-27T11:21:21Z"}, "assets": assets})
    }

    #[test]
    fn a_position_without_numbers_is_refused() {
        for geometry in
            [r#"{"type": "Point", "coordinates": []}"#, r#"{"type": "LineString", "coordinates": [[1, 2], []]}"#]
        {
            let document = format!(
                r#"{{"type": "Feature", "stac_version": "1.1.0", "id": "a", "geometry": {geometry}, "links": [],
                    "properties": {{"datetime": "2019-06-27T00:00:00Z"}}, "assets": {{}}}}"#
            );
            let error = Item::from_stac(&serde_json::from_str(&document).unwrap()).unwrap_err().to_string();
            assert!(error.contains("two"), "{error}");
        }
    }

    #[test]
    fn bands_answer_to_names_aliases_keys_and_layers() {
        let item = Item::from_stac(&scene(json!({
            "data": {"href": "d.tif", "bands": [{"name": "blue", "ardent:aliases": ["Blue", "band_1"]}, {"name": "green"}]},
            "B8A": {"href": "n.tif", "bands": [{"name": "nir08"}]}
        })))
        .unwrap();
        for (name, key, layer) in [("blue", "data", 1), ("Blue", "data", 1), ("data.2", "data", 2), ("B8A", "B8A", 1)] {
            let (asset, band) = item.resolve_band(name).unwrap();
            assert_eq!((asset.key.as_str(), band.layer), (key, layer), "{name}");
        }
        let error = item.resolve_band("purple").unwrap_err().to_string();
        assert!(error.contains("purple") && error.contains("nir08"), "{error}");
    }

    #[test]
    fn an_ambiguous_band_lists_the_candidates() {
        let band = json!({"href": "x.tif", "bands": [{"name": "x", "eo:common_name": "red"}]});
        let other = json!({"href": "y.tif", "bands": [{"name": "y", "eo:common_name": "red"}]});
        let item = Item::from_stac(&scene(json!({"x": band, "y": other}))).unwrap();
        let error = item.resolve_band("red").unwrap_err().to_string();
        assert!(error.contains("x.1, y.1"), "{error}");
    }

    #[test]
    fn a_document_that_is_no_item_says_why() {
        let mut without_geometry = scene(json!({}));
        without_geometry["geometry"] = Value::Null;
        let mut without_time = scene(json!({}));
        without_time["properties"] = json!({"datetime": null});
        let mut without_id = scene(json!({}));
        without_id["id"] = json!("");
        for (document, reason) in [
            (without_geometry, "no geometry"),
            (without_time, "neither `datetime`"),
            (without_id, "no `id`"),
            (json!({"type": "Collection"}), "not \"Feature\""),
            (json!([1]), "not \"Feature\""),
        ] {
            let error = Item::from_stac(&document).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
