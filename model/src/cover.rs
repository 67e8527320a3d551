//! What geometries cover on the globe, on both sides of the antimeridian (RFC 7946 §5.2).

use geo::BoundingRect;
use geo_types::Geometry;

use crate::Bbox;

/// The box of a geometry in degrees; it crosses the antimeridian (west > east) if the geometry has parts on both sides
/// of it and that box is the narrower. `None` if the geometry is empty or lies nowhere on the globe.
///
/// ```
/// use ardent_model::cover;
/// use geo_types::{MultiPoint, point};
/// let fiji = MultiPoint::new(vec![point!(x: 177.0, y: -18.0), point!(x: 180.0, y: -17.0), point!(x: -180.0, y: -17.0),
///     point!(x: -178.0, y: -16.0)]);
/// assert_eq!(cover::bounds(&fiji.into()).unwrap().sides(), [177.0, -18.0, -178.0, -16.0]);
/// ```
pub fn bounds(geometry: &Geometry<f64>) -> Option<Bbox> {
    let boxes = boxes(geometry);
    let (west, east) = Longitudes::of(&boxes).sides()?;
    let (south, north) = latitudes(&boxes)?;
    Bbox::new(west, south, east, north).ok()
}

/// Boxes of a geometry's parts: west, south, east, north, within ±180 degrees; what lies beyond is on the other side.
pub fn boxes(geometry: &Geometry<f64>) -> Vec<[f64; 4]> {
    let many: Vec<Geometry<f64>> = match geometry {
        Geometry::MultiPoint(many) => many.iter().map(|one| (*one).into()).collect(),
        Geometry::MultiLineString(many) => many.iter().map(|one| one.clone().into()).collect(),
        Geometry::MultiPolygon(many) => many.iter().map(|one| one.clone().into()).collect(),
        Geometry::GeometryCollection(many) => return many.iter().flat_map(boxes).collect(),
        one => vec![one.clone()],
    };
    let rectangles = many.iter().filter_map(BoundingRect::bounding_rect);
    rectangles
        .flat_map(|rectangle| split([rectangle.min().x, rectangle.min().y, rectangle.max().x, rectangle.max().y]))
        .collect()
}

/// The least and the greatest latitude of some boxes.
pub fn latitudes(boxes: &[[f64; 4]]) -> Option<(f64, f64)> {
    boxes.iter().map(|one| (one[1], one[3])).reduce(hull)
}

/// Longitudes that are covered, those west of Greenwich apart from those east of it: only so can be seen what reaches
/// the antimeridian from both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Longitudes {
    /// The first and last of those from -180 to 0.
    pub western: Option<(f64, f64)>,
    /// The first and last of those from 0 to 180.
    pub eastern: Option<(f64, f64)>,
}

impl Longitudes {
    /// Those of boxes within ±180 degrees.
    pub fn of(boxes: &[[f64; 4]]) -> Self {
        let half = |first: f64, last: f64| {
            let within =
                |one: &[f64; 4]| (one[0] <= last && one[2] >= first).then(|| (one[0].max(first), one[2].min(last)));
            boxes.iter().filter_map(within).reduce(hull)
        };
        Self { western: half(-180.0, 0.0), eastern: half(0.0, 180.0) }
    }

    /// Those of both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let either = |one: Option<(f64, f64)>, two: Option<(f64, f64)>| match (one, two) {
            (Some(one), Some(two)) => Some(hull(one, two)),
            (one, two) => one.or(two),
        };
        Self { western: either(self.western, other.western), eastern: either(self.eastern, other.eastern) }
    }

    /// West and east side of their box; west > east if they reach the antimeridian from both sides and that box is the
    /// narrower.
    pub fn sides(&self) -> Option<(f64, f64)> {
        match (self.western, self.eastern) {
            (Some((west_first, west_last)), Some((east_first, east_last))) => {
                let touches = west_first <= -180.0 && east_last >= 180.0;
                let is_narrower = east_first - west_last > 0.0;
                Some(if touches && is_narrower { (east_first, west_last) } else { (west_first, east_last) })
            }
            (one, other) => one.or(other),
        }
    }
}

fn hull(one: (f64, f64), two: (f64, f64)) -> (f64, f64) {
    (one.0.min(two.0), one.1.max(two.1))
}

