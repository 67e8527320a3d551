//! Runs of pixels, for kernels of taps: as far as pixels that follow one another in a row of the window take their taps
//! from pixels that follow one another in a row of the source, they are weighed many at a time.

use super::{Line, Mapping, place::OUTSIDE};

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
    let (mut runs, mut breaks) = (Vec::new(), Vec::new());
    mapping.each_line(|start, line| {
        if runs.len() <= most {
            of_line(start, &line, (&mut breaks, &mut runs));
        }
    });
    (runs.len() <= most).then_some(runs)
}

/// The runs of a line whose first pixel has the index `start`. What is kept from line to line is overwritten.
fn of_line(start: usize, line: &Line<'_>, (breaks, runs): (&mut Vec<u8>, &mut Vec<Run>)) {
    let length = line.cols.len();
    // A word more, so that the last one is whole.
    breaks.clear();
    breaks.resize(length.next_multiple_of(WORD) + WORD, 1);
    break_lines(line, &mut breaks[1..length]);
    breaks.iter_mut().step_by(LANES).for_each(|is_break| *is_break = 1);
    let mut begun = 0;
    for (number, word) in breaks.as_chunks::<WORD>().0.iter().enumerate() {
        let mut left = u64::from_le_bytes(*word);
        while left != 0 {
            let at = (number * WORD + left.trailing_zeros() as usize / 8).min(length);
            left &= left - 1;
            if at > begun && !line.is_outside(begun) {
                let (col, row) =
                    (before(line.cols[begun], line.across[begun]), before(line.rows[begun], line.down[begun]));
                runs.push(Run { index: start + begun, col, row, length_px: at - begun });
            }
            begun = at;
        }
    }
}

/// Bytes that are looked at together.
const WORD: usize = 8;

/// For each pixel but the first, 1 if it does not follow the one before it in the source, else 0.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn break_lines(line: &Line<'_>, breaks: &mut [u8]) {
    let [cols, rows] = [line.cols, line.rows].map(|pixels| pixels[1..].iter().zip(pixels));
    let [across, down] = [line.across, line.down].map(|shares| shares[1..].iter().zip(shares));
    for ((((cols, rows), across), down), is_break) in cols.zip(rows).zip(across).zip(down).zip(breaks) {
        let is_inside = *cols.0 != OUTSIDE && *cols.1 != OUTSIDE;
        let next_col = before(*cols.1, *across.1) + 1 == before(*cols.0, *across.0);
        let same_row = before(*rows.1, *down.1) == before(*rows.0, *down.0);
        *is_break = u8::from(!(is_inside && next_col && same_row));
    }
}

/// The pixel whose centre comes before a position, which is `share` beyond the edge of `pixel`.
#[inline]
fn before(pixel: u32, share: f32) -> i32 {
    (pixel as i32).wrapping_sub(i32::from(share < 0.5))
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

    /// Found pixel by pixel.
    fn one_by_one(start: usize, line: &Line<'_>) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for at in (0..line.cols.len()).filter(|at| line.cols[*at] != OUTSIDE) {
            let (col, row) = (before(line.cols[at], line.across[at]), before(line.rows[at], line.down[at]));
            let follows = |run: &&mut Run| {
                let is_next = run.index + run.length_px == start + at && run.col + run.length_px as i32 == col;
                is_next && !at.is_multiple_of(LANES) && run.row == row
            };
            match runs.last_mut().filter(follows) {
                Some(run) => run.length_px += 1,
                None => runs.push(Run { index: start + at, col, row, length_px: 1 }),
            }
        }
        runs
    }

    #[test]
    fn many_at_a_time_they_are_those_of_single_pixels() {
        let mut state = 7_u64;
        let mut chance = |of: u64| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 33) % of
        };
        for length in (1..80).chain([127, 128, 129, 200, 1000]) {
            let (mut cols, mut rows, mut across, mut down) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            let (mut col, mut row) = (chance(3) as u32, chance(3) as u32);
            for _ in 0..length {
                col += u32::from(chance(30) != 0);
                row += u32::from(chance(40) == 0);
                let is_outside = chance(25) == 0;
                cols.push(if is_outside { OUTSIDE } else { col });
                rows.push(row);
                across.push(if chance(20) == 0 { 0.25 } else { 0.75 });
                down.push(if chance(20) == 0 { 0.5 } else { 0.0 });
            }
            let line = Line { cols: &cols, rows: &rows, across: &across, down: &down };
            let (mut found, mut breaks) = (Vec::new(), vec![9; 3]);
            of_line(11, &line, (&mut breaks, &mut found));
            assert_eq!(found, one_by_one(11, &line), "{length}");
        }
    }

    #[test]
    fn short_runs_are_no_use() {
        assert_eq!(runs(0.0, 5.0), None);
    }
}
