//! What is valid, what is kept, and what becomes of the dates.

use serde_json::json;

use crate::archive::{Archive, SceneSpec, british};

const SIZE: usize = 200;

/// Three dates of one tile; where x is below 20, 40 and 60 px the respective date is cloudy; y = 0 is nodata in the first.
fn three_dates() -> Archive {
    let mut archive = Archive::new();
    for (index, day) in ["2019-06-01", "2019-07-01", "2019-12-31"].into_iter().enumerate() {
        archive.add(&SceneSpec {
            id: &format!("scene{index}"),
            datetime: &format!("{day}T11:20:00Z"),
            spec: british(450_000.0, 110_000.0, SIZE),
            values: &move |x, y| if y == 0 && index == 0 { 0.0 } else { (1000 * (index + 1) + x + y) as f64 },
            mask: &move |x, _| if x < 20 * (index + 1) { 1.0 } else { 0.0 },
        });
    }
    archive
}

/// The median by hand.
fn expected(x: usize, y: usize, dates: &[usize]) -> f64 {
    let clear = dates.iter().filter(|&&index| x >= 20 * (index + 1) && !(y == 0 && index == 0));
    let mut values: Vec<usize> = clear.map(|index| 1000 * (index + 1) + x + y).collect();
    values.sort_unstable();
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2] as f64,
        n => ((values[n / 2 - 1] + values[n / 2]) as f64 / 2.0 + 0.5).floor(),
    }
}

#[test]
fn the_median_of_clear_dates_is_exact_and_keeps_type_and_grid() {
    let cube = three_dates().cube(json!({"mask": {"fmask": [0]}})).unwrap();
    assert_eq!(cube.geotransform, [450_000.0, 10.0, 0.0, 110_000.0, 0.0, -10.0], "whole pixels from the right corner");
    assert_eq!(
        (cube.data_type.as_str(), cube.nodata, cube.names.as_slice()),
        ("UInt16", Some(0.0), ["red".to_owned()].as_slice())
    );
    for (index, value) in cube.bands[0].iter().enumerate() {
        assert_eq!(*value, expected(index % SIZE, index / SIZE, &[0, 1, 2]), "pixel {index}");
    }
}

#[test]
fn groups_are_reduced_apart_and_named_after_their_seasons() {
    let cube = three_dates().cube(json!({"mask": {"fmask": [0]}, "group": "season"})).unwrap();
    assert_eq!(cube.names, ["2019-JJA/red", "2019-SON/red", "2020-DJF/red"]);
    for (band, dates) in [(0, [0, 1].as_slice()), (1, &[]), (2, &[2])] {
        for (index, value) in cube.bands[band].iter().enumerate() {
            assert_eq!(*value, expected(index % SIZE, index / SIZE, dates), "band {band}, pixel {index}");
        }
    }
}

#[test]
fn partial_and_empty_groups_say_so() {
    let recipe = json!({"group": "season", "datetime": "2019-06-01/2019-12-31"});
    let cube = three_dates().cube(recipe).unwrap();
    let note = |band: &str, note: &str| cube.notes[band].get(note).map(String::as_str);
    assert_eq!((note("2019-JJA/red", "DATES"), note("2019-JJA/red", "PARTIAL")), (Some("2"), None));
    assert_eq!((note("2019-SON/red", "DATES"), note("2019-SON/red", "PARTIAL")), (Some("0"), None));
    assert_eq!((note("2020-DJF/red", "DATES"), note("2020-DJF/red", "PARTIAL")), (Some("1"), Some("YES")));
    assert_eq!((note("2020-DJF/red", "START"), note("2020-DJF/red", "END")), (Some("2019-12-01"), Some("2020-02-29")));
    assert!(cube.bands[1].iter().all(|value| *value == 0.0), "an empty group is missing everywhere");
}

#[test]
fn counts_count_the_kept_and_have_no_missing_value() {
    let cube = three_dates().cube(json!({"mask": {"fmask": [0]}, "reduce": "count"})).unwrap();
    assert_eq!((cube.data_type.as_str(), cube.nodata), ("UInt16", None));
    let at = |x: usize, y: usize| cube.bands[0][y * SIZE + x];
    assert_eq!([at(0, 5), at(20, 5), at(20, 0), at(40, 5), at(60, 5), at(60, 0)], [0.0, 1.0, 0.0, 2.0, 3.0, 2.0]);
}

#[test]
fn tiles_without_a_clear_pixel_are_not_read() {
    let mut archive = Archive::new();
    let spec = british(450_000.0, 110_000.0, 128);
    archive.add(&SceneSpec {
        id: "scene",
        datetime: "2019-06-01T11:20:00Z",
        spec,
        values: &|_, _| 7.0,
        mask: &|x, _| if x < 64 { 1.0 } else { 0.0 },
    });
    let cube = archive.cube(json!({"mask": {"fmask": [0]}})).unwrap();
    assert_eq!(cube.tiles_skipped, 2, "the two tiles on the left");
    assert_eq!((cube.bands[0][0], cube.bands[0][64]), (0.0, 7.0));
}

