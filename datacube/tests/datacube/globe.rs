//! Grids across the antimeridian, around the poles, and of several zones and resolutions: every pixel says which file,
//! column and row it is from, and where it must be from is asked of the projection library, pixel by pixel.

use ardent_model::Item;
use ardent_testkit::raster::{self, RasterSpec};
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use serde_json::{Value, json};

use crate::archive::{Archive, Cube, SceneSpec};

/// A file: its EPSG code, corner, pixel size and shape.
#[derive(Debug, Clone, Copy)]
struct Patch {
    epsg: u32,
    left: f64,
    top: f64,
    size: f64,
    width_px: usize,
    height_px: usize,
}

impl Patch {
    fn spec(&self) -> RasterSpec {
        RasterSpec {
            width_px: self.width_px,
            height_px: self.height_px,
            data_type: raster::DataType::Uint32,
            tile_px: Some(64),
            geotransform: [self.left, self.size, 0.0, self.top, 0.0, -self.size],
            epsg: Some(self.epsg),
            ..RasterSpec::default()
        }
    }

    /// Which pixel a place in the file's CRS is in; an error if it is so near to an edge that rounding decides.
    fn pixel(&self, (x, y): (f64, f64)) -> Result<Option<(usize, usize)>, ()> {
        let (col, row) = ((x - self.left) / self.size, (self.top - y) / self.size);
        if !(col.is_finite() && row.is_finite()) {
            return Ok(None);
        }
        // The lattice is good to a thousandth of a pixel, on each axis, twice.
        let is_near = |at: f64| (at - at.round()).abs() < 0.005;
        let (width, height) = (self.width_px as f64, self.height_px as f64);
        if !(-0.01..width + 0.01).contains(&col) || !(-0.01..height + 0.01).contains(&row) {
            return Ok(None);
        }
        if is_near(col) || is_near(row) {
            return Err(());
        }
        let is_inside = (0.0..width).contains(&col) && (0.0..height).contains(&row);
        Ok(is_inside.then_some((col as usize, row as usize)))
    }
}

/// What the pixel of the file with this number says.
fn told(file: usize, (col, row): (usize, usize)) -> f64 {
    ((file + 1) * 100_000_000 + col * 10_000 + row) as f64
}

fn archive(patches: &[Patch]) -> Archive {
    let mut archive = Archive::new();
    for (file, patch) in patches.iter().enumerate() {
        archive.add(&SceneSpec {
            id: &format!("{file}"),
            datetime: "2019-06-01T12:00:00Z",
            spec: patch.spec(),
            values: &|col, row| told(file, (col, row)),
            mask: &|_, _| 0.0,
        });
    }
    archive
}

/// From one CRS to another by the projection library, a point at a time, axes x and y.
struct Projector(CoordTransform);

impl Projector {
    fn new(from: u32, to: u32) -> Self {
        let reference = |code| {
            let mut found = SpatialRef::from_epsg(code).unwrap();
            found.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
            found
        };
        Self(CoordTransform::new(&reference(from), &reference(to)).unwrap())
    }

    fn point(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (mut x, mut y) = ([x], [y]);
        match self.0.transform_coords(&mut x, &mut y, &mut []) {
            Ok(()) => (x[0], y[0]),
            Err(_) => (f64::NAN, f64::NAN),
        }
    }
}

/// Compares every pixel that no rounding decides; how many have a value, and from how many files.
fn check(cube: &Cube, epsg: u32, patches: &[Patch]) -> (usize, usize) {
    check_band((cube, 0), epsg, patches)
}

fn check_band((cube, band): (&Cube, usize), epsg: u32, patches: &[Patch]) -> (usize, usize) {
    let [left, size, _, top, ..] = cube.geotransform;
    let projectors: Vec<Projector> = patches.iter().map(|patch| Projector::new(epsg, patch.epsg)).collect();
    let (mut found, mut files, mut undecided) = (0, std::collections::BTreeSet::new(), 0);
    for (index, value) in cube.bands[band].iter().enumerate() {
        let (col, row) = (index % cube.size_px.0, index / cube.size_px.0);
        let at = (left + size * (col as f64 + 0.5), top - size * (row as f64 + 0.5));
        let expected = patches.iter().zip(&projectors).enumerate().find_map(|(file, (patch, projector))| {
            let (x, y) = if patch.epsg == epsg { at } else { projector.point(at) };
            // Degrees come round, so that a place may be in the file after a turn.
            let turns: &[f64] = if patch.epsg == 4326 { &[0.0, 360.0, -360.0] } else { &[0.0] };
            let pixel = turns.iter().map(|turn| patch.pixel((x + turn, y))).find(|pixel| *pixel != Ok(None));
            pixel.map(|pixel| pixel.map(|pixel| pixel.map_or(0.0, |pixel| told(file, pixel))))
        });
        match expected.unwrap_or(Ok(0.0)) {
            Ok(expected) => {
                assert_eq!(*value, expected, "pixel {col}, {row} at {at:?}");
                found += usize::from(expected > 0.0);
                if expected > 0.0 {
                    files.insert((expected / 1e8) as usize);
                }
            }
            Err(()) => undecided += 1,
        }
    }
    assert!(undecided * 8 < cube.bands[band].len(), "{undecided} pixels lie on edges");
    (found, files.len())
}

