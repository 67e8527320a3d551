//! What cannot be made is refused with a reason.

use ardent_datacube::Error;
use serde_json::{Value, json};

use crate::archive::{Archive, SceneSpec, british};

fn archive() -> Archive {
    let mut archive = Archive::new();
    archive.add(&SceneSpec {
        id: "scene",
        datetime: "2019-06-01T11:20:00Z",
        spec: british(450_000.0, 110_000.0, 200),
        values: &|x, y| (1 + (x * 7919 + y * 104_729) % 50_000) as f64,
        mask: &|_, _| 0.0,
    });
    archive
}

#[test]
fn a_wrong_recipe_names_what_is_wrong() {
    let archive = archive();
    let area = [450_000, 109_000, 451_000, 110_000];
    for (recipe, parts) in [
        (json!({"bands": ["purple"]}), ["purple", "red, fmask"]),
        (json!({"mask": {"smoke": [0]}}), ["smoke", "red, fmask"]),
        (
            json!({"crs": "EPSG:999999", "resolution": 10, "bbox": area, "bbox_crs": "EPSG:27700"}),
            ["EPSG:999999", "unknown"],
        ),
        (
            json!({"crs": "EPSG:27700", "resolution": 0.0001, "bbox": area, "bbox_crs": "EPSG:27700"}),
            ["pixels", "would pass"],
        ),
        (json!({"anchor": {"like": "nobody"}}), ["nobody", "not among"]),
    ] {
        let error = archive.cube(recipe.clone()).err().unwrap().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{recipe}: {error}");
    }
}

#[test]
fn nothing_found_is_said() {
    let error = Archive::new().cube(json!({})).err().unwrap();
    assert!(error.to_string().contains("widen bbox or datetime"), "{error}");
}

#[test]
fn too_little_memory_says_how_many_dates_would_pass() {
    let mut archive = archive();
    archive.memory_bytes = 1 << 20;
    let error = archive.cube(json!({})).err().unwrap();
    assert!(matches!(error, Error::TooLarge { what: "bytes of memory", .. }), "{error}");
}

fn broken(break_it: impl Fn(&Archive)) -> (String, bool) {
    let archive = archive();
    break_it(&archive);
    let error = archive.cube(Value::Object(serde_json::Map::new())).err().unwrap();
    (error.to_string(), error.is_transient())
}

#[test]
fn a_missing_file_is_named() {
    let (error, transient) = broken(|archive| std::fs::remove_file(archive.path("scene_red.tif")).unwrap());
    assert!(
        error.contains("`scene`") && error.contains("scene_red.tif") && error.contains("does not exist"),
        "{error}"
    );
    assert!(!transient);
}

#[test]
fn a_truncated_file_is_named() {
    let (error, _) = broken(|archive| {
        let path = archive.path("scene_red.tif");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
    });
    assert!(error.contains("`scene`") && error.contains("scene_red.tif"), "{error}");
}

#[test]
fn a_coarse_result_counts_the_source_pixels_it_reads() {
    let mut archive = Archive::new();
    archive.add(&SceneSpec {
        id: "scene",
        datetime: "2019-06-01T11:20:00Z",
        spec: british(450_000.0, 110_000.0, 300),
        values: &|_, _| 7.0,
        mask: &|_, _| 0.0,
    });
    let coarse = json!({"crs": "EPSG:27700", "resolution": 100, "resampling": "average"});
    assert!(archive.cube(coarse.clone()).unwrap().bands[0].iter().all(|value| *value == 7.0));
    // Room for the few pixels of the result, but not for the hundred under each of them.
    archive.memory_bytes = (8 << 20) + (300 << 10);
    let error = archive.cube(coarse).err().unwrap();
    assert!(matches!(error, Error::TooLarge { what: "bytes of memory", .. }), "{error}");
}
