//! Files that are not decoded here, but by GDAL. GDAL gets the bytes of the whole object in memory and does no I/O of
//! its own: the object is fetched like any other, and network file systems are shut while GDAL has a file in hand.

use std::{
    ffi::CString,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use ardent_model::{Affine, Crs, DataType};
use bytes::Bytes;
use gdal::{
    Dataset, DatasetOptions, GdalOpenFlags, Metadata,
    errors::GdalError,
    raster::{GdalDataType, GdalType, RasterBand},
};

use crate::{Description, Georeference, Level, Samples, TileAt, bytes::Fault};

/// A larger object is not read by way of GDAL, since all of it must be in memory.
pub(crate) const OBJECT_MAX_BYTES: u64 = 512 << 20;

/// Formats that hold their pixels themselves. The ones that lead elsewhere (VRT, WMS …) are shut out.
const DRIVERS: [&str; 5] = ["GTiff", "JP2OpenJPEG", "JPEG", "PNG", "WEBP"];

/// Whether these first bytes are of one of the formats that may be handed to GDAL.
pub(crate) fn is_known(head: &[u8]) -> bool {
    const MAGIC: [&[u8]; 6] = [b"II", b"MM", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"\xff\xd8\xff", b"\x89PNG\r\n"];
    MAGIC.iter().any(|magic| head.starts_with(magic)) || (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"))
}

/// Tiles where GDAL's own blocks are lines, or huge.
const PSEUDO_TILE_PX: usize = 512;

/// A file GDAL reads: what is known of it, and the file itself as long as somebody needs it.
#[derive(Debug)]
pub(crate) struct Foreign {
    description: Description,
    /// GDAL's overview of each level after the first.
    overviews: Vec<usize>,
    shared: tokio::sync::Mutex<Weak<Opened>>,
}

/// A file in memory, open in GDAL.
pub(crate) struct Opened {
    // Dropped in this order: GDAL lets go of the memory first.
    dataset: Mutex<Dataset>,
    _memory: Memory,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// Bytes under a name that GDAL can open.
struct Memory {
    path: CString,
    _bytes: Bytes,
}

impl Memory {
    fn new(bytes: Bytes) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = CString::new(format!("/vsimem/ardent-{number}/raster")).unwrap_or_default();
        // SAFETY: the bytes live until GDAL has forgotten the name, and are never written: datasets are opened read-only.
        unsafe {
            let start = bytes.as_ptr().cast_mut();
            let file = gdal_sys::VSIFileFromMemBuffer(path.as_ptr(), start, bytes.len() as u64, 0);
            if !file.is_null() {
                gdal_sys::VSIFCloseL(file);
            }
        }
        Self { path, _bytes: bytes }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the path is a valid C string.
        unsafe { gdal_sys::VSIUnlink(self.path.as_ptr()) };
    }
}

/// While it lives, GDAL prints nothing on this thread and opens nothing over the network.
struct Quiet;

impl Quiet {
    fn new() -> Self {
        // An allow-list of one name that no file has. Failing to set it is failing to allocate.
        let _ = gdal::config::set_thread_local_config_option("CPL_VSIL_CURL_ALLOWED_FILENAME", "none");
        // SAFETY: the handler is GDAL's own; the stack of handlers is of this thread, and popped in `drop`.
        unsafe { gdal_sys::CPLPushErrorHandler(Some(gdal_sys::CPLQuietErrorHandler)) };
        Self
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // SAFETY: `new` pushed a handler on this thread.
        unsafe { gdal_sys::CPLPopErrorHandler() };
        let _ = gdal::config::clear_thread_local_config_option("CPL_VSIL_CURL_ALLOWED_FILENAME");
    }
}

impl Opened {
    /// Opens the bytes of an object. It may take a while: not for async code.
    pub(crate) fn new(bytes: Bytes) -> Result<Self, GdalError> {
        let _quiet = Quiet::new();
        let memory = Memory::new(bytes);
        let options = DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_READONLY,
            allowed_drivers: Some(&DRIVERS),
            ..DatasetOptions::default()
        };
        let dataset = Dataset::open_ex(memory.path.to_string_lossy().as_ref(), options)?;
        Ok(Self { dataset: Mutex::new(dataset), _memory: memory })
    }

    /// What GDAL says of it.
    pub(crate) fn describe(self: &Arc<Self>) -> Result<Foreign, Fault> {
        let _quiet = Quiet::new();
        let dataset = self.dataset.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = |error: GdalError| Fault::Malformed(format!("GDAL: {error}"));
        let bands = dataset.raster_count();
        let band = dataset.rasterband(1).map_err(broken)?;
        let data_type = data_type(&band)?;
        for number in 2..=bands {
            if self::data_type(&dataset.rasterband(number).map_err(broken)?)? != data_type {
                return Err(Fault::Unsupported("its bands have different data types".to_owned()));
            }
        }
        let mut levels = vec![(level(&band), None)];
        for number in 0..usize::try_from(band.overview_count().unwrap_or(0)).unwrap_or(0) {
            levels.push((level(&band.overview(number).map_err(broken)?), Some(number)));
        }
        levels[1..].sort_by_key(|(level, _)| std::cmp::Reverse((level.width_px, level.height_px)));
        let affine = dataset.geo_transform().ok().map(Affine::from_gdal);
        let georeference = Georeference { affine, crs: crs(&dataset) };
        let overviews = levels.iter().filter_map(|(_, number)| *number).collect();
        let levels = levels.into_iter().map(|(level, _)| level).collect();
        let description = Description { bands, data_type, nodata: band.no_data_value(), georeference, levels };
        Ok(Foreign { description, overviews, shared: tokio::sync::Mutex::new(Arc::downgrade(self)) })
    }
}

impl Opened {
    /// The pixels of the first `size_px` of some bands, if they are what the caller thinks they are.
    pub(crate) fn first(
        &self,
        size_px: (usize, usize),
        data_type: DataType,
        bands: &[usize],
    ) -> Result<Vec<Samples>, GdalError> {
        let _quiet = Quiet::new();
        let dataset = self.dataset.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |band: &usize| samples(&dataset.rasterband(band + 1)?, data_type, (0, 0), size_px);
        bands.iter().map(read).collect()
    }
}

impl Foreign {
    /// What is known of it.
    pub(crate) fn description(&self) -> &Description {
        &self.description
    }

    /// The open file: the one somebody has already, or what `open` gives, for the others too while the caller keeps it.
    pub(crate) async fn opened<E>(&self, open: impl Future<Output = Result<Arc<Opened>, E>>) -> Result<Arc<Opened>, E> {
        let mut shared = self.shared.lock().await;
        if let Some(opened) = shared.upgrade() {
            return Ok(opened);
        }
        let opened = open.await?;
        *shared = Arc::downgrade(&opened);
        Ok(opened)
    }

    /// Reads the tile of `level` at `at`.
    pub(crate) fn read(
        &self,
        opened: &Opened,
        (number, at): (usize, TileAt),
        bands: &[usize],
    ) -> Result<Vec<Samples>, GdalError> {
        let _quiet = Quiet::new();
        let dataset = opened.dataset.lock().unwrap_or_else(PoisonError::into_inner);
        let level = &self.description.levels[number];
        let origin = (at.col * level.tile_width_px, at.row * level.tile_height_px);
        let size_px = level.tile_size_px(at).unwrap_or((0, 0));
        let read = |band: &usize| {
            let full = dataset.rasterband(band + 1)?;
            let band = match number.checked_sub(1).and_then(|place| self.overviews.get(place)) {
                Some(overview) => full.overview(*overview)?,
                None => full,
            };
            samples(&band, self.description.data_type, origin, size_px)
        };
        bands.iter().map(read).collect()
    }
}

/// The samples of a window.
fn samples(
    band: &RasterBand<'_>,
    data_type: DataType,
    origin: (usize, usize),
    size_px: (usize, usize),
) -> Result<Samples, GdalError> {
    match data_type {
        DataType::Uint8 => Ok(Samples::Uint8(values(band, origin, size_px)?)),
        DataType::Int8 => {
            // GDAL 3.6 has no such type: it reads the bits as uint8.
            let values: Vec<u8> = values(band, origin, size_px)?;
            Ok(Samples::Int8(values.into_iter().map(u8::cast_signed).collect()))
        }
        DataType::Uint16 => Ok(Samples::Uint16(values(band, origin, size_px)?)),
        DataType::Int16 => Ok(Samples::Int16(values(band, origin, size_px)?)),
        DataType::Uint32 => Ok(Samples::Uint32(values(band, origin, size_px)?)),
        DataType::Int32 => Ok(Samples::Int32(values(band, origin, size_px)?)),
        DataType::Float32 => Ok(Samples::Float32(values(band, origin, size_px)?)),
        DataType::Float64 => Ok(Samples::Float64(values(band, origin, size_px)?)),
    }
}

fn values<T: GdalType + Copy>(
    band: &RasterBand<'_>,
    (col, row): (usize, usize),
    size_px: (usize, usize),
) -> Result<Vec<T>, GdalError> {
    let buffer = band.read_as::<T>((col as isize, row as isize), size_px, size_px, None)?;
    Ok(buffer.into_shape_and_vec().1)
}

fn data_type(band: &RasterBand<'_>) -> Result<DataType, Fault> {
    let is_signed = band.metadata_item("PIXELTYPE", "IMAGE_STRUCTURE").as_deref() == Some("SIGNEDBYTE");
    match band.band_type() {
        GdalDataType::UInt8 if is_signed => Ok(DataType::Int8),
        GdalDataType::UInt8 => Ok(DataType::Uint8),
        GdalDataType::UInt16 => Ok(DataType::Uint16),
        GdalDataType::Int16 => Ok(DataType::Int16),
        GdalDataType::UInt32 => Ok(DataType::Uint32),
        GdalDataType::Int32 => Ok(DataType::Int32),
        GdalDataType::Float32 => Ok(DataType::Float32),
        GdalDataType::Float64 => Ok(DataType::Float64),
        other => Err(Fault::Unsupported(format!("its pixels are {}", other.name()))),
    }
}

fn level(band: &RasterBand<'_>) -> Level {
    let ((width_px, height_px), (block_width, block_height)) = (band.size(), band.block_size());
    let is_fit = |side: usize| (64..=2048).contains(&side);
    let (tile_width_px, tile_height_px) = if is_fit(block_width) && is_fit(block_height) {
        (block_width, block_height)
    } else {
        (PSEUDO_TILE_PX, PSEUDO_TILE_PX)
    };
    Level { width_px, height_px, tile_width_px, tile_height_px }
}

fn crs(dataset: &Dataset) -> Option<Crs> {
    let mut reference = dataset.spatial_ref().ok()?;
    if reference.auth_code().is_err() {
        reference.auto_identify_epsg().ok()?;
    }
    let is_epsg = reference.auth_name().as_deref() == Some("EPSG");
    is_epsg.then(|| reference.auth_code().ok()).flatten().and_then(|code| u32::try_from(code).ok()).map(Crs::epsg)
}
