//! A tile as a file of its own: what GDAL gets when it must unpack one. Nothing else of the file reaches GDAL, and
//! nothing else of it has to be fetched.

use bytes::Bytes;

use crate::{
    bytes::{Fault, Order},
    field::{Dialect, Field, LONG, LONG8, SHORT},
    ifd::Directory,
    layout::tag,
};

/// Tags that say how a tile is packed, copied as they are.
const COPIED: [u16; 14] = [
    tag::COMPRESSION,
    292, // T4Options
    293, // T6Options
    tag::PREDICTOR,
    338, // ExtraSamples
    339, // SampleFormat
    347, // JPEGTables
    529, // YCbCrCoefficients
    530, // YCbCrSubSampling
    531, // YCbCrPositioning
    532, // ReferenceBlackWhite
    tag::BITS_PER_SAMPLE,
    tag::GDAL_NODATA,
    50674, // LercParameters
];

/// Tags of which a file of one band takes the first value, or none.
const PER_BAND: [u16; 3] = [tag::BITS_PER_SAMPLE, tag::SAMPLE_FORMAT, 338];

const YCBCR: u64 = 6;
const RGB: u64 = 2;

/// How the tiles of an image are packed, as a file says it.
#[derive(Debug, Clone)]
pub(crate) struct TileFile {
    order: Order,
    fields: Vec<Field>,
    is_tiled: bool,
}

impl TileFile {
    /// For the tiles of an image of which `samples` of a pixel are stored together.
    pub(crate) fn new(directory: &Directory, order: Order, samples: usize) -> Result<Self, Fault> {
        let mut fields = Vec::new();
        for tag in COPIED {
            let Some(mut field) = Field::of(directory, tag)? else { continue };
            if samples == 1 && PER_BAND.contains(&tag) && field.count > 1 {
                field.bytes.truncate(field.bytes.len() / field.count as usize);
                field.count = 1;
            }
            if !(samples == 1 && tag == 338) {
                fields.push(field);
            }
        }
        // Palettes and the like are for the eye; what a band holds is the same without them.
        let photometric = match directory.number(tag::PHOTOMETRIC)? {
            Some(code @ (RGB | YCBCR)) if samples > 1 => code,
            _ => 1,
        };
        let mut file = Self { order, fields, is_tiled: directory.number(tag::TILE_WIDTH)?.is_some() };
        file.push(tag::PHOTOMETRIC, SHORT, photometric);
        file.push(tag::SAMPLES_PER_PIXEL, SHORT, samples as u64);
        file.push(tag::PLANAR_CONFIGURATION, SHORT, 1);
        Ok(file)
    }

    fn push(&mut self, tag: u16, kind: u16, number: u64) {
        self.fields.push(Field::number(self.order, (tag, kind), number));
    }

    /// Whether it holds a tile, not a strip.
    pub(crate) fn is_tiled(&self) -> bool {
        self.is_tiled
    }

    /// The file: a BigTIFF head, the tile, the directory, and what does not fit into it.
    pub(crate) fn bytes(&self, packed: &[u8], (width_px, height_px): (usize, usize)) -> Bytes {
        const HEAD_BYTES: u64 = 16;
        let mut file = self.clone();
        file.push(tag::IMAGE_WIDTH, LONG, width_px as u64);
        file.push(tag::IMAGE_LENGTH, LONG, height_px as u64);
        if self.is_tiled {
            file.push(tag::TILE_WIDTH, LONG, width_px as u64);
            file.push(tag::TILE_LENGTH, LONG, height_px as u64);
            file.push(tag::TILE_OFFSETS, LONG8, HEAD_BYTES);
            file.push(tag::TILE_BYTE_COUNTS, LONG8, packed.len() as u64);
        } else {
            file.push(tag::ROWS_PER_STRIP, LONG, height_px as u64);
            file.push(tag::STRIP_OFFSETS, LONG8, HEAD_BYTES);
            file.push(tag::STRIP_BYTE_COUNTS, LONG8, packed.len() as u64);
        }
        file.fields.sort_by_key(|field| field.tag);
        let directory_at = (HEAD_BYTES as usize + packed.len()).next_multiple_of(8);
        let dialect = Dialect { order: self.order, is_big: true };
        let mut bytes = dialect.head(directory_at as u64);
        bytes.extend(packed);
        bytes.resize(directory_at, 0);
        bytes.extend(dialect.directory(&file.fields, (directory_at as u64, 0)));
        Bytes::from(bytes)
    }
}
