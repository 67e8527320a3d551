//! Dates and scenes that are left out because the recipe says so.

use ardent_datacube::{FailureKind, Unselected};
use serde_json::{Value, json};

use crate::archive::{Archive, SceneSpec, british};

/// Pixels of a side.
const SIZE: usize = 200;

/// What the mask of a date says: outside of the swath (2), cloud (1) or clear (0).
fn sky(date: usize, x: usize, y: usize) -> f64 {
    match date {
        // A tenth is cloud.
        0 => f64::from(u8::from(y < 20)),
        // Half is there, a fifth of that is cloud.
        1 if x >= 100 => 2.0,
        1 => f64::from(u8::from(y < 40)),
        // All cloud.
        2 => 1.0,
        // Nothing there.
        3 => 2.0,
        // Clear.
        _ => 0.0,
    }
}

fn value(date: usize) -> f64 {
    (10 * (date + 1)) as f64
}

fn archive() -> Archive {
    let mut archive = Archive::new();
    for date in 0..5 {
        archive.add(&SceneSpec {
            id: &format!("scene{date}"),
            datetime: &format!("2019-06-0{}T11:20:00Z", date + 1),
            spec: british(450_000.0, 110_000.0, SIZE),
            values: &move |_, _| value(date),
            mask: &move |x, y| sky(date, x, y),
        });
    }
    archive
}

fn selecting(select: &Value) -> Value {
    json!({"mask": {"fmask": [0]}, "valid": {"fmask": [0, 1]}, "select": select, "reduce": "mean"})
}

/// The mean over these dates, by hand.
fn expected(dates: &[usize]) -> Vec<f64> {
    let pixel = |index: usize| {
        let clear = dates.iter().filter(|date| sky(**date, index % SIZE, index / SIZE) == 0.0);
        let values: Vec<f64> = clear.map(|date| value(*date)).collect();
        if values.is_empty() { 0.0 } else { (values.iter().sum::<f64>() / values.len() as f64 + 0.5).floor() }
    };
    (0..SIZE * SIZE).map(pixel).collect()
}

#[test]
fn dates_are_chosen_by_what_their_masks_say_of_the_area() {
    let mut archive = archive();
    for (select, dates) in [
        (json!({}), [0, 1, 4].as_slice()),
        (json!({"max_cloud": 0.1}), &[0, 4]),
        (json!({"max_cloud": 0.0999}), &[4]),
        (json!({"max_cloud": 0.2}), &[0, 1, 4]),
        (json!({"min_valid": 0.5}), &[0, 1, 4]),
        (json!({"min_valid": 0.51}), &[0, 4]),
        (json!({"least_cloudy": 2}), &[0, 4]),
        (json!({"least_cloudy": 2, "min_valid": 0.1, "max_cloud": 0.05}), &[4]),
        (json!({"dates": ["2019-06-02", "2019-06-05"]}), &[1, 4]),
    ] {
        for memory_bytes in [1 << 30, 9 << 20] {
            archive.memory_bytes = memory_bytes;
            let cube = archive.cube(selecting(&select)).unwrap();
            assert!(cube.bands[0] == expected(dates), "{select}");
            let items: Vec<String> = dates.iter().map(|date| format!("scene{date}")).collect();
            assert_eq!(cube.metadata["ARDENT_ITEMS"], items.join(" "), "{select}");
            if select.get("dates").is_none() {
                assert_eq!(cube.ledger.dates_left_out.len() + dates.len(), 5, "{select}");
            }
        }
    }
    let cube = archive.cube(selecting(&json!({"max_cloud": 0.1}))).unwrap();
    let told: Vec<_> = cube.ledger.dates_left_out.iter().map(|date| (date.reason, date.valid, date.cloud)).collect();
    let (cloudy, nothing) = (Unselected::MaxCloud, Unselected::NoValidPixel);
    assert_eq!(
        told,
        [(cloudy, 0.5, Some(0.2)), (Unselected::NoClearPixel, 1.0, Some(1.0)), (nothing, 0.0, None)],
        "of the three dates that are out"
    );
    assert!(cube.metadata["ARDENT_LEDGER"].contains("\"2019-06-04\""));
}

