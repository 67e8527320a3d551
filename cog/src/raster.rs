//! A raster file whose header is read.

use std::sync::Arc;

use ardent_model::{Affine, Crs, DataType, GeoBox};
use ardent_storage::{Object, Version};
use bytes::Bytes;
use object_store::ObjectMeta;
use tracing::instrument;

use crate::{
    Description, Error, Fetched, Level, Reads, Result, TileAt,
    bytes::{Fault, Segments},
    fetch,
    gdal_fallback::{Foreign, OBJECT_MAX_BYTES, Opened, is_known},
    header::Header,
    layout::Layout,
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
///
/// ```
/// # use gdal::{DriverManager, raster::Buffer};
/// # use ardent_storage::{Profiles, Stores};
/// use ardent_cog::{Raster, Samples, TileAt};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("two.tif");
/// # let mut two = DriverManager::get_driver_by_name("GTiff")?.create_with_band_type::<u16, _>(&path, 2, 1, 1)?;
/// # two.rasterband(1)?.write((0, 0), (2, 1), &mut Buffer::new((2, 1), vec![7_u16, 8]))?;
/// # two.close()?;
/// # let stores = Stores::new(Profiles::default().with_folder(folder.path()))?;
/// # let object = stores.object(path.to_str().ok_or("path")?)?;
/// let raster = Raster::open(object).await?;
/// let fetched = raster.fetch(0, &[TileAt { col: 0, row: 0 }], &[0]).await?;
/// let tile = fetched[0].decode()?;
/// assert_eq!(tile.bands, [Samples::Uint16(vec![7, 8])]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Raster {
    object: Object,
    size_bytes: u64,
    version: Version,
    description: Description,
    source: Source,
}

/// Who reads the pixels.
#[derive(Debug)]
pub(crate) enum Source {
    /// We do; with the layout of each level.
    Tiff(Vec<Layout>),
    /// GDAL does.
    Gdal(Foreign),
}

impl Raster {
    /// Reads the header. An object that GDAL must read is fetched as a whole, if it is not larger than 512 MB.
    #[instrument(skip_all, fields(href = %object.href))]
    pub async fn open(object: Object) -> Result<Arc<Self>> {
        let (head, meta) = head(&object).await?;
        let is_known = is_known(&head);
        let href = || object.href.to_string();
        match header(&object, head, &meta).await? {
            Ok(Header { description, layouts }) => {
                let source = Source::Tiff(layouts);
                Ok(Arc::new(Self { object, size_bytes: meta.size, version: Version::of(&meta), description, source }))
            }
            Err(Fault::Unsupported(reason)) if is_known => Self::open_in_gdal(object, meta, &reason).await,
            Err(Fault::Unsupported(reason) | Fault::TooLarge(reason)) => {
                Err(Error::Unsupported { href: href(), reason })
            }
            Err(fault) => Err(Error::Malformed { href: href(), reason: fault.to_string() }),
        }
    }

    async fn open_in_gdal(object: Object, meta: ObjectMeta, reason: &str) -> Result<Arc<Self>> {
        let opened = open_in_gdal(&object, (meta.size, &Version::of(&meta)), reason).await?;
        let foreign = opened.describe().map_err(|fault| match fault {
            Fault::Unsupported(reason) => Error::Unsupported { href: object.href.to_string(), reason },
            fault => Error::Malformed { href: object.href.to_string(), reason: fault.to_string() },
        })?;
        let (description, source) = (foreign.description().clone(), Source::Gdal(foreign));
        Ok(Arc::new(Self { object, size_bytes: meta.size, version: Version::of(&meta), description, source }))
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
        self.version.etag()
    }

    /// The version of the object whose header was read.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// All that is known of it without its pixels.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Number of bands.
    pub fn bands(&self) -> usize {
        self.description.bands
    }

    /// How many bands are fetched and unpacked to get at `wanted` of them: all, if pixels hold their bands together.
    pub fn bands_read(&self, wanted: usize) -> usize {
        match &self.source {
            Source::Tiff(layouts) if layouts.iter().all(|layout| !layout.is_pixel_interleaved) => wanted,
            _ => self.bands(),
        }
    }

