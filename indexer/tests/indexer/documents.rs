//! Documents of the shapes that are read; the values are made up.

use serde_json::{Value, json};

/// Two products, in one file.
pub(crate) const PRODUCTS: &str = "
name: optical
metadata_type: eo
description: Surface reflectance
metadata: {platform: {code: SENTINEL-2}, instrument: {name: MSI}, product_type: ARCSI_SREF, format: {name: GTIFF}}
measurements:
  - {name: blue, dtype: uint16, nodata: 0, units: '1', aliases: [band_1, Blue]}
  - {name: nir2, dtype: uint16, nodata: 0, units: '1', aliases: [band_2, NIR_B8A]}
  - {name: fmask, dtype: uint8, nodata: 0, units: '1', aliases: [Cmask]}
---
name: radar
metadata_type: eo
description: gamma0
metadata: {platform: {code: SENTINEL-1}, instrument: {name: SAR}, product_type: gamma_0, format: {name: GTIFF}}
measurements:
  - {name: vv, dtype: float32, nodata: .nan, units: '1', aliases: [Band 1]}
";

/// An `eo` document with naive times, as the pilot's scripts write it.
pub(crate) fn dataset(label: &str, date: &str, id: &str) -> String {
    let host = "tenancy.s3-ext.jc.rl.ac.uk";
    let place = format!("http://{host}/optical-ard/{}/{label}", date.replace('-', "/"));
    format!(
        "creation_dt: '2023-04-12 10:15:42'
extent:
  center_dt: '{date} 11:21:21'
  coord:
    ll: {{lat: 49.5, lon: -6.2}}
    lr: {{lat: 49.5, lon: -4.6}}
    ul: {{lat: 50.5, lon: -6.2}}
    ur: {{lat: 50.5, lon: -4.6}}
  from_dt: '{date} 11:21:21'
  to_dt: '{date} 11:21:21'
format: {{name: GTIFF}}
grid_spatial:
  projection:
    geo_ref_points:
      ll: {{x: 95000.0, y: -9600.0}}
      ur: {{x: 204800.0, y: 100190.0}}
    spatial_reference: EPSG:27700
id: {id}
image:
  bands:
    blue: {{layer: 1, path: '{place}_sref.tif?domain={host}'}}
    fmask: {{layer: 1, path: '{place}_clouds.tif?domain={host}'}}
    nir2: {{layer: 2, path: '{place}_sref.tif?domain={host}'}}
instrument: {{name: MSI}}
label: {label}
lineage: {{source_datasets: {{}}}}
platform: {{code: SENTINEL-2}}
processing_level: LEVEL_2
product_type: ARCSI_SREF
"
    )
}

/// A STAC item with a relative href.
pub(crate) fn item(id: &str, collection: &str, date: &str) -> Value {
    json!({
        "type": "Feature", "stac_version": "1.1.0", "id": id, "collection": collection, "links": [],
        "geometry": {"type": "Polygon", "coordinates": [[[-6, 49], [-5, 49], [-5, 50], [-6, 50], [-6, 49]]]},
        "bbox": [-6, 49, -5, 50],
        "properties": {"datetime": format!("{date}T11:21:21Z")},
        "assets": {"data": {"href": format!("./{id}.tif"), "bands": [{"name": "blue"}, {"name": "nir2"}]}}
    })
}
