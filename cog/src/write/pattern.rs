//! The file that says what is to be written, and the head of the one that is.

use std::io;

use bytes::Bytes;

use crate::{
    bytes::{Fault, Order, Segments},
    field::{Dialect, Field, LONG, LONG8},
    header::Header,
    ifd::Tiff,
    layout::{Codec, Layout, tag},
};

/// All but the tiles.
pub(super) struct Pattern {
    dialect: Dialect,
    /// The full resolution first, then overviews, each smaller than the one before it.
    pub(super) levels: Vec<PatternLevel>,
}

/// A resolution.
pub(super) struct PatternLevel {
    pub(super) layout: Layout,
    /// Its tags, but for the places of tiles.
    fields: Vec<Field>,
}

/// Where the tiles of a level are.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    offsets: Vec<u64>,
    byte_counts: Vec<u64>,
}

impl Places {
    /// The next tile.
    pub(super) fn push(&mut self, offset: u64, length_bytes: u64) {
        self.offsets.push(offset);
        self.byte_counts.push(length_bytes);
    }
}

impl Pattern {
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Self, Fault> {
        let segments = Segments::new(bytes.len() as u64, Bytes::from(bytes));
        let header = Header::read(&segments)?;
        let tiff = Tiff::new(&segments)?.ok_or_else(|| Fault::Unsupported("it is not a TIFF".to_owned()))?;
        let mut levels = Vec::with_capacity(header.layouts.len());
        let mut next = tiff.first;
        for layout in header.layouts {
            check(&layout)?;
            let directory = tiff.directory(next)?;
            // Sorted by size, layouts are in the order of their directories only if these are, and nothing else lies between.
            if directory.number(tag::IMAGE_WIDTH)? != Some(layout.level.width_px as u64) {
                return Err(Fault::Unsupported("its overviews are not in the order of their sizes".to_owned()));
            }
            if directory.number(tag::TILE_WIDTH)?.is_none() {
                return Err(Fault::Unsupported("it is in strips, not in tiles: that is not written".to_owned()));
            }
            let kept = directory.tags().filter(|tag| ![tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS].contains(tag));
            let fields = kept.map(|tag| Field::of(&directory, tag)).filter_map(Result::transpose);
            levels.push(PatternLevel { layout, fields: fields.collect::<Result<_, _>>()? });
            next = directory.next;
        }
        if next != 0 {
            return Err(Fault::Unsupported("it holds more than an image and its overviews".to_owned()));
        }
        Ok(Self { dialect: Dialect { order: tiff.order, is_big: tiff.is_big }, levels })
    }

    /// Bytes in front of the first tile.
    pub(super) fn head_bytes(&self) -> u64 {
        let none = |level: &PatternLevel| {
            let tiles = level.tiles();
            Places { offsets: vec![0; tiles], byte_counts: vec![0; tiles] }
        };
        let directories =
            self.levels.iter().map(|level| self.dialect.directory_bytes(&self.fields(level, &none(level))));
        self.start().len() as u64 + directories.sum::<u64>()
    }

    /// All of it.
    pub(super) fn head(&self, places: &[Places]) -> io::Result<Vec<u8>> {
        let last = places.iter().flat_map(|places| &places.offsets).max().copied().unwrap_or(0);
        if !self.dialect.is_big && u32::try_from(last).is_err() {
            return Err(io::Error::other("it is longer than 4 GB: its pattern should be a BigTIFF"));
        }
        let mut bytes = self.start();
        for (number, (level, places)) in self.levels.iter().zip(places).enumerate() {
            let fields = self.fields(level, places);
            let at = bytes.len() as u64;
            let is_last = number + 1 == self.levels.len();
            let next = if is_last { 0 } else { at + self.dialect.directory_bytes(&fields) };
            bytes.extend(self.dialect.directory(&fields, (at, next)));
        }
        Ok(bytes)
    }

    /// What is in front of the directories: the head of every TIFF, and what readers may rely on.
    fn start(&self) -> Vec<u8> {
        let mut promised = "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n\
                            BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
            .to_owned();
        if self.levels.first().is_some_and(|level| level.layout.bands > 1) {
            promised.push_str("INTERLEAVE=BAND\n");
        }
        let ghost = format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes\n{promised}", promised.len());
        let length = self.dialect.head(0).len() + ghost.len();
        let first = length.next_multiple_of(8);
        let mut start = self.dialect.head(first as u64);
        start.extend(ghost.as_bytes());
        start.resize(first, 0);
        start
    }

    fn fields(&self, level: &PatternLevel, places: &Places) -> Vec<Field> {
        let order = self.dialect.order;
        let offset = if self.dialect.is_big { LONG8 } else { LONG };
        let mut fields = level.fields.clone();
        fields.push(Field::numbers(order, (tag::TILE_OFFSETS, offset), places.offsets.iter().copied()));
        fields.push(Field::numbers(order, (tag::TILE_BYTE_COUNTS, LONG), places.byte_counts.iter().copied()));
        fields.sort_by_key(|field| field.tag);
        fields
    }
}

impl PatternLevel {
    /// Tiles of all bands.
    fn tiles(&self) -> usize {
        self.layout.level.tiles_across() * self.layout.level.tiles_down() * self.layout.bands
    }
}

/// Refuses what is not written here.
fn check(layout: &Layout) -> Result<(), Fault> {
    let refused = |what: &str| Err(Fault::Unsupported(format!("{what}: that is not written")));
    match layout {
        Layout { codec: Codec::Gdal(_), .. } => refused("the raster library packs its tiles"),
        Layout { order: Order::Big, .. } => refused("its bytes are in the other order"),
        Layout { is_pixel_interleaved: true, bands: 2.., .. } => refused("its bands are not apart"),
        _ => Ok(()),
    }
}
