//! Positions in a source: of a column or a row, of a pixel, and of many.

use std::ops::Range;

use ardent_cog::floor;

/// Positions this close below a pixel's edge count as on it: a tie goes to the higher index (DESIGN §4).
const TIE_PX: f64 = 1e-10;
/// In place of a source column: the pixel has no counterpart in the source.
pub(super) const OUTSIDE: u32 = u32::MAX;

/// A position on one axis: the source pixel, and how far into it, from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Along {
    pub(super) pixel: u32,
    pub(super) share: f32,
}

impl Along {
    /// Of a position in source pixels; NaN and what lies beyond `length_px` are outside.
    #[inline]
    pub(super) fn of(position: f64, length_px: usize) -> Self {
        let tied = position + TIE_PX;
        let is_inside = tied >= 0.0 && tied < length_px as f64;
        let tied = if is_inside { tied } else { 0.0 };
        // Without branches many positions are made at once.
        let pixel = floor(tied);
        let share = (position - f64::from(pixel)) as f32;
        Self { pixel: if is_inside { pixel as u32 } else { OUTSIDE }, share: if is_inside { share } else { 0.0 } }
    }

    pub(super) fn is_outside(self) -> bool {
        self.pixel == OUTSIDE
    }
}

/// The source pixel in which the centre of a pixel of the window lies, and how far into it, from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) col: u32,
    pub(crate) row: u32,
    pub(crate) across: f32,
    pub(crate) down: f32,
}

impl Place {
    #[inline]
    pub(super) fn of(col: Along, row: Along) -> Self {
        let col_px = if row.is_outside() { OUTSIDE } else { col.pixel };
        Self { col: col_px, row: row.pixel, across: col.share, down: row.share }
    }
}

/// Many places, each part of them side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pub(super) cols: Vec<u32>,
    pub(super) rows: Vec<u32>,
    across: Vec<f32>,
    down: Vec<f32>,
}

/// The places of the pixels of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) cols: &'a [u32],
    pub(crate) rows: &'a [u32],
    pub(crate) across: &'a [f32],
    pub(crate) down: &'a [f32],
}

impl Places {
    /// Of positions in a source of this width and height.
    pub(super) fn of((cols, rows): (&[f64], &[f64]), (width_px, height_px): (usize, usize)) -> Self {
        let mut places = Self::default();
        places.resize(cols.len());
        axis((cols, width_px), (&mut places.cols, &mut places.across));
        axis((rows, height_px), (&mut places.rows, &mut places.down));
        for (col, row) in places.cols.iter_mut().zip(&places.rows) {
            *col = if *row == OUTSIDE { OUTSIDE } else { *col };
        }
        places
    }

    fn resize(&mut self, pixels: usize) {
        self.cols.resize(pixels, 0);
        self.rows.resize(pixels, 0);
        self.across.resize(pixels, 0.0);
        self.down.resize(pixels, 0.0);
    }

    /// Puts others in their stead.
    pub(super) fn remake(&mut self, pixels: usize, place: impl Fn(usize) -> Place) {
        self.resize(pixels);
        let columns = self.cols.iter_mut().zip(&mut self.across);
        let rows = self.rows.iter_mut().zip(&mut self.down);
        for (index, ((col, across), (row, down))) in columns.zip(rows).enumerate() {
            let made = place(index);
            (*col, *across, *row, *down) = (made.col, made.across, made.row, made.down);
        }
    }

    pub(super) fn get(&self, index: usize) -> Place {
        self.line(index..index + 1).get(0)
    }

    pub(super) fn line(&self, range: Range<usize>) -> Line<'_> {
        Line {
            cols: &self.cols[range.clone()],
            rows: &self.rows[range.clone()],
            across: &self.across[range.clone()],
            down: &self.down[range],
        }
    }
}

/// Puts the pixels and shares of positions on an axis of this length side by side.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn axis((positions, length_px): (&[f64], usize), (pixels, shares): (&mut [u32], &mut [f32])) {
    for ((position, pixel), share) in positions.iter().zip(pixels).zip(shares) {
        let along = Along::of(*position, length_px);
        (*pixel, *share) = (along.pixel, along.share);
    }
}

impl Line<'_> {
    /// One of them.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Place {
        Place { col: self.cols[at], row: self.rows[at], across: self.across[at], down: self.down[at] }
    }

    /// Whether it has no counterpart in the source.
    pub(crate) fn is_outside(&self, at: usize) -> bool {
        self.cols[at] == OUTSIDE
    }
}
