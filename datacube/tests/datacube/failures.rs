//! Scenes that cannot be read: an error, or left out of every pixel and told.

use std::time::{Duration, Instant};

use ardent_datacube::{Error, FailureKind};
use ardent_testkit::{raster, s3::Fault};
use serde_json::{Value, json};

use crate::archive::{Archive, SceneSpec, british, recipe};

/// Pixels of a side of each scene.
const SIZE: usize = 300;
/// Five dates.
const SCENES: usize = 5;

fn value(index: usize, x: usize, y: usize) -> f64 {
    (1000 * (index + 1) + x + y) as f64
}

fn add(archive: &mut Archive, index: usize) {
    archive.add(&SceneSpec {
        id: &format!("scene{index}"),
        datetime: &format!("2019-06-0{}T11:20:00Z", index + 1),
        spec: british(450_000.0, 110_000.0, SIZE),
        values: &move |x, y| value(index, x, y),
        mask: &move |x, _| if x < 20 * index { 1.0 } else { 0.0 },
    });
}

fn filled(mut archive: Archive) -> Archive {
    (0..SCENES).for_each(|index| add(&mut archive, index));
    archive
}

/// The mean of what is clear in these scenes, by hand.
fn expected(scenes: &[usize]) -> Vec<f64> {
    let pixel = |index: usize| {
        let (x, y) = (index % SIZE, index / SIZE);
        let clear: Vec<f64> =
            scenes.iter().filter(|scene| x >= 20 * **scene).map(|scene| value(*scene, x, y)).collect();
        if clear.is_empty() { 0.0 } else { (clear.iter().sum::<f64>() / clear.len() as f64 + 0.5).floor() }
    };
    (0..SIZE * SIZE).map(pixel).collect()
}

fn skipping() -> Value {
    json!({"mask": {"fmask": [0]}, "reduce": "mean", "on_error": "skip"})
}

/// Cuts the end of a file off, so that its last tiles are gone and its header is not.
fn cut(archive: &Archive, name: &str) {
    let bytes = std::fs::read(archive.path(name)).unwrap();
    std::fs::write(archive.path(name), &bytes[..bytes.len() * 3 / 4]).unwrap();
}

/// Turns the bytes of the last tile over.
fn garble(archive: &Archive, name: &str) {
    let mut bytes = std::fs::read(archive.path(name)).unwrap();
    let end = bytes.len();
    bytes[end - 400..].iter_mut().for_each(|byte| *byte = !*byte);
    std::fs::write(archive.path(name), bytes).unwrap();
}

#[test]
fn a_broken_scene_is_in_no_pixel_whatever_is_broken_and_however_the_work_is_cut() {
    type Break = fn(&Archive);
    let cases: [(&str, Break, FailureKind); 6] = [
        ("missing", |a| std::fs::remove_file(a.path("scene2_red.tif")).unwrap(), FailureKind::Missing),
        ("mask missing", |a| std::fs::remove_file(a.path("scene2_clouds.tif")).unwrap(), FailureKind::Missing),
        ("truncated", |a| cut(a, "scene2_red.tif"), FailureKind::Broken),
        ("garbled", |a| garble(a, "scene2_red.tif"), FailureKind::Broken),
        ("mask garbled", |a| garble(a, "scene2_clouds.tif"), FailureKind::Broken),
        ("not a raster", |a| std::fs::write(a.path("scene2_red.tif"), "gone").unwrap(), FailureKind::Unsupported),
    ];
    for (name, break_it, kind) in cases {
        for memory_bytes in [1 << 30, 9 << 20] {
            let mut archive = filled(Archive::new());
            archive.memory_bytes = memory_bytes;
            break_it(&archive);
            let cube = archive.cube(skipping()).unwrap();
            assert!(cube.bands[0] == expected(&[0, 1, 3, 4]), "{name} with {memory_bytes} bytes");
            let [failure] = cube.ledger.failures.as_slice() else { panic!("{name}: {:?}", cube.ledger) };
            assert_eq!((failure.item.as_str(), failure.kind), ("scene2", kind), "{name}: {failure:?}");
            assert!(failure.href.as_ref().unwrap().contains("scene2_"), "{name}: {failure:?}");
            let told: Value = serde_json::from_str(&cube.metadata["ARDENT_LEDGER"]).unwrap();
            assert_eq!(told["failures"][0]["item"], "scene2", "{name}");
            assert_eq!(cube.metadata["ARDENT_ITEMS"], "scene0 scene1 scene3 scene4", "{name}");
            let mut strict = skipping();
            strict["on_error"] = json!("fail");
            let error = archive.cube(strict).err().unwrap().to_string();
            assert!(error.contains("scene2"), "{name}: {error}");
        }
    }
}

