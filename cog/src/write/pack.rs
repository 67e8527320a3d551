//! From pixels to a packed tile.

use std::{cell::RefCell, io};

use libdeflater::{CompressionLvl, Compressor};
use weezl::{BitOrder, encode};

use crate::{
    Samples, dispatch_type,
    layout::{Codec, Compression, Layout, Predictor},
    predictor::Stored,
    write::noise,
};

/// What is in front of a tile and what is behind it: its length, and its last bytes once more.
pub(super) const FRAME_BYTES: usize = 4;

/// Of a general packer, for what is no noise: it finds what comes again at any level.
const DEFLATE_LEVEL: i32 = 1;
/// Bytes are noise if their codes alone make them no more than such a part longer than a general packer does.
const NOISE_PART: usize = 16;
/// How many pieces of a tile say whether it is noise, and how long they are: so much, and no less than this part of theirs,
/// to hold some rows.
const SAMPLES: usize = 2;
const SAMPLE_BYTES: usize = 8 << 10;
const SAMPLE_PART: usize = 32;
/// A thread keeps no more of a buffer from tile to tile: one of 512² pixels of four bytes.
const KEPT_BYTES: usize = (1 << 20) + (64 << 10);
/// Its own default.
const ZSTD_LEVEL: i32 = 3;

/// A tile to be packed: a part of a row of pixels of several.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    pub(super) samples: &'a Samples,
    /// Pixels in a row of them.
    pub(super) row_px: usize,
    /// Where the tile begins.
    pub(super) left_px: usize,
    pub(super) layout: &'a Layout,
}

/// What a thread keeps from tile to tile.
struct Workshop {
    deflate: Compressor,
    zstd: Option<zstd::bulk::Compressor<'static>>,
    raw: Vec<u8>,
    packed: Vec<u8>,
}

thread_local! {
    static WORKSHOP: RefCell<Workshop> = RefCell::new(Workshop {
        deflate: Compressor::new(CompressionLvl::new(DEFLATE_LEVEL).unwrap_or_default()),
        zstd: None,
        raw: Vec::new(),
        packed: Vec::new(),
    });
}

impl Tile<'_> {
    /// The tile, packed and framed.
    pub(super) fn pack(self) -> io::Result<Vec<u8>> {
        WORKSHOP.with_borrow_mut(|workshop| {
            let Codec::Ours(compression, predictor) = self.layout.codec else {
                return Err(io::Error::other("the raster library packs such tiles"));
            };
            workshop.raw.resize(self.layout.tile_bytes().unwrap_or(0), 0);
            dispatch_type!(self.layout.data_type, T => self.prepare::<T>(predictor, &mut workshop.raw));
            let framed = framed(workshop.pack(compression)?);
            workshop.raw.truncate(KEPT_BYTES);
            workshop.raw.shrink_to(KEPT_BYTES);
            workshop.packed.truncate(KEPT_BYTES);
            workshop.packed.shrink_to(KEPT_BYTES);
            Ok(framed)
        })
    }

    /// The bytes to be packed. Beyond the image the last pixel of each row is repeated, and then there are zeros.
    fn prepare<T: Stored>(self, predictor: Predictor, raw: &mut [u8]) {
        let Some(values) = T::slice(self.samples) else { return };
        let tile_px = self.layout.level.tile_width_px;
        let width_px = tile_px.min(self.row_px - self.left_px);
        let rows = values.chunks_exact(self.row_px).map(|row| &row[self.left_px..self.left_px + width_px]);
        let mut padded = vec![T::default(); tile_px];
        let (inside, below) = raw.split_at_mut(rows.len() * tile_px * size_of::<T>());
        below.fill(0);
        for (row, out) in rows.zip(inside.chunks_exact_mut(tile_px * size_of::<T>())) {
            let whole = if width_px == tile_px {
                row
            } else {
                padded[..width_px].copy_from_slice(row);
                padded[width_px..].fill(row[width_px - 1]);
                &padded
            };
            match predictor {
                Predictor::None => copied(whole, T::cells_mut(out)),
                Predictor::Horizontal => differences(whole, T::cells_mut(out)),
                Predictor::Float => bytes_by_place(whole, out),
            }
        }
    }
}

fn copied<T: Stored>(row: &[T], out: &mut [T::Cell]) {
    out.iter_mut().zip(row).for_each(|(cell, value)| *cell = T::little_of(value.bits()));
}

/// Each sample less its left neighbour.
fn differences<T: Stored>(row: &[T], out: &mut [T::Cell]) {
    copied(&row[..1], out);
    for (cell, pair) in out[1..].iter_mut().zip(row.array_windows()) {
        let [left, right] = pair;
        *cell = T::little_of(T::difference(right.bits(), left.bits()));
    }
}

