//! Reads masks, block of rows by block of rows, and counts.

use std::sync::Arc;

use ardent_cog::{Fetched, Raster, Samples, TileAt};

use crate::{error::chain, footprint::Extremes, inspect::classes, scene::Cover};

/// Rows read at a time, at least: a few megabytes of a mask.
const BLOCK_ROWS: usize = 512;
/// An overview whose longer side has at least so many pixels gives an outline that is good to a thousandth.
const OUTLINE_PX: usize = 1024;

/// What is to be read.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Says where there is data.
    valid: Arc<Raster>,
    /// The cloud mask, on the same grid.
    clouds: Option<Arc<Raster>>,
    /// The level of `valid` that is read.
    level: usize,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Where there is data, in pixels of the full resolution.
    pub(crate) extremes: Extremes,
    /// Counts.
    pub(crate) cover: Cover,
}

impl Reading {
    /// Every pixel of both masks: counts are exact, and masks are small.
    pub(crate) fn masks(valid: &Arc<Raster>, clouds: &Arc<Raster>) -> Self {
        Self { valid: Arc::clone(valid), clouds: Some(Arc::clone(clouds)), level: 0 }
    }

    /// The first band of the measurements, where they are not nodata: of an overview, since they are large.
    pub(crate) fn measurements(raster: &Arc<Raster>) -> Self {
        let is_fine = |level: &ardent_cog::Level| level.width_px.max(level.height_px) >= OUTLINE_PX;
        let level = raster.levels().iter().rposition(is_fine).unwrap_or(0);
        Self { valid: Arc::clone(raster), clouds: None, level }
    }

    fn rasters(&self) -> impl Iterator<Item = &Arc<Raster>> {
        std::iter::once(&self.valid).chain(&self.clouds)
    }

    /// Rows of a block: whole tiles of every raster, so that few are decoded twice.
    fn block_rows(&self) -> usize {
        let tallest = self.rasters().map(|raster| raster.levels()[self.level].tile_height_px).max().unwrap_or(1);
        BLOCK_ROWS.div_ceil(tallest).max(1) * tallest
    }
}

/// Compressed tiles of one raster that cover a block of rows.
struct Piece {
    raster: Arc<Raster>,
    tiles: Vec<Fetched>,
}

/// Reads all of it. The error names the file.
pub(crate) async fn read(reading: Reading) -> Result<Seen, String> {
    let (full, level) = (&reading.valid.levels()[0], &reading.valid.levels()[reading.level]);
    let (width_px, height_px) = (level.width_px, level.height_px);
    let scale = (full.width_px as f64 / width_px as f64, full.height_px as f64 / height_px as f64);
    let mut seen = Seen::default();
    let is_mask = reading.clouds.is_some();
    for first_row in (0..height_px).step_by(reading.block_rows()) {
        let rows = first_row..(first_row + reading.block_rows()).min(height_px);
        let mut pieces = Vec::new();
        for raster in reading.rasters() {
            pieces.push(fetch(raster, reading.level, rows.clone()).await?);
        }
        let level = reading.level;
        let block = tokio::task::spawn_blocking(move || {
            let decode = |piece: &Piece| decode(piece, level, &rows, is_mask);
            let classes = pieces.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
            count(&mut seen, &classes, &Block { first_row: rows.start, width_px, scale });
            Ok::<_, String>(seen)
        });
        seen = block.await.map_err(|error| chain(&error))??;
    }
    Ok(seen)
}

async fn fetch(raster: &Arc<Raster>, level: usize, rows: std::ops::Range<usize>) -> Result<Piece, String> {
    let shape = &raster.levels()[level];
    let tile_rows = rows.start / shape.tile_height_px..rows.end.div_ceil(shape.tile_height_px);
    let tiles: Vec<_> =
        tile_rows.flat_map(|row| (0..shape.tiles_across()).map(move |col| TileAt { col, row })).collect();
    let tiles = raster.fetch(level, &tiles, &[0]).await.map_err(|error| chain(&error))?;
    Ok(Piece { raster: Arc::clone(raster), tiles })
}

/// Classes of the pixels of `rows`; for measurements 1 where there is data.
fn decode(piece: &Piece, level: usize, rows: &std::ops::Range<usize>, is_mask: bool) -> Result<Vec<u8>, String> {
    let shape = &piece.raster.levels()[level];
    let mut block = vec![0; rows.len() * shape.width_px];
    for fetched in &piece.tiles {
        let tile = fetched.decode().map_err(|error| chain(&error))?;
        let band = tile.bands.first().ok_or("a tile without bands")?;
        let values = if is_mask { classes(band) } else { data(band, piece.raster.nodata()) };
        let left = tile.at.col * shape.tile_width_px;
        for (down, line) in values.chunks_exact(tile.width_px).enumerate() {
            let row = tile.at.row * shape.tile_height_px + down;
            if rows.contains(&row) {
                let start = (row - rows.start) * shape.width_px + left;
                block[start..start + tile.width_px].copy_from_slice(line);
            }
        }
    }
    Ok(block)
}

/// 1 where there is a measurement. Without a nodata tag 0 is none: no backscatter is exactly 0.
fn data(samples: &Samples, nodata: Option<f64>) -> Vec<u8> {
    let nodata = nodata.unwrap_or(0.0);
    let is_data = |value: f64| value.is_finite() && value != nodata;
    (0..samples.len()).map(|at| u8::from(samples.get(at).is_some_and(is_data))).collect()
}

/// Where a block lies.
struct Block {
    first_row: usize,
    width_px: usize,
    /// Pixels of the full resolution per pixel of the level.
    scale: (f64, f64),
}

fn count(seen: &mut Seen, classes: &[Vec<u8>], block: &Block) {
    let Some(valid) = classes.first() else { return };
    for (down, line) in valid.chunks_exact(block.width_px).enumerate() {
        seen.extremes.add(block.first_row + down, line.iter().map(|class| *class == 1), block.scale);
    }
    seen.cover.pixels += valid.len() as u64;
    seen.cover.valid += valid.iter().map(|class| u64::from(*class == 1)).sum::<u64>();
    if let Some(clouds) = classes.get(1) {
        let count = |wanted: u8| {
            let both = valid.iter().zip(clouds).map(|(valid, cloud)| u64::from((*valid, *cloud) == (1, wanted)));
            both.sum::<u64>()
        };
        seen.cover.clear += count(0);
        seen.cover.cloud += count(1);
    }
}
