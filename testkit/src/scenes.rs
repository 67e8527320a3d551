//! A synthetic archive of Sentinel-2 Analysis-Ready Data: an invented stretch of England's south coast through a year,
//! in the layout, names and files of the real archive. Every pixel is a function of place, date and seed
//! ([`Landscape`]), so a test can know the right answer without reading a file.

mod archive;
mod expected;
mod ground;
mod landscape;
mod metadata;
mod noise;
mod options;
mod parcel;
mod phenology;
mod plan;
mod product;
mod settlement;
mod sky;
mod spectrum;
mod surface;
mod terrain;
mod thumbnail;

pub use archive::write;
pub use expected::{Window, write_expected};
pub use landscape::Landscape;
pub use options::{Compression, Naming, Options};
pub use plan::{Plan, season};
pub use product::{IMAGE_SUFFIX, Product, Tile};
pub use sky::{CLEAR, CLOUDY, SHADOW};
pub use spectrum::BANDS;
