//! A raster file whose header is read.

use std::sync::Arc;

use ardent_model::{Affine, Crs, DataType, GeoBox};
use ardent_storage::Object;
use tracing::instrument;

use crate::{
    Error, Fetched, Level, Result, TileAt,
    bytes::{Fault, Segments},
    fetch,
    header::Header,
};

/// What is read first. The header of most files is within it.
const HEAD_BYTES: u64 = 32 << 10;
/// What is read at a time after that, growing.
const MORE_MAX_BYTES: u64 = 4 << 20;
/// After so many reads a header has not ended: it leads us around.
const READS_MAX: usize = 256;
/// Bytes of a header, its tile offsets included.
const HEADER_MAX_BYTES: u64 = 256 << 20;

/// A raster file whose header is read.
#[derive(Debug)]
pub struct Raster {
    object: Object,
    size_bytes: u64,
    etag: Option<String>,
    source: Source,
}

/// Who knows how to read the pixels.
#[derive(Debug)]
pub(crate) enum Source {
    /// We do.
    Tiff(Header),
}

impl Raster {
    /// Reads the header.
    #[instrument(skip_all, fields(href = %object.href))]
    pub async fn open(object: Object) -> Result<Arc<Self>> {
        let (head, meta) = object.get_head(HEAD_BYTES).await?;
        let mut segments = Segments::new(meta.size, head);
        let malformed = |reason: String| Error::Malformed { href: object.href.to_string(), reason };
        let (mut more_bytes, mut total_bytes) = (HEAD_BYTES, HEAD_BYTES);
        for _ in 0..READS_MAX {
            let wanted = match Header::read(&segments) {
                Ok(header) => {
                    let source = Source::Tiff(header);
                    return Ok(Arc::new(Self { object, size_bytes: meta.size, etag: meta.e_tag, source }));
                }
                Err(Fault::Need(wanted)) => wanted,
                Err(Fault::Malformed(reason)) => return Err(malformed(reason)),
                Err(Fault::Unsupported(reason)) => {
                    return Err(Error::Unsupported { href: object.href.to_string(), reason });
                }
            };
            more_bytes = (more_bytes * 2).min(MORE_MAX_BYTES);
            let end = wanted.end.max(wanted.start.saturating_add(more_bytes)).min(meta.size);
            total_bytes += end - wanted.start;
            if total_bytes > HEADER_MAX_BYTES {
                break;
            }
            let bytes = object.get_range_of(wanted.start..end, meta.e_tag.as_deref()).await?;
            segments.push(wanted.start, bytes);
        }
        Err(malformed("its header does not end".to_owned()))
    }

    /// Its href.
    pub fn href(&self) -> &str {
        &self.object.href
    }

    /// Size of the file.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// ETag of the object when the header was read.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// Number of bands.
    pub fn bands(&self) -> usize {
        let Source::Tiff(header) = &self.source;
        header.bands()
    }

    /// Pixel type of every band.
    pub fn data_type(&self) -> DataType {
        let Source::Tiff(header) = &self.source;
        header.data_type()
    }

    /// GDAL's nodata tag.
    pub fn nodata(&self) -> Option<f64> {
        let Source::Tiff(header) = &self.source;
        header.nodata()
    }

    /// The grid of the full resolution; `None` without georeference or EPSG code.
    pub fn grid(&self) -> Option<GeoBox> {
        let Source::Tiff(header) = &self.source;
        header.grid()
    }

    /// The affine transform of the full resolution, if it has one, also without a CRS.
    pub fn affine(&self) -> Option<Affine> {
        let Source::Tiff(header) = &self.source;
        header.georeference().affine
    }

    /// The CRS, if it has an EPSG code.
    pub fn crs(&self) -> Option<Crs> {
        let Source::Tiff(header) = &self.source;
        header.georeference().crs
    }

    /// Full resolution first, then overviews from fine to coarse.
    pub fn levels(&self) -> &[Level] {
        let Source::Tiff(header) = &self.source;
        header.levels()
    }

    /// Fetches the compressed bytes of tiles (only what `bands`, from 0, need), ranges coalesced. In the order of
    /// `tiles`. If the object changed since it was opened, and the store can tell, that is
    /// [`ardent_storage::Error::Changed`].
    #[instrument(skip_all, fields(href = %self.object.href, level, tiles = tiles.len()))]
    pub async fn fetch(self: &Arc<Self>, level: usize, tiles: &[TileAt], bands: &[usize]) -> Result<Vec<Fetched>> {
        fetch::fetch(self, level, tiles, bands).await
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn object(&self) -> &Object {
        &self.object
    }
}
