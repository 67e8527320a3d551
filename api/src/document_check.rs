//! What items and collections must have to be added or changed by a caller.

use ardent_catalog::{NewItem, check_collection};
use ardent_model::{Bbox, Collection, Item, cover};
use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::as_served;

/// Why a document is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It says that it is another than the one that the path names.
    Elsewhere(String),
    /// It is not what it should be.
    Invalid(String),
}

impl Fault {
    fn new(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }

    /// What is wrong, and what would pass.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Elsewhere(reason) | Self::Invalid(reason) => reason,
        }
    }
}

/// An item of `collection`. It need not name its collection, and its bounds and assets need not be there (STAC API –
/// Transaction, "partial Item").
pub(crate) fn item(mut document: Value, collection: &str) -> Result<NewItem, Fault> {
    let members = document.as_object_mut().ok_or_else(|| Fault::new("it is not a JSON object"))?;
    is_the_same(members, "collection", collection)?;
    check_id(members)?;
    check_version(members)?;
    check_assets(members.entry("assets").or_insert_with(|| json!({})))?;
    check_links(members)?;
    if let Some(bbox) = members.get("bbox") {
        check_bbox("bbox", bbox)?;
    }
    let item = Item::without_assets(&document).map_err(|error| Fault::new(error.to_string()))?;
    if document.get("bbox").is_none()
        && let Some(bounds) = cover::bounds(&item.geometry)
    {
        document["bbox"] = json!(bounds);
    }
    NewItem::new(item, &document).map_err(|error| Fault::new(error.to_string()))
}

/// A collection; what is worked out whenever it is handed out is left out of it.
pub(crate) fn collection(mut document: Value) -> Result<Collection, Fault> {
    as_served::without_made(&mut document);
    let members = document.as_object().ok_or_else(|| Fault::new("it is not a JSON object"))?;
    check_id(members)?;
    check_version(members)?;
    check_links(members)?;
    if !members.get("license").is_some_and(Value::is_string) {
        return Err(Fault::new("it has no `license`; give an SPDX identifier, or `other`"));
    }
    check_extent(members)?;
    let collection = Collection::from_stac(document).map_err(|error| Fault::new(error.to_string()))?;
    check_collection(&collection).map_err(|error| Fault::new(error.to_string()))?;
    Ok(collection)
}

/// Sees that a document names what the path names, or fills it in if it does not say.
pub(crate) fn is_the_same(members: &mut Map<String, Value>, member: &str, expected: &str) -> Result<(), Fault> {
    match members.get(member) {
        None | Some(Value::Null) => {
            members.insert(member.to_owned(), json!(expected));
            Ok(())
        }
        Some(Value::String(given)) if given == expected => Ok(()),
        Some(given) => {
            let reason = format!("its `{member}` is {given}, the path says \"{expected}\"; they must be the same");
            Err(Fault::Elsewhere(reason))
        }
    }
}

fn check_id(members: &Map<String, Value>) -> Result<(), Fault> {
    match members.get("id").and_then(Value::as_str) {
        None | Some("") => Err(Fault::new("it has no `id`; give a text")),
        // Clients take these for steps in a path.
        Some(id @ ("." | "..")) => Err(Fault::new(format!("`{id}` cannot be an `id`"))),
        Some(_) => Ok(()),
    }
}

fn check_version(members: &Map<String, Value>) -> Result<(), Fault> {
    let version = members.get("stac_version").and_then(Value::as_str);
    if version.is_some_and(|version| version.starts_with("1.")) {
        return Ok(());
    }
    Err(Fault::new("its `stac_version` is not one of STAC 1; give 1.0.0 or 1.1.0"))
}

fn check_links(members: &Map<String, Value>) -> Result<(), Fault> {
    if members.get("links").is_some_and(|links| !links.is_array()) {
        return Err(Fault::new("its `links` are not a list"));
    }
    Ok(())
}

fn check_assets(assets: &Value) -> Result<(), Fault> {
    let assets = assets.as_object().ok_or_else(|| Fault::new("its `assets` are not an object"))?;
    for (key, asset) in assets {
        if !asset.get("href").is_some_and(Value::is_string) {
            return Err(Fault::new(format!("its asset `{key}` has no `href`")));
        }
    }
    Ok(())
}

fn check_bbox(name: &str, bbox: &Value) -> Result<(), Fault> {
    let numbers: Option<Vec<f64>> = bbox.as_array().and_then(|sides| sides.iter().map(Value::as_f64).collect());
    let numbers = numbers.ok_or_else(|| {
        Fault::new(format!("its `{name}` is not 4 or 6 numbers; give west, south, east, north in degrees"))
    })?;
    Bbox::from_slice(&numbers).map_err(|error| Fault::new(format!("its `{name}`: {error}")))?;
    Ok(())
}

fn check_extent(members: &Map<String, Value>) -> Result<(), Fault> {
    let list = |part: &str, member: &str| {
        let list = members.get("extent").and_then(|extent| extent.get(part)?.get(member)?.as_array());
        let list = list.filter(|list| !list.is_empty());
        list.ok_or_else(|| Fault::new(format!("its `extent.{part}.{member}` is not a list with something in it")))
    };
    for bbox in list("spatial", "bbox")? {
        check_bbox("extent.spatial.bbox", bbox)?;
    }
    for interval in list("temporal", "interval")? {
        check_interval(interval)?;
    }
    Ok(())
}

