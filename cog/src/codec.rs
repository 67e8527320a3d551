//! Unpacking: the bytes of a tile as they are stored, into a buffer of known size. Output is bounded by the buffer,
//! so that a bomb is an error.

use std::cell::RefCell;

use libdeflater::{DecompressionError, Decompressor};

use crate::{DecodeFault, layout::Compression, lzw};

/// Buffers above this are given back after use.
const KEPT_BYTES: usize = 32 << 20;

/// What a thread keeps from tile to tile.
struct Workshop {
    deflate: Decompressor,
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    buffer: Vec<u8>,
}

thread_local! {
    static WORKSHOP: RefCell<Workshop> = RefCell::new(Workshop {
        deflate: Decompressor::new(),
        zstd: None,
        buffer: Vec::new(),
    });
}

/// How long a tile is when it is unpacked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Length {
    /// Bytes it may have.
    pub(crate) max_bytes: usize,
    /// Bytes it must have: the rows inside the image. Writers differ in whether they fill up the last strip.
    pub(crate) min_bytes: usize,
}

/// Unpacks `packed` and hands the bytes to `work`: at least `length.min_bytes` of them.
pub(crate) fn with_unpacked<R>(
    compression: Compression,
    packed: &[u8],
    length: Length,
    work: impl FnOnce(&[u8]) -> R,
) -> Result<R, DecodeFault> {
    let wanted_bytes = length.min_bytes;
    let short = |got_bytes: usize| DecodeFault::Short { got_bytes, wanted_bytes };
    if compression == Compression::None {
        return packed.get(..wanted_bytes).map(work).ok_or_else(|| short(packed.len()));
    }
    plausible(compression, packed.len(), wanted_bytes)?;
    WORKSHOP.with_borrow_mut(|workshop| {
        if workshop.buffer.len() < length.max_bytes {
            workshop.buffer.resize(length.max_bytes, 0);
        }
        let worked = match workshop.unpack(compression, packed, length.max_bytes) {
            Ok(got_bytes) if got_bytes < wanted_bytes => Err(short(got_bytes)),
            Ok(_) => Ok(work(&workshop.buffer[..wanted_bytes])),
            Err(fault) => Err(fault),
        };
        if workshop.buffer.len() > KEPT_BYTES {
            workshop.buffer = Vec::new();
        }
        worked
    })
}

/// Refuses a tile before memory is taken for it, if its bytes cannot possibly hold it.
fn plausible(compression: Compression, compressed_bytes: usize, wanted_bytes: usize) -> Result<(), DecodeFault> {
    let ratio_max = match compression {
        Compression::None => 1,
        // 258 bytes from two bits.
        Compression::Deflate => 1032,
        // The longest entry of a table of 4096, from 12 bits.
        Compression::Lzw => 4096,
        // A block of 128 KiB from four bytes.
        Compression::Zstd => 1 << 16,
    };
    let possible = compressed_bytes.saturating_add(64).saturating_mul(ratio_max) >= wanted_bytes;
    if possible { Ok(()) } else { Err(DecodeFault::Implausible { compressed_bytes, wanted_bytes }) }
}

impl Workshop {
    /// Unpacks into the first `max_bytes` of the buffer; the number of bytes that came.
    fn unpack(&mut self, compression: Compression, packed: &[u8], max_bytes: usize) -> Result<usize, DecodeFault> {
        let out = &mut self.buffer[..max_bytes];
        match compression {
            Compression::None => Ok(0),
            Compression::Deflate => Ok(deflate(&mut self.deflate, packed, out)?),
            Compression::Zstd => {
                let decompressor = match &mut self.zstd {
                    Some(decompressor) => decompressor,
                    none => none.insert(zstd::bulk::Decompressor::new().map_err(DecodeFault::Zstd)?),
                };
                decompressor.decompress_to_buffer(packed, out).map_err(DecodeFault::Zstd)
            }
            Compression::Lzw => lzw::unpack(packed, out).map_err(DecodeFault::Lzw),
        }
    }
}

fn deflate(decompressor: &mut Decompressor, packed: &[u8], out: &mut [u8]) -> Result<usize, DecompressionError> {
    decompressor.zlib_decompress(packed, out)
}
