//! How the pixels of one image of a file are stored.

use ardent_model::DataType;

use crate::{
    Level,
    bytes::{Fault, Order},
    ifd::{Array, Directory},
};

/// A tile takes no more than this when it is decoded.
pub(crate) const TILE_MAX_BYTES: usize = 256 << 20;

const IMAGE_WIDTH: u16 = 256;
const IMAGE_LENGTH: u16 = 257;
const BITS_PER_SAMPLE: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
const SAMPLES_PER_PIXEL: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_BYTE_COUNTS: u16 = 279;
const PLANAR_CONFIGURATION: u16 = 284;
const PREDICTOR: u16 = 317;
const TILE_WIDTH: u16 = 322;
const TILE_LENGTH: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTE_COUNTS: u16 = 325;
const SAMPLE_FORMAT: u16 = 339;

/// How the bytes of a tile are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Lzw,
    Deflate,
    Zstd,
}

/// What was done to the pixels before packing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictor {
    None,
    /// Each sample less its left neighbour.
    Horizontal,
    /// The bytes of floats sorted by significance, each less its left neighbour.
    Float,
}

/// How the pixels of one image are stored.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) level: Level,
    pub(crate) data_type: DataType,
    pub(crate) bands: usize,
    /// All bands of a pixel together; otherwise one tile for each band.
    pub(crate) is_pixel_interleaved: bool,
    pub(crate) compression: Compression,
    pub(crate) predictor: Predictor,
    pub(crate) order: Order,
    pub(crate) offsets: Array,
    pub(crate) byte_counts: Array,
}

impl Layout {
    /// Reads a directory. Valid images that are not decoded here are [`Fault::Unsupported`].
    pub(crate) fn read(directory: &Directory, order: Order) -> Result<Self, Fault> {
        let bands = directory.number(SAMPLES_PER_PIXEL)?.unwrap_or(1);
        if bands == 0 || bands > u64::from(u16::MAX) {
            return Err(Fault::Malformed(format!("it claims {bands} samples per pixel")));
        }
        let bands = bands as usize;
        let is_pixel_interleaved = bands == 1 || directory.number(PLANAR_CONFIGURATION)?.unwrap_or(1) == 1;
        let is_tiled = directory.number(TILE_WIDTH)?.is_some();
        let level = level(directory, is_tiled)?;
        let data_type = data_type(directory)?;
        let compression = compression(directory)?;
        let predictor = predictor(directory, compression, data_type)?;
        let (offsets, byte_counts) = if is_tiled {
            (directory.array(TILE_OFFSETS)?, directory.array(TILE_BYTE_COUNTS)?)
        } else {
            (directory.array(STRIP_OFFSETS)?, directory.array(STRIP_BYTE_COUNTS)?)
        };
        let offsets = offsets.ok_or_else(|| Fault::Malformed("it does not say where its tiles are".to_owned()))?;
        let mut layout = Self {
            level,
            data_type,
            bands,
            is_pixel_interleaved,
            compression,
            predictor,
            order,
            offsets,
            byte_counts: Array::of(&[]),
        };
        layout.byte_counts = layout.byte_counts_or_computed(byte_counts)?;
        layout.checked()
    }

    /// Samples of a pixel that are stored together.
    pub(crate) fn samples_together(&self) -> usize {
        if self.is_pixel_interleaved { self.bands } else { 1 }
    }

    /// Bytes of a tile when it is unpacked, before it is cut to the image.
    pub(crate) fn tile_bytes(&self) -> Option<usize> {
        let pixels = self.level.tile_width_px.checked_mul(self.level.tile_height_px)?;
        pixels.checked_mul(self.samples_together())?.checked_mul(self.data_type.size_bytes())
    }

    /// Tiles of all bands.
    fn tiles(&self) -> Option<usize> {
        let plane = self.level.tiles_across().checked_mul(self.level.tiles_down())?;
        plane.checked_mul(if self.is_pixel_interleaved { 1 } else { self.bands })
    }

    /// Old files without compression may lack the counts: strips of known size follow from the shape.
    fn byte_counts_or_computed(&self, byte_counts: Option<Array>) -> Result<Array, Fault> {
        if let Some(byte_counts) = byte_counts {
            return Ok(byte_counts);
        }
        let missing = || Fault::Malformed("it does not say how long its tiles are".to_owned());
        if self.compression != Compression::None || self.offsets.len() > self.tiles().unwrap_or(0) {
            return Err(missing());
        }
        let row_bytes = self.level.tile_width_px * self.samples_together() * self.data_type.size_bytes();
        let rows = |number: usize| {
            let first = (number % self.level.tiles_down()) * self.level.tile_height_px;
            self.level.tile_height_px.min(self.level.height_px - first)
        };
        let counts: Vec<u64> = (0..self.offsets.len()).map(|number| (rows(number) * row_bytes) as u64).collect();
        if self.level.tiles_across() == 1 { Ok(Array::of(&counts)) } else { Err(missing()) }
    }

