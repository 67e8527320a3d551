//! Where the pixels of one grid lie in another.
//!
//! A projection costs a microsecond a point, too much for every pixel. It is computed at the nodes of a lattice and
//! interpolated between them; a cell of the lattice whose middle is off by more than a thousandth of a source pixel is
//! computed pixel by pixel. Nodes lie at absolute multiples of 32 px, so that a window of a grid gives what the whole
//! grid gives, bit for bit.

mod nodes;

use ardent_model::{Crs, GeoBox, Window};

pub(crate) use nodes::Nodes;

use crate::{Result, projection};

/// Pixels between two nodes.
const STEP_PX: i64 = 32;
/// Greatest error of the interpolation, in source pixels.
const MAX_ERROR_PX: f64 = 0.001;

/// Position of each pixel centre of a window in a source grid, in source pixels; (0, 0) is the source's corner.
///
/// ```
/// use ardent_datacube::lattice::Positions;
/// use ardent_model::{Affine, Crs, GeoBox};
/// let grid = |left| GeoBox { crs: Crs::epsg(27700), affine: Affine::north_up(left, 100.0, 10.0), width_px: 4, height_px: 4 };
/// let positions = Positions::compute(&grid(5.0), &grid(5.0).full_window(), &grid(0.0)).unwrap();
/// assert_eq!((positions.cols[0], positions.rows[0]), (1.0, 0.5));
/// ```
#[derive(Debug, Clone)]
pub struct Positions {
    /// Source columns, row by row of the window; NaN where there is no counterpart.
    pub cols: Vec<f64>,
    /// Source rows.
    pub rows: Vec<f64>,
}

/// A cell of the lattice in the grid: its pixels, and the exact source positions of its corners' pixel centres.
struct Cell {
    col: i64,
    row: i64,
    /// Upper left, upper right, lower left, lower right.
    corners: [(f64, f64); 4],
}

impl Positions {
    /// The positions of the pixels of `window` of `target` in `source`.
    pub fn compute(target: &GeoBox, window: &Window, source: &GeoBox) -> Result<Self> {
        Self::compute_by(&Nodes::default(), (target, window), source)
    }

    /// The same, by what is known of the nodes of `target`.
    pub(crate) fn compute_by(nodes: &Nodes, (target, window): (&GeoBox, &Window), source: &GeoBox) -> Result<Self> {
        let mut positions = Self { cols: vec![f64::NAN; window.pixels()], rows: vec![f64::NAN; window.pixels()] };
        if target.crs == source.crs {
            positions.fill_affine(target, window, source)?;
            return Ok(positions);
        }
        let (col0, row0) = (window.col as i64, window.row as i64);
        let (phase_col, phase_row) = phase(target);
        let first = |at: i64, phase: i64| (at + phase).div_euclid(STEP_PX) * STEP_PX - phase;
        let (first_col, first_row) = (first(col0, phase_col), first(row0, phase_row));
        let count = |first: i64, end: i64| ((end - first) as usize).div_ceil(STEP_PX as usize);
        let across = count(first_col, col0 + window.width_px as i64);
        let down = count(first_row, row0 + window.height_px as i64);
        // Between the nodes lie the points at which the interpolation is checked.
        let (points_across, half) = (2 * across + 1, STEP_PX / 2);
        let points = (0..=2 * down).flat_map(|row| {
            (0..points_across).map(move |col| (first_col + col as i64 * half, first_row + row as i64 * half))
        });
        let points = nodes.of((*window, source.crs), || projected(target, source.crs, points))?;
        let points = placed(source, &points)?;
        for index in 0..across * down {
            let (col, row) = (index % across, index / across);
            let point = |c: usize, r: usize| points[(2 * row + r) * points_across + 2 * col + c];
            let cell = Cell {
                col: first_col + col as i64 * STEP_PX,
                row: first_row + row as i64 * STEP_PX,
                corners: [point(0, 0), point(2, 0), point(0, 2), point(2, 2)],
            };
            if cell.is_good([point(1, 0), point(0, 1), point(1, 1), point(2, 1), point(1, 2)]) {
                positions.interpolate(window, &cell);
            } else {
                positions.fill_exact(window, &cell, (target, source))?;
            }
        }
        Ok(positions)
    }

