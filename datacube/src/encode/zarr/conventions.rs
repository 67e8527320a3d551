//! The CRS and the grid as the Zarr conventions `proj:` and `spatial:` (version 1, of which GeoZarr is made) have them, for
//! programs that do not read CF. They stand in the group, and hold for its arrays.
//!
//! <https://github.com/zarr-conventions/geo-proj>, <https://github.com/zarr-conventions/spatial>

use serde_json::{Map, Value, json};

use super::CfCube;
use crate::plan::Plan;

/// The attributes of the group.
pub(super) fn attributes(plan: &Plan, cube: &CfCube) -> Map<String, Value> {
    let grid = &plan.grid;
    let bounds = grid.bounds();
    let [_, rows, columns, _] = cube.dimensions;
    let mut attributes = Map::new();
    let mut add = |name: &str, value: Value| attributes.insert(name.to_owned(), value);
    // Each is known by its uuid.
    let conventions = json!([
        {
            "uuid": "f17cb550-5864-4468-aeb7-f3180cfb622f",
            "name": "proj:",
            "schema_url": "https://raw.githubusercontent.com/zarr-experimental/geo-proj/refs/tags/v1/schema.json",
            "spec_url": "https://github.com/zarr-experimental/geo-proj/blob/v1/README.md",
        },
        {
            "uuid": "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4",
            "name": "spatial",
            "schema_url": "https://raw.githubusercontent.com/zarr-conventions/spatial/refs/tags/v1/schema.json",
            "spec_url": "https://github.com/zarr-conventions/spatial/blob/v1/README.md",
        },
    ]);
    add("zarr_conventions", conventions);
    add("proj:code", json!(grid.crs.to_string()));
    add("spatial:dimensions", json!([rows.0, columns.0]));
    add("spatial:shape", json!([rows.1, columns.1]));
    add("spatial:transform_type", json!("affine"));
    add("spatial:transform", json!(grid.affine.0));
    add("spatial:bbox", json!([bounds.left, bounds.bottom, bounds.right, bounds.top]));
    add("spatial:registration", json!("pixel"));
    attributes
}
