//! The grid of the result.

use ardent_datacube::Error;
use serde_json::json;

use crate::archive::{Archive, SceneSpec, british};

fn scene(archive: &mut Archive, id: &str, left: f64) {
    archive.add(&SceneSpec {
        id,
        datetime: "2019-06-01T11:20:00Z",
        spec: british(left, 110_000.0, 100),
        values: &|x, y| (1 + x + 1000 * y) as f64 % 60_000.0,
        mask: &|_, _| 0.0,
    });
}

#[test]
fn neighbours_on_one_grid_become_one_picture() {
    let mut archive = Archive::new();
    scene(&mut archive, "west", 450_000.0);
    scene(&mut archive, "east", 451_000.0);
    let cube = archive.cube(json!({})).unwrap();
    assert_eq!(cube.bands[0].len(), 200 * 100);
    assert_eq!((cube.bands[0][99], cube.bands[0][100]), (100.0, 1.0));
}

#[test]
fn an_area_is_cut_out_to_the_pixel() {
    let mut archive = Archive::new();
    scene(&mut archive, "west", 450_000.0);
    let area = json!({"bbox": [450_120, 109_700, 450_300, 109_950], "bbox_crs": "EPSG:27700"});
    let cube = archive.cube(area.clone()).unwrap();
    assert_eq!(cube.geotransform, [450_120.0, 10.0, 0.0, 109_950.0, 0.0, -10.0]);
    assert_eq!((cube.bands[0].len(), cube.bands[0][0]), (18 * 25, (1 + 12 + 1000 * 5) as f64));
    assert!(!cube.metadata.contains_key("ARDENT_DATUM_SHIFT"), "no datum was changed");
    let mut with_grid = area;
    with_grid["crs"] = json!("EPSG:27700");
    with_grid["resolution"] = json!(10);
    assert_eq!(archive.cube(with_grid).unwrap().bands, cube.bands, "the same grid by name");
}

#[test]
fn several_grids_are_listed() {
    let mut archive = Archive::new();
    scene(&mut archive, "west", 450_000.0);
    scene(&mut archive, "askew", 451_003.0);
    let error = archive.cube(json!({})).err().unwrap();
    assert!(matches!(error, Error::SeveralGrids { .. }));
    let text = error.to_string();
    assert!(text.contains("2 grids") && text.contains("`askew`") && text.contains("[451003, 110000]"), "{text}");
    let cube = archive.cube(json!({"anchor": {"like": "askew"}, "group": "all"})).unwrap();
    assert_eq!(cube.geotransform[0], 451_003.0, "the anchor item decides");
}

#[test]
fn a_coarser_result_reads_the_nearest_pixels() {
    let mut archive = Archive::new();
    scene(&mut archive, "west", 450_000.0);
    let cube = archive.cube(json!({"crs": "EPSG:27700", "resolution": 30})).unwrap();
    assert_eq!(cube.geotransform[3], 110_010.0, "edges at multiples of 30");
    assert_eq!(cube.bands[0][0], 2.0, "the centre (450 015, 109 995) lies in column 1, row 0");
}

#[test]
fn another_crs_keeps_values_to_the_pixel() {
    let mut archive = Archive::new();
    // A plane: bilinear interpolation must give it back wherever the kernel is whole.
    archive.add(&SceneSpec {
        id: "plane",
        datetime: "2019-06-01T11:20:00Z",
        spec: british(450_000.0, 110_000.0, 200),
        values: &|x, y| (100 * x + 50 * y + 1000) as f64,
        mask: &|_, _| 0.0,
    });
    let area = json!({"bbox": [450_300, 108_300, 451_700, 109_700], "bbox_crs": "EPSG:27700", "crs": "EPSG:32630",
        "resolution": 10, "resampling": "bilinear"});
    let cube = archive.cube(area).unwrap();
    let shift = &cube.metadata["ARDENT_DATUM_SHIFT"];
    assert!(shift == "helmert" || shift == "ostn15", "the file says how the two are related: {shift}");
    let [left, _, _, top, ..] = cube.geotransform;
    let width = cube.bands[0].len().isqrt();
    let mut checked = 0;
    for (index, value) in cube.bands[0].iter().enumerate().filter(|(_, value)| **value != 0.0) {
        let (mut x, mut y) =
            ([left + 10.0 * ((index % width) as f64 + 0.5)], [top - 10.0 * ((index / width) as f64 + 0.5)]);
        let (utm, british) = (ardent_model::Crs::epsg(32630), ardent_model::Crs::epsg(27700));
        ardent_datacube::projection::transform(utm, british, &mut x, &mut y).unwrap();
        let (col, row) = ((x[0] - 450_000.0) / 10.0 - 0.5, (110_000.0 - y[0]) / 10.0 - 0.5);
        let truth = 100.0 * col + 50.0 * row + 1000.0;
        assert!((value - truth).abs() <= 0.7, "{value} is not {truth}: rounding, and a thousandth of a pixel");
        checked += 1;
    }
    assert!(checked > 15_000, "{checked}");
}
