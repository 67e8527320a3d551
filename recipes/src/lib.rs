#![doc = include_str!("../README.md")]

pub mod cube;
pub mod error;
pub mod estimate;
pub mod kitchen;
mod resolve;

pub use ardent_datacube::{Compression, Failure, FailureKind, Format, Ledger, PictureKind, Split};
pub use cube::{CubeFile, Summary};
pub use error::Error;
pub use estimate::Estimate;
pub use kitchen::{Budget, Kitchen, Limits, Order};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
