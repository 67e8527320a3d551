//! STAC items, made ready to be stored.

use ardent_model::interval::{format_datetime, parse_document_datetime};
use chrono::DateTime;
use serde_json::{Value, json};
use url::Url;

use crate::href;

/// The item with absolute hrefs, UTC times and a collection: `collection` if it names none.
pub(crate) fn ready(mut item: Value, base: &Url, collection: Option<&str>) -> Result<Value, String> {
    if let Some(assets) = item.get_mut("assets").and_then(Value::as_object_mut) {
        for (key, asset) in assets {
            let given = asset.get("href").and_then(Value::as_str);
            let given = given.ok_or_else(|| format!("asset `{key}` has no `href`"))?;
            let logical = href::logical(given, base).map_err(|reason| format!("asset `{key}`: {reason}"))?;
            asset["href"] = json!(logical);
        }
    }
    if let Some(properties) = item.get_mut("properties") {
        times_in_utc(properties)?;
    }
    if item.get("collection").and_then(Value::as_str).is_none_or(str::is_empty) {
        let collection = collection.ok_or("it names no collection; say which one is meant (--collection)")?;
        item["collection"] = json!(collection);
    }
    Ok(item)
}

/// The times in an item's properties, those that are naive as what they mean.
pub(crate) fn times_in_utc(properties: &mut Value) -> Result<(), String> {
    for name in ["datetime", "start_datetime", "end_datetime", "created", "updated"] {
        if let Some(Value::String(text)) = properties.get_mut(name) {
            in_utc(text).map_err(|reason| format!("`{name}`: {reason}"))?;
        }
    }
    Ok(())
}

/// A naive time is meant as UTC.
fn in_utc(text: &mut String) -> Result<(), String> {
    if DateTime::parse_from_rfc3339(text).is_err() {
        *text = format_datetime(parse_document_datetime(text).map_err(|error| error.to_string())?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Value {
        json!({"type": "Feature", "stac_version": "1.0.0", "id": "scene", "links": [],
            "geometry": {"type": "Point", "coordinates": [0, 0]}, "bbox": [0, 0, 0, 0],
            "properties": {"datetime": "2019-06-27 11:21:21", "created": "2019-06-28T00:00:00+01:00"},
            "assets": {"red": {"href": "./red.tif"}}})
    }

    #[test]
    fn hrefs_times_and_collection_are_filled_in() {
        let base = Url::parse("s3://ard/2019/scene.json").unwrap();
        let ready = ready(item(), &base, Some("sentinel2")).unwrap();
        assert_eq!(ready["assets"]["red"]["href"], "s3://ard/2019/red.tif");
        assert_eq!(ready["properties"]["datetime"], "2019-06-27T11:21:21Z");
        assert_eq!(ready["properties"]["created"], "2019-06-28T00:00:00+01:00", "as it is");
        assert_eq!(ready["collection"], "sentinel2");
    }

    #[test]
    fn faults_name_the_member() {
        let base = Url::parse("file:///a/b.json").unwrap();
        let without = |pointer: &str, value: Value| {
            let mut item = item();
            *item.pointer_mut(pointer).unwrap() = value;
            ready(item, &base, Some("c")).unwrap_err()
        };
        assert!(without("/assets/red", json!({})).contains("asset `red` has no `href`"));
        assert!(without("/assets/red/href", json!("")).contains("asset `red`: its href is empty"));
        assert!(without("/properties/datetime", json!("yesterday")).contains("`datetime`"));
        assert!(ready(item(), &base, None).unwrap_err().contains("--collection"));
    }
}
