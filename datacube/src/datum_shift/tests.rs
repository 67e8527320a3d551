//! Against Ordnance Survey's published test points of OSTN15, and Helmert's formula.

use super::*;

/// Latitude and longitude in ETRS89, easting and northing: OSTN15_OSGM15_TestInput_ETRStoOSGB.txt and its output.
const POINTS: [(f64, f64, f64, f64); 6] = [
    (49.922_263_937_30, -6.299_777_520_14, 91_492.146, 11_318.804),
    (50.931_279_379_10, -1.450_514_337_00, 438_710.920, 114_792.250),
    (51.489_365_649_50, -0.119_925_571_80, 530_624.974, 178_388.464),
    (53.800_215_196_30, -1.663_791_682_42, 422_242.186, 433_818.701),
    (55.853_999_529_50, -4.296_490_162_51, 256_340.925, 664_697.269),
    (60.133_080_916_60, -2.073_828_227_98, 395_999.668, 1_138_728.951),
];
const BRITISH: Crs = Crs::epsg(27700);

fn transformed(shift: &DatumShift, crs: (Crs, Crs), (x, y): (f64, f64)) -> (f64, f64) {
    let (mut x, mut y) = ([x], [y]);
    projection::transform_by(shift, crs, &mut x, &mut y).unwrap();
    (x[0], y[0])
}

