#![doc = include_str!("../README.md")]

mod batch;
mod collections;
mod discover;
mod eo;
pub mod error;
mod footprint;
mod href;
mod image;
pub mod index;
mod interpret;
mod kind;
mod lines;
mod measurement;
pub mod options;
pub mod product;
mod read;
pub mod receipt;
mod rejects;
mod run;
mod source;
mod stac;
mod text;
mod transcribe;

pub use error::Error;
pub use index::index;
pub use options::Options;
pub use product::{Product, read_products};
pub use receipt::Receipt;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