/// A box at ±180 degrees.
fn split([west, south, east, north]: [f64; 4]) -> Vec<[f64; 4]> {
    if east - west >= 360.0 {
        vec![[-180.0, south, 180.0, north]]
    } else if west >= 180.0 && east > 180.0 {
        vec![[west - 360.0, south, east - 360.0, north]]
    } else if east <= -180.0 && west < -180.0 {
        vec![[west + 360.0, south, east + 360.0, north]]
    } else if east > 180.0 {
        vec![[west, south, 180.0, north], [-180.0, south, east - 360.0, north]]
    } else if west < -180.0 {
        vec![[west + 360.0, south, 180.0, north], [-180.0, south, east, north]]
    } else {
        vec![[west, south, east, north]]
    }
}

#[cfg(test)]
mod tests {
    use geo_types::{LineString, MultiPolygon, Point, polygon};

    use super::*;

    #[test]
    fn boxes_end_at_the_antimeridian() {
        assert_eq!(split([178.0, 0.0, 182.0, 1.0]), [[178.0, 0.0, 180.0, 1.0], [-180.0, 0.0, -178.0, 1.0]]);
        assert_eq!(split([-182.0, 0.0, -178.0, 1.0]), [[178.0, 0.0, 180.0, 1.0], [-180.0, 0.0, -178.0, 1.0]]);
        assert_eq!(split([181.0, 0.0, 182.0, 1.0]), [[-179.0, 0.0, -178.0, 1.0]]);
        assert_eq!(split([-180.0, 0.0, 180.0, 1.0]), [[-180.0, 0.0, 180.0, 1.0]]);
        assert_eq!(split([170.0, 0.0, 180.0, 1.0]), [[170.0, 0.0, 180.0, 1.0]]);
    }

    #[test]
    fn the_box_is_the_narrower_of_the_two_ways_round() {
        let sides = |western, eastern| Longitudes { western, eastern }.sides();
        assert_eq!(sides(Some((-180.0, -178.0)), Some((177.0, 180.0))), Some((177.0, -178.0)), "Fiji");
        assert_eq!(sides(Some((-8.0, 0.0)), Some((0.0, 2.0))), Some((-8.0, 2.0)), "Britain");
        assert_eq!(sides(Some((-180.0, 0.0)), Some((0.0, 180.0))), Some((-180.0, 180.0)), "the world");
        assert_eq!(
            sides(Some((-170.0, -160.0)), Some((150.0, 160.0))),
            Some((-170.0, 160.0)),
            "not at the antimeridian"
        );
        assert_eq!(sides(Some((-9.0, -3.0)), None), Some((-9.0, -3.0)));
        assert_eq!(sides(None, None), None);
    }

    #[test]
    fn a_geometry_has_the_box_that_rfc_7946_wants() {
        let square = |west: f64, east: f64| polygon![(x: west, y: -19.0), (x: east, y: -19.0), (x: east, y: -16.0), (x: west, y: -16.0)];
        let sides = |geometry: Geometry<f64>| bounds(&geometry).map(|bbox| bbox.sides());
        let fiji = Some([177.0, -19.0, -178.0, -16.0]);
        assert_eq!(sides(MultiPolygon::new(vec![square(177.0, 180.0), square(-180.0, -178.0)]).into()), fiji);
        assert_eq!(sides(square(177.0, 182.0).into()), fiji, "drawn on beyond 180 degrees");
        assert_eq!(sides(square(-183.0, -178.0).into()), fiji);
        assert_eq!(sides(square(-8.0, 2.0).into()), Some([-8.0, -19.0, 2.0, -16.0]));
        assert_eq!(sides(square(-179.0, 179.0).into()), Some([-179.0, -19.0, 179.0, -16.0]), "the long way, as drawn");
        assert_eq!(sides(Point::new(0.0, 5.0).into()), Some([0.0, 5.0, 0.0, 5.0]));
        let line = Geometry::from(LineString::from(vec![(1.0, 2.0), (3.0, 4.0)]));
        let collection = Geometry::GeometryCollection(vec![line].into());
        assert_eq!(sides(collection), Some([1.0, 2.0, 3.0, 4.0]));
        assert_eq!(sides(MultiPolygon::new(vec![]).into()), None);
        assert_eq!(sides(Point::new(0.0, 95.0).into()), None, "nowhere");
    }
}
