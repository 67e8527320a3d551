//! The outline of what was seen: the convex hull of the valid pixels, in longitude and latitude.
//!
//! A swath that ends inside a tile cuts it along a straight line, so that a hull is the outline.

use ardent_model::{Affine, Crs};
use geo::{BoundingRect, ConvexHull, Coord, LineString, MultiPoint, Point, Polygon, Simplify, Winding};

use crate::projection::Projection;

/// Corners a hull may have; edges are cut further to follow the curve they have in longitude and latitude.
const CORNERS: usize = 40;
/// Pieces the whole outline is cut into, about.
const PIECES: f64 = 56.0;
/// Pieces need not be shorter: a straight line of 5 km on a map is within a metre of one in longitude and latitude.
const PIECE_M: f64 = 5000.0;

/// An outline in longitude and latitude, counter-clockwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    /// The outline.
    pub polygon: Polygon<f64>,
    /// West, south, east, north.
    pub bbox: [f64; 4],
}

/// Corners of the first and last valid pixel of each row, added row by row: all that a hull needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Extremes {
    corners: Vec<Point<f64>>,
}

impl Extremes {
    /// Adds a row, whose pixels are `scale` pixels wide and high.
    pub(crate) fn add<I>(&mut self, row: usize, is_valid: I, scale: (f64, f64))
    where
        I: DoubleEndedIterator<Item = bool> + ExactSizeIterator + Clone,
    {
        let width = is_valid.len();
        let Some(first) = is_valid.clone().position(|valid| valid) else { return };
        let after = width - is_valid.rev().position(|valid| valid).unwrap_or(0);
        let corner = |column: usize, row: usize| Point::new(column as f64 * scale.0, row as f64 * scale.1);
        self.corners.extend([corner(first, row), corner(after, row), corner(first, row + 1), corner(after, row + 1)]);
    }

    /// The hull of the pixels, in pixel positions; `None` if there is no pixel.
    fn hull(&self) -> Option<Polygon<f64>> {
        (!self.corners.is_empty()).then(|| MultiPoint(self.corners.clone()).convex_hull())
    }

    /// The footprint, on a grid whose pixels `affine` places. An error says what is wrong with the grid or the mask.
    pub(crate) fn footprint(&self, affine: Affine, crs: Crs) -> Result<Footprint, String> {
        let hull = self.hull().ok_or("it has no valid pixel")?;
        // In degrees a pixel is so small that nothing is cut, and nothing need be.
        let hull = densified(&simplified(hull), PIECE_M / affine.resolution().0);
        let projection = Projection::from_crs(crs)?;
        let project = |corner: &Coord<f64>| {
            let (x, y) = affine.apply(corner.x, corner.y);
            let (longitude, latitude) = projection.to_degrees(x, y)?;
            // 1e-7 degrees is a centimetre: more digits say nothing.
            Ok(Coord { x: (longitude * 1e7).round() / 1e7, y: (latitude * 1e7).round() / 1e7 })
        };
        let mut outline = LineString(hull.iter().map(project).collect::<Result<Vec<_>, String>>()?);
        outline.close();
        outline.make_ccw_winding();
        let polygon = Polygon::new(outline, Vec::new());
        let bounds = polygon.bounding_rect().ok_or("its outline is empty")?;
        let bbox = [bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y];
        Ok(Footprint { polygon, bbox })
    }
}

/// The hull with few corners: the steps that pixels make along a slanted edge go.
fn simplified(hull: Polygon<f64>) -> Polygon<f64> {
    let mut tolerance_px = 0.75;
    let mut simple = hull;
    while simple.exterior().0.len() > CORNERS {
        simple = simple.simplify(tolerance_px);
        tolerance_px *= 2.0;
    }
    simple
}

/// Corners of the outline with points between them, without the last, which is the first again.
fn densified(polygon: &Polygon<f64>, least_px: f64) -> Vec<Coord<f64>> {
    let lines: Vec<_> = polygon.exterior().lines().collect();
    let length = |line: &geo::Line<f64>| line.dx().hypot(line.dy());
    let piece_px = lines.iter().map(length).sum::<f64>() / PIECES;
    let piece_px = piece_px.max(least_px);
    let points = lines.iter().flat_map(|line| {
        let pieces = (length(line) / piece_px).floor().max(1.0);
        let at = move |piece: usize| line.start + line.delta() * (piece as f64 / pieces);
        (0..pieces as usize).map(at)
    });
    points.collect()
}

