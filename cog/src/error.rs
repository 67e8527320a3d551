//! What can be wrong with a raster.

use std::path::PathBuf;

use crate::TileAt;

/// What can be wrong with a raster. Variants name the file (href).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The object could not be read.
    #[error(transparent)]
    Storage(#[from] ardent_storage::Error),
    /// The file is broken.
    #[error("`{href}` is broken: {reason}")]
    Malformed {
        /// The file.
        href: String,
        /// What is wrong.
        reason: String,
    },
    /// The file is of a kind that cannot be read here.
    #[error("`{href}` cannot be read: {reason}")]
    Unsupported {
        /// The file.
        href: String,
        /// What is in the way.
        reason: String,
    },
    /// The bytes of a tile are not what they should be.
    #[error("tile {tile} of level {level} of `{href}` is broken")]
    Decode {
        /// The file.
        href: String,
        /// The level, 0 being the full resolution.
        level: usize,
        /// The tile.
        tile: TileAt,
        /// What the decoder found.
        #[source]
        source: DecodeFault,
    },
    /// A level, tile or band was asked for that the file does not have.
    #[error("`{href}` has no {what}")]
    Missing {
        /// The file.
        href: String,
        /// What was asked for, and what there is.
        what: String,
    },
    /// A file could not be written, or what it is written from not be read.
    #[error("`{}` could not be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// What a decoder found wrong with a tile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeFault {
    /// Not a deflate stream, or one that holds more than the tile.
    #[error("deflate: {0}")]
    Deflate(#[from] libdeflater::DecompressionError),
    /// Not a zstd stream, or one that holds more than the tile.
    #[error("zstd: {0}")]
    Zstd(#[source] std::io::Error),
    /// Not an LZW stream.
    #[error("LZW: {0}")]
    Lzw(&'static str),
    /// The stream ends before the tile is full.
    #[error("{got_bytes} bytes where the tile needs {wanted_bytes}")]
    Short {
        /// What the stream held.
        got_bytes: usize,
        /// What the tile takes.
        wanted_bytes: usize,
    },
    /// So few bytes cannot hold the tile.
    #[error("{compressed_bytes} bytes cannot unfold to the {wanted_bytes} of the tile")]
    Implausible {
        /// What is stored.
        compressed_bytes: usize,
        /// What the tile takes.
        wanted_bytes: usize,
    },
    /// GDAL could not read the tile.
    #[error("GDAL: {0}")]
    Gdal(#[from] gdal::errors::GdalError),
}
