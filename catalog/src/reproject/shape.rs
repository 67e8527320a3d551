//! Lines between positions that are transformed one by one.

use std::cell::Cell;

use geo::{BoundingRect, MapCoordsInPlace};
use geo_types::{Coord, Geometry, Line, LineString, Polygon};

/// Into how many parts at least a line is cut that is as long as the geometry is wide or high. The chords of the parts
/// are then no farther from the line than a 160 000th of how far its own chord is.
const PARTS: f64 = 400.0;

/// With so many positions on its lines that these stay where they are drawn.
/// `None` if these would be more than `most`.
pub(super) fn dense(geometry: &Geometry<f64>, most: usize) -> Option<Geometry<f64>> {
    let Some(bounds) = geometry.bounding_rect() else { return Some(geometry.clone()) };
    let longest = bounds.width().max(bounds.height()) / PARTS;
    if longest <= 0.0 {
        return Some(geometry.clone());
    }
    let positions = Cell::new(0.0);
    each_line(geometry, &|line| {
        positions.set(positions.get() + line.lines().map(|edge| parts(edge, longest)).sum::<f64>());
        LineString(Vec::new())
    });
    (positions.get() <= most as f64).then(|| each_line(geometry, &|line| cut(line, longest)))
}

fn parts(edge: Line<f64>, longest: f64) -> f64 {
    (edge.dx().hypot(edge.dy()) / longest).ceil().max(1.0)
}

fn cut(line: &LineString<f64>, longest: f64) -> LineString<f64> {
    let mut cut: Vec<Coord> = line.0.first().copied().into_iter().collect();
    for edge in line.lines() {
        let parts = parts(edge, longest);
        for part in 1..parts as u32 {
            let share = f64::from(part) / parts;
            cut.push(Coord { x: edge.start.x + edge.dx() * share, y: edge.start.y + edge.dy() * share });
        }
        cut.push(edge.end);
    }
    LineString(cut)
}

/// Its lines and rings, each changed.
fn each_line(geometry: &Geometry<f64>, change: &impl Fn(&LineString<f64>) -> LineString<f64>) -> Geometry<f64> {
    let polygon = |polygon: &Polygon<f64>| {
        Polygon::new(change(polygon.exterior()), polygon.interiors().iter().map(change).collect())
    };
    match geometry {
        Geometry::Line(line) => change(&(*line).into()).into(),
        Geometry::LineString(line) => change(line).into(),
        Geometry::Polygon(one) => polygon(one).into(),
        Geometry::MultiLineString(many) => Geometry::MultiLineString(many.iter().map(change).collect()),
        Geometry::MultiPolygon(many) => Geometry::MultiPolygon(many.iter().map(polygon).collect()),
        Geometry::GeometryCollection(many) => {
            Geometry::GeometryCollection(many.iter().map(|one| each_line(one, change)).collect())
        }
        plain => plain.clone(),
    }
}

/// With longitudes that go on beyond ±180 degrees where a line crosses the antimeridian, rather than jump to the other
/// side. A ring around a pole becomes one that has the pole in it.
pub(super) fn unwrapped(geometry: Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::Polygon(polygon) => Geometry::Polygon(unwrapped_polygon(polygon)),
        Geometry::MultiPolygon(many) => Geometry::MultiPolygon(many.into_iter().map(unwrapped_polygon).collect()),
        Geometry::GeometryCollection(many) => Geometry::GeometryCollection(many.into_iter().map(unwrapped).collect()),
        other => each_line(&other, &|line| LineString(steady(line))),
    }
}

fn unwrapped_polygon(polygon: Polygon<f64>) -> Polygon<f64> {
    let (exterior, interiors) = polygon.into_inner();
    let exterior = around_pole(steady(&exterior));
    let middle = |ring: &LineString<f64>| ring.bounding_rect().map_or(0.0, |bounds| bounds.center().x);
    let around = middle(&exterior);
    let interiors = interiors.iter().map(|ring| {
        let mut ring = LineString(steady(ring));
        // A hole lies in what it is a hole of.
        let turns = ((around - middle(&ring)) / 360.0).round();
        ring.map_coords_in_place(|at| Coord { x: at.x + turns * 360.0, y: at.y });
        ring
    });
    let interiors = interiors.collect();
    Polygon::new(exterior, interiors)
}