/// A grid in the form NTv2 that shifts all of Britain by so many degrees north and east.
fn write_grid(path: &Path, north: f64, east: f64) {
    let mut bytes = Vec::new();
    let mut record = |name: &str, value: [u8; 8]| {
        bytes.extend_from_slice(format!("{name:<8}").as_bytes());
        bytes.extend_from_slice(&value);
    };
    let whole = |number: i32| {
        let mut value = [0; 8];
        value[..4].copy_from_slice(&number.to_le_bytes());
        value
    };
    let text = |text: &str| <[u8; 8]>::try_from(format!("{text:<8}").as_bytes()).unwrap();
    let seconds = |degrees: f64| (degrees * 3600.0).to_le_bytes();
    for (name, count) in [("NUM_OREC", 11), ("NUM_SREC", 11), ("NUM_FILE", 1)] {
        record(name, whole(count));
    }
    for (name, value) in [("GS_TYPE", "SECONDS"), ("VERSION", "1"), ("SYSTEM_F", "OSGB36"), ("SYSTEM_T", "ETRS89")] {
        record(name, text(value));
    }
    for name in ["MAJOR_F", "MINOR_F", "MAJOR_T", "MINOR_T"] {
        record(name, 6_378_137.0_f64.to_le_bytes());
    }
    for (name, value) in [("SUB_NAME", "BRITAIN"), ("PARENT", "NONE"), ("CREATED", "20160826"), ("UPDATED", "20160826")]
    {
        record(name, text(value));
    }
    // Longitudes count westwards.
    for (name, degrees) in
        [("S_LAT", 48.0), ("N_LAT", 62.0), ("E_LONG", -3.0), ("W_LONG", 11.0), ("LAT_INC", 14.0), ("LONG_INC", 14.0)]
    {
        record(name, seconds(degrees));
    }
    record("GS_COUNT", whole(4));
    for _ in 0..4 {
        for value in [north * 3600.0, -east * 3600.0, 0.0, 0.0] {
            bytes.extend_from_slice(&(value as f32).to_le_bytes());
        }
    }
    bytes.extend_from_slice(b"END     ");
    bytes.extend_from_slice(&[0; 8]);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_grid_gives_the_published_coordinates_and_takes_them_back() {
    let folder = tempfile::Builder::new().prefix("a folder").tempdir().unwrap();
    for (index, (latitude, longitude, easting, northing)) in POINTS.into_iter().enumerate() {
        // A grid that is right at this point: without a change of datum, its coordinates lie where OSGB36 has them.
        let osgb36 = transformed(&DatumShift::Best, (BRITISH, GEOGRAPHIC), (easting, northing));
        let path = folder.path().join(format!("{index}.gsb"));
        write_grid(&path, latitude - osgb36.1, longitude - osgb36.0);
        let shift = DatumShift::ostn15(Some(&path)).unwrap();
        let found = transformed(&shift, (Crs::WGS84, BRITISH), (longitude, latitude));
        assert!((found.0 - easting).hypot(found.1 - northing) < 0.001, "{found:?}");
        let back = transformed(&shift, (BRITISH, Crs::WGS84), (easting, northing));
        assert!((back.0 - longitude).abs() < 1e-8 && (back.1 - latitude).abs() < 1e-8, "{back:?}");
        // Any other CRS is reached by way of degrees.
        let utm = transformed(&DatumShift::Best, (Crs::WGS84, Crs::epsg(32630)), (longitude, latitude));
        let found = transformed(&shift, (BRITISH, Crs::epsg(32630)), (easting, northing));
        assert!((found.0 - utm.0).hypot(found.1 - utm.1) < 0.001, "{found:?}");
        assert_eq!(shift.name_at((longitude, latitude)), "ostn15");
    }
}

/// Degrees of OSGB36 to degrees of WGS 84 by the seven parameters, from the definitions of geocentric coordinates.
fn helmert((longitude, latitude): (f64, f64)) -> (f64, f64) {
    let flat = |flattening: f64| flattening * (2.0 - flattening);
    let (a, square) = (6_377_563.396, flat(1.0 / 299.324_964_6));
    let (sin, cos) = latitude.to_radians().sin_cos();
    let (sin_lon, cos_lon) = longitude.to_radians().sin_cos();
    let nu = a / (1.0 - square * sin * sin).sqrt();
    let (x, y, z) = (nu * cos * cos_lon, nu * cos * sin_lon, nu * (1.0 - square) * sin);
    let [rx, ry, rz] = [0.15, 0.247, 0.842].map(|seconds: f64| (seconds / 3600.0).to_radians());
    let scale = 1.0 - 20.489e-6;
    let (x, y, z) = (
        446.448 + scale * (x - rz * y + ry * z),
        -125.157 + scale * (rz * x + y - rx * z),
        542.06 + scale * (-ry * x + rx * y + z),
    );
    let (a, square) = (6_378_137.0, flat(1.0 / 298.257_223_563));
    let across = x.hypot(y);
    let mut latitude = (z / across / (1.0 - square)).atan();
    for _ in 0..10 {
        let sin = latitude.sin();
        latitude = ((z + square * a / (1.0 - square * sin * sin).sqrt() * sin) / across).atan();
    }
    (y.atan2(x).to_degrees(), latitude.to_degrees())
}

#[test]
fn helmert_is_the_formula_and_near_the_published_coordinates() {
    for (latitude, longitude, easting, northing) in POINTS {
        let osgb36 = transformed(&DatumShift::Best, (BRITISH, GEOGRAPHIC), (easting, northing));
        let truth = helmert(osgb36);
        for found in [
            transformed(&DatumShift::Helmert, (GEOGRAPHIC, Crs::WGS84), osgb36),
            transformed(&DatumShift::Helmert, (BRITISH, Crs::WGS84), (easting, northing)),
        ] {
            // A ten-millionth of a degree is a centimetre; this is a tenth of a millimetre.
            assert!((found.0 - truth.0).abs() < 1e-9 && (found.1 - truth.1).abs() < 1e-9, "{found:?} {truth:?}");
        }
        let found = transformed(&DatumShift::Helmert, (Crs::WGS84, BRITISH), (longitude, latitude));
        let off = (found.0 - easting).hypot(found.1 - northing);
        assert!((0.1..6.0).contains(&off), "{off} m from OSTN15");
    }
}

#[test]
fn a_grid_that_cannot_be_read_is_named_with_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.gsb");
    std::fs::write(&broken, "NUM_OREC").unwrap();
    for path in [broken, folder.path().join("absent.gsb")] {
        let text = DatumShift::ostn15(Some(&path)).unwrap_err().to_string();
        assert!(text.contains(path.to_str().unwrap()) && text.contains("--british-grid helmert"), "{text}");
    }
}

#[test]
fn the_best_is_called_what_it_is() {
    let name = DatumShift::Best.name_at((-1.5, 50.9));
    let has_grid = DatumShift::ostn15(None).is_ok();
    assert_eq!(name, if has_grid { "ostn15" } else { "helmert" });
}

#[test]
fn a_rectangle_by_way_of_degrees_holds_all_its_points() {
    let bounds = ardent_model::Bounds { left: 400_000.0, bottom: 100_000.0, right: 500_000.0, top: 200_000.0 };
    let utm = Crs::epsg(32630);
    let found = projection::sides(&DatumShift::Helmert, (BRITISH, utm), &bounds).unwrap();
    for step in 0..=1000 {
        let along = 400_000.0 + 100.0 * f64::from(step);
        for point in
            [(along, 100_000.0), (along, 200_000.0), (400_000.0, along - 300_000.0), (500_000.0, along - 300_000.0)]
        {
            let (x, y) = transformed(&DatumShift::Helmert, (BRITISH, utm), point);
            // Between the points of a side, which are some kilometres apart, it bends by less than a metre.
            assert!(x > found[0] - 1.0 && y > found[1] - 1.0 && x < found[2] + 1.0 && y < found[3] + 1.0);
        }
    }
}
