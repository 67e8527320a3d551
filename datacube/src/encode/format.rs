//! The forms of a finished cube.

use ardent_cog::write::memory_bytes;

use super::{cf, cog::TILE_PX, picture};
use crate::{
    Error, Result,
    plan::{Layout, Plan},
};

/// How the pixels of a GeoTIFF are compressed. All are lossless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Read by everything.
    #[default]
    Deflate,
    /// Faster to write and to read; needs libtiff 4.0.10 or later.
    Zstd,
    /// For old programs.
    Lzw,
}

/// How a cube is divided into GeoTIFFs, which are put into one ZIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// A file for each band, with all groups.
    Band,
    /// A file for each group, with all bands.
    Group,
    /// A file for each band of each group.
    BandAndGroup,
}

/// The kinds of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// Lossless, transparent where nothing is valid.
    Png,
    /// Lossy, black where nothing is valid.
    Jpeg,
    /// Lossless, transparent where nothing is valid.
    Webp,
}

/// Form of a finished cube.
///
/// ```
/// use ardent_datacube::Format;
/// assert_eq!(Format::default().extension(), "tif");
/// assert_eq!(Format::NetCdf.media_type(), "application/netcdf");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Format {
    /// One cloud-optimised GeoTIFF.
    Cog {
        /// How its pixels are compressed.
        compression: Compression,
    },
    /// Cloud-optimised GeoTIFFs in a ZIP.
    Cogs {
        /// What is in each.
        split: Split,
        /// How their pixels are compressed.
        compression: Compression,
    },
    /// NetCDF-4 with the CF conventions.
    NetCdf,
    /// A Zarr store (version 3) in a ZIP.
    Zarr,
    /// An 8-bit picture; values from `rescale.0` to `rescale.1` become 0 to 255, by default those from the 2nd to the
    /// 98th percentile.
    Picture {
        /// Which.
        kind: PictureKind,
        /// Least and greatest value shown.
        rescale: Option<(f64, f64)>,
    },
}

impl Default for Format {
    fn default() -> Self {
        Self::Cog { compression: Compression::default() }
    }
}

/// Most files of a ZIP: each is open until the cube is finished.
const MAX_FILES: usize = 366;

impl Format {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Cog { .. } => "image/tiff; application=geotiff; profile=cloud-optimized",
            Self::Cogs { .. } | Self::Zarr => "application/zip",
            Self::NetCdf => "application/netcdf",
            Self::Picture { kind: PictureKind::Png, .. } => "image/png",
            Self::Picture { kind: PictureKind::Jpeg, .. } => "image/jpeg",
            Self::Picture { kind: PictureKind::Webp, .. } => "image/webp",
        }
    }

    /// Its file name's ending.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Cog { .. } => "tif",
            Self::Cogs { .. } => "zip",
            Self::NetCdf => "nc",
            Self::Zarr => "zarr.zip",
            Self::Picture { kind: PictureKind::Png, .. } => "png",
            Self::Picture { kind: PictureKind::Jpeg, .. } => "jpg",
            Self::Picture { kind: PictureKind::Webp, .. } => "webp",
        }
    }

    /// Which bands share a file, and so a pixel type, while the cube is made.
    pub const fn layout(self) -> Layout {
        match self {
            Self::Cog { .. } | Self::Picture { .. } => Layout::OneFile,
            Self::NetCdf | Self::Zarr | Self::Cogs { split: Split::Band, .. } => Layout::FilePerBand,
            Self::Cogs { split: Split::Group, .. } => Layout::FilePerGroup,
            Self::Cogs { split: Split::BandAndGroup, .. } => Layout::FilePerBandOfGroup,
        }
    }

    /// Memory that writing it takes, beside the raster library's own: a few chunks, or a whole picture.
    pub(crate) fn encoding_bytes(self, plan: &Plan) -> usize {
        match self {
            Self::Cog { .. } | Self::Cogs { .. } => {
                let sizes = plan.outputs.iter().map(|output| plan.stored_type(output).0.size_bytes());
                let bands = (0..self.layout().files(plan)).map(|file| plan.members(file).len()).max().unwrap_or(1);
                let tiles = plan.grid.width_px.div_ceil(TILE_PX) * plan.grid.height_px.div_ceil(TILE_PX) * bands;
                memory_bytes(TILE_PX * TILE_PX * sizes.max().unwrap_or(1), tiles)
            }
            Self::NetCdf => 8 << 20,
            // Eight chunks of 512² float64 pixels: as samples, as bytes, compressed.
            Self::Zarr => 64 << 20,
            // The picture as it is drawn, and the encoder's own copy with four bytes per pixel.
            Self::Picture { kind: PictureKind::Webp, .. } => plan.grid.pixels() * 8 + (8 << 20),
            Self::Picture { .. } => 16 << 20,
        }
    }

    /// Refuses a cube that this form cannot hold.
    pub fn check(self, plan: &Plan) -> Result<()> {
        match self {
            Self::Cog { .. } => Ok(()),
            Self::Cogs { .. } => {
                let files = self.layout().files(plan);
                if files <= MAX_FILES {
                    return Ok(());
                }
                let hint = "narrow datetime, choose a coarser group, or ask for NetCDF or Zarr".to_owned();
                Err(Error::TooLarge { what: "files", asked: files as u64, allowed: MAX_FILES as u64, hint })
            }
            Self::NetCdf | Self::Zarr => cf::check(plan),
            Self::Picture { kind, .. } => picture::check(plan, kind),
        }
    }
}
