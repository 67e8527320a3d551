//! Fetching of compressed tiles: async, in few requests, checked against the size of the file first.

use std::{ops::Range, sync::Arc};

use ardent_storage::Object;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use crate::{Error, Level, Raster, Result, Tile, TileAt, decode::Task, layout::Layout, raster::Source};

/// Ranges closer than this are read together: less than what a request costs.
const GAP_MAX_BYTES: u64 = 16 << 10;
/// A request is not made longer than this by joining ranges, so that several run side by side.
const REQUEST_MAX_BYTES: u64 = 4 << 20;
/// What a packed tile may be longer than twice its pixels.
const LENGTH_SLACK_BYTES: u64 = 64 << 10;
/// Requests of one fetch at a time.
const REQUESTS_MAX: usize = 8;

/// Compressed bytes of a tile. `decode` is CPU work only.
#[derive(Debug, Clone)]
pub struct Fetched {
    raster: Arc<Raster>,
    level: usize,
    at: TileAt,
    size_px: (usize, usize),
    bands: Arc<[usize]>,
    blocks: Vec<Option<Bytes>>,
}

impl Fetched {
    /// Which tile.
    pub fn at(&self) -> TileAt {
        self.at
    }

    /// Bytes that were fetched for it.
    pub fn size_bytes(&self) -> usize {
        self.blocks.iter().flatten().map(Bytes::len).sum()
    }

    /// Decodes the bands asked for. A sparse tile (never written) decodes to nodata, or 0.
    pub fn decode(&self) -> Result<Tile> {
        let (width_px, height_px) = self.size_px;
        let Source::Tiff(header) = self.raster.source();
        let layout = header.layout(self.level).ok_or_else(|| no_level(&self.raster, self.level))?;
        let task = Task { layout, nodata: header.nodata(), size_px: self.size_px, bands: &self.bands };
        let bands = task.run(&self.blocks).map_err(|source| Error::Decode {
            href: self.raster.href().to_owned(),
            level: self.level,
            tile: self.at,
            source,
        })?;
        Ok(Tile { at: self.at, width_px, height_px, bands })
    }
}

fn no_level(raster: &Raster, level: usize) -> Error {
    let what = format!("level {level}; it has {} of them", raster.levels().len());
    Error::Missing { href: raster.href().to_owned(), what }
}

/// Size of a tile inside the image.
fn tile_size(raster: &Raster, level: &Level, at: TileAt) -> Result<(usize, usize)> {
    level.tile_size_px(at).ok_or_else(|| {
        let what = format!("tile {at}; it has {} × {}", level.tiles_across(), level.tiles_down());
        Error::Missing { href: raster.href().to_owned(), what }
    })
}

/// Fetches `tiles` of `raster`, for `bands`.
pub(crate) async fn fetch(
    raster: &Arc<Raster>,
    level: usize,
    tiles: &[TileAt],
    bands: &[usize],
) -> Result<Vec<Fetched>> {
    if let Some(band) = bands.iter().find(|band| **band >= raster.bands()) {
        let what = format!("band {band} (from 0); it has {} bands", raster.bands());
        return Err(Error::Missing { href: raster.href().to_owned(), what });
    }
    let Source::Tiff(header) = raster.source();
    let layout = header.layout(level).ok_or_else(|| no_level(raster, level))?;
    let (mut sizes, mut ranges) = (Vec::with_capacity(tiles.len()), Vec::new());
    let planes = if layout.is_pixel_interleaved { &[0][..bands.len().min(1)] } else { bands };
    for at in tiles {
        sizes.push(tile_size(raster, &layout.level, *at)?);
        for plane in planes {
            ranges.push(block_range(raster, layout, *at, *plane)?);
        }
    }
    let mut blocks = read(raster.object(), raster.etag(), &ranges).await?.into_iter();
    let bands: Arc<[usize]> = bands.into();
    let fetched = tiles.iter().zip(sizes).map(|(at, size_px)| Fetched {
        raster: Arc::clone(raster),
        level,
        at: *at,
        size_px,
        bands: Arc::clone(&bands),
        blocks: blocks.by_ref().take(planes.len()).collect(),
    });
    Ok(fetched.collect())
}

/// Where a block is in the file; `None` if it was never written.
fn block_range(raster: &Raster, layout: &Layout, at: TileAt, plane: usize) -> Result<Option<Range<u64>>> {
    let level = &layout.level;
    let number = (plane * level.tiles_down() + at.row) * level.tiles_across() + at.col;
    // Both arrays are as long as there are tiles: the header was checked for it.
    let offset = layout.offsets.get(number).unwrap_or(0);
    let length = layout.byte_counts.get(number).unwrap_or(0);
    if length == 0 {
        return Ok(None);
    }
    // No packing makes a tile twice as long; a lie here would have us read gigabytes.
    let length_max = (layout.tile_bytes().unwrap_or(0) as u64) * 2 + LENGTH_SLACK_BYTES;
    if length > length_max {
        return Err(Error::Malformed {
            href: raster.href().to_owned(),
            reason: format!("tile {at} claims {length} bytes, more than its pixels can take"),
        });
    }
    let end = offset.checked_add(length).filter(|end| *end <= raster.size_bytes());
    end.map(|end| Some(offset..end)).ok_or_else(|| Error::Malformed {
        href: raster.href().to_owned(),
        reason: format!(
            "tile {at} ({length} bytes at {offset}) is beyond its end: it has {} bytes and is truncated",
            raster.size_bytes()
        ),
    })
}

/// Reads ranges of an object, near ones together, if it is still the same.
async fn read(object: &Object, etag: Option<&str>, ranges: &[Option<Range<u64>>]) -> Result<Vec<Option<Bytes>>> {
    let requests = join(ranges);
    let parts: Vec<Bytes> = stream::iter(requests.clone())
        .map(|range| object.get_range_of(range, etag))
        .buffered(REQUESTS_MAX)
        .try_collect()
        .await?;
    let slice = |range: &Range<u64>| {
        let index = requests.partition_point(|request| request.start <= range.start).checked_sub(1)?;
        let from = (range.start - requests[index].start) as usize;
        Some(parts[index].slice(from..from + (range.end - range.start) as usize))
    };
    Ok(ranges.iter().map(|range| range.as_ref().and_then(slice)).collect())
}

/// The requests that cover `ranges`, in order, without overlap.
fn join(ranges: &[Option<Range<u64>>]) -> Vec<Range<u64>> {
    let mut sorted: Vec<Range<u64>> = ranges.iter().flatten().cloned().collect();
    sorted.sort_unstable_by_key(|range| (range.start, range.end));
    let mut requests: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match requests.last_mut() {
            Some(last) if range.start < last.end || is_near(last, &range) => last.end = last.end.max(range.end),
            _ => requests.push(range),
        }
    }
    requests
}

fn is_near(last: &Range<u64>, next: &Range<u64>) -> bool {
    next.start - last.end <= GAP_MAX_BYTES && next.end.saturating_sub(last.start) <= REQUEST_MAX_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_are_joined_and_far_ones_are_not() {
        let far = 10 << 20;
        let ranges = [Some(far..far + 5), None, Some(100..200), Some(208..300), Some(100..150), Some(250..310)];
        assert_eq!(join(&ranges), [100..310, far..far + 5]);
        assert_eq!(join(&[None]), []);
    }

    #[test]
    fn joined_requests_stay_short() {
        let ranges: Vec<_> = (0..8).map(|at| Some(at << 20..(at + 1) << 20)).collect();
        assert_eq!(join(&ranges), [0..4 << 20, 4 << 20..8 << 20]);
    }
}
