//! Collections: what the items of a product share.

use serde_json::{Map, Value};

use crate::{Asset, Band, Error, Result};

/// A STAC collection.
///
/// ```
/// use ardent_model::Collection;
/// let collection = Collection::from_stac(serde_json::json!({
///     "type": "Collection", "stac_version": "1.1.0", "id": "sentinel2", "description": "ARD", "license": "OGL-UK-3.0",
///     "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[null, null]]}}, "links": [],
///     "item_assets": {"data": {"bands": [{"name": "red", "ardent:aliases": ["Red"]}]}}
/// })).unwrap();
/// assert_eq!(collection.band("Red").unwrap().name, "red");
/// ```
#[derive(Debug, Clone)]
pub struct Collection {
    /// Its id.
    pub id: String,
    /// The document, whole.
    pub document: Value,
    /// The assets its items have (`item_assets`), without places.
    pub assets: Vec<Asset>,
}

impl Collection {
    /// From a STAC collection document.
    pub fn from_stac(document: Value) -> Result<Self> {
        let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = if id.is_empty() { "(without id)".to_owned() } else { id.clone() };
        let fault = |reason: &str| Error::Collection { collection: name.clone(), reason: reason.to_owned() };
        if document.get("type").and_then(Value::as_str) != Some("Collection") {
            return Err(fault("`type` is not \"Collection\""));
        }
        if id.is_empty() {
            return Err(fault("it has no `id`"));
        }
        if document.get("description").and_then(Value::as_str).is_none() {
            return Err(fault("it has no `description`"));
        }
        let empty = Map::new();
        let assets = document.get("item_assets").and_then(Value::as_object).unwrap_or(&empty);
        let assets = assets.iter().map(|(key, asset)| Asset::from_stac(key, asset, None)).collect();
        Ok(Self { id, document, assets })
    }

    /// The band that answers to `name`, if there is exactly one.
    pub fn band(&self, name: &str) -> Option<&Band> {
        let mut found = self.assets.iter().flat_map(|asset| &asset.bands).filter(|band| band.answers_to(name));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}
