//! From the archive's coordinate systems to longitude and latitude (WGS 84).
//!
//! EPSG:27700 uses the seven-parameter transformation EPSG:1314, which is within about 5 m of OSTN15 and needs no grid
//! file: a footprint needs no more.

use ardent_model::Crs;
use proj4rs::{Proj, transform::transform};

/// Converts coordinates of one CRS to longitude and latitude.
pub(crate) struct Projection {
    from: Proj,
    to: Proj,
}

/// PROJ's definition of the British National Grid with EPSG:1314.
const BRITISH_GRID: &str = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy \
     +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs";

impl Projection {
    /// For the British grid, UTM zones on WGS 84 and ETRS89, and longitude and latitude themselves.
    pub(crate) fn from_crs(crs: Crs) -> Result<Self, String> {
        let fault = |error| format!("{crs} cannot be converted to longitude and latitude: {error}");
        let from = definition(crs).ok_or_else(|| fault("only EPSG:27700, UTM zones and EPSG:4326 can".to_owned()))?;
        let from = Proj::from_proj_string(&from).map_err(|error| fault(error.to_string()))?;
        let to = Proj::from_proj_string("+proj=longlat +datum=WGS84 +no_defs");
        Ok(Self { from, to: to.map_err(|error| fault(error.to_string()))? })
    }

    /// Longitude and latitude in degrees.
    pub(crate) fn to_degrees(&self, x: f64, y: f64) -> Result<(f64, f64), String> {
        let mut point = if self.from.is_latlong() { (x.to_radians(), y.to_radians(), 0.0) } else { (x, y, 0.0) };
        transform(&self.from, &self.to, &mut point)
            .map_err(|error| format!("({x}, {y}) has no longitude and latitude: {error}"))?;
        let (longitude, latitude) = (point.0.to_degrees(), point.1.to_degrees());
        let is_place = longitude.is_finite() && latitude.is_finite();
        is_place.then_some((longitude, latitude)).ok_or_else(|| format!("({x}, {y}) has no longitude and latitude"))
    }
}

fn definition(crs: Crs) -> Option<String> {
    let utm = |zone: u32, rest: &str| Some(format!("+proj=utm +zone={zone} {rest} +units=m +no_defs"));
    match crs.code() {
        4326 => Some("+proj=longlat +datum=WGS84 +no_defs".to_owned()),
        27700 => Some(BRITISH_GRID.to_owned()),
        code @ 32601..=32660 => utm(code - 32600, "+datum=WGS84"),
        code @ 32701..=32760 => utm(code - 32700, "+south +datum=WGS84"),
        code @ 25828..=25838 => utm(code - 25800, "+ellps=GRS80 +towgs84=0,0,0,0,0,0,0"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };

    use super::*;

    /// What PROJ makes of the points, by GDAL's command; `None` if it is not installed.
    fn by_gdal(crs: Crs, points: &[(f64, f64)]) -> Option<Vec<(f64, f64)>> {
        let arguments = ["-s_srs", &crs.to_string(), "-t_srs", "+proj=longlat +datum=WGS84 +no_defs"];
        let mut command = Command::new("gdaltransform");
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let mut input = child.stdin.take().unwrap();
        for (x, y) in points {
            writeln!(input, "{x} {y}").unwrap();
        }
        drop(input);
        let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let number = |part: &str| part.parse::<f64>().unwrap();
        let point = |line: &str| {
            let parts: Vec<_> = line.split_whitespace().collect();
            (number(parts[0]), number(parts[1]))
        };
        Some(text.lines().map(point).collect())
    }

    #[test]
    fn within_five_metres_of_gdal() {
        let british = [(95_000.0, -9_600.0), (204_800.0, 100_190.0), (655_000.0, 310_000.0), (400_000.0, 1_200_000.0)];
        let utm = [(300_000.0, 5_500_040.0), (409_800.0, 5_609_840.0), (700_000.0, 6_600_000.0)];
        for (crs, points) in [(27700, &british[..]), (32629, &utm), (32630, &utm), (25831, &utm)]
            .map(|(code, points)| (Crs::epsg(code), points))
        {
            let Some(expected) = by_gdal(crs, points) else {
                println!("skipped: gdaltransform is not installed");
                return;
            };
            assert_eq!(expected.len(), points.len());
            let projection = Projection::from_crs(crs).unwrap();
            for ((x, y), (longitude, latitude)) in points.iter().zip(expected) {
                let ours = projection.to_degrees(*x, *y).unwrap();
                let east_m = (ours.0 - longitude) * 111_320.0 * latitude.to_radians().cos();
                let north_m = (ours.1 - latitude) * 111_320.0;
                assert!(east_m.hypot(north_m) < 5.0, "{crs} ({x}, {y}): {ours:?}, not {longitude} {latitude}");
            }
        }
    }

    #[test]
    fn what_cannot_be_converted_is_named() {
        assert!(Projection::from_crs(Crs::epsg(2056)).err().unwrap().contains("EPSG:2056"));
        let same = Projection::from_crs(Crs::WGS84).unwrap().to_degrees(-1.5, 50.9).unwrap();
        assert!((same.0 + 1.5).abs() < 1e-12 && (same.1 - 50.9).abs() < 1e-12);
    }
}