#[cfg(test)]
mod tests {
    use geo::{Area, Contains};

    use super::*;

    const SIZE_PX: usize = 1098;

    fn extremes(is_valid: impl Fn(usize, usize) -> bool) -> Extremes {
        let mut extremes = Extremes::default();
        for row in 0..SIZE_PX {
            let pixels: Vec<bool> = (0..SIZE_PX).map(|column| is_valid(column, row)).collect();
            extremes.add(row, pixels.iter().copied(), (1.0, 1.0));
        }
        extremes
    }

    fn affine() -> Affine {
        Affine::north_up(95_000.0, 100_190.0, 100.0)
    }

    #[test]
    fn a_whole_tile_is_its_rectangle() {
        let hull = extremes(|_, _| true).hull().unwrap();
        assert_eq!(hull.unsigned_area(), (SIZE_PX * SIZE_PX) as f64);
        assert_eq!(hull.exterior().0.len(), 5);
        let footprint = extremes(|_, _| true).footprint(affine(), Crs::epsg(27700)).unwrap();
        // By gdaltransform: 95000 100190 and 204800 100190.
        assert!((footprint.bbox[0] + 6.322_808_7).abs() < 0.05, "{footprint:?}");
        let corner = footprint.polygon.exterior().0.iter().find(|point| (point.x + 6.322_808_7).abs() < 1e-5);
        assert!((corner.unwrap().y - 50.721_075_5).abs() < 1e-5);
        assert!(footprint.polygon.exterior().0.len() <= 101);
    }

    #[test]
    fn a_swath_cut_is_followed_with_few_corners() {
        // The edge of a swath from (400, 0) to (700, 1098).
        let inside = |column: usize, row: usize| (column as f64) > 400.0 + row as f64 * 300.0 / SIZE_PX as f64;
        let seen = extremes(inside);
        let area: usize = (0..SIZE_PX).map(|row| (0..SIZE_PX).filter(|column| inside(*column, row)).count()).sum();
        let hull = simplified(seen.hull().unwrap());
        assert!((hull.unsigned_area() - area as f64).abs() < 2.0 * SIZE_PX as f64, "within a pixel along the edge");
        let footprint = seen.footprint(affine(), Crs::epsg(27700)).unwrap();
        assert!(footprint.polygon.exterior().0.len() <= 101, "{}", footprint.polygon.exterior().0.len());
        let projection = Projection::from_crs(Crs::epsg(27700)).unwrap();
        let at = |column: f64, row: f64| {
            let (x, y) = affine().apply(column, row);
            Point::from(projection.to_degrees(x, y).unwrap())
        };
        assert!(footprint.polygon.contains(&at(900.0, 500.0)));
        assert!(!footprint.polygon.contains(&at(200.0, 500.0)), "outside the swath");
    }

    #[test]
    fn a_round_hull_keeps_its_corners_few() {
        let middle = SIZE_PX as f64 / 2.0;
        let disc = extremes(|column, row| (column as f64 - middle).hypot(row as f64 - middle) < middle);
        let footprint = disc.footprint(affine(), Crs::epsg(27700)).unwrap();
        assert!(footprint.polygon.exterior().0.len() <= 101, "{}", footprint.polygon.exterior().0.len());
    }

    #[test]
    fn without_a_valid_pixel_there_is_none() {
        let error = extremes(|_, _| false).footprint(affine(), Crs::epsg(27700)).unwrap_err();
        assert!(error.contains("no valid pixel"), "{error}");
    }

    #[test]
    fn only_long_edges_are_cut() {
        let corners = |resolution_m: f64| {
            let affine = Affine::north_up(455_000.0, 100_190.0, resolution_m);
            extremes(|_, _| true).footprint(affine, Crs::epsg(27700)).unwrap().polygon.exterior().0.len()
        };
        assert_eq!(corners(1.0), 5, "a kilometre");
        assert_eq!(corners(10.0), 9, "eleven kilometres: in two");
        assert!(corners(100.0) > 50, "a tile");
    }

    #[test]
    fn a_single_pixel_is_a_small_square() {
        let one = extremes(|column, row| (column, row) == (5, 7));
        assert_eq!(one.hull().unwrap().unsigned_area(), 1.0);
        assert!(one.footprint(affine(), Crs::epsg(27700)).is_ok());
    }
}
