//! How far down a result a tile of a source is needed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ardent_model::{GeoBox, Window};

use super::Mapping;
use crate::{Result, lattice};

/// Those that are known, by tile and margin: the dates of a tile ask for the same ones.
#[derive(Debug, Default)]
pub(super) struct LastRows(Mutex<HashMap<(Window, usize), usize>>);

impl Clone for LastRows {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Mapping {
    /// The last row of `target`, which the mapping was computed for, that may need a tile of the source, given by its window, or pixels at most `margin_px`
    /// from it.
    pub(crate) fn last_row(&self, target: &GeoBox, (tile, margin_px): (&Window, usize)) -> Result<usize> {
        let mut known = self.last_rows.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = known.get(&(*tile, margin_px)) {
            return Ok(*last);
        }
        let last = self.find_last_row(target, (tile, margin_px))?;
        known.insert((*tile, margin_px), last);
        Ok(last)
    }

    fn find_last_row(&self, target: &GeoBox, (tile, margin_px): (&Window, usize)) -> Result<usize> {
        /// Points on each side: between them sides are straight, but for less than a pixel.
        const STEPS: i64 = 4;
        let along = |start: usize, length_px: usize, step: i64| {
            start as i64 - margin_px as i64 - 1 + (length_px + 2 * margin_px + 1) as i64 * step / STEPS
        };
        let points = (0..=STEPS).flat_map(|down| {
            let row = along(tile.row, tile.height_px, down);
            (0..=STEPS).map(move |across| (along(tile.col, tile.width_px, across), row))
        });
        let rows = lattice::exact(&self.source, target, points)?.into_iter().map(|(_, row)| row);
        // Where a point has no counterpart, nobody knows: the tile stays until the group is done.
        let last = rows.fold(0.0, |last: f64, row| if row.is_nan() { f64::INFINITY } else { last.max(row) });
        Ok((last as usize).saturating_add(2))
    }
}

#[cfg(test)]
mod tests {
    use ardent_model::{Affine, Crs};

    use super::*;

    /// Beside the mapping of every pixel.
    #[test]
    fn no_row_beyond_the_last_needs_the_tile() {
        let affine = Affine::north_up(600_000.0, 5_650_000.0, 10.0);
        let source = GeoBox { crs: Crs::epsg(32630), affine, width_px: 1024, height_px: 1024 };
        let affine = Affine::north_up(428_000.0, 124_000.0, 20.0);
        let target = GeoBox { crs: Crs::epsg(27700), affine, width_px: 800, height_px: 700 };
        let mapping = Mapping::compute(&target, &target.full_window(), &source).unwrap();
        for tile in [(0, 0), (256, 512), (768, 256)] {
            let window = Window { col: tile.0, row: tile.1, width_px: 256, height_px: 256 };
            let (cols, rows) = (tile.0 - tile.0.min(1)..tile.0 + 257, tile.1 - tile.1.min(1)..tile.1 + 257);
            let needs = |index: usize| {
                mapping.nearest(index).is_some_and(|(col, row)| cols.contains(&col) && rows.contains(&row))
            };
            let needed = (0..target.pixels()).filter(|index| needs(*index)).max().unwrap() / target.width_px;
            let last = mapping.last_row(&target, (&window, 1)).unwrap();
            assert!((needed..needed + 6).contains(&last), "{tile:?}: {last}, needed by {needed}");
        }
    }
}
