//! Finished cubes.

use ardent_datacube::{Ledger, Room};
use ardent_model::GeoBox;
use serde::Serialize;
use tempfile::TempPath;

/// A finished cube: a temporary file, removed when this is dropped.
#[derive(Debug)]
pub struct CubeFile {
    /// The file.
    pub file: TempPath,
    /// The room it takes on the disk, which other cubes may have when this is dropped.
    pub room: Room,
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
#[derive(Debug, Clone, Serialize)]
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
    /// Pixels of the result × dates × bands read: what a quota counts.
    pub pixels: u64,
    /// How many more the caller may have today, if that is bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_left: Option<u64>,
    /// How British National Grid and the other datum are related (`helmert`, `ostn15`, `proj`), if the cube needed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datum_shift: Option<&'static str>,
    /// What was left out, and why.
    #[serde(skip_serializing_if = "Ledger::is_empty")]
    pub ledger: Ledger,
    /// Wall time.
    pub elapsed_ms: u64,
}
