//! Flags about the transformation of British National Grid.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How EPSG:27700 and other datums are related.
#[derive(Debug, Args)]
#[command(next_help_heading = "British National Grid")]
pub(crate) struct BritishGrid {
    /// How EPSG:27700 and other datums are related; `best` is what PROJ takes for it
    #[arg(long, env = "ARDENT_BRITISH_GRID", value_name = "HOW", default_value = "best")]
    pub(crate) british_grid: DatumShift,
    /// OSTN15's grid (.tif or .gsb) [default: where PROJ keeps its grids]
    #[arg(long, env = "ARDENT_OSTN15_GRID", value_name = "FILE")]
    pub(crate) ostn15_grid: Option<PathBuf>,
}

/// A transformation between OSGB36 and WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatumShift {
    Best,
    Helmert,
    Ostn15,
}