    /// Same CRS: no lattice is needed.
    fn fill_affine(&mut self, target: &GeoBox, window: &Window, source: &GeoBox) -> Result<()> {
        let Some(inverse) = source.affine.invert() else { return Ok(()) };
        let width = window.width_px;
        let turn = Turn::of(source)?;
        for (index, (col, row)) in self.cols.iter_mut().zip(&mut self.rows).enumerate() {
            let at = ((window.col + index % width) as f64 + 0.5, (window.row + index / width) as f64 + 0.5);
            let (x, y) = target.affine.apply(at.0, at.1);
            let x = x + turn.at(x);
            let [a, b, c, d, e, f] = source.affine.0;
            // Subtract first: with the corner's coordinates cancelled, ties between pixels stay exact.
            (*col, *row) = if b == 0.0 && d == 0.0 { ((x - c) / a, (y - f) / e) } else { inverse.apply(x, y) };
        }
        Ok(())
    }

    fn interpolate(&mut self, window: &Window, cell: &Cell) {
        let [upper_left, upper_right, lower_left, lower_right] = cell.corners;
        for row in overlap(cell.row, window.row, window.height_px) {
            let down = (row - cell.row) as f64 / STEP_PX as f64;
            let blend = |a: f64, b: f64, t: f64| a + (b - a) * t;
            let left = (blend(upper_left.0, lower_left.0, down), blend(upper_left.1, lower_left.1, down));
            let right = (blend(upper_right.0, lower_right.0, down), blend(upper_right.1, lower_right.1, down));
            let start = (row as usize - window.row) * window.width_px;
            for col in overlap(cell.col, window.col, window.width_px) {
                let along = (col - cell.col) as f64 / STEP_PX as f64;
                let index = start + (col as usize - window.col);
                self.cols[index] = blend(left.0, right.0, along);
                self.rows[index] = blend(left.1, right.1, along);
            }
        }
    }

    fn fill_exact(&mut self, window: &Window, cell: &Cell, grids: (&GeoBox, &GeoBox)) -> Result<()> {
        let rows = overlap(cell.row, window.row, window.height_px);
        let pixels: Vec<_> =
            rows.flat_map(|row| overlap(cell.col, window.col, window.width_px).map(move |col| (col, row))).collect();
        for (&(col, row), found) in pixels.iter().zip(exact(grids.0, grids.1, pixels.iter().copied())?) {
            let index = (row as usize - window.row) * window.width_px + (col as usize - window.col);
            (self.cols[index], self.rows[index]) = found;
        }
        Ok(())
    }
}

impl Cell {
    /// Whether interpolation gives the exact positions of the middles of its sides and of its own (top, left, own, right,
    /// bottom). The middle alone does not tell: there the errors of the two axes may cancel.
    fn is_good(&self, middles: [(f64, f64); 5]) -> bool {
        let [a, b, c, d] = self.corners;
        let mean = |p: (f64, f64), q: (f64, f64)| (f64::midpoint(p.0, q.0), f64::midpoint(p.1, q.1));
        let expected = [mean(a, b), mean(a, c), mean(mean(a, b), mean(c, d)), mean(b, d), mean(c, d)];
        let near =
            |p: (f64, f64), q: (f64, f64)| (p.0 - q.0).abs() <= MAX_ERROR_PX && (p.1 - q.1).abs() <= MAX_ERROR_PX;
        expected.into_iter().zip(middles).all(|(expected, exact)| near(expected, exact))
    }
}

/// The pixels of a cell that lie in a window, on one axis.
fn overlap(cell: i64, window: usize, length_px: usize) -> std::ops::Range<i64> {
    cell.max(window as i64)..(cell + STEP_PX).min((window + length_px) as i64)
}

/// Whole pixels from the origin of the CRS to the grid's corner, so that grids of one family share their nodes.
fn phase(grid: &GeoBox) -> (i64, i64) {
    let [a, _, c, _, e, f] = grid.affine.0;
    let whole = |position: f64| if position.is_finite() { (position + 1e-6).floor() as i64 } else { 0 };
    (whole(c / a), whole(f / e))
}

