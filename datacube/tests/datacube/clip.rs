//! Pixels outside of the recipe's polygons, against GDAL and plain geometry.

use ardent_model::{Crs, footprint};
use gdal::{
    DriverManager,
    raster::{RasterizeOptions, rasterize},
    vector::Geometry,
};
use geo::{Contains, Intersects};
use serde_json::{Value, json};

use crate::archive::{Archive, SceneSpec, british};

/// Pixels of a side.
const SIZE: usize = 260;
const LEFT: f64 = 450_000.0;
const TOP: f64 = 110_000.0;

fn archive() -> Archive {
    let mut archive = Archive::new();
    archive.add(&SceneSpec {
        id: "scene",
        datetime: "2019-06-01T11:20:00Z",
        spec: british(LEFT, TOP, SIZE),
        values: &|_, _| 1.0,
        mask: &|_, _| 0.0,
    });
    archive
}

/// Numbers from 0 to 1, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A star-shaped ring around a place in the scene, `reach` metres wide.
    fn ring(&mut self, (x, y): (f64, f64), reach: f64) -> Vec<[f64; 2]> {
        let corners = 3 + (self.next() * 20.0) as usize;
        let corner = |random: &mut Self, index: usize| {
            let angle = index as f64 / corners as f64 * std::f64::consts::TAU;
            let radius = reach * (0.3 + 0.7 * random.next());
            [x + radius * angle.cos(), y + radius * angle.sin()]
        };
        let mut ring: Vec<_> = (0..corners).map(|index| corner(self, index)).collect();
        ring.push(ring[0]);
        ring
    }

    /// Two polygons, each with a hole, that may overlap each other and the scene's edge.
    fn polygons(&mut self) -> Value {
        let polygon = |random: &mut Self| {
            let reach = 200.0 + 800.0 * random.next();
            let place = (LEFT + 2600.0 * random.next(), TOP - 2600.0 * random.next());
            json!([random.ring(place, reach), random.ring(place, reach * 0.25)])
        };
        json!({"type": "MultiPolygon", "coordinates": [polygon(self), polygon(self)]})
    }
}

/// Clipped on the scene's grid; the whole of it lies in the area, thanks to a speck at each corner.
fn clipped(archive: &Archive, geometry: &Value, clip: &Value) -> (Vec<f64>, [f64; 6], usize) {
    let recipe = json!({"geometry": geometry, "bbox_crs": "EPSG:27700", "clip": clip, "reduce": "count"});
    let cube = archive.cube(recipe).unwrap();
    (cube.bands[0].clone(), cube.geotransform, cube.size_px.0)
}

fn by_gdal(geometry: &Value, geotransform: [f64; 6], (width, height): (usize, usize)) -> Vec<f64> {
    let driver = DriverManager::get_driver_by_name("MEM").unwrap();
    let mut dataset = driver.create_with_band_type::<u8, _>("", width, height, 1).unwrap();
    dataset.set_geo_transform(&geotransform).unwrap();
    let geometry = Geometry::from_geojson(&geometry.to_string()).unwrap();
    rasterize(&mut dataset, &[1], &[geometry], &[1.0], Some(RasterizeOptions::default())).unwrap();
    dataset.rasterband(1).unwrap().read_band_as::<f64>().unwrap().data().to_vec()
}

fn in_scene(geotransform: [f64; 6], (col, row): (usize, usize)) -> bool {
    let (x, y) = (geotransform[0] + 10.0 * (col as f64 + 0.5), geotransform[3] - 10.0 * (row as f64 + 0.5));
    (LEFT..LEFT + 2600.0).contains(&x) && (TOP - 2600.0..TOP).contains(&y)
}

#[test]
fn centres_are_inside_where_gdal_says_so() {
    let (archive, mut random) = (archive(), Random(7));
    let mut inside = 0;
    for number in 0..30 {
        let geometry = random.polygons();
        let (found, geotransform, width) = clipped(&archive, &geometry, &json!(true));
        // GDAL takes the two polygons of a MultiPolygon together, even-odd; ours are a union, as two burns are.
        let size = (width, found.len() / width);
        let parts = geometry["coordinates"].as_array().unwrap().iter();
        let burnt: Vec<_> =
            parts.map(|part| by_gdal(&json!({"type": "Polygon", "coordinates": part}), geotransform, size)).collect();
        for (index, value) in found.iter().enumerate() {
            let truth = burnt[0][index].max(burnt[1][index]);
            let truth = if in_scene(geotransform, (index % width, index / width)) { truth } else { 0.0 };
            assert_eq!(*value, truth, "polygon {number}, pixel {index}");
        }
        inside += found.iter().filter(|value| **value == 1.0).count();
    }
    assert!(inside > 50_000, "{inside}");
}