fn check_interval(interval: &Value) -> Result<(), Fault> {
    let fault =
        || Fault::new("its `extent.temporal.interval` is not two times (RFC 3339) in order, of which one may be null");
    let side = |side: &Value| match side {
        Value::Null => Some(None),
        side => side.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(Some),
    };
    let sides: Option<Vec<_>> = interval.as_array().and_then(|sides| sides.iter().map(side).collect());
    match sides.as_deref() {
        Some([start, end]) if start.zip(*end).is_none_or(|(start, end)| start <= end) => Ok(()),
        _ => Err(fault()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene() -> Value {
        json!({"type": "Feature", "stac_version": "1.1.0", "id": "s", "properties": {"datetime": "2020-01-01T00:00:00Z"},
            "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}})
    }

    fn product() -> Value {
        json!({"type": "Collection", "stac_version": "1.1.0", "id": "c", "description": "d", "license": "other",
            "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[null, null]]}}})
    }

    fn with(mut document: Value, pointer: &str, value: Value) -> Value {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
        document
    }

    #[test]
    fn what_an_item_need_not_say_is_filled_in() {
        let stored = |given| serde_json::from_str::<Value>(item(given, "c").unwrap().document()).unwrap();
        let new = stored(scene());
        assert_eq!((&new["collection"], &new["assets"]), (&json!("c"), &json!({})));
        assert_eq!(new["bbox"], json!([1.0, 2.0, 3.0, 4.0]));
        let fiji = json!({"type": "MultiPolygon", "coordinates": [
            [[[177, -19], [180, -19], [180, -16], [177, -16], [177, -19]]],
            [[[-180, -19], [-178, -19], [-178, -16], [-180, -16], [-180, -19]]]]});
        let fiji = stored(with(scene(), "/geometry", fiji));
        assert_eq!(fiji["bbox"], json!([177.0, -19.0, -178.0, -16.0]), "RFC 7946, 5.2");
        let given = stored(with(scene(), "/bbox", json!([0, 0, 9, 9])));
        assert_eq!(given["bbox"], json!([0, 0, 9, 9]), "as it was given");
    }

    #[test]
    fn items_that_are_none_say_why() {
        for (pointer, value, word) in [
            ("/id", json!(""), "`id`"),
            ("/id", json!(7), "`id`"),
            ("/id", json!(".."), "`..`"),
            ("/id", json!("x".repeat(1025)), "1024 bytes"),
            ("/stac_version", json!("0.9.0"), "`stac_version`"),
            ("/type", json!("Item"), "`type`"),
            ("/geometry", Value::Null, "geometry"),
            ("/geometry", json!({"type": "Point", "coordinates": [500, 0]}), "500"),
            ("/properties", json!({}), "datetime"),
            ("/properties", json!({"datetime": "yesterday"}), "item `s`"),
            ("/properties", json!([]), "`properties`"),
            ("/properties", json!({"datetime": "2020-01-01T00:00:00Z", "a": "\u{0}"}), "U+0000"),
            ("/bbox", json!([1, 2, 3]), "`bbox`"),
            ("/bbox", Value::Null, "`bbox`"),
            ("/bbox", json!([1, 9, 3, 4]), "`bbox`: "),
            ("/bbox", json!([1, 2, 0, 3, 94, 1]), "latitudes"),
            ("/bbox", json!([1, 2, 183, 4]), "west > east"),
            ("/assets", json!([]), "`assets`"),
            ("/assets", json!({"a": {"title": "no place"}}), "asset `a`"),
            ("/links", json!({}), "`links`"),
            ("/collection", json!("d"), "the path says \"c\""),
        ] {
            let fault = item(with(scene(), pointer, value), "c").unwrap_err();
            assert!(fault.reason().contains(word), "{pointer}: {fault:?}");
            assert_eq!(matches!(fault, Fault::Elsewhere(_)), pointer == "/collection");
        }
        assert!(item(json!([]), "c").is_err());
    }

    #[test]
    fn collections_that_are_none_say_why() {
        assert!(collection(product()).is_ok());
        for (pointer, value, word) in [
            ("/type", json!("Catalog"), "`type`"),
            ("/id", Value::Null, "`id`"),
            ("/description", Value::Null, "`description`"),
            ("/stac_version", json!(1), "`stac_version`"),
            ("/license", Value::Null, "`license`"),
            ("/links", json!(1), "`links`"),
            ("/id", json!("x".repeat(1025)), "1024 bytes"),
            ("/title", json!("\u{0}"), "U+0000"),
            ("/extent", json!(3), "`extent.spatial.bbox`"),
            ("/extent/spatial", json!({"bbox": []}), "`extent.spatial.bbox`"),
            ("/extent/spatial", json!({"bbox": [[1, 2, "3", 4]]}), "`extent.spatial.bbox`"),
            ("/extent/spatial", json!({"bbox": [[1, 2, 3, 1]]}), "`extent.spatial.bbox`: "),
            ("/extent/spatial", json!({"bbox": [[-180, -90, 180, 90], [170, 0, 190, 1]]}), "longitudes"),
            ("/extent/temporal", json!({"interval": [null]}), "`extent.temporal.interval`"),
            ("/extent/temporal", json!({"interval": [["today", null]]}), "`extent.temporal.interval`"),
            ("/extent/temporal", json!({"interval": [["2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]]}), "in order"),
        ] {
            let fault = collection(with(product(), pointer, value)).unwrap_err();
            assert!(fault.reason().contains(word), "{pointer}: {fault:?}");
        }
    }
}