/// A degree on either side of the antimeridian, in pixels of a hundredth.
const SPLIT: [Patch; 2] = [
    Patch { epsg: 4326, left: 179.0, top: -16.0, size: 0.01, width_px: 100, height_px: 150 },
    Patch { epsg: 4326, left: -180.0, top: -16.0, size: 0.01, width_px: 100, height_px: 150 },
];

/// Zones 60 and 1 about Taveuni, which the antimeridian crosses.
const ZONES: [Patch; 2] = [
    Patch { epsg: 32760, left: 780_000.0, top: 8_160_000.0, size: 100.0, width_px: 400, height_px: 400 },
    Patch { epsg: 32701, left: 170_000.0, top: 8_160_000.0, size: 100.0, width_px: 400, height_px: 400 },
];

#[test]
fn items_split_at_the_antimeridian_are_one_picture_on_their_own_grid() {
    let cube = archive(&SPLIT).cube(json!({})).unwrap();
    assert_eq!(cube.size_px, (200, 150));
    assert_eq!((cube.geotransform[0], cube.geotransform[3]), (179.0, -16.0));
    for (index, value) in cube.bands[0].iter().enumerate() {
        let (col, row) = (index % 200, index / 200);
        assert_eq!(*value, told(col / 100, (col % 100, row)), "{col}, {row}");
    }
}

#[test]
fn an_area_across_the_antimeridian_is_whole_in_degrees() {
    let archive = archive(&SPLIT);
    for (resolution, resampling) in [(0.01, "nearest"), (0.013, "nearest"), (0.01, "bilinear")] {
        let cube = archive
            .cube(json!({"bbox": [179.5, -17.2, -179.4, -16.3], "crs": "EPSG:4326", "resolution": resolution,
                "resampling": resampling}))
            .unwrap();
        assert!((cube.geotransform[0] - 179.5).abs() <= resolution, "{:?}", cube.geotransform);
        assert!((cube.size_px.0 as f64 * resolution - 1.1).abs() <= 2.0 * resolution, "{:?}", cube.size_px);
        assert_eq!(check(&cube, 4326, &SPLIT), (cube.bands[0].len(), 2), "{resolution}: no gap, from both");
    }
}

#[test]
fn pixels_that_cover_several_are_averaged_across_the_antimeridian() {
    let mut archive = Archive::new();
    for (index, patch) in SPLIT.iter().enumerate() {
        archive.add(&SceneSpec {
            id: &format!("{index}"),
            datetime: "2019-06-01T12:00:00Z",
            spec: patch.spec(),
            // A plane over both: a degree is 100 columns.
            values: &|col, row| (1000 + 10 * (col + 100 * index) + 4000 * row) as f64,
            mask: &|_, _| 0.0,
        });
    }
    let cube = archive
        .cube(json!({"bbox": [179.2, -17.4, -179.2, -16.1], "crs": "EPSG:4326", "resolution": 0.04, "resampling": "average"}))
        .unwrap();
    let [left, size, _, top, ..] = cube.geotransform;
    for (index, value) in cube.bands[0].iter().enumerate() {
        let (col, row) = (index % cube.size_px.0, index / cube.size_px.0);
        let (x, y) = (left + size * (col as f64 + 0.5), top - size * (row as f64 + 0.5));
        let truth = 1000.0 + 10.0 * ((x - 179.0) * 100.0 - 0.5) + 4000.0 * ((-16.0 - y) * 100.0 - 0.5);
        assert!((value - truth).abs() <= 1.0, "{value} is not {truth} at {x}");
    }
}