/// The positions, no two neighbours of which are more than half a turn apart.
fn steady(line: &LineString<f64>) -> Vec<Coord> {
    let mut steady: Vec<Coord> = Vec::with_capacity(line.0.len());
    for at in &line.0 {
        let turns = steady.last().map_or(0.0, |before| ((before.x - at.x) / 360.0).round());
        steady.push(Coord { x: at.x + turns * 360.0, y: at.y });
    }
    steady
}

/// A ring that ends a whole turn from where it began goes around a pole, and is closed there.
fn around_pole(mut ring: Vec<Coord>) -> LineString<f64> {
    if let (Some(first), Some(last)) = (ring.first().copied(), ring.last().copied())
        && (last.x - first.x).abs() > 180.0
    {
        let mean = ring.iter().map(|at| at.y).sum::<f64>() / ring.len() as f64;
        let pole = 90.0_f64.copysign(mean);
        ring.extend([Coord { x: last.x, y: pole }, Coord { x: first.x, y: pole }, first]);
    }
    LineString(ring)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(ring: &[(f64, f64)]) -> Geometry<f64> {
        Geometry::Polygon(Polygon::new(LineString::from(ring.to_vec()), Vec::new()))
    }

    #[test]
    fn lines_are_cut_evenly_and_keep_their_positions() {
        let square = [(0.0, 0.0), (400.0, 0.0), (400.0, 400.0), (0.0, 400.0), (0.0, 0.0)];
        let Some(Geometry::Polygon(dense)) = dense(&polygon(&square), 1600) else { panic!() };
        assert_eq!(dense.exterior().0.len(), 4 * 400 + 1);
        assert!(square.iter().all(|(x, y)| dense.exterior().0.contains(&Coord { x: *x, y: *y })));
        assert!(dense.exterior().lines().all(|edge| (edge.dx().hypot(edge.dy()) - 1.0).abs() < 1e-9));
        assert!(super::dense(&polygon(&square), 1599).is_none(), "it would be too many");
    }

    #[test]
    fn a_ring_goes_on_beyond_the_antimeridian() {
        let ring = [(179.0, 0.0), (-179.0, 0.0), (-179.0, 1.0), (179.0, 1.0), (179.0, 0.0)];
        let expected = [(179.0, 0.0), (181.0, 0.0), (181.0, 1.0), (179.0, 1.0), (179.0, 0.0)];
        assert_eq!(unwrapped(polygon(&ring)), polygon(&expected));
    }

    #[test]
    fn a_ring_around_a_pole_has_the_pole_in_it() {
        let ring = [(-90.0, 80.0), (0.0, 80.0), (90.0, 80.0), (180.0, 80.0), (-90.0, 80.0)];
        let Geometry::Polygon(made) = unwrapped(polygon(&ring)) else { panic!() };
        let bounds = made.bounding_rect().unwrap();
        assert_eq!((bounds.width(), bounds.min().y, bounds.max().y), (360.0, 80.0, 90.0));
    }

    #[test]
    fn a_hole_stays_where_its_polygon_is() {
        let around = vec![(170.0, 0.0), (-170.0, 0.0), (-170.0, 9.0), (170.0, 9.0), (170.0, 0.0)];
        let hole = vec![(-179.0, 1.0), (-178.0, 1.0), (-178.0, 2.0), (-179.0, 1.0)];
        let given = Polygon::new(LineString::from(around), vec![LineString::from(hole)]);
        let Geometry::Polygon(made) = unwrapped(Geometry::Polygon(given)) else { panic!() };
        assert_eq!(made.interiors()[0].0[0], Coord { x: 181.0, y: 1.0 });
    }
}
