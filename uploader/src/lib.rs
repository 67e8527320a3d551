#![doc = include_str!("../README.md")]

mod asset;
mod bands;
mod digest;
pub mod eo;
pub mod error;
pub mod footprint;
pub mod item;
pub mod metadata;
pub mod name;
pub mod options;
mod projection;
pub mod receipt;
pub mod rule;
mod scan;
pub mod scene;

pub use error::Error;
pub use options::Options;
pub use receipt::{Outcome, ProductOutcome, Receipt, Unknown};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Uploads products.
pub async fn upload(
    options: &Options,
    stores: &ardent_storage::Stores,
    progress: &dyn ardent_model::Progress,
) -> Result<Receipt> {
    let _ = (stores, progress);
    options.check()?;
    scan::scan(options)?;
    Ok(Receipt::default())
}
