//! Resolutions of a raster, and their tiles.

use std::fmt;

/// One resolution of a raster: the full one or an overview.
///
/// ```
/// use ardent_cog::{Level, TileAt};
/// let level = Level { width_px: 1000, height_px: 600, tile_width_px: 512, tile_height_px: 512 };
/// assert_eq!((level.tiles_across(), level.tiles_down()), (2, 2));
/// assert_eq!(level.tile_size_px(TileAt { col: 1, row: 1 }), Some((488, 88)));
/// assert_eq!(level.tile_size_px(TileAt { col: 2, row: 0 }), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Columns.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
    /// Columns of a tile (of a strip: the width).
    pub tile_width_px: usize,
    /// Rows of a tile or strip.
    pub tile_height_px: usize,
}

impl Level {
    /// Columns of tiles.
    pub const fn tiles_across(&self) -> usize {
        self.width_px.div_ceil(self.tile_width_px)
    }

    /// Rows of tiles.
    pub const fn tiles_down(&self) -> usize {
        self.height_px.div_ceil(self.tile_height_px)
    }

    /// Columns and rows of a tile, cut to the image; `None` if there is no such tile.
    pub fn tile_size_px(&self, tile: TileAt) -> Option<(usize, usize)> {
        let inside = tile.col < self.tiles_across() && tile.row < self.tiles_down();
        inside.then(|| {
            let (left, top) = (tile.col * self.tile_width_px, tile.row * self.tile_height_px);
            (self.tile_width_px.min(self.width_px - left), self.tile_height_px.min(self.height_px - top))
        })
    }
}

/// Column and row of a tile.
///
/// ```
/// use ardent_cog::TileAt;
/// assert_eq!(TileAt { col: 3, row: 1 }.to_string(), "3/1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileAt {
    /// Column.
    pub col: usize,
    /// Row.
    pub row: usize,
}

impl fmt::Display for TileAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.col, self.row)
    }
}
