//! How the pixels of one image of a file are stored.

use ardent_model::DataType;

use crate::{
    Level,
    bytes::{Fault, Order},
    ifd::{Array, Directory},
    tile_file::TileFile,
};

/// A tile takes no more than this when it is decoded.
pub(crate) const TILE_MAX_BYTES: usize = 256 << 20;

/// Tags by name (TIFF 6.0 §8, §14, §15; GDAL).
pub(crate) mod tag {
    pub(crate) const IMAGE_WIDTH: u16 = 256;
    pub(crate) const IMAGE_LENGTH: u16 = 257;
    pub(crate) const BITS_PER_SAMPLE: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(crate) const ROWS_PER_STRIP: u16 = 278;
    pub(crate) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(crate) const PLANAR_CONFIGURATION: u16 = 284;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_LENGTH: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_BYTE_COUNTS: u16 = 325;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
    pub(crate) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(crate) const GDAL_NODATA: u16 = 42113;
}

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

/// Who unpacks a tile.
#[derive(Debug, Clone)]
pub(crate) enum Codec {
    Ours(Compression, Predictor),
    Gdal(TileFile),
}

/// How the pixels of one image are stored.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) level: Level,
    pub(crate) data_type: DataType,
    pub(crate) bands: usize,
    /// All bands of a pixel together; otherwise one tile for each band.
    pub(crate) is_pixel_interleaved: bool,
    pub(crate) codec: Codec,
    pub(crate) order: Order,
    pub(crate) offsets: Array,
    pub(crate) byte_counts: Array,
}

