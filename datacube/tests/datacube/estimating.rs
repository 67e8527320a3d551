//! What is said of a cube beforehand, against what it then took, counted by the server of its files.

use std::sync::Arc;

use ardent_datacube::{Engine, Estimate};
use serde_json::{Value, json};

use crate::archive::{Archive, SceneSpec, british, recipe};

const SIZE: usize = 300;

/// Six dates, of which every second has no clear pixel in its upper half.
fn filled() -> Archive {
    let mut archive = Archive::served();
    for date in 0..6 {
        archive.add(&SceneSpec {
            id: &format!("scene{date}"),
            datetime: &format!("2019-06-0{}T11:20:00Z", date + 1),
            spec: british(450_000.0, 110_000.0, SIZE),
            // Noise, so that tiles are of some size.
            values: &|x, y| (1 + (x * 7919 + y * 104_729 + date * 31) % 60_000) as f64,
            mask: &|_, y| if date % 2 == 1 && y < SIZE / 2 { 1.0 } else { 0.0 },
        });
    }
    archive
}

/// Requests, bytes and tiles.
type Took = (u64, u64, u64);

/// What was said, and what it took; headers are read before both.
fn compare(archive: &Archive, engine: &Engine, changes: &Value) -> (Estimate, Took) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let recipe = recipe(changes).unwrap();
    runtime.block_on(async {
        let plan = Arc::new(archive.plan(&recipe).await.unwrap());
        let server = archive.server();
        let before = (server.requests("GET"), server.sent_bytes());
        let estimate = engine.estimate(Arc::clone(&plan)).await.unwrap();
        assert_eq!((server.requests("GET"), server.sent_bytes()), before, "nothing is read for it");
        let made = engine.run(plan).await.unwrap();
        let took = (server.requests("GET") - before.0, server.sent_bytes() - before.1, made.taken.tiles_read);
        (estimate, took)
    })
}

#[test]
fn without_masks_it_is_what_the_cube_takes() {
    let archive = filled();
    let engine = Engine::new(1 << 30, 4);
    let area = json!([450_500, 107_500, 452_300, 109_300]);
    for changes in [
        json!({}),
        json!({"group": "solar_day"}),
        json!({"bbox": area, "bbox_crs": "EPSG:27700"}),
        json!({"bbox": area, "bbox_crs": "EPSG:27700", "crs": "EPSG:32630", "resolution": 10, "resampling": "cubic"}),
        json!({"crs": "EPSG:32630", "resolution": 3, "group": "solar_day"}),
        json!({"crs": "EPSG:27700", "resolution": 35, "resampling": "average"}),
    ] {
        let (estimate, (requests, bytes, tiles)) = compare(&archive, &engine, &changes);
        assert_eq!((estimate.masks.tiles, estimate.masks.requests, estimate.masks.bytes), (0, 0, 0));
        let said = (estimate.data.requests, estimate.data.bytes, estimate.data.tiles);
        assert_eq!(said, (requests, bytes, tiles), "{changes}");
        assert!(estimate.data.tiles > 0 && estimate.memory_bytes < 1 << 30 && estimate.windows > 0);
    }
}

#[test]
fn with_masks_it_is_the_least_and_the_most() {
    let archive = filled();
    let engine = Engine::new(1 << 30, 4);
    for changes in [
        json!({"mask": {"fmask": [0]}}),
        json!({"mask": {"fmask": [0]}, "crs": "EPSG:32630", "resolution": 10, "resampling": "bilinear"}),
        json!({"mask": {"fmask": [0]}, "select": {"min_valid": 0.0}}),
    ] {
        let (estimate, (requests, bytes, tiles)) = compare(&archive, &engine, &changes);
        let least = (estimate.masks.requests, estimate.masks.bytes, estimate.masks.tiles);
        let most = (least.0 + estimate.data.requests, least.1 + estimate.data.bytes, least.2 + estimate.data.tiles);
        assert!(least.1 < bytes && bytes < most.1, "{changes}: {bytes} of {least:?} to {most:?}");
        assert!(least.2 < tiles && tiles < most.2, "{changes}: {tiles} of {least:?} to {most:?}");
        assert!(least.0 < requests && requests <= most.0, "{changes}: {requests} of {least:?} to {most:?}");
    }
    // Nothing is masked: the most is what it takes.
    let (estimate, (requests, bytes, tiles)) = compare(&archive, &engine, &json!({"mask": {"fmask": [0, 1]}}));
    let (masks, data) = (estimate.masks, estimate.data);
    assert_eq!(
        (masks.requests + data.requests, masks.bytes + data.bytes, masks.tiles + data.tiles),
        (requests, bytes, tiles)
    );
    // And everything: the least.
    let (estimate, took) = compare(&archive, &engine, &json!({"mask": {"fmask": [9]}}));
    assert_eq!((estimate.masks.requests, estimate.masks.bytes, estimate.masks.tiles), took);
    // In strips over a grid that is turned, too: each tile once. Which of two strips comes first to a file is not said,
    // and with it which tiles share a request.
    let turned = json!({"mask": {"fmask": [9]}, "crs": "EPSG:32633", "resolution": 1.5});
    let (estimate, (requests, bytes, tiles)) = compare(&archive, &engine, &turned);
    assert_eq!(estimate.masks.tiles, tiles);
    let is_near = |said: u64, took: u64| said.abs_diff(took) * 4 <= said;
    assert!(is_near(estimate.masks.requests, requests), "{requests} of {estimate:?}");
    assert!(is_near(estimate.masks.bytes, bytes), "{bytes} of {estimate:?}");
}

#[test]
fn windows_are_strips_where_the_tiles_that_they_share_fit() {
    let archive = filled();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let other_grid = json!({"crs": "EPSG:32630", "resolution": 1.5});
    for (changes, memory_bytes, is_strip) in
        [(&other_grid, 1 << 30, true), (&other_grid, 100 << 20, false), (&json!({}), 1 << 30, false)]
    {
        let plan = Arc::new(runtime.block_on(archive.plan(&recipe(changes).unwrap())).unwrap());
        let estimate = runtime.block_on(Engine::new(memory_bytes, 4).estimate(Arc::clone(&plan))).unwrap();
        let size_px = (estimate.window_width_px, estimate.window_height_px);
        assert_eq!(size_px.0 > size_px.1, is_strip, "{changes}: {size_px:?}");
        if is_strip {
            assert_eq!(size_px.0, plan.grid.width_px);
            assert_eq!(estimate.windows as usize, plan.groups.len() * plan.grid.height_px.div_ceil(size_px.1));
        }
    }
}

#[test]
fn memory_is_within_what_there_is() {
    let archive = filled();
    let recipe = recipe(&json!({"crs": "EPSG:32630", "resolution": 3, "group": "solar_day"})).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let plan = Arc::new(runtime.block_on(archive.plan(&recipe)).unwrap());
    let mut before = None;
    for memory_bytes in [1 << 30, 256 << 20, 40 << 20, 20 << 20] {
        let estimate = runtime.block_on(Engine::new(memory_bytes, 4).estimate(Arc::clone(&plan))).unwrap();
        assert!(estimate.memory_bytes <= memory_bytes as u64, "{estimate:?} of {memory_bytes}");
        assert!(before.is_none_or(|before| estimate.windows >= before), "less memory, more windows");
        before = Some(estimate.windows);
    }
    let error = runtime.block_on(Engine::new(5 << 20, 4).estimate(plan)).unwrap_err();
    assert!(error.to_string().contains("bytes of memory"), "{error}");
}
