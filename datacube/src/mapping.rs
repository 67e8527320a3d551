//! How the pixels of a window of the result lie in the grid of a source.

use std::sync::Arc;

use ardent_cog::TileAt;
use ardent_model::{GeoBox, Window};

use crate::{Result, lattice::Positions};

/// Positions this close below a pixel's edge count as on it: a tie goes to the higher index (DESIGN §4).
const TIE_PX: f64 = 1e-10;

/// How the pixels of a window lie in a source grid.
///
/// ```
/// use ardent_datacube::mapping::Mapping;
/// use ardent_model::{Affine, Crs, GeoBox};
/// let grid = |left| GeoBox { crs: Crs::epsg(27700), affine: Affine::north_up(left, 100.0, 10.0), width_px: 4, height_px: 4 };
/// let mapping = Mapping::compute(&grid(20.0), &grid(20.0).full_window(), &grid(0.0)).unwrap();
/// assert_eq!(mapping.nearest(0), Some((2, 0)));
/// assert_eq!(mapping.nearest(2), None, "beyond the source");
/// ```
#[derive(Debug, Clone)]
pub struct Mapping {
    window: Window,
    source: GeoBox,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    /// The same pixels: pixel (c, r) of the window is pixel (c + columns, r + rows) of the source.
    Shift(i64, i64),
    /// A position for each pixel.
    Positions(Arc<Positions>),
}

impl Mapping {
    /// The mapping of `window` of `target` into `source`.
    pub fn compute(target: &GeoBox, window: &Window, source: &GeoBox) -> Result<Self> {
        let way = match source.offset_to(&target.window(window)) {
            Some((col, row)) => Way::Shift(col, row),
            None => Way::Positions(Arc::new(Positions::compute(target, window, source)?)),
        };
        Ok(Self { window: *window, source: *source, way })
    }

    /// Pixels of the window.
    pub const fn pixels(&self) -> usize {
        self.window.pixels()
    }

    /// Whether the window has the source's own pixels, so that nothing is interpolated.
    pub const fn is_shift(&self) -> bool {
        matches!(self.way, Way::Shift(..))
    }

    /// Position of the centre of pixel `index` of the window, in source pixels; NaN without counterpart.
    #[inline]
    pub fn position(&self, index: usize) -> (f64, f64) {
        match &self.way {
            Way::Shift(col, row) => {
                let (c, r) = (index % self.window.width_px, index / self.window.width_px);
                ((c as i64 + col) as f64 + 0.5, (r as i64 + row) as f64 + 0.5)
            }
            Way::Positions(positions) => (positions.cols[index], positions.rows[index]),
        }
    }

    /// The source pixel in which the centre of pixel `index` of the window lies.
    #[inline]
    pub fn nearest(&self, index: usize) -> Option<(usize, usize)> {
        let (col, row) = self.position(index);
        let (col, row) = ((col + TIE_PX).floor(), (row + TIE_PX).floor());
        // NaN fails every comparison.
        let inside =
            col >= 0.0 && row >= 0.0 && col < self.source.width_px as f64 && row < self.source.height_px as f64;
        inside.then_some((col as usize, row as usize))
    }

    /// Of a shift, the rows of pixels that the window shares with the part `within` of the source: where each begins in
    /// the window and in that part, and its length. `None` if the mapping is no shift.
    pub(crate) fn shared_rows(&self, within: &Window) -> Option<impl Iterator<Item = SharedRow> + use<>> {
        let Way::Shift(cols, rows) = self.way else { return None };
        let (window, within) = (self.window, *within);
        let axis = |shift: i64, length: usize, start: usize, extent: usize| {
            let first = (start as i64 - shift).clamp(0, length as i64);
            let last = ((start + extent) as i64 - shift).clamp(first, length as i64);
            (first as usize, last as usize)
        };
        let (left, right) = axis(cols, window.width_px, within.col, within.width_px);
        let (top, bottom) = axis(rows, window.height_px, within.row, within.height_px);
        // Without a shared column there is no row either.
        let bottom = if left < right { bottom } else { top };
        let shared = (top..bottom).map(move |row| {
            let source_row = (row as i64 + rows) as usize - within.row;
            let source_col = (left as i64 + cols) as usize - within.col;
            SharedRow {
                target: row * window.width_px + left,
                source: source_row * within.width_px + source_col,
                length_px: right - left,
            }
        });
        Some(shared)
    }

