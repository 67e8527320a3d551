//! What is to be read, as the script found it in the files' headers.

use serde::Deserialize;

use crate::lattice::Lattice;

/// A cube: the median of each band in each group of dates.
#[derive(Deserialize)]
pub(crate) struct Plan {
    pub(crate) width_px: usize,
    pub(crate) height_px: usize,
    pub(crate) bands: usize,
    pub(crate) dates: Vec<Date>,
    /// None: the files lie on the grid of the cube.
    pub(crate) lattice: Option<Lattice>,
}

/// The files of one date. Each has the same tiles; those of a mask may have coarser pixels.
#[derive(Deserialize)]
pub(crate) struct Date {
    pub(crate) group: usize,
    pub(crate) masks: Vec<Raster>,
    pub(crate) values: Vec<Raster>,
}

/// A tiled file, compressed with deflate.
#[derive(Deserialize)]
pub(crate) struct Raster {
    pub(crate) path: String,
    pub(crate) width_px: usize,
    pub(crate) height_px: usize,
    pub(crate) tile_px: usize,
    /// Bands that lie together in a pixel, and those of them that are wanted.
    pub(crate) samples: usize,
    pub(crate) wanted: Vec<usize>,
    pub(crate) sample_bytes: usize,
    /// TIFF predictor, 1 or 2.
    pub(crate) predictor: u8,
    /// Of a mask: the classes that are kept.
    #[serde(default)]
    pub(crate) keep: Vec<u8>,
    /// Offset and length of each tile, row by row.
    pub(crate) tiles: Vec<(u64, usize)>,
}

impl Raster {
    pub(crate) fn tiles_across_down(&self) -> (usize, usize) {
        (self.width_px.div_ceil(self.tile_px), self.height_px.div_ceil(self.tile_px))
    }

    /// Puts a tile's pixels where they belong in the image.
    pub(crate) fn place(&self, pixels: &[u16], tile: usize, image: &mut [u16]) {
        let (across, _) = self.tiles_across_down();
        let (left, top) = (tile % across * self.tile_px, tile / across * self.tile_px);
        let width = self.tile_px.min(self.width_px - left);
        for (row, line) in pixels.chunks(self.tile_px).take(self.height_px - top).enumerate() {
            let at = (top + row) * self.width_px + left;
            image[at..at + width].copy_from_slice(&line[..width]);
        }
    }
}
