//! Which pixels of the result lie in the recipe's polygons.
//!
//! Everything is computed in pixels of the whole result, row by row, so a pixel is inside or not whatever the window.

use std::ops::Range;

use ardent_model::{Crs, GeoBox, Recipe, Window};
use geo_types::LineString;

use crate::{Error, Result, projection};

/// A point in pixels of the result.
type Point = (f64, f64);

/// An edge between two points, the upper one first.
type Edge = (Point, Point);

/// Polygons in pixels of the result.
#[derive(Debug)]
pub struct Clip {
    /// The edges of each polygon, its holes' too.
    polygons: Vec<Vec<Edge>>,
    all_touched: bool,
}

/// How far an edge may be from the curve that it is in the result's CRS.
const CURVE_PX: f64 = 0.01;
/// How often an edge is halved at most for that.
const HALVINGS_MAX: usize = 12;

impl Clip {
    /// The polygons of the recipe; `None`: the result is not clipped.
    pub(crate) fn new(recipe: &Recipe, grid: &GeoBox) -> Result<Option<Self>> {
        let Some(polygons) = recipe.clip_polygons()? else { return Ok(None) };
        let place = Placing { from: recipe.bbox_crs, grid, period: projection::period(grid.crs)? };
        let polygons = polygons.iter().map(|polygon| {
            let mut edges = Vec::new();
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                let points = place.ring(ring)?;
                let pairs = points.iter().zip(points.iter().skip(1));
                edges.extend(pairs.map(|(a, b)| if a.1 <= b.1 { (*a, *b) } else { (*b, *a) }));
            }
            Ok(edges)
        });
        let polygons = polygons.collect::<Result<Vec<Vec<Edge>>>>()?;
        let polygons = polygons.into_iter().flat_map(|edges| place.come_round(edges)).collect();
        Ok(Some(Self { polygons, all_touched: recipe.clip.all_touched() }))
    }

    /// 1 for the pixels of the window that are inside, else 0.
    ///
    /// A centre on an edge belongs to one of two polygons that share it. With `all_touched` pixels through which an edge
    /// goes are inside, too; a pixel's right and lower sides are its neighbours'.
    pub(crate) fn inside(&self, window: &Window) -> Vec<u8> {
        let mut inside = vec![0; window.pixels()];
        for edges in &self.polygons {
            fill(edges, window, &mut inside);
            if self.all_touched {
                for edge in edges {
                    touch(*edge, window, &mut inside);
                }
            }
        }
        inside
    }
}

/// From positions in the recipe's CRS to pixels of the result.
struct Placing<'a> {
    from: Crs,
    grid: &'a GeoBox,
    /// After how much x comes round, if the result is in degrees.
    period: Option<f64>,
}

