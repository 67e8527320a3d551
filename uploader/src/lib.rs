#![doc = include_str!("../README.md")]

mod asset;
mod bands;
mod coverage;
mod digest;
pub mod eo;
pub mod error;
pub mod footprint;
mod inspect;
pub mod item;
pub mod metadata;
pub mod name;
pub mod options;
mod product;
mod projection;
pub mod receipt;
pub mod rule;
mod scan;
pub mod scene;
mod target;
mod transfer;
mod upload;

pub use error::Error;
pub use options::Options;
pub use receipt::{Outcome, ProductOutcome, Receipt, Unknown};
pub use upload::upload;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
