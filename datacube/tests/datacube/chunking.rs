//! Nothing depends on how the work is cut.

use serde_json::json;

use crate::archive::{Archive, SceneSpec, british};

#[test]
fn small_windows_give_what_large_ones_give() {
    let mut archive = Archive::new();
    for (index, left) in [(0_usize, 450_000.0), (1, 452_995.0), (2, 450_003.0)] {
        archive.add(&SceneSpec {
            id: &format!("scene{index}"),
            datetime: &format!("2019-06-0{}T11:20:00Z", index + 1),
            spec: british(left, 110_000.0, 300),
            values: &move |x, y| (1 + (x * 37 + y * 91 + index * 13) % 5000) as f64,
            mask: &move |x, y| if (x / 9 + y / 7 + index) % 5 == 0 { 1.0 } else { 0.0 },
        });
    }
    for resampling in ["nearest", "bilinear", "cubic", "average", "mode"] {
        for crs in ["EPSG:27700", "EPSG:32630"] {
            let recipe = json!({"crs": crs, "resolution": 10, "resampling": resampling, "mask": {"fmask": [0]}});
            archive.memory_bytes = 1 << 30;
            let whole = archive.cube(recipe.clone()).unwrap();
            archive.memory_bytes = 9 << 20;
            let parts = archive.cube(recipe).unwrap();
            assert!(whole.bands == parts.bands, "{resampling} in {crs}");
            assert!(whole.bands[0].iter().filter(|value| **value > 0.0).count() > 100_000);
        }
    }
}

#[test]
fn windows_on_another_grid_share_their_tiles() {
    const SIDE_PX: usize = 1300;
    const TILES: u64 = 21 * 21;
    let mut archive = Archive::new();
    for index in 0..2_usize {
        archive.add(&SceneSpec {
            id: &format!("scene{index}"),
            datetime: &format!("2019-0{}-01T11:20:00Z", 6 + 3 * index),
            spec: british(450_000.0, 110_000.0, SIDE_PX),
            values: &move |x, y| (1 + (x * 37 + y * 91 + index * 13) % 5000) as f64,
            mask: &|_, _| 0.0,
        });
    }
    let recipe = json!({"crs": "EPSG:32630", "resolution": 10, "resampling": "bilinear", "mask": {"fmask": [0]},
        "group": "season"});
    let shared = archive.cube(recipe.clone()).unwrap();
    assert_eq!(shared.tiles_read, 2 * 2 * TILES, "of two scenes, values and mask, each tile once");
    archive.memory_bytes = 64 << 20;
    let alone = archive.cube(recipe).unwrap();
    assert!(alone.tiles_read > shared.tiles_read, "without room tiles are decoded again");
    assert!(shared.bands == alone.bands);
}