    fn checked(self) -> Result<Self, Fault> {
        let level = &self.level;
        let tiles = self.tiles().unwrap_or(usize::MAX);
        let (offsets, byte_counts) = (self.offsets.len(), self.byte_counts.len());
        if offsets < tiles || byte_counts < tiles {
            return Err(Fault::Malformed(format!(
                "{} × {} pixels make {tiles} tiles, but it lists {offsets} offsets and {byte_counts} lengths",
                level.width_px, level.height_px
            )));
        }
        match self.tile_bytes() {
            Some(bytes) if bytes <= TILE_MAX_BYTES => Ok(self),
            _ => Err(Fault::Unsupported(format!(
                "a tile of {} × {} pixels takes more than {} MB; write it with smaller tiles",
                level.tile_width_px,
                level.tile_height_px,
                TILE_MAX_BYTES >> 20
            ))),
        }
    }
}

fn level(directory: &Directory, is_tiled: bool) -> Result<Level, Fault> {
    let side = |tag: u16, what: &str| match directory.number(tag)? {
        Some(size @ 1..=0x7fff_ffff) => Ok(size as usize),
        Some(size) => Err(Fault::Malformed(format!("its {what} is {size}"))),
        None => Err(Fault::Malformed(format!("it has no {what}"))),
    };
    let (width_px, height_px) = (side(IMAGE_WIDTH, "width")?, side(IMAGE_LENGTH, "height")?);
    let (tile_width_px, tile_height_px) = if is_tiled {
        (side(TILE_WIDTH, "tile width")?, side(TILE_LENGTH, "tile height")?)
    } else {
        match directory.number(ROWS_PER_STRIP)?.unwrap_or(height_px as u64) {
            0 => return Err(Fault::Malformed("its strips have no rows".to_owned())),
            rows => (width_px, rows.min(height_px as u64) as usize),
        }
    };
    Ok(Level { width_px, height_px, tile_width_px, tile_height_px })
}

/// The first number of a tag whose numbers must be all the same.
fn uniform(directory: &Directory, tag: u16, default: u64) -> Result<u64, Fault> {
    let numbers = directory.numbers(tag)?.unwrap_or_default();
    let first = numbers.first().copied().unwrap_or(default);
    if numbers.iter().any(|number| *number != first) {
        return Err(Fault::Unsupported("its bands have different data types".to_owned()));
    }
    Ok(first)
}

fn data_type(directory: &Directory) -> Result<DataType, Fault> {
    let bits = uniform(directory, BITS_PER_SAMPLE, 1)?;
    let format = uniform(directory, SAMPLE_FORMAT, 1)?;
    let unsupported = |what: String| Err(Fault::Unsupported(what));
    // Colour spaces that are more than numbers in bands.
    let photometric = directory.number(PHOTOMETRIC)?.unwrap_or(1);
    if photometric > 3 {
        return unsupported(format!("its colour space is {photometric}"));
    }
    if directory.number(FILL_ORDER)?.unwrap_or(1) != 1 {
        return unsupported("its bits are reversed".to_owned());
    }
    match (format, bits) {
        (1 | 4, 8) => Ok(DataType::Uint8),
        (1 | 4, 16) => Ok(DataType::Uint16),
        (1 | 4, 32) => Ok(DataType::Uint32),
        (2, 8) => Ok(DataType::Int8),
        (2, 16) => Ok(DataType::Int16),
        (2, 32) => Ok(DataType::Int32),
        (3, 32) => Ok(DataType::Float32),
        (3, 64) => Ok(DataType::Float64),
        _ => unsupported(format!("its samples have {bits} bits in format {format}")),
    }
}

fn compression(directory: &Directory) -> Result<Compression, Fault> {
    match directory.number(COMPRESSION)?.unwrap_or(1) {
        1 => Ok(Compression::None),
        5 => Ok(Compression::Lzw),
        8 | 32946 => Ok(Compression::Deflate),
        50000 => Ok(Compression::Zstd),
        code => Err(Fault::Unsupported(format!("its compression is {code}"))),
    }
}

fn predictor(directory: &Directory, compression: Compression, data_type: DataType) -> Result<Predictor, Fault> {
    let code = match compression {
        Compression::None => 1,
        _ => directory.number(PREDICTOR)?.unwrap_or(1),
    };
    match code {
        1 => Ok(Predictor::None),
        2 => Ok(Predictor::Horizontal),
        3 if !data_type.is_integer() => Ok(Predictor::Float),
        _ => Err(Fault::Unsupported(format!("its predictor is {code} for {data_type}"))),
    }
}