/// Exact source positions of the centres of pixels of `target`, which may lie beyond its sides.
pub(crate) fn exact(
    target: &GeoBox,
    source: &GeoBox,
    pixels: impl Iterator<Item = (i64, i64)>,
) -> Result<Vec<(f64, f64)>> {
    placed(source, &projected(target, source.crs, pixels)?)
}

/// Coordinates of the centres of pixels of `target` in another CRS.
fn projected(target: &GeoBox, crs: Crs, pixels: impl Iterator<Item = (i64, i64)>) -> Result<Vec<(f64, f64)>> {
    let (mut x, mut y): (Vec<f64>, Vec<f64>) =
        pixels.map(|(col, row)| target.affine.apply(col as f64 + 0.5, row as f64 + 0.5)).unzip();
    projection::transform(target.crs, crs, &mut x, &mut y)?;
    Ok(x.into_iter().zip(y).collect())
}

/// Positions of coordinates in a grid of their CRS.
fn placed(source: &GeoBox, points: &[(f64, f64)]) -> Result<Vec<(f64, f64)>> {
    let Some(inverse) = source.affine.invert() else { return Ok(vec![(f64::NAN, f64::NAN); points.len()]) };
    let turn = Turn::of(source)?;
    Ok(points.iter().map(|(x, y)| inverse.apply(x + turn.at(*x), *y)).collect())
}

/// How longitudes come round to a grid: its own may begin at 177 and end at 182, or be -183 to -178.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    middle: f64,
    /// None in a projection.
    period: Option<f64>,
}

impl Turn {
    /// Of a grid that is in degrees.
    pub(crate) fn of(grid: &GeoBox) -> Result<Self> {
        let (middle, _) = grid.affine.apply(grid.width_px as f64 / 2.0, grid.height_px as f64 / 2.0);
        Ok(Self { middle, period: projection::period(grid.crs)? })
    }

    /// Whether nothing comes round: in a projection.
    pub(crate) fn is_none(&self) -> bool {
        self.period.is_none()
    }

    /// What is to be added to x, so that it is near the grid.
    pub(crate) fn at(&self, x: f64) -> f64 {
        self.period.map_or(0.0, |period| projection::turns(x, self.middle, period))
    }
}

#[cfg(test)]
mod tests {
    use ardent_model::{Affine, Crs};

    use super::*;

    fn utm() -> GeoBox {
        let affine = Affine::north_up(399_960.0, 5_700_000.0, 10.0);
        GeoBox { crs: Crs::epsg(32630), affine, width_px: 10_980, height_px: 10_980 }
    }

    fn bng(left: f64, top: f64, resolution: f64) -> GeoBox {
        let affine = Affine::north_up(left, top, resolution);
        GeoBox { crs: Crs::epsg(27700), affine, width_px: 500, height_px: 400 }
    }

    fn worst_error(target: &GeoBox) -> f64 {
        let window = target.full_window();
        let positions = Positions::compute(target, &window, &utm()).unwrap();
        let pixels = (0..window.pixels()).map(|i| ((i % window.width_px) as i64, (i / window.width_px) as i64));
        let truth = exact(target, &utm(), pixels).unwrap();
        let found = positions.cols.iter().zip(&positions.rows);
        found.zip(truth).map(|((c, r), (tc, tr))| (c - tc).abs().max((r - tr).abs())).fold(0.0, f64::max)
    }

    #[test]
    fn the_error_is_below_a_thousandth_of_a_pixel_at_any_resolution() {
        for resolution in [10.0, 120.0, 2_000.0] {
            let error = worst_error(&bng(440_000.0, 120_000.0, resolution));
            assert!(error <= 2.0 * MAX_ERROR_PX, "{resolution} m: {error}");
        }
    }

    #[test]
    fn a_window_gives_what_the_whole_gives() {
        let grid = bng(440_010.0, 120_030.0, 10.0);
        let whole = Positions::compute(&grid, &grid.full_window(), &utm()).unwrap();
        for window in grid.full_window().split(77) {
            let part = Positions::compute(&grid, &window, &utm()).unwrap();
            for (index, (col, row)) in part.cols.iter().zip(&part.rows).enumerate() {
                let (c, r) = (window.col + index % window.width_px, window.row + index / window.width_px);
                assert_eq!((*col, *row), (whole.cols[r * 500 + c], whole.rows[r * 500 + c]));
            }
        }
    }
}
