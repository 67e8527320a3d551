//! What the two documents of a product say.

use std::collections::BTreeSet;

use ardent_model::{Crs, DataType, Item};
use serde_json::{Value, json};

use crate::archive::{Archive, Folder, RADAR, json, key, run};

#[tokio::test]
async fn the_item_says_what_the_files_hold() {
    let (archive, folder) = (Archive::with(2, 4), Folder::new());
    assert!(archive.plan.products.iter().any(|product| product.valid_fraction < 0.9), "a swath ends in one of them");
    let receipt = run(&archive.options(&folder.target()), &folder.stores).await;
    assert!(receipt.is_complete(), "{:#?}", receipt.products);
    for (at, product) in archive.plan.products.iter().enumerate() {
        let document = json(&folder.path().join(key(&archive, at, ".json")));
        let of_stac: stac::Item = serde_json::from_value(document.clone()).unwrap();
        assert_eq!((of_stac.id.as_str(), of_stac.version), (product.name.as_str(), stac::Version::v1_1_0));

        let item = Item::from_stac(&document).unwrap();
        assert_eq!((item.id.as_str(), item.collection.as_str()), (product.name.as_str(), "sentinel2"));
        assert_eq!(item.datetime, product.datetime);
        let property = |name: &str| item.properties.get(name).cloned().unwrap_or_default();
        let near = |name: &str, expected: f64| {
            let value = property(name).as_f64().unwrap();
            assert!((value - expected).abs() < 1e-4, "{name} is {value}, not {expected}");
        };
        // The generator counts its pixels by itself.
        near("eo:cloud_cover", product.cloud_cover * 100.0);
        near("ardent:valid_fraction", product.valid_fraction);
        near("ardent:clear_fraction", product.clear_fraction);
        assert_eq!(property("platform"), json!(format!("sentinel-{}", product.platform[1..].to_lowercase())));
        assert_eq!(property("sat:relative_orbit"), json!(product.orbit));
        assert_eq!(property("grid:code"), json!(format!("MGRS-{}", product.tile.trim_start_matches('T'))));
        assert_eq!(property("s2:generation_time").is_string(), product.files.len() == 8, "newer names");

        let [left, _, _, top] = product.bounds;
        for (band, layer, data_type, nodata) in [
            ("blue", 1, DataType::Uint16, Some(0.0)),
            ("red", 3, DataType::Uint16, Some(0.0)),
            ("NIR_B8A", 8, DataType::Uint16, Some(0.0)),
            ("swir22", 10, DataType::Uint16, Some(0.0)),
            ("fmask", 1, DataType::Uint8, None),
            ("Fmask", 1, DataType::Uint8, None),
            ("vmask", 1, DataType::Uint8, None),
            ("topomask", 1, DataType::Uint8, None),
        ] {
            let (asset, found) = item.resolve_band(band).unwrap();
            assert_eq!((found.layer, found.data_type, found.nodata), (layer, Some(data_type), nodata), "{band}");
            let grid = asset.grid.unwrap();
            assert_eq!((grid.crs, grid.width_px, grid.height_px), (Crs::epsg(27700), 96, 96), "{band}");
            assert_eq!(grid.affine.0, [10.0, 0.0, left, 0.0, -10.0, top], "{band}");
        }
        for asset in &item.assets {
            let path = asset.href.strip_prefix("file://").unwrap();
            let size = std::fs::metadata(path).unwrap().len();
            assert_eq!(asset.members["file:size"], json!(size), "{}", asset.key);
            let sum = std::process::Command::new("sha256sum").arg(path).output().unwrap();
            let sum = String::from_utf8(sum.stdout).unwrap();
            let expected = format!("1220{}", sum.split_whitespace().next().unwrap());
            assert_eq!(asset.members["file:checksum"], json!(expected), "{}", asset.key);
        }
        let classes = &item.assets.iter().find(|asset| asset.key == "fmask").unwrap().members["bands"][0];
        assert_eq!(classes["classification:classes"][0]["name"], json!("clear"));
    }
}

#[tokio::test]
async fn a_radar_item_has_its_polarisations_and_its_outline() {
    let (archive, folder) = (Archive::new(), Folder::new());
    archive.add_radar();
    let mut options = archive.options(&folder.target());
    options.platforms = vec!["S1B".to_owned()];
    let receipt = run(&options, &folder.stores).await;
    assert_eq!((receipt.found, receipt.uploaded), (1, 1), "{:#?}", receipt.products);
    let document = json(&folder.path().join(format!("2020/02/02/{RADAR}.json")));
    assert_eq!(document["assets"]["data"]["bands"][1]["nodata"], json!("nan"));
    assert_eq!(document["properties"]["sat:orbit_state"], json!("descending"));
    let item = Item::from_stac(&document).unwrap();
    assert_eq!(item.collection, "sentinel1");
    assert_eq!(item.interval.to_string(), "2020-02-02T05:57:28Z/2020-02-02T05:57:53Z");
    let (_, band) = item.resolve_band("VH").unwrap();
    assert_eq!((band.layer, band.data_type), (2, Some(DataType::Float32)));
    // The raster begins at 440 000 east, its data 200 m further east.
    let west = document["bbox"][0].as_f64().unwrap();
    match (by_gdal(440_000.0, 110_000.0), by_gdal(440_200.0, 110_000.0)) {
        (Some(left), Some(right)) => {
            assert!(west > left + 0.002 && (west - right).abs() < 0.000_2, "{west} of {left} and {right}");
        }
        _ => println!("skipped: gdaltransform is not installed"),
    }

    let text = std::fs::read_to_string(folder.path().join(format!("2020/02/02/{RADAR}.yaml"))).unwrap();
    let dataset: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(shape(&dataset), shape(&serde_saphyr::from_str(PILOT_RADAR).unwrap()));
    assert_eq!(dataset["extent"]["center_dt"], json!("2020-02-02 05:57:40"));
}

