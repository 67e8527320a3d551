#![doc = include_str!("../README.md")]

mod bytes;
mod codec;
mod field;
mod gdal_fallback;
mod geokeys;
mod ifd;
mod layout;
mod lzw;
mod predictor;

pub mod cache;
pub mod decode;
pub mod description;
pub mod error;
pub mod fetch;
pub mod header;
pub mod level;
pub mod raster;
pub mod samples;
mod tile_file;
pub mod write;

pub use ardent_model::DataType;
pub use cache::RasterCache;
pub use decode::Tile;
pub use description::{Description, Georeference};
pub use error::{DecodeFault, Error};
pub use fetch::{Fetched, Reads};
pub use level::{Level, TileAt};
pub use raster::Raster;
pub use samples::{Sample, Samples, floor};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