    /// The source pixels that the window needs, `margin_px` around the nearest ones included; `None` if there is none.
    pub fn source_window(&self, margin_px: usize) -> Option<Window> {
        let (mut first_col, mut first_row, mut last_col, mut last_row) = (usize::MAX, usize::MAX, 0, 0);
        let mut include = |(col, row): (usize, usize)| {
            (first_col, last_col) = (first_col.min(col), last_col.max(col));
            (first_row, last_row) = (first_row.min(row), last_row.max(row));
        };
        match &self.way {
            Way::Shift(col, row) => {
                let axis = |shift: i64, length: usize, limit: usize| {
                    let (start, end) = (shift.max(0), (shift + length as i64).min(limit as i64));
                    (start < end).then(|| (start as usize, end as usize - 1))
                };
                let (left, right) = axis(*col, self.window.width_px, self.source.width_px)?;
                let (top, bottom) = axis(*row, self.window.height_px, self.source.height_px)?;
                include((left, top));
                include((right, bottom));
            }
            Way::Positions(_) => {
                (0..self.window.pixels()).filter_map(|index| self.nearest(index)).for_each(&mut include);
            }
        }
        if first_col == usize::MAX {
            return None;
        }
        let (col, row) = (first_col.saturating_sub(margin_px), first_row.saturating_sub(margin_px));
        let right = (last_col + 1 + margin_px).min(self.source.width_px);
        let bottom = (last_row + 1 + margin_px).min(self.source.height_px);
        Some(Window { col, row, width_px: right - col, height_px: bottom - row })
    }
}

/// A row of pixels that a window and a part of a source share.
pub(crate) struct SharedRow {
    /// Index of its first pixel in the window.
    pub(crate) target: usize,
    /// Index of its first pixel in the part of the source.
    pub(crate) source: usize,
    /// Its pixels.
    pub(crate) length_px: usize,
}

/// The tiles of `width_px` × `height_px` that hold pixels of `window`.
pub(crate) fn tiles_of(window: &Window, (width_px, height_px): (usize, usize)) -> Vec<TileAt> {
    let cols = window.col / width_px..=(window.col + window.width_px - 1) / width_px;
    let rows = window.row / height_px..=(window.row + window.height_px - 1) / height_px;
    rows.flat_map(|row| cols.clone().map(move |col| TileAt { col, row })).collect()
}

#[cfg(test)]
mod tests {
    use ardent_model::{Affine, Crs};

    use super::*;

    fn grid(left: f64, top: f64) -> GeoBox {
        GeoBox { crs: Crs::epsg(32633), affine: Affine::north_up(left, top, 120.0), width_px: 915, height_px: 915 }
    }

    #[test]
    fn a_tie_goes_to_the_higher_index() {
        // Half a pixel off: every centre lies on an edge of the source.
        let target = grid(499_980.0, 5_200_080.0);
        let mapping = Mapping::compute(&target, &target.full_window(), &grid(499_980.0, 5_200_020.0)).unwrap();
        assert!(!mapping.is_shift());
        assert_eq!(mapping.nearest(0), Some((0, 0)));
        assert_eq!(mapping.nearest(915), Some((0, 1)));
        assert!((0..915 * 915).all(|index| mapping.nearest(index) == Some((index % 915, index / 915))));
    }

    #[test]
    fn the_source_window_is_cut_to_the_source() {
        let target = grid(499_980.0 - 240.0, 5_200_020.0 + 120.0);
        let mapping = Mapping::compute(&target, &target.full_window(), &grid(499_980.0, 5_200_020.0)).unwrap();
        let window = mapping.source_window(1).unwrap();
        assert_eq!(window, Window { col: 0, row: 0, width_px: 914, height_px: 915 });
        let far = grid(900_000.0, 5_200_020.0);
        assert!(
            Mapping::compute(&far, &far.full_window(), &grid(0.0, 5_200_020.0)).unwrap().source_window(1).is_none()
        );
    }

    #[test]
    fn tiles_cover_the_window() {
        let window = Window { col: 255, row: 256, width_px: 2, height_px: 256 };
        assert_eq!(tiles_of(&window, (256, 256)), [TileAt { col: 0, row: 1 }, TileAt { col: 1, row: 1 }]);
    }
}
