//! A product that is read and sent: what its documents say.

use ardent_model::{DataType, GeoBox};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{footprint::Footprint, metadata::Metadata, name::Product, rule::Part};

/// All that the documents of a product need to know. Where the files are and what they hold may come from anywhere.
#[derive(Debug, Clone)]
pub struct Scene {
    /// What its name says.
    pub product: Product,
    /// What its metadata says.
    pub metadata: Metadata,
    /// The grid of its measurements.
    pub grid: GeoBox,
    /// What was seen.
    pub footprint: Footprint,
    /// What its masks say; products without masks have none.
    pub cover: Option<Cover>,
    /// Its files, in the order of their rule.
    pub files: Vec<SceneFile>,
    /// When its item was written first.
    pub created: DateTime<Utc>,
    /// When its item was written last.
    pub updated: DateTime<Utc>,
}

/// How much of a product is valid, and how much of that is cloud or clear. Pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cover {
    /// All.
    pub pixels: u64,
    /// Valid: class 1 of the valid mask.
    pub valid: u64,
    /// Valid and cloud: class 1 of the cloud mask.
    pub cloud: u64,
    /// Valid and clear: class 0 of the cloud mask.
    pub clear: u64,
}

/// A file of a product, in the store.
#[derive(Debug, Clone)]
pub struct SceneFile {
    /// Which part of the product.
    pub part: &'static Part,
    /// Where it is: `s3://bucket/key`.
    pub href: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// What its header says, if it is a raster.
    pub raster: Option<RasterFacts>,
}

/// What the header of a raster says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RasterFacts {
    /// Its grid.
    pub grid: GeoBox,
    /// Pixel type.
    pub data_type: DataType,
    /// Number of bands.
    pub bands: usize,
    /// Number of overviews.
    pub overviews: usize,
    /// Whether it is stored in tiles.
    pub is_tiled: bool,
}

/// Namespace of the ids of datasets: UUIDv5 of the URL namespace and `urn:ardent:dataset`.
const DATASETS: Uuid = Uuid::from_u128(0x2014_7d36_2d82_5e3a_8774_1d4a_d6f0_95f4);

/// The stable id of a product's dataset, for the legacy document and `odc:id`: the same in every run.
///
/// ```
/// use ardent_uploader::{name::split, scene::dataset_id};
/// let (product, _) = split("S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb_clouds.tif").unwrap();
/// assert_eq!(dataset_id(&product), dataset_id(&product));
/// assert_eq!(dataset_id(&product).get_version_num(), 5);
/// ```
pub fn dataset_id(product: &Product) -> Uuid {
    Uuid::new_v5(&DATASETS, format!("{}/{}", product.kind.collection(), product.name).as_bytes())
}
