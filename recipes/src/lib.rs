//! A recipe's life (interface stub).
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unimplemented,
    unused_variables,
    clippy::allow_attributes_without_reason,
    clippy::allow_attributes
)]
use std::sync::Arc;

use ardent_catalog::{Access, Catalog};
use ardent_model::{GeoBox, Recipe};
use ardent_storage::Stores;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a recipe was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The recipe cannot be carried out as it is (400).
    #[error(transparent)]
    Model(#[from] ardent_model::Error),
    /// The recipe asks for something that does not fit together (unknown band, CRS, no items, several grids): 400.
    #[error("{reason}")]
    Unfit {
        /// What, and what would pass.
        reason: String,
    },
    /// No such collection, or it is hidden: 404.
    #[error("collection `{collection}` does not exist")]
    NoCollection {
        /// Its id.
        collection: String,
    },
    /// More than this server will do at once: 413, with the largest request that would pass in the text.
    #[error("{reason}")]
    TooLarge {
        /// What, and what would pass.
        reason: String,
    },
    /// The catalogue failed.
    #[error(transparent)]
    Catalog(#[from] ardent_catalog::Error),
    /// A source object could not be read (named): 502; 503 if transient.
    #[error("{reason}")]
    Source {
        /// Names the item and asset.
        reason: String,
        /// Whether trying again may help.
        transient: bool,
    },
    /// The client went away.
    #[error("cancelled")]
    Cancelled,
    /// Something of ours failed: 500.
    #[error("{reason}")]
    Internal {
        /// For the log only.
        reason: String,
    },
}

/// Form of the result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Format {
    /// Cloud-optimised GeoTIFF, `image/tiff; application=geotiff; profile=cloud-optimized`.
    Cog,
    /// An 8-bit picture of one group and one or three bands; values from `rescale.0` to `rescale.1` become 0 to 255
    /// (2nd and 98th percentile if not given). `image/png`.
    Png {
        /// Least and greatest value shown.
        rescale: Option<(f64, f64)>,
    },
}

/// Bounds of what one process does.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Memory of all cubes under way, in bytes.
    pub memory_bytes: usize,
    /// Most output pixels × bands × groups of a request.
    pub pixels: u64,
    /// Most items of a request.
    pub items: usize,
    /// Files fetched at the same time.
    pub fetches: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, pixels: 1_000_000_000, items: 10_000, fetches: 32 }
    }
}

/// A finished cube: a temporary file, removed when this is dropped.
#[derive(Debug)]
pub struct CubeFile {
    /// The file.
    pub file: tempfile::TempPath,
    /// Its size.
    pub size_bytes: u64,
    /// Its media type.
    pub media_type: &'static str,
    /// File name to propose.
    pub file_name: String,
    /// What was done.
    pub summary: Summary,
}

/// What was done for a cube.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Summary {
    /// Its grid: CRS, affine, shape.
    pub grid: GeoBox,
    /// Its bands, group-major (`2019-JJA/red`).
    pub bands: Vec<String>,
    /// Items read.
    pub items: usize,
    /// Dates (solar days) among them.
    pub dates: usize,
    /// Source tiles decoded.
    pub tiles_read: u64,
    /// Data tiles that no clear pixel needed.
    pub tiles_skipped: u64,
    /// Bytes fetched.
    pub bytes_read: u64,
    /// Wall time.
    pub elapsed_ms: u64,
}

/// Carries recipes out: catalogue, stores and the cube engine together. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kitchen {}

impl Kitchen {
    /// With these bounds.
    pub fn new(catalog: Catalog, stores: Arc<Stores>, limits: Limits) -> Self {
        unimplemented!()
    }
    /// Carries a recipe out. Dropping the future cancels the work.
    pub async fn load(&self, recipe: &Recipe, access: Access, format: Format) -> Result<CubeFile> {
        unimplemented!()
    }
}
