//! Footprints from the corners of a dataset.

use serde::Deserialize;
use serde_json::{Value, json};

/// The corners of a dataset, in degrees.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Corners {
    ll: Corner,
    lr: Corner,
    ul: Corner,
    ur: Corner,
}

/// A corner.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Corner {
    lat: f64,
    lon: f64,
}

impl Corners {
    /// The footprint as GeoJSON, and its bbox. Corners whose left side is east of the right one lie on both sides of
    /// the antimeridian, and give two polygons (RFC 7946 §3.1.9).
    pub(crate) fn footprint(&self) -> Result<(Value, [f64; 4]), String> {
        let all = [self.ll, self.lr, self.ur, self.ul];
        if all.iter().any(|corner| corner.lat.abs() > 90.0 || corner.lon.abs() > 180.0 || corner.lat.is_nan()) {
            return Err("`extent.coord` has a corner outside longitude ±180 and latitude ±90; give degrees".to_owned());
        }
        let [west, east] = [self.ll.lon.min(self.ul.lon), self.lr.lon.max(self.ur.lon)];
        let [south, north] = [self.ll.lat.min(self.lr.lat), self.ul.lat.max(self.ur.lat)];
        if south >= north || west == east {
            return Err(
                "`extent.coord` encloses no area; its upper corners must lie north of its lower ones".to_owned()
            );
        }
        if self.ll.lon > self.lr.lon || self.ul.lon > self.ur.lon {
            let [west, east] = [self.ll.lon.max(self.ul.lon), self.lr.lon.min(self.ur.lon)];
            let rings = [rectangle(west, south, 180.0, north), rectangle(-180.0, south, east, north)];
            let geometry = json!({"type": "MultiPolygon", "coordinates": rings.map(|ring| [ring])});
            return Ok((geometry, [west, south, east, north]));
        }
        let mut ring: Vec<[f64; 2]> = all.iter().map(|corner| [corner.lon, corner.lat]).collect();
        ring.push([self.ll.lon, self.ll.lat]);
        Ok((json!({"type": "Polygon", "coordinates": [ring]}), [west, south, east, north]))
    }
}

fn rectangle(west: f64, south: f64, east: f64, north: f64) -> [[f64; 2]; 5] {
    [[west, south], [east, south], [east, north], [west, north], [west, south]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, Contains};

    fn corners(west: f64, south: f64, east: f64, north: f64) -> Corners {
        let corner = |lon, lat| Corner { lat, lon };
        Corners { ll: corner(west, south), lr: corner(east, south), ul: corner(west, north), ur: corner(east, north) }
    }

    fn geometry(value: &Value) -> geo::Geometry<f64> {
        let document = json!({"type": "Feature", "stac_version": "1.1.0", "id": "x", "geometry": value, "links": [],
            "properties": {"datetime": "2019-01-01T00:00:00Z"}, "assets": {}});
        ardent_model::Item::from_stac(&document).unwrap().geometry
    }

    #[test]
    fn corners_enclose_their_area() {
        let (footprint, bbox) = corners(-6.2, 49.5, -4.6, 50.5).footprint().unwrap();
        assert_eq!(bbox, [-6.2, 49.5, -4.6, 50.5]);
        let geometry = geometry(&footprint);
        assert!((geometry.signed_area() - 1.6).abs() < 1e-9, "counterclockwise");
    }

    #[test]
    fn a_footprint_across_the_antimeridian_has_two_parts() {
        let (footprint, bbox) = corners(179.0, -18.0, -179.0, -17.0).footprint().unwrap();
        assert_eq!(bbox, [179.0, -18.0, -179.0, -17.0]);
        let geometry = geometry(&footprint);
        assert!((geometry.unsigned_area() - 2.0).abs() < 1e-9);
        assert!(geometry.contains(&geo::Point::new(-179.5, -17.5)) && !geometry.contains(&geo::Point::new(0.0, -17.5)));
    }

    #[test]
    fn what_encloses_nothing_is_refused() {
        for (corners, reason) in [
            (corners(0.0, 50.0, 0.0, 51.0), "no area"),
            (corners(0.0, 51.0, 1.0, 50.0), "no area"),
            (corners(400_000.0, 50.0, 500_000.0, 51.0), "degrees"),
        ] {
            assert!(corners.footprint().unwrap_err().contains(reason));
        }
    }
}
