//! Footprints, made fit for the index: whole, and split at the antimeridian. The document keeps what it has.

use ardent_model::{Bbox, Error, Item, cover};
use geo::{CoordsIter, LinesIter, MapCoords};
use geo_types::{Geometry, LineString, Polygon, coord};
use serde_json::Value;

use crate::Result;
use crate::wkb::Ewkb;

/// Farthest longitude that can be meant: a whole turn.
const MAX_LONGITUDE: f64 = 360.0;

/// A footprint on its way into the index.
#[derive(Debug, Clone)]
pub(crate) struct Footprint {
    /// The geometry; what lies beyond ±180 degrees is moved by the database.
    pub(crate) geometry: Ewkb,
    /// West, south, east, north of its parts, within ±180 degrees.
    pub(crate) parts: Vec<[f64; 4]>,
}

impl Footprint {
    /// The footprint of an item, or what is wrong with it.
    pub(crate) fn of(item: &Item, document: &Value) -> Result<Self> {
        let fault = |reason: String| Error::Item { item: item.id.clone(), reason: format!("geometry: {reason}") };
        check(&item.geometry).map_err(fault)?;
        let geometry = if bbox_crosses_antimeridian(document) && jumps(&item.geometry) {
            // Drawn from 179 to -179 degrees on a map that ends there: its box says that the short way is meant.
            item.geometry.map_coords(|at| coord! { x: if at.x < 0.0 { at.x + 360.0 } else { at.x }, y: at.y })
        } else {
            item.geometry.clone()
        };
        let ewkb = Ewkb::new(&geometry).map_err(|error| fault(error.to_string()))?;
        Ok(Self { geometry: ewkb, parts: cover::boxes(&geometry) })
    }
}

/// What PostGIS would stumble over, and what nothing could be found by.
fn check(geometry: &Geometry<f64>) -> std::result::Result<(), String> {
    if geometry.coords_count() == 0 {
        return Err("it is empty, so no search would find it".to_owned());
    }
    for at in geometry.coords_iter() {
        if !at.x.is_finite() || !at.y.is_finite() {
            return Err("a coordinate is not a finite number".to_owned());
        }
        if at.x.abs() > MAX_LONGITUDE || at.y.abs() > 90.0 {
            return Err(format!("{}, {} is not a longitude and latitude in degrees", at.x, at.y));
        }
    }
    check_lengths(geometry)
}

fn check_lengths(geometry: &Geometry<f64>) -> std::result::Result<(), String> {
    let line = |line: &LineString<f64>| match line.0.len() {
        1 => Err("a line has one position; it needs two".to_owned()),
        _ => Ok(()),
    };
    let polygon = |polygon: &Polygon<f64>| {
        let mut rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        match rings.find(|ring| (1..4).contains(&ring.0.len())) {
            Some(ring) => Err(format!("a ring has {} positions; it needs four, the last like the first", ring.0.len())),
            None => Ok(()),
        }
    };
    match geometry {
        Geometry::LineString(one) => line(one),
        Geometry::MultiLineString(many) => many.iter().try_for_each(line),
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(many) => many.iter().try_for_each(polygon),
        Geometry::GeometryCollection(many) => many.iter().try_for_each(check_lengths),
        _ => Ok(()),
    }
}

fn bbox_crosses_antimeridian(document: &Value) -> bool {
    let numbers = document.get("bbox").and_then(Value::as_array);
    let numbers: Option<Vec<f64>> = numbers.and_then(|numbers| numbers.iter().map(Value::as_f64).collect());
    numbers.and_then(|numbers| Bbox::from_slice(&numbers).ok()).is_some_and(|bbox| bbox.crosses_antimeridian())
}

/// Whether an edge goes the long way round.
fn jumps(geometry: &Geometry<f64>) -> bool {
    let long = |polygon: &Polygon<f64>| polygon.lines_iter().any(|edge| edge.dx().abs() > 180.0);
    match geometry {
        Geometry::Polygon(polygon) => long(polygon),
        Geometry::MultiPolygon(polygons) => polygons.iter().any(long),
        Geometry::LineString(line) => line.lines().any(|edge| edge.dx().abs() > 180.0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{MultiPolygon, Point, polygon};
    use serde_json::json;

    #[test]
    fn only_a_box_that_crosses_turns_a_jump_into_a_crossing() {
        let jumping: Geometry<f64> =
            polygon![(x: 179.0, y: 0.0), (x: -179.0, y: 0.0), (x: -179.0, y: 1.0), (x: 179.0, y: 1.0)].into();
        assert!(jumps(&jumping));
        assert!(bbox_crosses_antimeridian(&json!({"bbox": [179, 0, -179, 1]})));
        assert!(bbox_crosses_antimeridian(&json!({"bbox": [179, 0, 5, -179, 1, 9]})));
        for document in [json!({}), json!({"bbox": [-179, 0, 179, 1]}), json!({"bbox": ["a"]}), json!({"bbox": null})] {
            assert!(!bbox_crosses_antimeridian(&document), "{document}");
        }
    }

    #[test]
    fn what_cannot_be_indexed_is_refused() {
        let ring = |positions: &[(f64, f64)]| Geometry::Polygon(Polygon::new(positions.to_vec().into(), vec![]));
        for (geometry, reason) in [
            (Geometry::MultiPolygon(MultiPolygon::new(vec![])), "empty"),
            (Point::new(f64::NAN, 0.0).into(), "finite"),
            (Point::new(0.0, 91.0).into(), "0, 91 is not"),
            (Point::new(434_800.0, 96_500.0).into(), "434800, 96500 is not"),
            (ring(&[(0.0, 0.0), (1.0, 0.0)]), "3 positions"),
            (Geometry::LineString(vec![(0.0, 0.0)].into()), "one position"),
        ] {
            let error = check(&geometry).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