#[test]
fn all_touched_takes_every_pixel_that_shares_a_point() {
    let (archive, mut random) = (archive(), Random(11));
    for number in 0..8 {
        let geometry = random.polygons();
        let shape = footprint::from_value(geometry.clone()).unwrap();
        let (found, geotransform, width) = clipped(&archive, &geometry, &json!({"all_touched": true}));
        for (index, value) in found.iter().enumerate() {
            let at = (index % width, index / width);
            let corner = (geotransform[0] + 10.0 * at.0 as f64, geotransform[3] - 10.0 * at.1 as f64);
            let pixel = geo::Rect::new(corner, (corner.0 + 10.0, corner.1 - 10.0));
            let truth = in_scene(geotransform, at) && shape.intersects(&pixel);
            assert_eq!(*value == 1.0, truth, "polygon {number}, pixel {at:?}");
        }
    }
}

#[test]
fn neighbours_share_no_centre_and_leave_none_out() {
    let archive = archive();
    // The line between them goes through centres of pixels.
    let (left, middle, right) = (LEFT, LEFT + 1005.0, LEFT + 2000.0);
    let square = |west: f64, east: f64| {
        json!({"type": "Polygon", "coordinates":
            [[[west, TOP], [east, TOP], [east, TOP - 1000.0], [west, TOP - 1000.0], [west, TOP]]]})
    };
    let count = |shape: Value| clipped(&archive, &shape, &json!(true)).0.iter().sum::<f64>();
    assert_eq!(count(square(left, middle)) + count(square(middle, right)), 200.0 * 100.0);
}

#[test]
fn degrees_are_clipped_on_the_ground() {
    let archive = archive();
    let (mut x, mut y) = ([LEFT + 300.0, LEFT + 2300.0], [TOP - 2300.0, TOP - 300.0]);
    let (british, degrees) = (Crs::epsg(27700), Crs::WGS84);
    ardent_datacube::projection::transform(british, degrees, &mut x, &mut y).unwrap();
    let ring = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]], [x[0], y[0]]];
    let geometry = json!({"type": "Polygon", "coordinates": [ring]});
    let cube = archive.cube(json!({"geometry": geometry, "clip": true, "reduce": "count"})).unwrap();
    let shape = footprint::from_value(geometry).unwrap();
    let (mut differ, width) = (0, cube.size_px.0);
    for (index, value) in cube.bands[0].iter().enumerate() {
        let (mut x, mut y) = (
            [cube.geotransform[0] + 10.0 * ((index % width) as f64 + 0.5)],
            [cube.geotransform[3] - 10.0 * ((index / width) as f64 + 0.5)],
        );
        ardent_datacube::projection::transform(british, degrees, &mut x, &mut y).unwrap();
        differ += usize::from(shape.contains(&geo::Point::new(x[0], y[0])) != (*value == 1.0));
    }
    // Within a hundredth of a pixel from the edge.
    assert!(differ <= 8 && cube.bands[0].len() > 30_000, "{differ} of {}", cube.bands[0].len());
}

#[test]
fn tiles_outside_are_not_fetched_and_nothing_depends_on_windows() {
    let mut archive = Archive::served();
    archive.add(&SceneSpec {
        id: "scene",
        datetime: "2019-06-01T11:20:00Z",
        spec: british(LEFT, TOP, SIZE),
        values: &|x, y| (1 + x + 2 * y) as f64,
        mask: &|x, y| f64::from(u8::from((x / 9 + y / 5) % 4 == 0)),
    });
    // A ring around the scene, and a triangle in one corner.
    let triangle = [[LEFT, TOP], [LEFT + 500.0, TOP], [LEFT, TOP - 500.0], [LEFT, TOP]];
    let speck = [
        [LEFT + 2590.0, TOP - 2600.0],
        [LEFT + 2600.0, TOP - 2600.0],
        [LEFT + 2600.0, TOP - 2590.0],
        [LEFT + 2590.0, TOP - 2600.0],
    ];
    let geometry = json!({"type": "MultiPolygon", "coordinates": [[triangle], [speck]]});
    for changes in [
        json!({}),
        json!({"crs": "EPSG:32630", "resolution": 10}),
        json!({"crs": "EPSG:32630", "resolution": 10, "resampling": "bilinear"}),
    ] {
        let mut recipe = changes.clone();
        recipe["geometry"] = geometry.clone();
        recipe["bbox_crs"] = json!("EPSG:27700");
        recipe["clip"] = json!(true);
        recipe["mask"] = json!([{"band": "fmask", "include": [0], "dilate_px": 1}]);
        let whole = archive.cube(recipe.clone()).unwrap();
        assert!(whole.tiles_skipped >= 20, "{changes}: {} of 25 tiles", whole.tiles_skipped);
        let memory_bytes = std::mem::replace(&mut archive.memory_bytes, 9 << 20);
        let parts = archive.cube(recipe).unwrap();
        archive.memory_bytes = memory_bytes;
        assert!(whole.bands == parts.bands, "{changes}");
        assert!(whole.bands[0].iter().filter(|value| **value > 0.0).count() > 500);
    }
}