impl Layout {
    /// Reads a directory. Valid images that cannot be read tile by tile are [`Fault::Unsupported`].
    pub(crate) fn read(directory: &Directory, order: Order) -> Result<Self, Fault> {
        let bands = directory.number(tag::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        if bands == 0 || bands > u64::from(u16::MAX) {
            return Err(Fault::Malformed(format!("it claims {bands} samples per pixel")));
        }
        let bands = bands as usize;
        let is_pixel_interleaved = bands == 1 || directory.number(tag::PLANAR_CONFIGURATION)?.unwrap_or(1) == 1;
        let is_tiled = directory.number(tag::TILE_WIDTH)?.is_some();
        let level = level(directory, is_tiled)?;
        let (offsets, byte_counts) = if is_tiled {
            (directory.array(tag::TILE_OFFSETS)?, directory.array(tag::TILE_BYTE_COUNTS)?)
        } else {
            (directory.array(tag::STRIP_OFFSETS)?, directory.array(tag::STRIP_BYTE_COUNTS)?)
        };
        let offsets = offsets.ok_or_else(|| Fault::Malformed("it does not say where its tiles are".to_owned()))?;
        let samples = if is_pixel_interleaved { bands } else { 1 };
        let encoding = Encoding::read(directory)?;
        let mut layout = Self {
            level,
            data_type: encoding.data_type.unwrap_or(DataType::Uint8),
            bands,
            is_pixel_interleaved,
            codec: Codec::Ours(Compression::None, Predictor::None),
            order,
            offsets,
            byte_counts: byte_counts.unwrap_or_else(|| Array::of(&[])),
        };
        layout.chop_strip(directory, &encoding)?;
        layout.check_size(encoding.bits)?;
        layout.data_type = encoding.data_type.ok_or_else(|| encoding.unsupported())?;
        layout.codec = match encoding.codec(directory, layout.data_type)? {
            Some((compression, predictor)) => Codec::Ours(compression, predictor),
            None => Codec::Gdal(TileFile::new(directory, order, samples)?),
        };
        layout.check_counts()?;
        Ok(layout)
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

    /// Strips without compression need not be read as a whole: the first ones can be cut where rows end. Old files
    /// may lack the lengths of theirs.
    fn chop_strip(&mut self, directory: &Directory, encoding: &Encoding) -> Result<(), Fault> {
        const CHOPPED_BYTES: usize = 1 << 20;
        let planes = if self.is_pixel_interleaved { 1 } else { self.bands };
        let Level { width_px, height_px, tile_width_px, tile_height_px } = self.level;
        let is_single = tile_width_px == width_px && tile_height_px == height_px && self.offsets.len() == planes;
        if encoding.compression != 1
            || !encoding.bits.is_multiple_of(8)
            || !is_single
            || directory.raw(tag::TILE_WIDTH)?.is_some()
        {
            return Ok(());
        }
        let row_bytes = width_px as u64 * self.samples_together() as u64 * encoding.bits / 8;
        let plane_bytes = row_bytes.checked_mul(height_px as u64).filter(|length| *length <= directory.file_bytes());
        let Some(plane_bytes) = plane_bytes else {
            return Err(Fault::Malformed(format!(
                "{width_px} × {height_px} pixels without compression need more bytes than it has; it may be truncated"
            )));
        };
        if let Some(short) = (0..planes).filter_map(|plane| self.byte_counts.get(plane)).find(|own| *own < plane_bytes)
        {
            return Err(Fault::Malformed(format!("its strip has {short} bytes, but it needs {plane_bytes}")));
        }
        let rows = (CHOPPED_BYTES / row_bytes.max(1) as usize).clamp(1, height_px);
        let starts = |plane: usize| {
            let start = self.offsets.get(plane).unwrap_or(0);
            // A strip that was never written stays so in all its parts.
            let is_sparse = start == 0 || self.byte_counts.get(plane) == Some(0);
            (0..height_px).step_by(rows).map(move |row| {
                let length = rows.min(height_px - row) as u64 * row_bytes;
                if is_sparse { (0, 0) } else { (start.saturating_add(row as u64 * row_bytes), length) }
            })
        };
        let (offsets, byte_counts): (Vec<u64>, Vec<u64>) = (0..planes).flat_map(starts).unzip();
        self.level.tile_height_px = rows;
        (self.offsets, self.byte_counts) = (Array::of(&offsets), Array::of(&byte_counts));
        Ok(())
    }

    fn check_size(&self, bits: u64) -> Result<(), Fault> {
        let Level { tile_width_px, tile_height_px, .. } = self.level;
        let pixel_bytes = (bits.div_ceil(8).max(1) as usize).checked_mul(self.samples_together());
        let bytes = pixel_bytes.and_then(|bytes| bytes.checked_mul(tile_width_px)?.checked_mul(tile_height_px));
        if bytes.is_some_and(|bytes| bytes <= TILE_MAX_BYTES) {
            return Ok(());
        }
        Err(Fault::TooLarge(format!(
            "a tile of {tile_width_px} × {tile_height_px} pixels takes more than {} MB; write it with smaller tiles",
            TILE_MAX_BYTES >> 20
        )))
    }

    fn check_counts(&self) -> Result<(), Fault> {
        let level = &self.level;
        let tiles = self.tiles().unwrap_or(usize::MAX);
        let (offsets, byte_counts) = (self.offsets.len(), self.byte_counts.len());
        if offsets >= tiles && byte_counts >= tiles {
            return Ok(());
        }
        Err(Fault::Malformed(format!(
            "{} × {} pixels make {tiles} tiles, but it lists {offsets} offsets and {byte_counts} lengths",
            level.width_px, level.height_px
        )))
    }
}

fn level(directory: &Directory, is_tiled: bool) -> Result<Level, Fault> {
    let side = |tag: u16, what: &str| match directory.number(tag)? {
        Some(size @ 1..=0x7fff_ffff) => Ok(size as usize),
        Some(size) => Err(Fault::Malformed(format!("its {what} is {size}"))),
        None => Err(Fault::Malformed(format!("it has no {what}"))),
    };
    let (width_px, height_px) = (side(tag::IMAGE_WIDTH, "width")?, side(tag::IMAGE_LENGTH, "height")?);
    let (tile_width_px, tile_height_px) = if is_tiled {
        (side(tag::TILE_WIDTH, "tile width")?, side(tag::TILE_LENGTH, "tile height")?)
    } else {
        match directory.number(tag::ROWS_PER_STRIP)?.unwrap_or(height_px as u64) {
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

/// What the samples are, as the file says it.
#[derive(Debug, Clone, Copy)]
struct Encoding {
    bits: u64,
    sample_format: u64,
    photometric: u64,
    fill_order: u64,
    compression: u64,
    /// As GDAL has it: odd depths go into the next wider type.
    data_type: Option<DataType>,
}

impl Encoding {
    fn read(directory: &Directory) -> Result<Self, Fault> {
        let bits = uniform(directory, tag::BITS_PER_SAMPLE, 1)?;
        let sample_format = uniform(directory, tag::SAMPLE_FORMAT, 1)?;
        let data_type = match (sample_format, bits) {
            (1 | 4, 1..=8) => Some(DataType::Uint8),
            (1 | 4, 9..=16) => Some(DataType::Uint16),
            (1 | 4, 17..=32) => Some(DataType::Uint32),
            (2, 8) => Some(DataType::Int8),
            (2, 16) => Some(DataType::Int16),
            (2, 32) => Some(DataType::Int32),
            (3, 16 | 24 | 32) => Some(DataType::Float32),
            (3, 64) => Some(DataType::Float64),
            _ => None,
        };
        Ok(Self {
            bits,
            sample_format,
            photometric: directory.number(tag::PHOTOMETRIC)?.unwrap_or(1),
            fill_order: directory.number(tag::FILL_ORDER)?.unwrap_or(1),
            compression: directory.number(tag::COMPRESSION)?.unwrap_or(1),
            data_type,
        })
    }

    fn unsupported(&self) -> Fault {
        Fault::Unsupported(format!(
            "its samples have {} bits in format {}, compression {} and colour space {}",
            self.bits, self.sample_format, self.compression, self.photometric
        ))
    }

    /// How we unpack it; `None` if GDAL does.
    fn codec(&self, directory: &Directory, data_type: DataType) -> Result<Option<(Compression, Predictor)>, Fault> {
        const JPEG: u64 = 7;
        // Colour spaces that are more than numbers in bands, but for the one that GDAL turns to RGB.
        let is_plain = self.photometric <= 3 || (self.photometric == 6 && self.compression == JPEG);
        if !is_plain || self.fill_order != 1 {
            return Err(self.unsupported());
        }
        let compression = match self.compression {
            1 => Compression::None,
            5 => Compression::Lzw,
            8 | 32946 => Compression::Deflate,
            50000 => Compression::Zstd,
            // JPEG, PackBits, LERC, LZMA, WebP.
            JPEG | 32773 | 34887 | 34925 | 50001 => return Ok(None),
            _ => return Err(self.unsupported()),
        };
        if self.bits != data_type.size_bytes() as u64 * 8 {
            return Ok(None);
        }
        let code = if compression == Compression::None { 1 } else { directory.number(tag::PREDICTOR)?.unwrap_or(1) };
        match code {
            1 => Ok(Some((compression, Predictor::None))),
            2 => Ok(Some((compression, Predictor::Horizontal))),
            3 if !data_type.is_integer() => Ok(Some((compression, Predictor::Float))),
            _ => Err(Fault::Malformed(format!("its predictor is {code}, and its pixels are {data_type}"))),
        }
    }
}