#[test]
fn the_area_is_the_polygon_if_the_cube_is_clipped_to_it() {
    let archive = archive();
    let square = |left: f64| {
        let (right, top, bottom) = (left + 1000.0, 110_000.0, 108_000.0);
        json!({"type": "Polygon", "coordinates": [[[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]]})
    };
    for (left, dates) in [(450_000.0, "scene0 scene1 scene4"), (451_000.0, "scene0 scene4")] {
        let mut recipe = selecting(&json!({"min_valid": 0.9}));
        recipe["geometry"] = square(left);
        recipe["bbox_crs"] = json!("EPSG:27700");
        recipe["clip"] = json!(true);
        assert_eq!(archive.cube(recipe).unwrap().metadata["ARDENT_ITEMS"], dates);
    }
}

#[test]
fn the_least_cloudy_are_those_of_each_group() {
    let mut archive = archive();
    archive.items[1].datetime = "2019-09-02T11:20:00Z".parse().unwrap();
    let mut recipe = selecting(&json!({"least_cloudy": 1}));
    recipe["group"] = json!("season");
    let cube = archive.cube(recipe).unwrap();
    assert_eq!(cube.names, ["2019-JJA/red", "2019-SON/red"]);
    assert!(cube.bands == [expected(&[4]), expected(&[1])]);
}

#[test]
fn nothing_left_says_how_near_it_was() {
    let archive = archive();
    let mut without_the_clear_one = selecting(&json!({"max_cloud": 0.05}));
    without_the_clear_one["ids"] = json!([]);
    let mut cloudy = Archive { items: archive.items[..4].to_vec(), ..archive };
    let error = cloudy.cube(without_the_clear_one).err().unwrap().to_string();
    assert!(error.contains("select") && error.contains("2019-06-01") && error.contains("0.100"), "{error}");
    let error = cloudy.cube(selecting(&json!({"dates": ["2019-06-20"]}))).err().unwrap().to_string();
    assert!(error.contains("2019-06-20") && error.contains("2019-06-01, 2019-06-02"), "{error}");
    cloudy.items.truncate(1);
    let error = cloudy.cube(selecting(&json!({"dates": ["2019-06-01", "2019-06-02"]}))).err().unwrap().to_string();
    assert!(error.contains("select.dates") && error.contains("2019-06-02"), "{error}");
}

#[test]
fn a_scene_that_fails_meanwhile_is_not_counted() {
    let mut archive = archive();
    let path = archive.path("scene4_clouds.tif");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 100..].iter_mut().for_each(|byte| *byte = !*byte);
    std::fs::write(path, bytes).unwrap();
    for memory_bytes in [1 << 30, 9 << 20] {
        archive.memory_bytes = memory_bytes;
        let mut recipe = selecting(&json!({"least_cloudy": 1}));
        recipe["on_error"] = json!("skip");
        let cube = archive.cube(recipe).unwrap();
        assert!(cube.bands[0] == expected(&[0]), "the next least cloudy");
        let [failure] = cube.ledger.failures.as_slice() else { panic!("{:?}", cube.ledger) };
        assert_eq!((failure.item.as_str(), failure.kind), ("scene4", FailureKind::Broken));
        assert_eq!(cube.ledger.dates_left_out.len(), 3);
    }
}

#[test]
fn of_a_scene_that_was_processed_again_the_latest_is_read() {
    let mut archive = archive();
    archive.items.drain(2..4);
    for (item, baseline) in archive.items.iter_mut().zip(["04.00", "05.10", "03.01"]) {
        item.datetime = "2019-06-01T11:20:00Z".parse().unwrap();
        item.properties.insert("grid:code".to_owned(), json!("MGRS-30UXB"));
        item.properties.insert("s2:processing_baseline".to_owned(), json!(baseline));
    }
    let recipe = json!({"reduce": "first"});
    for _ in 0..3 {
        archive.items.rotate_left(1);
        let cube = archive.cube(recipe.clone()).unwrap();
        assert!(cube.bands[0].iter().all(|found| *found == value(1)));
        let told: Vec<_> = cube.ledger.superseded.iter().map(|one| (one.item.as_str(), one.by.as_str())).collect();
        assert_eq!(told, [("scene0", "scene1"), ("scene4", "scene1")]);
        assert_eq!(cube.metadata["ARDENT_ITEMS"], "scene1");
    }
    let all = archive.cube(json!({"reduce": "first", "dedupe": "none"})).unwrap();
    assert!(all.bands[0].iter().all(|found| *found == value(0)) && all.ledger.is_empty());
}

#[test]
fn radar_images_from_two_directions_are_two_dates() {
    let mut archive = archive();
    archive.items.drain(1..4);
    for (item, direction) in archive.items.iter_mut().zip(["ascending", "descending"]) {
        item.datetime = "2019-06-01T11:20:00Z".parse().unwrap();
        item.properties.insert("sat:orbit_state".to_owned(), json!(direction));
    }
    let mean = |archive: &Archive| archive.cube(json!({"reduce": "mean"})).unwrap().bands[0][0];
    assert_eq!(mean(&archive), value(0), "pictures are fused whatever the direction");
    for item in &mut archive.items {
        item.properties.insert("sar:polarizations".to_owned(), json!(["VV"]));
    }
    assert_eq!(mean(&archive), f64::midpoint(value(0), value(4)));
}
