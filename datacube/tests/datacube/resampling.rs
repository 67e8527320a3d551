//! Every way of resampling, against `gdalwarp` without its approximation (`-et 0`).

use std::process::Command;

use gdal::Dataset;
use serde_json::json;

use crate::archive::{Archive, Cube, SceneSpec, british};

/// Slow waves, and texture on them; without zeros, which are missing.
fn waves(x: usize, y: usize) -> f64 {
    let slow = (x as f64 / 17.0).sin() * 900.0 + (y as f64 / 23.0).cos() * 700.0;
    (3000.0 + slow + ((x * 31 + y * 17) % 97) as f64).round()
}

/// Patches of four classes.
fn classes(x: usize, y: usize) -> f64 {
    (1 + (x / 7 + y / 5) % 4) as f64
}

struct Case {
    resampling: &'static str,
    crs: &'static str,
    resolution: f64,
    anchor: [f64; 2],
    values: fn(usize, usize) -> f64,
}

fn case(resampling: &'static str, crs: &'static str, resolution: f64, values: fn(usize, usize) -> f64) -> Case {
    Case { resampling, crs, resolution, anchor: [3.0, 4.0], values }
}

/// GDAL's answer on the cube's grid.
fn gdal(archive: &Archive, cube: &Cube, case: &Case) -> Vec<f64> {
    let [left, size, _, top, ..] = cube.geotransform;
    let (width, height) = cube.size_px;
    let bounds = [left, top - size * height as f64, left + size * width as f64, top].map(|side| side.to_string());
    let (source, target) = (archive.path("scene_red.tif"), archive.path("warped.tif"));
    let mut command = Command::new("gdalwarp");
    command.args(["-q", "-overwrite", "-et", "0", "-ovr", "NONE", "-r", case.resampling, "-t_srs", case.crs, "-te"]);
    command.args(bounds).arg("-ts").args([width.to_string(), height.to_string()]).arg(&source).arg(&target);
    assert!(command.status().unwrap().success());
    Dataset::open(&target).unwrap().rasterband(1).unwrap().read_band_as::<f64>().unwrap().data().to_vec()
}

fn compare(case: &Case) -> (usize, usize, f64) {
    let mut archive = Archive::new();
    archive.add(&SceneSpec {
        id: "scene",
        datetime: "2019-06-01T11:20:00Z",
        spec: british(450_000.0, 110_000.0, 300),
        values: &case.values,
        mask: &|_, _| 0.0,
    });
    // Well inside, so that both have whole kernels.
    let cube = archive
        .cube(json!({"bbox": [450_400, 107_400, 452_600, 109_600], "bbox_crs": "EPSG:27700", "crs": case.crs,
            "resolution": case.resolution, "anchor": case.anchor, "resampling": case.resampling}))
        .unwrap();
    let truth = gdal(&archive, &cube, case);
    assert!(truth.iter().all(|value| *value > 0.0), "the area is inside the scene");
    let off: Vec<f64> = cube.bands[0].iter().zip(&truth).map(|(ours, gdal)| (ours - gdal).abs()).collect();
    (off.len(), off.iter().filter(|off| **off > 0.0).count(), off.iter().copied().fold(0.0, f64::max))
}

#[test]
fn values_are_gdals() {
    for case in [
        case("bilinear", "EPSG:27700", 10.0, waves),
        case("cubic", "EPSG:27700", 10.0, waves),
        case("cubic", "EPSG:27700", 5.0, waves),
        case("average", "EPSG:27700", 25.0, waves),
        case("average", "EPSG:27700", 40.0, waves),
        case("nearest", "EPSG:32630", 10.0, waves),
    ] {
        let (pixels, differing, worst) = compare(&case);
        let Case { resampling, crs, resolution, .. } = case;
        assert!(pixels > 2_000, "{pixels}");
        // A value that lies on a half is rounded by the last bit of a sum.
        assert!(worst <= 1.0, "{resampling} {crs} {resolution}: off by {worst}");
        assert!(differing * 200 <= pixels, "{resampling} {crs} {resolution}: {differing} of {pixels} differ");
    }
}

#[test]
fn values_in_another_crs_are_gdals_to_a_thousandth_of_a_pixel() {
    for case in [case("bilinear", "EPSG:32630", 10.0, waves), case("cubic", "EPSG:32630", 10.0, waves)] {
        let (pixels, differing, worst) = compare(&case);
        // A thousandth of a pixel of a slope of at most some hundreds per pixel.
        assert!(worst <= 1.0 && differing * 10 <= pixels, "{}: {differing} of {pixels}, {worst}", case.resampling);
    }
}

#[test]
fn the_mode_is_gdals_but_for_pixels_that_are_cut() {
    let (pixels, differing, _) = compare(&case("mode", "EPSG:27700", 50.0, classes));
    // GDAL counts every pixel it touches as whole; we weigh it by what is covered.
    assert!(differing * 10 <= pixels, "{differing} of {pixels} differ");
    let aligned = Case { anchor: [0.0, 0.0], ..case("mode", "EPSG:27700", 30.0, classes) };
    let (pixels, differing, _) = compare(&aligned);
    assert!(differing * 20 <= pixels, "{differing} of {pixels} differ: ties alone");
}