/// The most significant bytes of all samples, then the next ones …, and each byte less its left neighbour (Adobe TIFF
/// technical note 3).
fn bytes_by_place<T: Stored>(row: &[T], out: &mut [u8]) {
    let size_bytes = size_of::<T>();
    let mut cells = vec![0_u8; size_of_val(row)];
    copied(row, T::cells_mut(&mut cells));
    let mut left = 0;
    for (place, out) in out.chunks_exact_mut(row.len()).enumerate() {
        let bytes = cells.iter().skip(size_bytes - 1 - place).step_by(size_bytes);
        for (to, byte) in out.iter_mut().zip(bytes) {
            *to = byte.wrapping_sub(left);
            left = *byte;
        }
    }
}

impl Workshop {
    /// Whether what was prepared is noise, of which nothing comes twice: its codes alone make it as short as looking for
    /// what came before, and several times as fast (docs/design/006).
    fn is_noise(&mut self) -> io::Result<bool> {
        let (mut by_codes, mut in_general) = (0, 0);
        for part in self.raw.chunks(self.raw.len().div_ceil(SAMPLES).max(1)) {
            let length = SAMPLE_BYTES.max(part.len() / SAMPLE_PART).min(part.len());
            let first = (part.len() - length) / 2;
            let sample = &part[first..first + length];
            self.packed.resize(self.deflate.zlib_compress_bound(length), 0);
            by_codes += noise::plan(sample).length_bytes();
            in_general += self.deflate.zlib_compress(sample, &mut self.packed).map_err(io::Error::other)?;
        }
        Ok(by_codes <= in_general + in_general / NOISE_PART)
    }

    /// Packs what was prepared.
    fn pack(&mut self, compression: Compression) -> io::Result<&[u8]> {
        match compression {
            Compression::None => return Ok(&self.raw),
            Compression::Deflate => {
                if self.is_noise()? {
                    noise::plan(&self.raw).write(&self.raw, &mut self.packed)?;
                    return Ok(&self.packed);
                }
                self.packed.resize(self.deflate.zlib_compress_bound(self.raw.len()), 0);
                let length = self.deflate.zlib_compress(&self.raw, &mut self.packed).map_err(io::Error::other)?;
                return Ok(&self.packed[..length]);
            }
            Compression::Zstd => {
                let zstd = match &mut self.zstd {
                    Some(zstd) => zstd,
                    none => none.insert(zstd::bulk::Compressor::new(ZSTD_LEVEL)?),
                };
                self.packed = zstd.compress(&self.raw)?;
            }
            Compression::Lzw => {
                let mut encoder = encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8);
                self.packed = encoder.encode(&self.raw).map_err(io::Error::other)?;
            }
        }
        Ok(&self.packed)
    }
}

fn framed(packed: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(packed.len() + 2 * FRAME_BYTES);
    // Tiles are shorter than 4 GB by far.
    framed.extend((packed.len() as u32).to_le_bytes());
    framed.extend(packed);
    framed.extend(&packed[packed.len().saturating_sub(FRAME_BYTES)..]);
    framed
}

#[cfg(test)]
mod tests {
    use libdeflater::Decompressor;

    use super::*;

    fn deflated(raw: &[u8]) -> usize {
        let deflate = Compressor::new(CompressionLvl::new(DEFLATE_LEVEL).unwrap());
        let mut workshop = Workshop { deflate, zstd: None, raw: raw.to_vec(), packed: vec![1; 3] };
        let packed = workshop.pack(Compression::Deflate).unwrap();
        let mut out = vec![0; raw.len()];
        assert_eq!(Decompressor::new().zlib_decompress(packed, &mut out), Ok(raw.len()));
        assert!(out == raw, "other bytes");
        packed.len()
    }

    #[test]
    fn noise_is_packed_by_its_codes_and_what_comes_again_is_found() {
        // Sums of two dice of sixteen sides: 4.7 bits.
        let mut state = 1_u64;
        let mut die = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (state >> 60) as u8
        };
        let noise: Vec<u8> = (0..512 << 10).map(|_| die() + die()).collect();
        let by_codes = noise::plan(&noise).length_bytes();
        assert!((by_codes - 2048..=by_codes).contains(&deflated(&noise)));
        // The same 1000 bytes over and over: as noisy, but not for long.
        let again: Vec<u8> = noise[..1000].iter().copied().cycle().take(512 << 10).collect();
        assert!(noise::plan(&again).length_bytes() > again.len() / 2 && deflated(&again) < again.len() / 50);
        // Rows of 512 float64 pixels, each of which comes twice.
        let twice = noise.chunks(4096).flat_map(|row| [row, row]).flatten().copied().collect::<Vec<_>>();
        assert!(deflated(&twice) < deflated(&noise) * 5 / 4);
        for length in [0, 1, 2, 100, SAMPLE_BYTES, SAMPLE_BYTES + 1, 2 * SAMPLE_BYTES + 1] {
            deflated(&noise[..length]);
            deflated(&again[..length]);
        }
    }
}
