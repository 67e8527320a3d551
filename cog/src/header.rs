//! The header of a GeoTIFF: its images, their layout, nodata and georeference. Pure: bytes in, header out.

use std::collections::HashSet;

use bytes::Bytes;

pub use crate::bytes::Fault;
use crate::{
    bytes::Segments,
    description::{Description, Georeference},
    ifd::{Directory, Tiff},
    layout::{Layout, tag},
};

const REDUCED: u64 = 1;
const MASK: u64 = 4;

/// More directories than that are no overviews of anything.
const DIRECTORIES_MAX: usize = 1024;

/// What a file says about itself.
#[derive(Debug, Clone)]
pub struct Header {
    /// What it describes.
    pub description: Description,
    /// How the pixels of each level are stored.
    pub(crate) layouts: Vec<Layout>,
}

/// Reads a header from the bytes of a whole file: the entry for fuzzing. Never panics, whatever the bytes are.
///
/// ```
/// use ardent_cog::header::{Fault, parse};
/// assert!(matches!(parse(b"II*\0\x08\0\0\0\0\0"), Err(Fault::Malformed(_))));
/// assert!(matches!(parse(b"GIF89a"), Err(Fault::Unsupported(_))));
/// ```
pub fn parse(bytes: &[u8]) -> Result<Header, Fault> {
    Header::read(&Segments::new(bytes.len() as u64, Bytes::copy_from_slice(bytes)))
}

impl Header {
    /// Reads what is known of the file; [`Fault::Need`] if that is not enough.
    pub(crate) fn read(segments: &Segments) -> Result<Self, Fault> {
        let tiff = Tiff::new(segments)?.ok_or_else(|| Fault::Unsupported("it is not a TIFF".to_owned()))?;
        let mut layouts: Vec<Layout> = Vec::new();
        let (mut nodata, mut georeference) = (None, Georeference::default());
        let (mut next, mut seen) = (tiff.first, HashSet::new());
        while next != 0 {
            if !seen.insert(next) || seen.len() > DIRECTORIES_MAX {
                return Err(Fault::Malformed("its image directories form a cycle".to_owned()));
            }
            let directory = tiff.directory(next)?;
            if let Some(full) = layouts.first() {
                layouts.extend(overview(&directory, full)?);
            } else {
                layouts.push(Layout::read(&directory, tiff.order)?);
                nodata = directory.text(tag::GDAL_NODATA)?.and_then(|text| number(&text));
                georeference = Georeference::read(&directory)?;
            }
            next = directory.next;
        }
        let Some(full) = layouts.first() else {
            return Err(Fault::Malformed("it holds no image".to_owned()));
        };
        let (bands, data_type) = (full.bands, full.data_type);
        // The full resolution stays first.
        layouts[1..].sort_by_key(|layout| std::cmp::Reverse((layout.level.width_px, layout.level.height_px)));
        let levels = layouts.iter().map(|layout| layout.level.clone()).collect();
        let description = Description { bands, data_type, nodata, georeference, levels };
        Ok(Self { description, layouts })
    }
}

/// The layout of an overview of `full`; `None` for masks and other pages.
fn overview(directory: &Directory, full: &Layout) -> Result<Option<Layout>, Fault> {
    let kind = directory.number(tag::NEW_SUBFILE_TYPE)?.unwrap_or(0);
    if kind & REDUCED == 0 || kind & MASK != 0 {
        return Ok(None);
    }
    let layout = Layout::read(directory, full.order)?;
    let is_smaller = layout.level.width_px <= full.level.width_px
        && layout.level.height_px <= full.level.height_px
        && (layout.level.width_px, layout.level.height_px) != (full.level.width_px, full.level.height_px);
    let is_alike = layout.bands == full.bands && layout.data_type == full.data_type;
    Ok((is_smaller && is_alike).then_some(layout))
}

/// A nodata value as GDAL writes it.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}
