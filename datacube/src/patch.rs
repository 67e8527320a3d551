//! A piece of a source in its own grid, put together from decoded tiles.

use std::sync::Arc;

use ardent_cog::{Sample, Samples, Tile};
use ardent_model::Window;

/// Pixels of one band of a source over a window of its grid. Where no tile was read, `T::default()`.
pub(crate) struct Patch<T> {
    /// The window in the source's grid.
    pub(crate) window: Window,
    /// Its pixels, row by row.
    pub(crate) values: Vec<T>,
}

impl<T: Sample + Default> Patch<T> {
    /// Puts the tiles' band number `band` together. `tile_px`: width and height of a whole tile. The pixels of a tile
    /// that is the window are taken from it, not copied.
    pub(crate) fn assemble(window: Window, tiles: &mut [Arc<Tile>], band: usize, tile_px: (usize, usize)) -> Self {
        let is_alone = tiles.len() == 1;
        // A tile that others hold, too, is copied from.
        if let Some(tile) = tiles.first_mut().filter(|_| is_alone).and_then(Arc::get_mut) {
            let is_window = (tile.at.col * tile_px.0, tile.at.row * tile_px.1) == (window.col, window.row)
                && (tile.width_px, tile.height_px) == (window.width_px, window.height_px);
            if is_window && let Some(samples) = tile.bands.get_mut(band) {
                let taken = std::mem::replace(samples, Samples::new(T::DATA_TYPE, 0));
                if let Some(values) = T::from_samples(taken) {
                    return Self { window, values };
                }
            }
        }
        let mut patch = Self { window, values: vec![T::default(); window.pixels()] };
        for tile in tiles.iter() {
            if let Some(pixels) = tile.bands.get(band).and_then(T::slice) {
                let (col, row) = (tile.at.col * tile_px.0, tile.at.row * tile_px.1);
                let at = Window { col, row, width_px: tile.width_px, height_px: tile.height_px };
                patch.paste(&at, pixels);
            }
        }
        patch
    }

    fn paste(&mut self, at: &Window, pixels: &[T]) {
        let own = self.window;
        let (left, right) = (at.col.max(own.col), (at.col + at.width_px).min(own.col + own.width_px));
        let (top, bottom) = (at.row.max(own.row), (at.row + at.height_px).min(own.row + own.height_px));
        if left >= right {
            return;
        }
        for row in top..bottom {
            let from = (row - at.row) * at.width_px + (left - at.col);
            let to = (row - own.row) * own.width_px + (left - own.col);
            self.values[to..to + (right - left)].copy_from_slice(&pixels[from..from + (right - left)]);
        }
    }
}

impl<T: Copy> Patch<T> {
    /// Index of a pixel of the source's grid, if it lies in the patch.
    #[inline]
    pub(crate) fn index(&self, col: usize, row: usize) -> Option<usize> {
        let (col, row) = (col.wrapping_sub(self.window.col), row.wrapping_sub(self.window.row));
        (col < self.window.width_px && row < self.window.height_px).then(|| row * self.window.width_px + col)
    }

    /// A pixel of the source's grid, if it lies in the patch.
    #[inline]
    pub(crate) fn get(&self, col: usize, row: usize) -> Option<T> {
        self.index(col, row).map(|index| self.values[index])
    }
}
