//! Why a cube was not made.

use std::fmt;

use ardent_model::{Crs, DataType};

use crate::{Failure, FailureKind};

/// Two items that say different things of a band.
#[derive(Debug)]
pub struct Disagreement {
    /// The band.
    pub band: String,
    /// Pixel type, scale or offset.
    pub what: &'static str,
    /// An item, and what it says.
    pub one: (String, String),
    /// Another, and what that says.
    pub other: (String, String),
    /// What would pass.
    pub hint: &'static str,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { band, what, one, other, hint } = self;
        write!(f, "the items disagree on the {what} of the band `{band}`: ")?;
        write!(f, "{} (item `{}`), {} (item `{}`); {hint}", one.1, one.0, other.1, other.0)
    }
}

/// Why a cube was not made. Every variant names the thing, and where the request is at fault, what would pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The vocabulary refuses a value.
    #[error(transparent)]
    Model(#[from] ardent_model::Error),
    /// Nothing was found to make the cube from.
    #[error("no item of {collections} covers the area and time; widen bbox or datetime")]
    NoItems {
        /// The collections searched.
        collections: String,
    },
    /// The projection library does not know the CRS.
    #[error("the CRS {crs} is unknown; give an EPSG code such as EPSG:27700")]
    UnknownCrs {
        /// The CRS.
        crs: Crs,
    },
    /// An area that has no counterpart in another CRS.
    #[error("the area cannot be expressed in {crs}; choose a CRS whose area of use holds it")]
    Unprojectable {
        /// The CRS it was to be expressed in.
        crs: Crs,
    },
    /// OSTN15 is wanted, and its grid cannot be read.
    #[error(
        "OSTN15 is asked for and its grid cannot be read ({tried}); get uk_os_OSTN15_NTv2_OSGBtoETRS.tif from \
         cdn.proj.org or OSTN15_NTv2_OSGBtoETRS.gsb from Ordnance Survey and name it with --ostn15-grid, or choose \
         --british-grid helmert"
    )]
    NoShiftGrid {
        /// The files that were tried.
        tried: String,
    },
    /// The transformation of British National Grid is the process's, and another one.
    #[error("this process transforms British National Grid by {chosen} already; choose before the first cube")]
    ShiftChosen {
        /// By which.
        chosen: String,
    },
    /// The items lie on several grids and the recipe names none.
    #[error("the items lie on {} grids; give crs and resolution, or an anchor item (\"anchor\": {{\"like\": …}}). They are: {}",
        .grids.len(), .grids.join("; "))]
    SeveralGrids {
        /// The grids, each with an item that has it.
        grids: Vec<String>,
    },
    /// A file without georeference.
    #[error(
        "`{href}` (item `{item}`) has no CRS with an EPSG code, so it cannot be placed; add proj:code, proj:shape and proj:transform to the item"
    )]
    NoGrid {
        /// The item.
        item: String,
        /// The file.
        href: String,
    },
    /// An item without a band that is wanted.
    #[error("{reason}")]
    NoBand {
        /// The item.
        item: String,
        /// The band asked for.
        band: String,
        /// What the item has instead.
        reason: Box<ardent_model::Error>,
    },
    /// A file whose pixels are of another type than those of most scenes.
    #[error("`{href}` (item `{item}`) has {found} values in the band `{band}`, where most items have {wanted}")]
    OtherType {
        /// The item.
        item: String,
        /// The file.
        href: String,
        /// The band.
        band: String,
        /// Its type.
        found: DataType,
        /// That of most scenes.
        wanted: DataType,
    },
    /// More scenes failed than the recipe allows.
    #[error("{} of {scenes} scenes cannot be read, too many for on_error: {}", .failures.len(), first_of(.failures))]
    TooManyFailures {
        /// Those that failed until the work was stopped.
        failures: Vec<Failure>,
        /// How many scenes there are.
        scenes: usize,
    },
    /// A layer that a file does not have.
    #[error("`{href}` (item `{item}`) has {bands} bands, not the {layer} that its document promises for `{band}`")]
    NoLayer {
        /// The item.
        item: String,
        /// The file.
        href: String,
        /// The band asked for.
        band: String,
        /// Its layer, from 1.
        layer: usize,
        /// Bands of the file.
        bands: usize,
    },
    /// Items disagree on what the stored values of a band are.
    #[error("{0}")]
    Disagreement(Box<Disagreement>),
    /// More than may be done at once.
    #[error("{what}: {asked} asked for, {allowed} allowed; {hint}")]
    TooLarge {
        /// Pixels, memory, items.
        what: &'static str,
        /// How much the request needs.
        asked: u64,
        /// How much may be.
        allowed: u64,
        /// A request that would pass.
        hint: String,
    },
    /// A source file could not be read.
    #[error("band `{band}` of item `{item}`: {source}")]
    Source {
        /// The item.
        item: String,
        /// The band or asset.
        band: String,
        /// Why.
        #[source]
        source: Box<ardent_cog::Error>,
    },
    /// Forms with coordinates for columns and rows hold no turned grid.
    #[error("NetCDF and Zarr need a grid whose rows run east and whose columns run south; give crs and resolution")]
    NotNorthUp,
    /// The disk space of cubes is taken by others.
    #[error(
        "the cube needs {asked} bytes of disk space and {allowed} are shared by all; try again when others are done"
    )]
    NoRoom {
        /// What it needs.
        asked: u64,
        /// What there is for all cubes.
        allowed: u64,
    },
    /// A picture that cannot be drawn from this cube.
    #[error("a picture shows one group and 1 or 3 bands; this cube has {groups} groups of {bands} bands; {hint}")]
    NoPicture {
        /// Groups of the cube.
        groups: usize,
        /// Bands of a group.
        bands: usize,
        /// What would pass.
        hint: &'static str,
    },
    /// An expression failed on a pixel.
    #[error("the expression of `{band}` cannot be computed: {reason}")]
    Expression {
        /// The band of the result.
        band: String,
        /// Why.
        reason: String,
    },
    /// The raster library failed while writing.
    #[error("writing the result failed while {doing}")]
    Encode {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: gdal::errors::GdalError,
    },
    /// What the raster library says of the result is not what is expected of it.
    #[error("the raster library described the result in another way than expected")]
    Pattern {
        /// Why.
        #[source]
        source: Box<ardent_cog::Error>,
    },
    /// The temporary folder failed.
    #[error("the temporary file of the result failed")]
    Scratch {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The picture could not be written.
    #[error("writing the picture failed")]
    Picture {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The NetCDF library failed.
    #[error("writing the NetCDF file failed while {doing}")]
    NetCdf {
        /// The step.
        doing: &'static str,
        /// Why.
        #[source]
        source: netcdf::Error,
    },
    /// A part of the work stopped without an answer.
    #[error("a worker of the cube engine stopped")]
    WorkerGone,
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Source { source, .. } => {
                matches!(source.as_ref(), ardent_cog::Error::Storage(error) if error.is_transient())
            }
            Self::TooManyFailures { failures, .. } => {
                failures.iter().any(|failure| failure.kind == FailureKind::Unavailable)
            }
            _ => false,
        }
    }
}

/// The most failures that an error names.
const NAMED_MAX: usize = 5;

fn first_of(failures: &[Failure]) -> String {
    let named: Vec<_> = failures.iter().take(NAMED_MAX).map(|failure| failure.message.as_str()).collect();
    named.join("; ")
}
