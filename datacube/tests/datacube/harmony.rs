//! Scenes of one band whose stored values mean different things.

use serde_json::json;

use crate::archive::{Archive, SceneSpec, british};

const SIZE: usize = 200;

fn reflectance(x: usize, y: usize) -> f64 {
    (y * 12 + x) as f64
}

/// Two dates of the same ground, before and after 1000 was added; where x is below 5 px there is no data.
fn before_and_after() -> Archive {
    let mut archive = Archive::new();
    for (index, day) in ["2022-01-20", "2022-01-30"].into_iter().enumerate() {
        archive.add(&SceneSpec {
            id: &format!("scene{index}"),
            datetime: &format!("{day}T11:20:00Z"),
            spec: british(450_000.0, 110_000.0, SIZE),
            values: &move |x, y| if x < 5 { 0.0 } else { reflectance(x, y) + 1000.0 * index as f64 },
            mask: &|_, _| 0.0,
        });
        declare(&mut archive, index, (0.0001, if index == 0 { 0.0 } else { -0.1 }));
    }
    archive
}

fn declare(archive: &mut Archive, item: usize, (scale, offset): (f64, f64)) {
    let asset = archive.items[item].assets.iter_mut().find(|asset| asset.key == "red").unwrap();
    (asset.bands[0].scale, asset.bands[0].offset) = (scale, offset);
}

#[test]
fn both_sides_of_an_offset_are_one_ground() {
    let mut archive = before_and_after();
    for _ in 0..2 {
        archive.items.reverse();
        for reduce in ["min", "max", "median"] {
            let cube = archive.cube(json!({"reduce": reduce})).unwrap();
            assert_eq!((cube.data_type.as_str(), cube.nodata), ("UInt16", Some(0.0)));
            for (index, value) in cube.bands[0].iter().enumerate() {
                let (x, y) = (index % SIZE, index / SIZE);
                assert_eq!(*value, if x < 5 { 0.0 } else { reflectance(x, y) }, "{reduce} at {x}, {y}");
            }
            let [told] = cube.ledger.harmonised.as_slice() else { panic!("{:?}", cube.ledger) };
            assert_eq!((told.band.as_str(), told.offset, told.to), ("red", -0.1, [0.0001, 0.0]));
            assert_eq!((told.items.as_slice(), cube.ledger.clamped_px), (["scene1".to_owned()].as_slice(), 0));
            assert!(cube.metadata["ARDENT_LEDGER"].contains("scene1"));
        }
    }
}

#[test]
fn what_would_become_missing_stays_data_and_is_counted() {
    // Before the shift they are 900 + …: a hundred are below the offset, and one is on it.
    let mut archive = before_and_after();
    archive.items.clear();
    for (index, offset) in [(0, 0.0), (1, -0.1)] {
        archive.add(&SceneSpec {
            id: &format!("dark{index}"),
            datetime: &format!("2022-01-0{}T11:20:00Z", index + 1),
            spec: british(450_000.0, 110_000.0, SIZE),
            values: &move |x, _| if index == 0 { 0.0 } else { (900 + x) as f64 },
            mask: &|_, _| 0.0,
        });
        declare(&mut archive, index, (0.0001, offset));
    }
    for memory_bytes in [1 << 30, 9 << 20] {
        archive.memory_bytes = memory_bytes;
        let cube = archive.cube(json!({"reduce": "first"})).unwrap();
        let expected = |x: usize| if x <= 100 { 1.0 } else { (x - 100) as f64 };
        assert!(cube.bands[0].iter().enumerate().all(|(index, value)| *value == expected(index % SIZE)));
        assert_eq!(cube.ledger.clamped_px, (101 * SIZE) as u64);
    }
    let count = archive.cube(json!({"reduce": "count"})).unwrap();
    assert!(count.bands[0].iter().all(|value| *value == 1.0), "dark is not missing");
}

#[test]
fn offsets_are_taken_off_before_pixels_are_mixed() {
    let archive = before_and_after();
    let bilinear = json!({"crs": "EPSG:27700", "resolution": 10, "anchor": [3, 4], "resampling": "bilinear"});
    let mut one = bilinear.clone();
    one["ids"] = json!(["scene0"]);
    let mut earlier = before_and_after();
    earlier.items.truncate(1);
    let truth = earlier.cube(bilinear.clone()).unwrap();
    let mut later = bilinear;
    later["reduce"] = json!("max");
    assert!(archive.cube(later).unwrap().bands == truth.bands);
}

#[test]
fn an_offset_that_is_applied_is_not_applied_again() {
    let mut archive = before_and_after();
    archive.items[0].properties.insert("earthsearch:boa_offset_applied".to_owned(), json!(true));
    declare(&mut archive, 0, (0.0001, -0.1));
    let cube = archive.cube(json!({"reduce": "max"})).unwrap();
    assert_eq!(cube.bands[0][5], reflectance(5, 0));
    assert_eq!(cube.ledger.offset_applied, ["scene0"]);
}

#[test]
fn expressions_see_the_same_ground() {
    let bands = json!([{"name": "twice", "expression": "2*red"}]);
    let cube = before_and_after().cube(json!({"bands": bands, "reduce": "max"})).unwrap();
    let expected = (2.0 * 0.0001 * reflectance(50, 60)) as f32;
    let found = cube.bands[0][60 * SIZE + 50] as f32;
    assert!((found - expected).abs() <= 1e-6, "{found} is not {expected}");
}

#[test]
fn what_cannot_be_harmonised_or_must_not_be_is_refused() {
    let mut archive = before_and_after();
    let refused = |archive: &Archive, recipe: serde_json::Value| {
        let error = archive.cube(recipe).err().unwrap().to_string();
        assert!(error.contains("scale and offset") && error.contains("`red`"), "{error}");
        error
    };
    let error = refused(&archive, json!({"harmonize": false}));
    assert!(error.contains("harmonize"), "{error}");
    declare(&mut archive, 1, (1.0, 0.0));
    refused(&archive, json!({}));
    declare(&mut archive, 1, (0.00015, 0.0));
    refused(&archive, json!({}));
    declare(&mut archive, 1, (0.001, 0.0));
    // Ten times coarser steps: 12 * 12 * 10.
    assert_eq!(
        archive.cube(json!({"reduce": "max"})).unwrap().bands[0][SIZE * 12 + 20],
        (12 * 12 + 20 + 1000) as f64 * 10.0
    );
}
