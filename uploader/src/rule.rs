//! The completeness rules: which files a product of each kind has, as data.

use crate::name::Product;

/// A kind of product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Sentinel-1 gamma0 backscatter.
    Sentinel1,
    /// Sentinel-2 surface reflectance.
    Sentinel2,
}

/// When a file has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Always.
    Always,
    /// If the name carries a generation time, as the newer Sentinel-2 names do.
    WithGenerationTime,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A GeoTIFF of measurements.
    Measurements,
    /// A GeoTIFF that says something of each pixel of the measurements.
    Mask,
    /// ISO 19139 XML.
    Metadata,
    /// A small picture.
    Thumbnail,
}

/// One file of a product.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// Key of its asset.
    pub key: &'static str,
    /// What follows the product's name in the file's name.
    pub suffix: &'static str,
    /// What it is.
    pub content: Content,
    /// When it has to be there.
    pub need: Need,
}

const fn part(key: &'static str, suffix: &'static str, content: Content) -> Part {
    Part { key, suffix, content, need: Need::Always }
}

static SENTINEL_1: [Part; 2] =
    [part("data", ".tif", Content::Measurements), part("metadata", "_meta.xml", Content::Metadata)];

static SENTINEL_2: [Part; 8] = [
    part("data", "_vmsk_sharp_rad_srefdem_stdsref.tif", Content::Measurements),
    part("fmask", "_clouds.tif", Content::Mask),
    part("vmask", "_valid.tif", Content::Mask),
    part("topomask", "_toposhad.tif", Content::Mask),
    part("sat", "_sat.tif", Content::Mask),
    Part { key: "clouds_prob", suffix: "_clouds_prob.tif", content: Content::Mask, need: Need::WithGenerationTime },
    part("metadata", "_vmsk_sharp_rad_srefdem_stdsref_meta.xml", Content::Metadata),
    part("thumbnail", "_vmsk_sharp_rad_srefdem_stdsref_thumbnail.jpg", Content::Thumbnail),
];

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Sentinel1, Self::Sentinel2];

    /// Its collection, as the pilot named them.
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Sentinel1 => "sentinel1",
            Self::Sentinel2 => "sentinel2",
        }
    }

    /// The folder of its mission in the archive.
    pub const fn archive_folder(self) -> &'static str {
        match self {
            Self::Sentinel1 => "sentinel_1",
            Self::Sentinel2 => "sentinel_2",
        }
    }

    /// Its files.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::Sentinel1 => &SENTINEL_1,
            Self::Sentinel2 => &SENTINEL_2,
        }
    }
}

impl Part {
    /// Whether `product` cannot do without it.
    pub const fn is_needed_by(&self, product: &Product) -> bool {
        match self.need {
            Need::Always => true,
            Need::WithGenerationTime => product.generated().is_some(),
        }
    }

    /// Whether it is a GeoTIFF.
    pub const fn is_raster(&self) -> bool {
        matches!(self.content, Content::Measurements | Content::Mask)
    }
}
