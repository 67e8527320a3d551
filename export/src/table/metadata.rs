//! What a table says of itself: `geo` (GeoParquet 1.1.0) and `stac-geoparquet` (1.1.0).

use parquet::file::metadata::KeyValue;
use serde_json::{Map, Value, json};

use super::shape::Shape;
use crate::{Error, Result};

/// The metadata of a table of these shape and collections; `seen` are the ids of the collections that have items in it.
pub(super) fn of<'a>(
    shape: &Shape,
    collections: &[Value],
    seen: impl Iterator<Item = &'a String>,
) -> Result<Vec<KeyValue>> {
    let mut columns = Map::new();
    let path = |part: &str| json!(["bbox", part]);
    let mut geometry = json!({
        "encoding": "WKB", "geometry_types": shape.geometry_types, "edges": "planar",
        "covering": {"bbox": {"xmin": path("xmin"), "ymin": path("ymin"), "xmax": path("xmax"), "ymax": path("ymax")}},
    });
    if let Some(bounds) = shape.bounds {
        geometry["bbox"] = json!(bounds);
    }
    columns.insert("geometry".to_owned(), geometry);
    for name in shape.other_geometries() {
        columns.insert(name, json!({"encoding": "WKB", "geometry_types": [], "crs": null}));
    }
    let geo = json!({"version": "1.1.0", "primary_column": "geometry", "columns": columns});
    let of_seen = seen.filter_map(|id| {
        let document = collections.iter().find(|document| document["id"] == id.as_str())?;
        Some((id.clone(), document.clone()))
    });
    let stac = json!({"version": "1.1.0", "collections": of_seen.collect::<Map<_, _>>()});
    let entry = |key: &str, value: &Value| {
        serde_json::to_string(value).map(|text| KeyValue::new(key.to_owned(), text)).map_err(Error::Document)
    };
    Ok(vec![entry("geo", &geo)?, entry("stac-geoparquet", &stac)?])
}