#[test]
fn nothing_is_told_where_nothing_is_wrong() {
    let cube = filled(Archive::new()).cube(skipping()).unwrap();
    assert!(cube.bands[0] == expected(&[0, 1, 2, 3, 4]) && cube.ledger.is_empty());
    assert!(!cube.metadata.contains_key("ARDENT_LEDGER"));
}

#[test]
fn what_is_broken_where_nobody_looks_is_no_failure() {
    let archive = filled(Archive::new());
    garble(&archive, "scene2_red.tif");
    let mut corner = skipping();
    corner["bbox"] = json!([450_000, 109_500, 450_500, 110_000]);
    corner["bbox_crs"] = json!("EPSG:27700");
    assert!(archive.cube(corner).unwrap().ledger.is_empty());
}

#[test]
fn a_share_of_the_scenes_may_fail() {
    let archive = filled(Archive::new());
    std::fs::remove_file(archive.path("scene0_red.tif")).unwrap();
    let with = |share: f64| {
        let mut recipe = skipping();
        recipe["on_error"] = json!({"threshold": share});
        archive.cube(recipe)
    };
    assert!(with(0.2).unwrap().bands[0] == expected(&[1, 2, 3, 4]));
    garble(&archive, "scene3_clouds.tif");
    assert!(with(0.4).unwrap().bands[0] == expected(&[1, 2, 4]));
    let error = with(0.2).err().unwrap();
    let text = error.to_string();
    assert!(matches!(error, Error::TooManyFailures { scenes: 5, .. }), "{text}");
    assert!(text.contains("2 of 5") && text.contains("scene0_red.tif") && text.contains("scene3_clouds.tif"), "{text}");
}

#[test]
fn a_group_whose_scenes_all_fail_is_there_and_empty() {
    for broken in ["scene4_red.tif", "scene4_clouds.tif"] {
        let mut archive = filled(Archive::new());
        archive.items.last_mut().unwrap().datetime = "2019-09-05T11:20:00Z".parse().unwrap();
        garble(&archive, broken);
        let mut recipe = skipping();
        recipe["group"] = json!("season");
        let cube = archive.cube(recipe).unwrap();
        assert_eq!(cube.names, ["2019-JJA/red", "2019-SON/red"]);
        assert!(cube.bands[0] == expected(&[0, 1, 2, 3]) && cube.bands[1].iter().all(|value| *value == 0.0));
    }
}

#[test]
fn when_all_fail_the_first_reason_is_the_answer() {
    let mut recipe = skipping();
    recipe["bands"] = json!(["purple"]);
    let error = filled(Archive::new()).cube(recipe).err().unwrap().to_string();
    assert!(error.contains("purple") && error.contains("red, fmask"), "{error}");
}

