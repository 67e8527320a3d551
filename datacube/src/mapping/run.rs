//! Runs of pixels, for kernels of taps: as far as pixels that follow one another in a row of the window take their taps
//! from pixels that follow one another in a row of the source, they are weighed many at a time.

use super::{Line, Mapping};

/// Pixels of a row that are weighed together: no run goes beyond them.
pub(crate) const LANES: usize = 64;

/// Pixels of a row of the window whose taps follow one another in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// Index of the first in the window.
    pub(crate) index: usize,
    /// The source pixel whose centre is next to the first one's position, on its left and above: −1 is beyond the source.
    pub(crate) col: i32,
    pub(crate) row: i32,
    /// How many.
    pub(crate) length_px: usize,
}

/// Runs that are shorter on average are of no use.
const LEAST_MEAN_PX: usize = 4;

/// The runs of a window; none where pixels have no counterpart in the source.
pub(super) fn find(mapping: &Mapping) -> Option<Vec<Run>> {
    let most = mapping.pixels() / LEAST_MEAN_PX;
    let mut runs = Vec::new();
    mapping.each_line(|start, line| {
        if runs.len() <= most {
            of_line(start, &line, &mut runs);
        }
    });
    (runs.len() <= most).then_some(runs)
}

fn of_line(start: usize, line: &Line<'_>, runs: &mut Vec<Run>) {
    let first = runs.len();
    for at in 0..line.cols.len() {
        if line.is_outside(at) {
            continue;
        }
        let (col, row) = (before(line.cols[at], line.across[at]), before(line.rows[at], line.down[at]));
        let follows = |run: &&mut Run| {
            let next = run.index + run.length_px == start + at;
            next && !at.is_multiple_of(LANES) && run.row == row && run.col + run.length_px as i32 == col
        };
        match runs[first..].last_mut().filter(follows) {
            Some(run) => run.length_px += 1,
            None => runs.push(Run { index: start + at, col, row, length_px: 1 }),
        }
    }
}

/// The pixel whose centre comes before a position, which is `share` beyond the edge of `pixel`.
fn before(pixel: u32, share: f32) -> i32 {
    pixel as i32 - i32::from(share < 0.5)
}

#[cfg(test)]
mod tests {
    use ardent_model::{Affine, Crs, GeoBox};

    use super::*;

    fn runs(left: f64, resolution: f64) -> Option<Vec<Run>> {
        let grid = |left, resolution, size_px| GeoBox {
            crs: Crs::epsg(27700),
            affine: Affine::north_up(left, 100.0, resolution),
            width_px: size_px,
            height_px: 2,
        };
        let target = grid(left, resolution, 8);
        let mapping = Mapping::compute(&target, &target.full_window(), &grid(0.0, 10.0, 6)).unwrap();
        mapping.runs().map(<[Run]>::to_vec)
    }

    #[test]
    fn rows_are_runs_where_the_resolution_is_the_same() {
        let run = |index, col, row, length_px| Run { index, col, row, length_px };
        assert_eq!(runs(2.0, 10.0).unwrap(), [run(0, 0, 0, 6), run(8, 0, 1, 6)], "what lies outside is in none");
        assert_eq!(runs(-22.0, 10.0).unwrap(), [run(2, -1, 0, 6), run(10, -1, 1, 6)], "a tap beyond the source");
    }

    #[test]
    fn runs_end_where_lanes_do() {
        let grid =
            GeoBox { crs: Crs::epsg(27700), affine: Affine::north_up(0.0, 0.0, 1.0), width_px: 150, height_px: 1 };
        let target = GeoBox { affine: Affine::north_up(0.25, 0.0, 1.0), ..grid };
        let mapping = Mapping::compute(&target, &target.full_window(), &grid).unwrap();
        let lengths: Vec<usize> = mapping.runs().unwrap().iter().map(|run| run.length_px).collect();
        assert_eq!(lengths, [64, 64, 22]);
    }

    #[test]
    fn short_runs_are_no_use() {
        assert_eq!(runs(0.0, 5.0), None);
    }
}