#[test]
fn zones_on_both_sides_of_the_antimeridian_are_one_cube() {
    let archive = archive(&ZONES);
    let degrees = archive.cube(json!({"crs": "EPSG:4326", "resolution": 0.002})).unwrap();
    assert!((177.0..180.0).contains(&degrees.geotransform[0]), "{:?}", degrees.geotransform);
    assert!(degrees.size_px.0 < 1000, "not all around the globe: {:?}", degrees.size_px);
    let (found, files) = check(&degrees, 4326, &ZONES);
    assert!(found > 50_000 && files == 2, "{found} from {files}");
    for (crs, resolution) in [(3832, 150.0), (3460, 90.0), (32760, 100.0), (32701, 130.0)] {
        let area =
            json!({"bbox": [179.8, -17.0, -179.85, -16.7], "crs": format!("EPSG:{crs}"), "resolution": resolution});
        let cube = archive.cube(area).unwrap();
        assert!(cube.bands[0].len() < 500_000, "{crs}: {:?}", cube.size_px);
        let (found, files) = check(&cube, crs, &ZONES);
        assert!(found * 10 > cube.bands[0].len() * 7 && files == 2, "EPSG:{crs}: {found} from {files}");
    }
}

#[test]
fn nothing_depends_on_windows_across_the_antimeridian_and_around_a_pole() {
    let across = |crs: &str, resolution: f64, how: &str| json!({"bbox": [179.1, -17.4, -179.1, -16.1], "crs": crs, "resolution": resolution, "resampling": how});
    let polar = json!({"bbox": [-900_000, -900_000, 900_000, 900_000], "bbox_crs": "EPSG:3995", "crs": "EPSG:3995",
        "resolution": 3_000, "resampling": "bilinear"});
    let cases = [
        (archive(&SPLIT), across("EPSG:4326", 0.0031, "cubic")),
        (archive(&SPLIT), across("EPSG:4326", 0.0031, "average")),
        (archive(&SPLIT), across("EPSG:4326", 0.01, "bilinear")),
        (archive(&SPLIT), across("EPSG:3460", 400.0, "bilinear")),
        (archive(&around(90.0)), polar),
    ];
    for (mut archive, recipe) in cases {
        let whole = archive.cube(recipe.clone()).unwrap();
        archive.memory_bytes = 9 << 20;
        assert!(archive.cube(recipe.clone()).unwrap().bands == whole.bands, "{recipe}");
    }
}

#[test]
fn degrees_on_both_sides_are_read_for_a_projection_across() {
    let archive = archive(&SPLIT);
    for (crs, resolution) in [(3832, 1000.0), (3460, 900.0), (32760, 1100.0)] {
        let area =
            json!({"bbox": [179.2, -17.3, -179.2, -16.2], "crs": format!("EPSG:{crs}"), "resolution": resolution});
        let cube = archive.cube(area).unwrap();
        let (found, files) = check(&cube, crs, &SPLIT);
        assert!(found * 10 > cube.bands[0].len() * 9 && files == 2, "EPSG:{crs}: {found} of {}", cube.bands[0].len());
    }
}