impl Placing<'_> {
    /// A polygon in degrees, once for each time that it comes round to the result: those given from -180 to -178 are at
    /// 182, too.
    fn come_round(&self, edges: Vec<Edge>) -> Vec<Vec<Edge>> {
        let Some(period) = self.period else { return vec![edges] };
        let period_px = period / self.grid.affine.resolution().0;
        let moved = [-period_px, 0.0, period_px].into_iter().map(|by| {
            let point = |(col, row): Point| (col + by, row);
            edges.iter().map(|(upper, lower)| (point(*upper), point(*lower))).collect::<Vec<Edge>>()
        });
        let reaches = |edges: &Vec<Edge>| {
            let cols = || edges.iter().flat_map(|(upper, lower)| [upper.0, lower.0]);
            cols().any(|col| col >= 0.0) && cols().any(|col| col <= self.grid.width_px as f64)
        };
        moved.filter(reaches).collect()
    }

    /// The pixels of positions, at most half a turn from `middle`.
    fn points(&self, positions: &[Point], middle: Option<f64>) -> Result<Vec<Point>> {
        let crs = self.grid.crs;
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = positions.iter().copied().unzip();
        projection::transform(self.from, crs, &mut x, &mut y)?;
        let to_pixels = self.grid.affine.invert().ok_or(Error::Unprojectable { crs })?;
        // A ring across the antimeridian stays in one piece.
        let near =
            |x: f64| middle.zip(self.period).map_or(x, |(middle, period)| x + projection::turns(x, middle, period));
        let points: Vec<Point> = x.into_iter().zip(y).map(|(x, y)| to_pixels.apply(near(x), y)).collect();
        let all_there = points.iter().all(|(col, row)| col.is_finite() && row.is_finite());
        if all_there { Ok(points) } else { Err(Error::Unprojectable { crs }) }
    }

    /// A closed ring. Its edges are straight in the recipe's CRS: where they are not in the result's, they get more points.
    fn ring(&self, ring: &LineString<f64>) -> Result<Vec<Point>> {
        let mut positions: Vec<Point> = ring.points().map(|point| (point.x(), point.y())).collect();
        if self.from == self.grid.crs {
            return self.points(&positions, None);
        }
        let middle = match positions.first() {
            Some((x, y)) if self.period.is_some() => {
                let (mut x, mut y) = ([*x], [*y]);
                projection::transform(self.from, self.grid.crs, &mut x, &mut y)?;
                Some(x[0])
            }
            _ => None,
        };
        let mut points = self.points(&positions, middle)?;
        let mut is_straight = vec![false; points.len().saturating_sub(1)];
        for _ in 0..HALVINGS_MAX {
            let half = |pair: &[Point]| (f64::midpoint(pair[0].0, pair[1].0), f64::midpoint(pair[0].1, pair[1].1));
            let middles: Vec<Point> = positions.windows(2).map(half).collect();
            let placed = self.points(&middles, middle)?;
            let straight = points.windows(2).map(half);
            let curved: Vec<bool> = placed
                .iter()
                .zip(straight)
                .zip(&is_straight)
                .map(|((is, would), known)| !known && (is.0 - would.0).hypot(is.1 - would.1) > CURVE_PX)
                .collect();
            if !curved.contains(&true) {
                break;
            }
            let (mut more, mut more_points, mut known) = (vec![positions[0]], vec![points[0]], Vec::new());
            for (edge, curved) in curved.into_iter().enumerate() {
                if curved {
                    more.push(middles[edge]);
                    more_points.push(placed[edge]);
                    known.push(false);
                }
                more.push(positions[edge + 1]);
                more_points.push(points[edge + 1]);
                known.push(!curved);
            }
            (positions, points, is_straight) = (more, more_points, known);
        }
        Ok(points)
    }
}

/// The rows of the window that lie between two of the result.
fn rows(window: &Window, first: f64, end: f64) -> Range<usize> {
    let limit = |row: f64| row.clamp(window.row as f64, (window.row + window.height_px) as f64) as usize;
    limit(first)..limit(end)
}

/// Where an edge is at the height `row`.
fn col_at(((left, top), (right, bottom)): Edge, row: f64) -> f64 {
    let col = left + (row - top) * (right - left) / (bottom - top);
    // Rounding must not lead beyond its ends.
    col.clamp(left.min(right), left.max(right))
}

/// Sets pixels `cols` of a row.
fn set(window: &Window, row: usize, cols: Range<f64>, inside: &mut [u8]) {
    let limit = |col: f64| (col - window.col as f64).clamp(0.0, window.width_px as f64) as usize;
    let (first, end) = (limit(cols.start), limit(cols.end));
    if first < end {
        let start = (row - window.row) * window.width_px;
        inside[start + first..start + end].fill(1);
    }
}

/// Fills the pixels whose centre is inside, by the edges to their left (even-odd).
fn fill(edges: &[Edge], window: &Window, inside: &mut [u8]) {
    let mut crossings: Vec<Vec<f64>> = vec![Vec::new(); window.height_px];
    for edge in edges {
        let ((_, top), (_, bottom)) = *edge;
        // Centres at top <= row + 0.5 < bottom.
        for row in rows(window, (top - 0.5).ceil(), (bottom - 0.5).ceil()) {
            crossings[row - window.row].push(col_at(*edge, row as f64 + 0.5));
        }
    }
    for (index, cols) in crossings.iter_mut().enumerate() {
        cols.sort_unstable_by(f64::total_cmp);
        for pair in cols.chunks_exact(2) {
            set(window, window.row + index, (pair[0] + 0.5).floor()..(pair[1] + 0.5).floor(), inside);
        }
    }
}

/// Sets the pixels through which an edge goes.
fn touch(edge: Edge, window: &Window, inside: &mut [u8]) {
    let ((left, top), (right, bottom)) = edge;
    for row in rows(window, top.floor(), bottom.floor() + 1.0) {
        let (from, to) = if top == bottom {
            (left, right)
        } else {
            (col_at(edge, top.max(row as f64)), col_at(edge, bottom.min(row as f64 + 1.0)))
        };
        set(window, row, from.min(to).floor()..from.max(to).floor() + 1.0, inside);
    }
}