    /// Pixel type of every band.
    pub fn data_type(&self) -> DataType {
        self.description.data_type
    }

    /// GDAL's nodata tag.
    pub fn nodata(&self) -> Option<f64> {
        self.description.nodata
    }

    /// The grid of the full resolution; `None` without georeference or EPSG code.
    pub fn grid(&self) -> Option<GeoBox> {
        self.description.grid()
    }

    /// The affine transform of the full resolution, if it has one, also without a CRS.
    pub fn affine(&self) -> Option<Affine> {
        self.description.georeference.affine
    }

    /// The CRS, if it has an EPSG code.
    pub fn crs(&self) -> Option<Crs> {
        self.description.georeference.crs
    }

    /// Full resolution first, then overviews from fine to coarse.
    pub fn levels(&self) -> &[Level] {
        &self.description.levels
    }

    /// What fetching these tiles takes, from the header alone; errors as [`Raster::fetch`] has them for tiles that are not
    /// there. Of a file that GDAL reads it is the whole file, as often as nobody has it in memory.
    pub fn reads(&self, level: usize, tiles: &[TileAt], bands: &[usize]) -> Result<Reads> {
        fetch::reads(self, level, tiles, bands)
    }

    /// Fetches the compressed bytes of tiles (only what `bands`, from 0, need), ranges coalesced. In the order of
    /// `tiles`. If the object changed since it was opened, that is [`ardent_storage::Error::Changed`], also where none of
    /// the tiles was ever written.
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

/// The first bytes.
async fn head(object: &Object) -> Result<(Bytes, ObjectMeta)> {
    match object.get_head(HEAD_BYTES).await {
        Ok(head) => Ok(head),
        Err(error) => {
            // Stores refuse any range of an empty object.
            if error.is_transient() && object.head().await.is_ok_and(|meta| meta.size == 0) {
                return Err(Error::Malformed { href: object.href.to_string(), reason: "it is empty".to_owned() });
            }
            Err(error.into())
        }
    }
}

/// Reads as much of a TIFF as its header takes.
async fn header(object: &Object, head: Bytes, meta: &ObjectMeta) -> Result<std::result::Result<Header, Fault>> {
    let version = Version::of(meta);
    let mut segments = Segments::new(meta.size, head);
    let (mut more_bytes, mut total_bytes) = (HEAD_BYTES, HEAD_BYTES);
    for _ in 0..READS_MAX {
        let wanted = match Header::read(&segments) {
            Err(Fault::Need(wanted)) => wanted,
            other => return Ok(other),
        };
        more_bytes = (more_bytes * 2).min(MORE_MAX_BYTES);
        let end = wanted.end.max(wanted.start.saturating_add(more_bytes)).min(meta.size);
        total_bytes += end - wanted.start;
        if total_bytes > HEADER_MAX_BYTES {
            break;
        }
        let bytes = object.get_range_of(wanted.start..end, &version).await?;
        segments.push(wanted.start, bytes);
    }
    Ok(Err(Fault::Malformed("its header does not end".to_owned())))
}

/// Fetches the whole object and opens it in GDAL, since `reason` keeps us from reading it.
pub(crate) async fn open_in_gdal(
    object: &Object,
    (size_bytes, version): (u64, &Version),
    reason: &str,
) -> Result<Arc<Opened>> {
    let unsupported = |reason: String| Error::Unsupported { href: object.href.to_string(), reason };
    if size_bytes > OBJECT_MAX_BYTES {
        return Err(unsupported(format!(
            "{reason}, and {} MB are too much to be read by way of GDAL ({} MB); rewrite it as a COG with deflate or \
             zstd",
            size_bytes >> 20,
            OBJECT_MAX_BYTES >> 20
        )));
    }
    let bytes = object.get_range_of(0..size_bytes, version).await?;
    let opened = tokio::task::spawn_blocking(|| Opened::new(bytes)).await;
    match opened {
        Ok(Ok(opened)) => Ok(Arc::new(opened)),
        Ok(Err(error)) => Err(unsupported(format!("{reason}, and GDAL cannot read it either: {error}"))),
        Err(error) => Err(unsupported(format!("{reason}, and GDAL failed: {error}"))),
    }
}