#[test]
fn polygons_on_both_sides_of_the_antimeridian_cut_out_one_area() {
    let ring = |west: f64, east: f64| json!([[[west, -17], [east, -17], [east, -16.5], [west, -16.5], [west, -17]]]);
    let both = json!({"type": "MultiPolygon", "coordinates": [ring(179.5, 180.0), ring(-180.0, -179.5)]});
    for (crs, resolution) in [("EPSG:4326", 0.01), ("EPSG:3832", 1000.0)] {
        let cube = archive(&SPLIT)
            .cube(json!({"geometry": both, "clip": true, "crs": crs, "resolution": resolution}))
            .unwrap();
        let found = cube.bands[0].iter().filter(|value| **value > 0.0).count();
        // All but pixels at the rim whose centre is outside.
        assert!(found * 100 > cube.bands[0].len() * 94, "{crs}: {found} of {}", cube.bands[0].len());
    }
    // One that is all of the globe cuts nothing.
    let world =
        json!({"type": "Polygon", "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]});
    let cube = archive(&SPLIT[..1])
        .cube(json!({"geometry": world, "clip": true, "crs": "EPSG:4326", "resolution": 0.5}))
        .unwrap();
    assert_eq!(cube.bands[0].iter().filter(|value| **value > 0.0).count(), 2 * 3);
}

/// All around a pole, in two files, in pixels of a quarter of a degree.
fn around(top: f64) -> [Patch; 2] {
    let half = |left| Patch { epsg: 4326, left, top, size: 0.25, width_px: 720, height_px: 80 };
    [half(-180.0), half(0.0)]
}

#[test]
fn a_cube_around_a_pole_has_every_pixel() {
    for (crs, top) in [(3995, 90.0), (3413, 90.0), (3031, -70.0)] {
        let patches = around(top);
        let area = json!({"bbox": [-1_000_000, -1_000_000, 1_000_000, 1_000_000], "bbox_crs": format!("EPSG:{crs}"),
            "crs": format!("EPSG:{crs}"), "resolution": 12_500});
        let cube = archive(&patches).cube(area).unwrap();
        assert_eq!(cube.size_px, (160, 160));
        let (found, files) = check(&cube, crs, &patches);
        // Near the pole pixels of the result are many of the source; the rest lies on edges.
        assert!(found > 160 * 160 * 8 / 10 && files == 2, "EPSG:{crs}: {found} from {files}");
        assert!(cube.bands[0].iter().all(|value| *value > 0.0), "EPSG:{crs}: no hole");
    }
}

#[test]
fn overviews_are_not_taken_for_the_width_of_degrees_at_a_pole() {
    let patches = around(90.0);
    let mut archive = Archive::new();
    for (file, patch) in patches.iter().enumerate() {
        archive.add(&SceneSpec {
            id: &format!("{file}"),
            datetime: "2019-06-01T12:00:00Z",
            spec: RasterSpec { overviews: vec![2, 4, 8], ..patch.spec() },
            values: &|col, row| told(file, (col, row)),
            mask: &|_, _| 0.0,
        });
    }
    // A quarter of a degree of latitude is 28 km.
    let area = json!({"bbox": [-900_000, -900_000, 900_000, 900_000], "bbox_crs": "EPSG:3995", "crs": "EPSG:3995",
        "resolution": 25_000});
    let cube = archive.cube(area).unwrap();
    let (found, _) = check(&cube, 3995, &patches);
    assert!(found > 72 * 72 * 7 / 10, "{found}");
}

#[test]
fn the_extent_of_files_around_a_pole_is_found() {
    let patches = around(90.0);
    let cube = archive(&patches).cube(json!({"crs": "EPSG:3995", "resolution": 50_000})).unwrap();
    let (edge, _) = Projector::new(4326, 3995).point((90.0, 70.0));
    let [left, size, ..] = cube.geotransform;
    let right = left + size * cube.size_px.0 as f64;
    assert!((left + edge).abs() < 50_001.0 && (right - edge).abs() < 50_001.0, "{left} to {right}, not ±{edge}");
}

/// An item with a band of each resolution.
fn add_resolutions(archive: &mut Archive, id: &str, epsg: u32, (left, top): (f64, f64)) -> [Patch; 3] {
    let patches = [10.0, 20.0, 60.0].map(|size| {
        let side_px = (12_000.0 / size) as usize;
        Patch { epsg, left, top, size, width_px: side_px, height_px: side_px }
    });
    let mut assets = serde_json::Map::new();
    let file = archive.items.len();
    for (name, patch) in ["red", "swir", "aerosol"].iter().zip(&patches) {
        let path = archive.path(&format!("{id}_{name}.tif"));
        raster::write(&path, &patch.spec(), |_, col, row| told(file, (col, row))).unwrap();
        assets.insert((*name).to_owned(), json!({"href": path.display().to_string()}));
    }
    let document = json!({"type": "Feature", "stac_version": "1.1.0", "id": id, "collection": "c", "links": [],
        "geometry": {"type": "Point", "coordinates": [0.0, 50.9]}, "bbox": [0.0, 50.9, 0.0, 50.9],
        "properties": {"datetime": "2019-06-01T11:00:00Z"}, "assets": Value::Object(assets)});
    archive.items.push(Item::from_stac(&document).unwrap());
    patches
}

#[test]
fn zones_and_resolutions_go_into_one_cube() {
    let mut archive = Archive::new();
    // Both sides of Greenwich, where zones 30 and 31 meet, and beyond.
    let west = add_resolutions(&mut archive, "a west", 32630, (699_000.0, 5_652_000.0));
    let east = add_resolutions(&mut archive, "b east", 32631, (285_000.0, 5_652_000.0));
    let error = archive.cube(json!({"bands": ["red", "swir"]})).err().unwrap().to_string();
    assert!(error.contains("4 grids"), "{error}");
    for (crs, resolution) in [(32630, 10.0), (27700, 10.0), (3035, 20.0), (32631, 50.0)] {
        let cube = archive
            .cube(json!({"bands": ["red", "swir", "aerosol"], "crs": format!("EPSG:{crs}"), "resolution": resolution,
                "bbox": [-0.05, 50.91, 0.05, 50.97]}))
            .unwrap();
        for band in 0..3 {
            let (found, files) = check_band((&cube, band), crs, &[west[band], east[band]]);
            assert!(
                found * 10 > cube.bands[band].len() * 5 && files == 2,
                "EPSG:{crs} band {band}: {found} from {files}"
            );
        }
    }
}
