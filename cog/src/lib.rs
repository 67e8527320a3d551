//! Reading rasters (interface stub: the cog work replaces every body and splits it into files).
#![allow(clippy::all, clippy::pedantic, clippy::unimplemented, unused_variables, clippy::allow_attributes_without_reason, clippy::allow_attributes)]
use std::sync::Arc;

use ardent_model::{DataType, GeoBox};
use ardent_storage::Object;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

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
}

/// Pixels of one band, row by row.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// uint8
    Uint8(Vec<u8>),
    /// int8
    Int8(Vec<i8>),
    /// uint16
    Uint16(Vec<u16>),
    /// int16
    Int16(Vec<i16>),
    /// uint32
    Uint32(Vec<u32>),
    /// int32
    Int32(Vec<i32>),
    /// float32
    Float32(Vec<f32>),
    /// float64
    Float64(Vec<f64>),
}

/// One resolution of a raster: the full one or an overview.
#[derive(Debug, Clone)]
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

/// Column and row of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileAt {
    /// Column.
    pub col: usize,
    /// Row.
    pub row: usize,
}

/// A raster file whose header is read.
#[derive(Debug)]
pub struct Raster {}

impl Raster {
    /// Reads the header.
    pub async fn open(object: Object) -> Result<Arc<Self>> { unimplemented!() }
    /// Its href.
    pub fn href(&self) -> &str { unimplemented!() }
    /// Size of the file.
    pub fn size_bytes(&self) -> u64 { unimplemented!() }
    /// ETag of the object when the header was read.
    pub fn etag(&self) -> Option<&str> { unimplemented!() }
    /// Number of bands.
    pub fn bands(&self) -> usize { unimplemented!() }
    /// Pixel type of every band.
    pub fn data_type(&self) -> DataType { unimplemented!() }
    /// GDAL's nodata tag.
    pub fn nodata(&self) -> Option<f64> { unimplemented!() }
    /// The grid of the full resolution; `None` without georeference or EPSG code.
    pub fn grid(&self) -> Option<GeoBox> { unimplemented!() }
    /// Full resolution first, then overviews from fine to coarse.
    pub fn levels(&self) -> &[Level] { unimplemented!() }
    /// Fetches the compressed bytes of tiles (only what `bands`, from 0, need), ranges coalesced. In the order of `tiles`.
    pub async fn fetch(self: &Arc<Self>, level: usize, tiles: &[TileAt], bands: &[usize]) -> Result<Vec<Fetched>> { unimplemented!() }
}

/// Compressed bytes of a tile. `decode` is CPU work only.
#[derive(Debug)]
pub struct Fetched {}

impl Fetched {
    /// Which tile.
    pub fn at(&self) -> TileAt { unimplemented!() }
    /// Bytes that were fetched for it.
    pub fn size_bytes(&self) -> usize { unimplemented!() }
    /// Decodes the bands asked for. A sparse tile (never written) decodes to nodata, or 0.
    pub fn decode(&self) -> Result<Tile> { unimplemented!() }
}

/// A decoded tile, cut to the image: edge tiles are smaller.
#[derive(Debug)]
pub struct Tile {
    /// Which tile.
    pub at: TileAt,
    /// Columns.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
    /// One per band asked for, in that order.
    pub bands: Vec<Samples>,
}

/// Opened rasters, bounded, by href. Failures are never kept.
#[derive(Debug, Clone)]
pub struct RasterCache {}

impl RasterCache {
    /// With room for the headers of `capacity` files.
    pub fn new(capacity: u64) -> Self { unimplemented!() }
    /// The raster, from memory if its header was read before; concurrent callers wait for one read.
    pub async fn open(&self, object: Object) -> Result<Arc<Raster>> { unimplemented!() }
    /// Forgets a file, after it turned out to have changed.
    pub async fn forget(&self, href: &str) { unimplemented!() }
}

/// A pixel type. (Interface stub.)
pub trait Sample: Copy + PartialOrd + Send + Sync + 'static {
    /// Which.
    const DATA_TYPE: DataType;
    /// As a float.
    fn to_f64(self) -> f64;
    /// From a float: floor(x + 0.5) and saturating for integers.
    fn from_f64(value: f64) -> Self;
    /// The pixels, if of this type.
    fn slice(samples: &Samples) -> Option<&[Self]>;
    /// The pixels, if of this type.
    fn slice_mut(samples: &mut Samples) -> Option<&mut [Self]>;
    /// Wraps pixels.
    fn into_samples(values: Vec<Self>) -> Samples;
}
macro_rules! sample { ($($t:ty, $v:ident);*) => { $(impl Sample for $t {
    const DATA_TYPE: DataType = DataType::$v;
    fn to_f64(self) -> f64 { self as f64 }
    fn from_f64(value: f64) -> Self { if DataType::$v.is_integer() { (value + 0.5).floor() as $t } else { value as $t } }
    fn slice(samples: &Samples) -> Option<&[Self]> { if let Samples::$v(x) = samples { Some(x) } else { None } }
    fn slice_mut(samples: &mut Samples) -> Option<&mut [Self]> { if let Samples::$v(x) = samples { Some(x) } else { None } }
    fn into_samples(values: Vec<Self>) -> Samples { Samples::$v(values) }
})* } }
sample!(u8, Uint8; i8, Int8; u16, Uint16; i16, Int16; u32, Uint32; i32, Int32; f32, Float32; f64, Float64);
