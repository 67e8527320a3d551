use ardent_model::{DataType, Item};
use serde_json::json;

use super::*;
use crate::{read_products, text};

/// Of the shape of the pilot's documents.
const SCENE: &str = "
creation_dt: '2023-04-12 10:15:42'
extent:
  center_dt: '2019-06-27 11:21:21'
  coord:
    ll: {lat: 49.5, lon: -6.2}
    lr: {lat: 49.5, lon: -4.6}
    ul: {lat: 50.5, lon: -6.2}
    ur: {lat: 50.5, lon: -4.6}
  from_dt: '2019-06-27 11:21:11'
  to_dt: '2019-06-27 11:21:31'
format: {name: GTIFF}
grid_spatial:
  projection:
    geo_ref_points:
      ll: {x: 95000.0, y: -9600.0}
      lr: {x: 204800.0, y: -9600.0}
      ul: {x: 95000.0, y: 100190.0}
      ur: {x: 204800.0, y: 100190.0}
    spatial_reference: EPSG:27700
id: 1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11
image:
  bands:
    fmask: {layer: 1, path: 'http://t.s3-ext.jc.rl.ac.uk/ard/2019/06/27/S2A_x_clouds.tif?domain=t.s3-ext.jc.rl.ac.uk'}
    nir2: {layer: 3, path: 'http://t.s3-ext.jc.rl.ac.uk/ard/2019/06/27/S2A_x.tif?domain=t.s3-ext.jc.rl.ac.uk'}
    blue: {layer: 1, path: 'http://t.s3-ext.jc.rl.ac.uk/ard/2019/06/27/S2A_x.tif?domain=t.s3-ext.jc.rl.ac.uk'}
instrument: {name: MSI}
label: S2A_x
lineage: {source_datasets: {}}
platform: {code: SENTINEL-2}
processing_level: LEVEL_2
product_type: ARCSI_SREF
";

const PRODUCT: &str = "
name: optical
description: d
metadata: {platform: {code: SENTINEL-2}, product_type: ARCSI_SREF}
measurements:
  - {name: blue, dtype: uint16, nodata: 0, units: '1', aliases: [band_1]}
  - {name: green, dtype: uint16, nodata: 0, units: '1'}
  - {name: nir2, dtype: uint16, nodata: 0, units: '1', aliases: [NIR_B8A]}
  - {name: fmask, dtype: uint8, nodata: 0, units: '1', aliases: [Cmask]}
";

fn collections() -> Collections {
    let mut collections = Collections::default();
    collections.add(read_products("p", PRODUCT).unwrap().remove(0).collection);
    collections
}

fn read(text: &str) -> Result<Value, String> {
    let base = Url::parse("s3://ard/2019/06/27/S2A_x.yaml").unwrap();
    item(&text::yaml(text)?.remove(0), &base, &collections(), None)
}

#[test]
fn a_dataset_becomes_an_item() {
    let document = read(SCENE).unwrap();
    let item = Item::from_stac(&document).unwrap();
    assert_eq!((item.id.as_str(), item.collection.as_str()), ("S2A_x", "optical"));
    assert_eq!(item.interval.to_string(), "2019-06-27T11:21:11Z/2019-06-27T11:21:31Z");
    let properties = &document["properties"];
    for (name, value) in [
        ("datetime", "2019-06-27T11:21:21Z"),
        ("created", "2023-04-12T10:15:42Z"),
        ("platform", "sentinel-2a"),
        ("constellation", "sentinel-2"),
        ("processing:level", "L2"),
        ("proj:code", "EPSG:27700"),
        ("odc:id", "1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11"),
    ] {
        assert_eq!(properties[name], value, "{name}");
    }
    assert_eq!(properties["proj:bbox"], json!([95000.0, -9600.0, 204_800.0, 100_190.0]));
    assert_eq!(properties.get("proj:shape"), None, "unknown");
    assert_eq!(document["bbox"], json!([-6.2, 49.5, -4.6, 50.5]));
}

#[test]
fn bands_of_a_file_are_an_asset_named_as_in_the_collection() {
    let item = Item::from_stac(&read(SCENE).unwrap()).unwrap();
    let keys: Vec<_> = item.assets.iter().map(|asset| asset.key.as_str()).collect();
    assert_eq!(keys, ["data", "fmask"]);
    let (asset, band) = item.resolve_band("NIR_B8A").unwrap();
    assert_eq!((asset.href.as_str(), band.layer), ("s3://ard/2019/06/27/S2A_x.tif", 3));
    assert_eq!((band.data_type, band.nodata), (Some(DataType::Uint16), Some(0.0)));
    let (asset, band) = item.resolve_band("Cmask").unwrap();
    assert_eq!((asset.href.as_str(), band.nodata), ("s3://ard/2019/06/27/S2A_x_clouds.tif", None));
    assert!(item.resolve_band("green").is_err(), "the document does not list it");
}