#[test]
fn bands_that_some_lack_and_types_that_differ_are_failures_of_those() {
    let mut archive = filled(Archive::new());
    archive.items[1].assets.retain(|asset| asset.key != "red");
    // The earliest is the odd one: the others decide.
    let spec = raster::RasterSpec { data_type: raster::DataType::Int16, ..british(450_000.0, 110_000.0, SIZE) };
    raster::write(&archive.path("scene0_red.tif"), &spec, |_, x, y| value(0, x, y)).unwrap();
    let cube = archive.cube(skipping()).unwrap();
    assert!(cube.bands[0] == expected(&[2, 3, 4]));
    let kinds: Vec<_> = cube.ledger.failures.iter().map(|failure| (failure.item.as_str(), failure.kind)).collect();
    assert_eq!(kinds, [("scene0", FailureKind::DataType), ("scene1", FailureKind::NoBand)]);
    let error = archive.cube(json!({"on_error": "fail"})).err().unwrap().to_string();
    assert!(error.contains("scene1") && error.contains("red"), "{error}");
}

#[test]
fn a_store_that_fails_for_a_while_costs_time_and_no_pixel() {
    let archive = filled(Archive::served());
    for fault in [Fault::Unavailable, Fault::Reset, Fault::Cut, Fault::Late(Duration::from_millis(300))] {
        archive.rasters.clear();
        archive.server().break_object_for("scene1_red.tif", fault.clone(), 2);
        archive.server().break_object_for("scene3_clouds.tif", fault.clone(), 2);
        let begin = Instant::now();
        let mut strict = skipping();
        strict["on_error"] = json!("fail");
        let cube = archive.cube(strict).unwrap();
        assert!(cube.bands[0] == expected(&[0, 1, 2, 3, 4]), "{fault:?}");
        let waited = matches!(fault, Fault::Late(_));
        assert!(!waited || begin.elapsed() >= Duration::from_millis(300), "the fault was there");
    }
}

#[test]
fn a_store_that_fails_for_good_is_a_failure_of_the_scene() {
    for (fault, kind) in [
        (Fault::Unavailable, FailureKind::Unavailable),
        (Fault::Reset, FailureKind::Unavailable),
        (Fault::Short, FailureKind::Unavailable),
        (Fault::OtherVersion, FailureKind::Changed),
    ] {
        let archive = filled(Archive::served());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (strict, lenient) = (recipe(&json!({})).unwrap(), recipe(&skipping()).unwrap());
        let plans =
            runtime.block_on(async { [archive.plan(&strict).await.unwrap(), archive.plan(&lenient).await.unwrap()] });
        // After the headers were read.
        archive.server().break_object("scene3_red.tif", fault.clone());
        let [strict, lenient] = plans;
        let error = runtime.block_on(archive.run(strict)).err().unwrap();
        assert!(error.to_string().contains("scene3_red.tif"), "{fault:?}: {error}");
        let cube = runtime.block_on(archive.run(lenient)).unwrap();
        assert!(cube.bands[0] == expected(&[0, 1, 2, 4]), "{fault:?}");
        let [failure] = cube.ledger.failures.as_slice() else { panic!("{fault:?}: {:?}", cube.ledger) };
        assert_eq!((failure.item.as_str(), failure.kind), ("scene3", kind), "{fault:?}: {failure:?}");
    }
}

#[test]
fn on_another_grid_too_a_broken_scene_is_as_if_it_were_not_there() {
    for break_it in [garble as fn(&Archive, &str), cut] {
        for broken in ["scene2_red.tif", "scene2_clouds.tif"] {
            for resampling in ["nearest", "bilinear", "average"] {
                let mut recipe = skipping();
                recipe["crs"] = json!("EPSG:32630");
                recipe["resolution"] = json!(12);
                recipe["resampling"] = json!(resampling);
                let mut without = filled(Archive::new());
                without.items.remove(2);
                let truth = without.cube(recipe.clone()).unwrap();
                assert!(truth.bands[0].iter().filter(|value| **value > 0.0).count() > 50_000);
                for memory_bytes in [1 << 30, 9 << 20] {
                    let mut archive = filled(Archive::new());
                    archive.memory_bytes = memory_bytes;
                    break_it(&archive, broken);
                    let cube = archive.cube(recipe.clone()).unwrap();
                    assert!(cube.bands == truth.bands, "{broken}, {resampling}, {memory_bytes} bytes");
                    assert_eq!(cube.ledger.failures.len(), 1);
                }
            }
        }
    }
}