/// Longitude in degrees; none without GDAL's commands.
fn by_gdal(x: f64, y: f64) -> Option<f64> {
    let command = format!("echo {x} {y} | gdaltransform -s_srs EPSG:27700 -t_srs '+proj=longlat +datum=WGS84'");
    let answer = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
    String::from_utf8(answer.stdout).unwrap().split_whitespace().next()?.parse().ok()
}

#[tokio::test]
async fn the_legacy_document_has_the_pilots_shape() {
    let (archive, folder) = (Archive::new(), Folder::new());
    run(&archive.options(&folder.target()), &folder.stores).await;
    let text = std::fs::read_to_string(folder.path().join(key(&archive, 0, ".yaml"))).unwrap();
    let dataset: Value = serde_saphyr::from_str(&text).unwrap();
    let pilot: Value = serde_saphyr::from_str(PILOT_OPTICAL).unwrap();
    assert_eq!(shape(&dataset), shape(&pilot));
    for constant in ["format", "instrument", "lineage", "platform", "processing_level", "product_type"] {
        assert_eq!(dataset[constant], pilot[constant], "{constant}");
    }
    let product = &archive.plan.products[0];
    assert_eq!(dataset["label"], json!(product.name));
    assert_eq!(dataset["extent"]["from_dt"], json!(product.datetime.format("%Y-%m-%d %H:%M:%S").to_string()));
    let [left, bottom, right, top] = product.bounds;
    let points = &dataset["grid_spatial"]["projection"]["geo_ref_points"];
    assert_eq!((points["ul"]["x"].as_f64(), points["ul"]["y"].as_f64()), (Some(left), Some(top)));
    assert_eq!((points["lr"]["x"].as_f64(), points["lr"]["y"].as_f64()), (Some(right), Some(bottom)));
    let item = json(&folder.path().join(key(&archive, 0, ".json")));
    assert_eq!(dataset["id"], item["properties"]["odc:id"]);
    for (name, band) in pilot["image"]["bands"].as_object().unwrap() {
        assert_eq!(dataset["image"]["bands"][name]["layer"], band["layer"], "{name}");
    }
    assert!(text.contains(" '") || text.contains(" \""), "times are quoted, or YAML readers make dates of them");
}

/// The keys of a document at every depth, each with the kind of its value.
fn shape(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let below = |(key, value): (&String, &Value)| {
                shape(value).into_iter().map(|rest| format!("{key}/{rest}")).collect::<Vec<_>>()
            };
            members.iter().flat_map(below).collect()
        }
        Value::Object(_) => BTreeSet::from(["{}".to_owned()]),
        Value::Number(_) => BTreeSet::from(["number".to_owned()]),
        Value::String(_) => BTreeSet::from(["text".to_owned()]),
        other => BTreeSet::from([other.to_string()]),
    }
}

/// The keys of the pilot's own documents, with made-up values.
const PILOT_OPTICAL: &str = "
creation_dt: '2023-01-01 00:00:00'
extent:
  center_dt: '2019-06-27 11:00:00'
  coord: {ll: {lat: 1.5, lon: 1.5}, lr: {lat: 1.5, lon: 1.5}, ul: {lat: 1.5, lon: 1.5}, ur: {lat: 1.5, lon: 1.5}}
  from_dt: '2019-06-27 11:00:00'
  to_dt: '2019-06-27 11:00:00'
format: {name: GTIFF}
grid_spatial:
  projection:
    geo_ref_points: {ll: {x: 1.5, y: 1.5}, lr: {x: 1.5, y: 1.5}, ul: {x: 1.5, y: 1.5}, ur: {x: 1.5, y: 1.5}}
    spatial_reference: EPSG:27700
id: 1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11
image:
  bands:
    blue: {layer: 1, path: a}
    fmask: {layer: 1, path: a}
    green: {layer: 2, path: a}
    nir1: {layer: 7, path: a}
    nir2: {layer: 8, path: a}
    red: {layer: 3, path: a}
    rededge1: {layer: 4, path: a}
    rededge2: {layer: 5, path: a}
    rededge3: {layer: 6, path: a}
    swir1: {layer: 9, path: a}
    swir2: {layer: 10, path: a}
    topomask: {layer: 1, path: a}
    vmask: {layer: 1, path: a}
instrument: {name: MSI}
label: S2A
lineage: {source_datasets: {}}
platform: {code: SENTINEL-2}
processing_level: LEVEL_2
product_type: ARCSI_SREF
";

const PILOT_RADAR: &str = "
creation_dt: '2023-01-01 00:00:00'
extent:
  center_dt: '2020-02-02 05:57:40'
  coord: {ll: {lat: 1.5, lon: 1.5}, lr: {lat: 1.5, lon: 1.5}, ul: {lat: 1.5, lon: 1.5}, ur: {lat: 1.5, lon: 1.5}}
  from_dt: '2020-02-02 05:57:28'
  to_dt: '2020-02-02 05:57:53'
format: {name: GTIFF}
grid_spatial:
  projection:
    geo_ref_points: {ll: {x: 1.5, y: 1.5}, lr: {x: 1.5, y: 1.5}, ul: {x: 1.5, y: 1.5}, ur: {x: 1.5, y: 1.5}}
    spatial_reference: EPSG:27700
id: 5f0f9e0e-6d2c-4a3f-8a51-9a43a6c0a7d2
image: {bands: {vh: {layer: 2, path: a}, vv: {layer: 1, path: a}}}
instrument: {name: SAR}
label: S1B
lineage: {source_datasets: {}}
platform: {code: SENTINEL-1}
product_type: gamma_0
";