#[test]
fn files_of_one_band_each_are_called_by_the_band() {
    let separate =
        SCENE.replace("{layer: 3, path: 'http://t.s3-ext.jc.rl.ac.uk/ard/2019/06/27/S2A_x.tif", "{path: 'nir.tif");
    let item = Item::from_stac(&read(&separate).unwrap()).unwrap();
    let places: Vec<_> = item.assets.iter().map(|asset| (asset.key.as_str(), asset.href.as_str())).collect();
    let expected = [
        ("fmask", "s3://ard/2019/06/27/S2A_x_clouds.tif"),
        ("nir2", "s3://ard/2019/06/27/nir.tif?domain=t.s3-ext.jc.rl.ac.uk"),
        ("blue", "s3://ard/2019/06/27/S2A_x.tif"),
    ];
    assert_eq!(places.len(), 3);
    assert!(expected.iter().all(|place| places.contains(place)), "{places:?}");
    assert_eq!(item.resolve_band("NIR_B8A").unwrap().1.layer, 1);
}

#[test]
fn faults_name_the_member_and_the_fix() {
    for (from, to, reason) in [
        ("label: S2A_x", "label: [1]", "`label`"),
        ("lat: 49.5, lon: -6.2", "lat: north, lon: -6.2", "extent.coord.ll.lat"),
        ("  coord:\n", "  corners:\n", "no footprint (`extent.coord`)"),
        ("center_dt: '2019-06-27 11:21:21'", "center_dt: 'noon'", "`extent.center_dt`"),
        ("layer: 3", "layer: 1", "layer 1 of the same file"),
        ("layer: 3", "layer: 0", "no number from 1"),
        ("  bands:\n", "  pictures:\n", "bands"),
        ("EPSG:27700", "British", "spatial_reference"),
        ("SENTINEL-2", "SENTINEL-9", "ardent product add"),
        ("extent:\n", "extents:\n", "without `extent`"),
    ] {
        let text = SCENE.replacen(from, to, 1);
        assert_ne!(text, SCENE, "{from}");
        let error = read(&text).unwrap_err();
        assert!(error.contains(reason), "{from} → {to}: {error}");
    }
}

#[test]
fn the_pilots_documents_are_read() {
    let Some(folder) = std::env::var_os("ARDENT_TEST_PILOT").map(std::path::PathBuf::from) else {
        eprintln!("skipped: ARDENT_TEST_PILOT is not set");
        return;
    };
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut collections = Collections::default();
    for name in ["sen1_prod_spec.yaml", "sen2_prod_spec.yaml"] {
        collections.add(read_products(name, &text(name)).unwrap().remove(0).collection);
    }
    let base = Url::parse("file:///pilot/x.yaml").unwrap();
    let read = |label: &str| {
        let document = text::yaml(&text(&format!("{label}.yaml"))).unwrap().remove(0);
        let item = Item::from_stac(&item(&document, &base, &collections, None).unwrap()).unwrap();
        assert_eq!(item.id, label);
        item
    };
    let optical = read("S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb");
    assert_eq!((optical.collection.as_str(), optical.assets.len()), ("sentinel2", 4));
    let key = "s3://sentinel2-ard/2019/06/27/S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb";
    for (name, suffix, layer) in [
        ("blue", "_vmsk_sharp_rad_srefdem_stdsref.tif", 1),
        ("NIR_B8A", "_vmsk_sharp_rad_srefdem_stdsref.tif", 8),
        ("band_10", "_vmsk_sharp_rad_srefdem_stdsref.tif", 10),
        ("Fmask", "_clouds.tif", 1),
        ("Vmask", "_valid.tif", 1),
        ("Tmask", "_toposhad.tif", 1),
    ] {
        let (asset, band) = optical.resolve_band(name).unwrap();
        assert_eq!((asset.href.as_str(), band.layer), (format!("{key}{suffix}").as_str(), layer), "{name}");
    }
    assert_eq!(optical.datetime.to_rfc3339(), "2019-06-27T11:21:21+00:00");
    let radar = read("S1B_20200202_110_desc_055728_055753_VVVH_G0_GB_OSGB_RTCK_SpkRL");
    assert_eq!((radar.collection.as_str(), radar.assets.len()), ("sentinel1", 1));
    assert!(radar.resolve_band("VH").unwrap().1.nodata.unwrap().is_nan());
    assert_eq!(radar.properties["platform"], "sentinel-1b");
}
