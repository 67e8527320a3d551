//! What a recipe will take.

use ardent_datacube::Ledger;
use ardent_model::GeoBox;
use serde::Serialize;

/// What a recipe will take, from the items and the headers of their files.
#[derive(Debug, Clone, Serialize)]
pub struct Estimate {
    /// The grid of the cube: CRS, affine, shape.
    pub grid: GeoBox,
    /// Its bands, group-major (`2019-JJA/red`).
    pub bands: Vec<String>,
    /// Items to be read.
    pub items: usize,
    /// Dates (solar days) among them.
    pub dates: usize,
    /// Pixels of the result × dates × bands read: what a quota counts.
    pub pixels: u64,
    /// What is read, how the work is cut, memory and disk space.
    #[serde(flatten)]
    pub takes: ardent_datacube::Estimate,
    /// How British National Grid and the other datum are related (`helmert`, `ostn15`, `proj`), if the cube needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datum_shift: Option<&'static str>,
    /// What is left out already, and why.
    #[serde(skip_serializing_if = "Ledger::is_empty")]
    pub ledger: Ledger,
}
