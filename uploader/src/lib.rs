//! Archive to store (interface stub).
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unimplemented,
    unused_variables,
    clippy::allow_attributes_without_reason,
    clippy::allow_attributes
)]
use ardent_model::Progress;
use ardent_storage::Stores;
/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] ardent_storage::Error),
}
/// What to upload, and where to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The archive's folder: the one that holds `sentinel_2/YYYY/MM/DD`, or any folder below it.
    pub source: std::path::PathBuf,
    /// Where to: `s3://sentinel2-ard` or `file:///folder`, optionally with a prefix.
    pub target: String,
    /// First day (acquisition), included.
    pub from: Option<chrono::NaiveDate>,
    /// Last day, included.
    pub to: Option<chrono::NaiveDate>,
    /// Platforms such as `S2A`; empty: all.
    pub platforms: Vec<String>,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Files sent at the same time.
    pub transfers: usize,
}
/// What was done; written as JSON.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Receipt {}
impl Receipt {
    /// Whether everything that was found is now in the store.
    pub fn is_complete(&self) -> bool {
        unimplemented!()
    }
}
/// Uploads products.
pub async fn upload(options: &Options, stores: &Stores, progress: &dyn Progress) -> Result<Receipt> {
    unimplemented!()
}
