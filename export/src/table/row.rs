//! An item as a row: its properties are hoisted beside its other members, and its box is a struct.

use ardent_model::{cover, footprint};
use serde_json::{Map, Value, json};

use super::Row;
use crate::{Error, Result};

/// Members of an item that are no properties; a property of such a name has no column (stac-geoparquet, Guidelines).
const OWN: [&str; 10] = [
    "type",
    "stac_version",
    "stac_extensions",
    "id",
    "geometry",
    "bbox",
    "properties",
    "links",
    "assets",
    "collection",
];

/// The row of a document.
pub(super) fn of(text: &str) -> Result<Row> {
    let mut row: Row = serde_json::from_str(text).map_err(Error::Document)?;
    row.remove("type");
    let id = row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let fault = |reason: String| Error::Item { item: id.clone(), reason };
    let properties = match row.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    for (name, value) in properties {
        if OWN.contains(&name.as_str()) || row.contains_key(&name) {
            return Err(fault(format!("its property `{name}` has the name of a column of its own")));
        }
        row.insert(name, value);
    }
    let bbox = match row.remove("bbox") {
        None | Some(Value::Null) => row.get("geometry").map(bounds).transpose(),
        Some(given) => bbox(&given).map(Some),
    };
    let bbox = bbox.map_err(fault)?;
    row.insert("bbox".to_owned(), bbox.unwrap_or(Value::Null));
    Ok(row)
}

/// What a geometry covers, for an item without box: xmin > xmax across the antimeridian (GeoParquet 1.1.0, bbox column).
fn bounds(geometry: &Value) -> std::result::Result<Value, String> {
    if geometry.is_null() {
        return Ok(Value::Null);
    }
    let covered = cover::bounds(&footprint::from_value(geometry.clone())?);
    covered.map_or(Ok(Value::Null), |bounds| bbox(&json!(bounds)))
}

/// The names that GeoParquet 1.1 has for the numbers of a box.
fn bbox(given: &Value) -> std::result::Result<Value, String> {
    let numbers = given.as_array().map(Vec::as_slice).unwrap_or_default();
    if !numbers.iter().all(Value::is_number) {
        return Err("its `bbox` is not a list of numbers".to_owned());
    }
    match numbers {
        [west, south, east, north] => Ok(json!({"xmin": west, "ymin": south, "xmax": east, "ymax": north})),
        [west, south, low, east, north, high] => {
            Ok(json!({"xmin": west, "ymin": south, "zmin": low, "xmax": east, "ymax": north, "zmax": high}))
        }
        _ => Err(format!("its `bbox` has {} numbers; a box has 4 or 6", numbers.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_stand_beside_the_rest() {
        let item = json!({
            "type": "Feature", "id": "a", "bbox": [1, 2, 3, 4], "properties": {"datetime": null, "gsd": 10},
            "geometry": null,
        });
        let row = of(&item.to_string()).unwrap();
        let expected = json!({
            "id": "a", "bbox": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}, "datetime": null, "gsd": 10,
            "geometry": null,
        });
        assert_eq!(Value::Object(row), expected);
    }

    #[test]
    fn a_box_that_is_missing_is_that_of_the_geometry() {
        let geometry = json!({"type": "LineString", "coordinates": [[1, 5], [-2, 7]]});
        let row = of(&json!({"id": "a", "geometry": geometry}).to_string()).unwrap();
        assert_eq!(row["bbox"], json!({"xmin": -2.0, "ymin": 5.0, "xmax": 1.0, "ymax": 7.0}));
        let fiji = json!({"type": "MultiPoint", "coordinates": [[177, -18], [180, -17], [-180, -17], [-178, -16]]});
        let row = of(&json!({"id": "a", "geometry": fiji}).to_string()).unwrap();
        assert_eq!(row["bbox"], json!({"xmin": 177.0, "ymin": -18.0, "xmax": -178.0, "ymax": -16.0}));
        let row = of(&json!({"id": "a", "bbox": null, "geometry": null}).to_string()).unwrap();
        assert_eq!(row["bbox"], Value::Null);
    }

    #[test]
    fn what_has_no_column_is_named() {
        for (item, reason) in [
            (json!({"id": "a", "properties": {"id": "b"}}), "`id`"),
            (json!({"id": "a", "extra": 1, "properties": {"extra": 2}}), "`extra`"),
            (json!({"id": "a", "bbox": [1, 2, 3]}), "3 numbers"),
            (json!({"id": "a", "bbox": ["1", 2, 3, 4]}), "not a list of numbers"),
        ] {
            let error = of(&item.to_string()).unwrap_err().to_string();
            assert!(error.contains("item `a`") && error.contains(reason), "{error}");
        }
    }
}
