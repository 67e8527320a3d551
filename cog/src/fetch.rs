//! Fetching of compressed tiles: async, in few requests, checked against the size of the file first.

use std::{ops::Range, sync::Arc};

use ardent_storage::{Object, Version};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    DecodeFault, Error, Raster, Result, Samples, Tile, TileAt,
    decode::Task,
    gdal_fallback::Opened,
    layout::Layout,
    raster::{self, Source},
};

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
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    /// One block, or one per band.
    Blocks(Vec<Option<Bytes>>),
    /// The whole file, and what was fetched of it on account of this tile.
    Whole(Arc<Opened>, usize),
}

impl Fetched {
    /// Which tile.
    pub fn at(&self) -> TileAt {
        self.at
    }

    /// Bytes that were fetched for it.
    pub fn size_bytes(&self) -> usize {
        match &self.content {
            Content::Blocks(blocks) => blocks.iter().flatten().map(Bytes::len).sum(),
            Content::Whole(_, size_bytes) => *size_bytes,
        }
    }

    /// Decodes the bands asked for. A sparse tile (never written) decodes to nodata, or 0.
    pub fn decode(&self) -> Result<Tile> {
        let (width_px, height_px) = self.size_px;
        let (href, level, tile) = (self.raster.href(), self.level, self.at);
        let bands = self.samples().map_err(|source| Error::Decode { href: href.to_owned(), level, tile, source })?;
        Ok(Tile { at: self.at, width_px, height_px, bands })
    }

    fn samples(&self) -> std::result::Result<Vec<Samples>, DecodeFault> {
        let Self { raster, level, at, size_px, bands, .. } = self;
        match (raster.source(), &self.content) {
            (Source::Tiff(layouts), Content::Blocks(blocks)) => {
                Task { layout: &layouts[*level], nodata: raster.nodata(), size_px: *size_px, bands }.run(blocks)
            }
            (Source::Gdal(foreign), Content::Whole(opened, _)) => Ok(foreign.read(opened, (*level, *at), bands)?),
            // `fetch` makes no other pairs.
            _ => Ok(Vec::new()),
        }
    }
}

/// Fetches `tiles` of `raster`, for `bands`.
pub(crate) async fn fetch(
    raster: &Arc<Raster>,
    level: usize,
    tiles: &[TileAt],
    bands: &[usize],
) -> Result<Vec<Fetched>> {
    let missing = |what: String| Error::Missing { href: raster.href().to_owned(), what };
    if let Some(band) = bands.iter().find(|band| **band >= raster.bands()) {
        return Err(missing(format!("band {band} (from 0); it has {} bands", raster.bands())));
    }
    let shape = raster.levels().get(level);
    let shape = shape.ok_or_else(|| missing(format!("level {level}; it has {}", raster.levels().len())))?;
    let size = |at: &TileAt| {
        let (across, down) = (shape.tiles_across(), shape.tiles_down());
        shape.tile_size_px(*at).ok_or_else(|| missing(format!("tile {at}; it has {across} × {down}")))
    };
    let sizes = tiles.iter().map(size).collect::<Result<Vec<_>>>()?;
    let contents = match raster.source() {
        Source::Tiff(layouts) => blocks(raster, &layouts[level], tiles, bands).await?,
        Source::Gdal(_) => whole(raster, tiles.len()).await?,
    };
    let bands: Arc<[usize]> = bands.into();
    let fetched = tiles.iter().zip(sizes).zip(contents).map(|((at, size_px), content)| Fetched {
        raster: Arc::clone(raster),
        level,
        at: *at,
        size_px,
        bands: Arc::clone(&bands),
        content,
    });
    Ok(fetched.collect())
}

/// What fetching takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    /// Requests to the store.
    pub requests: usize,
    /// Bytes of their answers: the tiles', and of gaps between them that are too small for a request of their own.
    pub bytes: u64,
}

/// What fetching `tiles` takes.
pub(crate) fn reads(raster: &Raster, level: usize, tiles: &[TileAt], bands: &[usize]) -> Result<Reads> {
    let missing = |what: String| Error::Missing { href: raster.href().to_owned(), what };
    let layout = match raster.source() {
        Source::Tiff(layouts) => layouts.get(level).ok_or_else(|| missing(format!("level {level}")))?,
        Source::Gdal(_) if tiles.is_empty() => return Ok(Reads::default()),
        Source::Gdal(_) => return Ok(Reads { requests: 1, bytes: raster.size_bytes() }),
    };
    if let Some(at) = tiles.iter().find(|at| layout.level.tile_size_px(**at).is_none()) {
        return Err(missing(format!("tile {at}")));
    }
    let ranges = ranges(raster, layout, tiles, bands)?;
    let requests = join(&ranges);
    let bytes = requests.iter().map(|range| range.end - range.start).sum();
    // Of tiles that were never written it is asked whether they still are not.
    Ok(Reads { requests: requests.len().max(usize::from(!ranges.is_empty())), bytes })
}

/// Where the blocks of tiles are, tile by tile.
fn ranges(raster: &Raster, layout: &Layout, tiles: &[TileAt], bands: &[usize]) -> Result<Vec<Option<Range<u64>>>> {
    let planes = planes(layout, bands);
    tiles.iter().flat_map(|at| planes.iter().map(move |plane| block_range(raster, layout, *at, *plane))).collect()
}

/// The planes that hold some bands: one, if pixels hold their bands together.
fn planes<'a>(layout: &Layout, bands: &'a [usize]) -> &'a [usize] {
    if layout.is_pixel_interleaved { &[0][..bands.len().min(1)] } else { bands }
}

/// The blocks of each tile.
async fn blocks(raster: &Raster, layout: &Layout, tiles: &[TileAt], bands: &[usize]) -> Result<Vec<Content>> {
    let ranges = ranges(raster, layout, tiles, bands)?;
    let planes = planes(layout, bands);
    let mut blocks = read(raster.object(), raster.version(), &ranges).await?.into_iter();
    Ok(tiles.iter().map(|_| Content::Blocks(blocks.by_ref().take(planes.len()).collect())).collect())
}

/// The whole file, for each of `tiles`.
async fn whole(raster: &Raster, tiles: usize) -> Result<Vec<Content>> {
    let Source::Gdal(foreign) = raster.source() else { return Ok(Vec::new()) };
    let mut size_bytes = 0;
    let open = async {
        size_bytes = raster.size_bytes() as usize;
        raster::open_in_gdal(raster.object(), (raster.size_bytes(), raster.version()), "it is for GDAL").await
    };
    let opened = foreign.opened(open).await?;
    Ok((0..tiles).map(|number| Content::Whole(Arc::clone(&opened), if number == 0 { size_bytes } else { 0 })).collect())
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
async fn read(object: &Object, version: &Version, ranges: &[Option<Range<u64>>]) -> Result<Vec<Option<Bytes>>> {
    let requests = join(ranges);
    if requests.is_empty() && !ranges.is_empty() {
        // Where no tile was ever written there may be one by now.
        object.check(version).await?;
    }
    let parts: Vec<Bytes> = stream::iter(requests.clone())
        .map(|range| object.get_range_of(range, version))
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
