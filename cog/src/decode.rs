//! Decoding of fetched tiles: CPU work only.

use ardent_model::DataType;
use bytes::Bytes;

use crate::{
    DecodeFault, Samples, TileAt,
    codec::{Length, with_unpacked},
    dispatch_type,
    gdal_fallback::Opened,
    layout::{Codec, Layout},
    predictor::{Shape, unpack},
    tile_file::TileFile,
};

/// A decoded tile, cut to the image: edge tiles are smaller.
///
/// ```
/// use ardent_cog::{Samples, Tile, TileAt};
/// let tile = Tile { at: TileAt { col: 0, row: 0 }, width_px: 2, height_px: 1, bands: vec![Samples::Uint8(vec![7, 8])] };
/// assert_eq!(tile.bands[0].len(), tile.width_px * tile.height_px);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Which tile.
    pub at: TileAt,
    /// Columns.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
    /// One per band asked for, in that order.
    pub bands: Vec<Samples>,
}

/// A tile to decode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) nodata: Option<f64>,
    /// Columns and rows inside the image.
    pub(crate) size_px: (usize, usize),
    /// From 0.
    pub(crate) bands: &'a [usize],
}

impl Task<'_> {
    /// Decodes `blocks`: one if the layout is pixel-interleaved, else one per band asked for; `None` is sparse.
    pub(crate) fn run(&self, blocks: &[Option<Bytes>]) -> Result<Vec<Samples>, DecodeFault> {
        if self.layout.is_pixel_interleaved {
            return self.block(blocks.first().and_then(Option::as_ref), self.bands);
        }
        let mut samples = Vec::with_capacity(self.bands.len());
        for block in blocks {
            samples.extend(self.block(block.as_ref(), &[0])?);
        }
        Ok(samples)
    }

    /// The samples at `places` of a block's pixels.
    fn block(&self, block: Option<&Bytes>, places: &[usize]) -> Result<Vec<Samples>, DecodeFault> {
        let layout = self.layout;
        let (width_px, height_px) = self.size_px;
        let Some(block) = block else {
            let fill = || Samples::filled(layout.data_type, width_px * height_px, self.nodata.unwrap_or(0.0));
            return Ok(places.iter().map(|_| fill()).collect());
        };
        let (compression, predictor) = match &layout.codec {
            Codec::Ours(compression, predictor) => (*compression, *predictor),
            Codec::Gdal(file) => return self.block_by_gdal(file, block, places),
        };
        let shape = Shape {
            stored_width_px: layout.level.tile_width_px,
            width_px,
            height_px,
            samples: layout.samples_together(),
            predictor,
            order: layout.order,
        };
        let row_bytes = shape.stored_width_px * shape.samples * layout.data_type.size_bytes();
        let max_bytes = row_bytes * layout.level.tile_height_px;
        let length = Length { max_bytes, min_bytes: row_bytes * height_px };
        with_unpacked(compression, block, length, |raw| {
            places.iter().map(|place| band(raw, &shape, layout.data_type, *place)).collect()
        })
    }

    /// The same, by way of GDAL.
    fn block_by_gdal(&self, file: &TileFile, block: &Bytes, places: &[usize]) -> Result<Vec<Samples>, DecodeFault> {
        let Layout { level, data_type, .. } = self.layout;
        // The last strip may be shorter; tiles are always whole.
        let height_px = if file.is_tiled() { level.tile_height_px } else { self.size_px.1 };
        let opened = Opened::new(file.bytes(block, (level.tile_width_px, height_px)))?;
        Ok(opened.first(self.size_px, *data_type, places)?)
    }
}

fn band(raw: &[u8], shape: &Shape, data_type: DataType, place: usize) -> Samples {
    dispatch_type!(data_type, T => unpack::<T>(raw, shape, place))
}
