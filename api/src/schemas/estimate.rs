//! What a cube will take.

use super::ToSchema;

/// What a cube will take.
#[derive(ToSchema)]
pub(crate) struct Estimate {
    /// The grid of the cube.
    grid: Grid,
    /// Its bands, group-major.
    #[schema(example = json!(["2019-JJA/red"]))]
    bands: Vec<String>,
    /// Items to be read.
    items: usize,
    /// Dates (solar days) among them.
    dates: usize,
    /// Pixels of the result, times dates, times bands read: what a quota counts.
    pixels: u64,
    /// What is read of masks, whatever they say; with `select` twice.
    masks: Reads,
    /// What is read of data at most: all if nothing is masked, and none if everything is.
    data: Reads,
    /// Pieces that the work is cut into.
    windows: u64,
    /// Their width in pixels.
    window_width_px: usize,
    /// Their height in pixels.
    window_height_px: usize,
    /// Memory at once.
    memory_bytes: u64,
    /// Disk space while it is made.
    disk_bytes: u64,
    /// How British National Grid and the other datum are related, if the cube needs it: `helmert`, `ostn15`, or `proj` for
    /// another choice of that library.
    datum_shift: Option<String>,
    /// What is left out already, and why.
    #[schema(value_type = Option<Object>)]
    ledger: Option<serde_json::Value>,
}

/// What is read.
#[derive(ToSchema)]
pub(crate) struct Reads {
    /// Source tiles.
    tiles: u64,
    /// Requests to stores.
    requests: u64,
    /// Bytes of their answers.
    bytes: u64,
}

/// A grid of pixels.
#[derive(ToSchema)]
pub(crate) struct Grid {
    /// Its CRS.
    #[schema(example = "EPSG:27700")]
    crs: String,
    /// From pixel positions to coordinates: six numbers, a to f.
    #[schema(min_items = 6, max_items = 6)]
    affine: Vec<f64>,
    /// Columns.
    width_px: usize,
    /// Rows.
    height_px: usize,
}