#[test]
fn what_the_valid_mask_leaves_out_never_counts() {
    let mut archive = Archive::new();
    for (id, day, value) in [("one", 1, 100.0), ("two", 2, 300.0)] {
        archive.add(&SceneSpec {
            id,
            datetime: &format!("2019-06-0{day}T11:20:00Z"),
            spec: british(450_000.0, 110_000.0, 64),
            values: &move |_, _| value,
            // Outside the second's swath the file holds values all the same.
            mask: &move |x, _| if id == "two" && x >= 32 { 0.0 } else { 1.0 },
        });
    }
    let cube = archive.cube(json!({"valid": {"fmask": [1]}})).unwrap();
    assert_eq!((cube.bands[0][0], cube.bands[0][32]), (200.0, 100.0));
}

#[test]
fn the_earlier_scene_of_a_day_wins_whatever_the_order() {
    let mut archive = Archive::new();
    for (id, time, value) in [("b", "11:20:00", 5.0), ("a", "11:20:00", 3.0), ("c", "11:19:59", 9.0)] {
        archive.add(&SceneSpec {
            id,
            datetime: &format!("2019-06-01T{time}Z"),
            spec: british(450_000.0, 110_000.0, 64),
            values: &move |x, _| if id == "c" && x < 10 { 0.0 } else { value },
            mask: &|_, _| 0.0,
        });
    }
    for _ in 0..3 {
        archive.items.rotate_left(1);
        let cube = archive.cube(json!({"reduce": "mean"})).unwrap();
        assert_eq!((cube.bands[0][0], cube.bands[0][10]), (3.0, 9.0), "one date: c first, then a, before b");
    }
}

#[test]
fn expressions_are_per_date_and_a_division_by_zero_is_missing() {
    let bands = json!([{"name": "inverse", "expression": "1/(red-1100)"}, "red"]);
    let mut archive = three_dates();
    archive.items.truncate(1);
    let cube = archive.cube(json!({"bands": bands, "mask": {"fmask": [0]}, "reduce": "first"})).unwrap();
    assert_eq!(cube.data_type, "Float32", "types differ, so both are float");
    assert!(cube.nodata.unwrap().is_nan());
    let at = |band: usize, x: usize, y: usize| cube.bands[band][y * SIZE + x];
    assert!(at(0, 50, 50).is_nan(), "1000 + 50 + 50 - 1100 = 0");
    assert_eq!(at(0, 50, 51), 1.0);
    assert_eq!(at(0, 20, 76), f64::from(-1.0_f32 / 4.0), "1096");
    assert!(at(1, 0, 5).is_nan() && at(1, 20, 5) == 1025.0);
}

#[test]
fn dilated_masks_keep_away_from_what_is_not_kept() {
    let mut archive = Archive::new();
    let cloudy = |x: usize, y: usize| (x * 7919 + y * 104_729).is_multiple_of(997) || (x > 120 && y > 180);
    archive.add(&SceneSpec {
        id: "scene",
        datetime: "2019-06-01T11:20:00Z",
        spec: british(450_000.0, 110_000.0, SIZE),
        values: &|_, _| 7.0,
        mask: &move |x, y| f64::from(u8::from(cloudy(x, y))),
    });
    let rule = |radius: usize| json!([{"band": "fmask", "include": [0], "dilate_px": radius}]);
    for radius in [0, 1, 4, 9] {
        for memory_bytes in [1 << 30, 9 << 20] {
            archive.memory_bytes = memory_bytes;
            let cube = archive.cube(json!({"mask": rule(radius)})).unwrap();
            for (index, value) in cube.bands[0].iter().enumerate() {
                let (x, y) = (index % SIZE, index / SIZE);
                let near = |at: usize| at.saturating_sub(radius)..=(at + radius).min(SIZE - 1);
                let is_near = near(y).any(|row| {
                    near(x)
                        .any(|col| col.abs_diff(x).pow(2) + row.abs_diff(y).pow(2) <= radius.pow(2) && cloudy(col, row))
                });
                assert_eq!(*value == 0.0, is_near, "{radius} px with {memory_bytes} bytes at {x}, {y}");
            }
        }
    }
    for resampling in ["nearest", "bilinear"] {
        let recipe = json!({"crs": "EPSG:32630", "resolution": 7, "resampling": resampling, "valid": rule(5)});
        archive.memory_bytes = 1 << 30;
        let whole = archive.cube(recipe.clone()).unwrap();
        archive.memory_bytes = 9 << 20;
        assert!(archive.cube(recipe).unwrap().bands == whole.bands, "{resampling}");
        assert!(whole.bands[0].contains(&0.0) && whole.bands[0].contains(&7.0));
    }
}
