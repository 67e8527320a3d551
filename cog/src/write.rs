//! Cloud-optimised GeoTIFFs, written from pixels that lie somewhere else.
//!
//! A *pattern* says all but where the tiles are: a GeoTIFF without pixels, which the raster library makes, so that CRS,
//! metadata and the like are as it writes them. The file has directories first, then the tiles of the smallest overview,
//! and those of the full resolution at the end, each framed as GDAL's COG driver does (its documentation, *Header ghost
//! area*): a reader learns from four bytes before a tile how long it is.

mod bits;
mod huffman;
mod noise;
mod pack;
mod pattern;

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    ops::Range,
    path::Path,
};

use ardent_model::Window;
use rayon::prelude::*;

use crate::{Error, Result, Samples, bytes::Fault, layout::Layout};
use pack::{FRAME_BYTES, Tile};
use pattern::{Pattern, Places};

/// Pixels of a strip of tiles, in bytes: what is read at once.
const STRIP_BYTES: usize = 2 << 20;

/// Where the pixels of a file that is written are.
pub trait Pixels: Sync {
    /// Those of a rectangle of a band (from 0) of a level (0: the full resolution), row by row, in the pixel type of the
    /// pattern. Several threads ask at the same time.
    fn read(&self, level: usize, band: usize, window: &Window) -> io::Result<Samples>;
}

/// Most strips that are read and packed at the same time: of several tiles each.
const STRIPS_MAX: usize = 16;

/// Memory that [`write()`] takes for so many tiles of this size: the pixels of some strips, and no less when they are packed,
/// twice: while some are packed those before them are written.
#[must_use]
pub fn memory_bytes(tile_bytes: usize, tiles: usize) -> usize {
    let at_once = strips_at_once() * STRIP_BYTES.max(tile_bytes);
    at_once.min(tile_bytes.saturating_mul(tiles)).saturating_mul(3)
}

fn strips_at_once() -> usize {
    STRIPS_MAX.min(2 * rayon::current_num_threads())
}

/// Writes the file at `target`, which is replaced, after the pattern at `pattern`: bands apart, in tiles, packed as it says.
/// Tiles are packed on all CPU threads; the same pixels make the same bytes.
///
/// # Errors
///
/// [`Error::Malformed`] and [`Error::Unsupported`] name a pattern that is none; [`Error::Write`] the file that could not be
/// read or written.
pub fn write(pattern: &Path, target: &Path, pixels: &impl Pixels) -> Result<()> {
    let failed = |path: &Path, source: io::Error| Error::Write { path: path.to_owned(), source };
    let bytes = std::fs::read(pattern).map_err(|source| failed(pattern, source))?;
    let parsed = Pattern::parse(bytes).map_err(|fault| no_pattern(pattern, fault))?;
    write_tiles(&parsed, target, pixels).map_err(|source| failed(target, source))
}

fn no_pattern(pattern: &Path, fault: Fault) -> Error {
    let href = pattern.display().to_string();
    match fault {
        Fault::Unsupported(reason) | Fault::TooLarge(reason) => Error::Unsupported { href, reason },
        fault => Error::Malformed { href, reason: fault.to_string() },
    }
}

fn write_tiles(pattern: &Pattern, target: &Path, pixels: &impl Pixels) -> io::Result<()> {
    let mut places = vec![Places::default(); pattern.levels.len()];
    let mut tail = Tail { file: empty(target)?, at: pattern.head_bytes() };
    tail.file.seek(SeekFrom::Start(tail.at))?;
    for (number, level) in pattern.levels.iter().enumerate().rev() {
        let mut waiting: Vec<Vec<u8>> = Vec::new();
        for strips in strips(&level.layout).chunks(strips_at_once()) {
            let (written, packed) = rayon::join(
                || tail.append(&waiting, &mut places[number]),
                || pack_strips(&level.layout, strips, |band, window| pixels.read(number, band, window)),
            );
            written?;
            waiting = packed?;
        }
        tail.append(&waiting, &mut places[number])?;
    }
    let head = pattern.head(&places)?;
    tail.file.seek(SeekFrom::Start(0))?;
    tail.file.write_all(&head)
}

/// A file without a byte. One that has none is not truncated: ext4 takes that for the replacement of what should survive a
/// crash, and writes all of it to the disk as soon as it is closed (`auto_da_alloc`).
fn empty(target: &Path) -> io::Result<File> {
    let file = File::options().write(true).create(true).truncate(false).open(target)?;
    if file.metadata()?.len() > 0 {
        file.set_len(0)?;
    }
    Ok(file)
}

/// The file from behind its directories on.
struct Tail {
    file: File,
    at: u64,
}

impl Tail {
    /// Writes framed tiles, and notes where they are.
    fn append(&mut self, tiles: &[Vec<u8>], places: &mut Places) -> io::Result<()> {
        for tile in tiles {
            self.file.write_all(tile)?;
            places.push(self.at + FRAME_BYTES as u64, (tile.len() - 2 * FRAME_BYTES) as u64);
            self.at += tile.len() as u64;
        }
        Ok(())
    }
}

/// Tiles side by side in a band.
#[derive(Debug, Clone)]
struct Strip {
    band: usize,
    row: usize,
    cols: Range<usize>,
}

/// All of a level, in the order in which its directory lists the tiles.
fn strips(layout: &Layout) -> Vec<Strip> {
    let (across, down) = (layout.level.tiles_across(), layout.level.tiles_down());
    let most = (STRIP_BYTES / layout.tile_bytes().unwrap_or(STRIP_BYTES).max(1)).max(1);
    let rows = (0..layout.bands).flat_map(|band| (0..down).map(move |row| (band, row)));
    let parts = |(band, row)| {
        (0..across).step_by(most).map(move |col| Strip { band, row, cols: col..(col + most).min(across) })
    };
    rows.flat_map(parts).collect()
}

/// The framed tiles of strips.
fn pack_strips(
    layout: &Layout,
    strips: &[Strip],
    read: impl Fn(usize, &Window) -> io::Result<Samples> + Sync,
) -> io::Result<Vec<Vec<u8>>> {
    let level = &layout.level;
    let tiles = strips.par_iter().map(|strip| {
        let (col, row) = (strip.cols.start * level.tile_width_px, strip.row * level.tile_height_px);
        let width_px = (strip.cols.end * level.tile_width_px).min(level.width_px) - col;
        let height_px = level.tile_height_px.min(level.height_px - row);
        let samples = read(strip.band, &Window { col, row, width_px, height_px })?;
        if samples.data_type() != layout.data_type || samples.len() != width_px * height_px {
            return Err(io::Error::other("the pixels are not those of the pattern"));
        }
        let tile = |number: usize| {
            let left_px = number * level.tile_width_px;
            Tile { samples: &samples, row_px: width_px, left_px, layout }.pack()
        };
        (0..strip.cols.len()).into_par_iter().map(tile).collect::<io::Result<Vec<_>>>()
    });
    Ok(tiles.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
}
