//! Documents to catalogue (interface stub).
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unimplemented,
    unused_variables,
    clippy::allow_attributes_without_reason,
    clippy::allow_attributes
)]
use ardent_catalog::Catalog;
use ardent_model::{Collection, Progress};
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
    /// The catalogue failed.
    #[error(transparent)]
    Catalog(#[from] ardent_catalog::Error),
    /// A product definition that cannot be read.
    #[error("product definition `{source_name}`: {reason}")]
    Product {
        /// File it was read from.
        source_name: String,
        /// What is wrong.
        reason: String,
    },
}
/// What to index.
#[derive(Debug, Clone)]
pub struct Options {
    /// `s3://bucket/prefix`, `file:///folder`, folders and files; documents are found below them.
    pub sources: Vec<String>,
    /// First day, included.
    pub from: Option<chrono::NaiveDate>,
    /// Last day, included.
    pub to: Option<chrono::NaiveDate>,
    /// Collection for documents that name none.
    pub collection: Option<String>,
    /// Folder in which documents that were refused are kept, each with its reason.
    pub rejects: Option<std::path::PathBuf>,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
}
/// What was done; written as JSON.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Receipt {}
impl Receipt {
    /// Whether every document was indexed.
    pub fn is_complete(&self) -> bool {
        unimplemented!()
    }
}
/// A product definition as a collection, with what an admin should know of how it was read.
#[derive(Debug, Clone)]
pub struct Product {
    /// The collection.
    pub collection: Collection,
    /// Such as `fmask: nodata 0 dropped, 0 means clear`.
    pub warnings: Vec<String>,
}
/// Reads an ODC product definition (YAML; several documents in one file are several products) or a STAC collection (JSON).
pub fn read_products(source_name: &str, text: &str) -> Result<Vec<Product>> {
    unimplemented!()
}
/// Indexes documents.
pub async fn index(options: &Options, stores: &Stores, catalog: &Catalog, progress: &dyn Progress) -> Result<Receipt> {
    unimplemented!()
}
