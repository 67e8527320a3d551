//! Deflate (RFC 1951) for noise: bytes of which some are more frequent than others, but of which nothing comes twice.
//!
//! Differences of noisy pixels are such bytes. To look for what came before, which any general packer does, takes most of
//! its time and gains them a few per cent; here only runs of one byte are found, as the pixels outside a scene make.

use std::{io, ops::Range};

use libdeflater::adler32;

use super::{
    bits::{Bits, LITERAL_BITS, WORD_BYTES},
    huffman::{Code, SYMBOLS_MAX, codes},
};

/// Bytes that have codes of their own.
const BLOCK_BYTES: usize = 128 << 10;
/// A block's codes take less: the lengths of 288 codes, of thirteen values, so that they take five bits each at most.
const HEAD_BYTES: usize = 256;
/// The longest code of the lengths of codes.
const LENGTH_BITS: usize = 7;
/// The longest run that is one symbol.
const RUN_BYTES_MAX: usize = 258;
/// The end of a block.
const END: usize = 256;
/// Symbols of the code of lengths, in the order in which theirs are written.
const LENGTH_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Bytes that are packed.
pub(super) struct Packed {
    blocks: Vec<Block>,
}

/// Some of them, and how.
struct Block {
    bytes: Range<usize>,
    /// Runs of the byte before each.
    runs: Vec<Range<usize>>,
    codes: [Code; SYMBOLS_MAX],
    /// Bits of all symbols.
    bits: usize,
}

/// How these bytes would be packed.
pub(super) fn plan(bytes: &[u8]) -> Packed {
    let starts = (0..bytes.len().max(1)).step_by(BLOCK_BYTES);
    Packed { blocks: starts.map(|start| Block::of(bytes, start..bytes.len().min(start + BLOCK_BYTES))).collect() }
}

impl Packed {
    /// How long they become at most: a block's head is counted as [`HEAD_BYTES`].
    pub(super) fn length_bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bits / 8 + HEAD_BYTES).sum::<usize>() + 8
    }

    /// The bytes that were planned for, as a zlib stream (RFC 1950).
    pub(super) fn write(&self, bytes: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
        // Deflate with a window of 32 KiB, fastest.
        packed.clear();
        // Once, for literals are written behind as much room as the longest codes take.
        packed.reserve(self.length_bytes() + BLOCK_BYTES * LITERAL_BITS / 8 + 2 * WORD_BYTES);
        packed.extend([0x78, 0x01]);
        let mut bits = Bits::after(packed);
        for (number, block) in self.blocks.iter().enumerate() {
            block.write(bytes, number + 1 == self.blocks.len(), &mut bits)?;
        }
        bits.end();
        packed.extend(adler32(bytes).to_be_bytes());
        Ok(())
    }
}

impl Block {
    fn of(bytes: &[u8], range: Range<usize>) -> Self {
        let runs = runs(bytes, &range);
        let mut frequencies = [0; SYMBOLS_MAX];
        let mut extra_bits = 0;
        let mut tables = [[0; 256]; TABLES];
        for literals in between(&runs, &range) {
            count(&bytes[literals], &mut tables);
        }
        for table in tables {
            frequencies.iter_mut().zip(table).for_each(|(sum, often)| *sum += often);
        }
        for piece in runs.iter().flat_map(pieces) {
            let run = Run::of(piece);
            frequencies[run.symbol] += 1;
            // Its distance, of one bit, is written, too.
            extra_bits += run.extra_bits + 1;
        }
        frequencies[END] = 1;
        let codes = codes(&frequencies, LITERAL_BITS);
        let lengths = frequencies.iter().zip(&codes).map(|(often, code)| *often as usize * usize::from(code.length));
        let bits = lengths.sum::<usize>() + extra_bits as usize;
        Self { bytes: range, runs, codes, bits }
    }

    fn write(&self, bytes: &[u8], is_last: bool, bits: &mut Bits<'_>) -> io::Result<()> {
        self.write_codes(is_last, bits);
        let mut runs = self.runs.iter();
        for literals in between(&self.runs, &self.bytes) {
            bits.write_literals(&bytes[literals], &self.codes)?;
            for run in runs.next().into_iter().flat_map(pieces).map(Run::of) {
                bits.write_code(self.codes[run.symbol]);
                // The distance of 1 has the code 0.
                bits.write(run.extra.into(), run.extra_bits + 1);
            }
        }
        bits.write_code(self.codes[END]);
        Ok(())
    }

    /// The block's head: dynamic codes (RFC 1951, 3.2.7).
    fn write_codes(&self, is_last: bool, bits: &mut Bits<'_>) {
        // Of distances two have codes: 1, and 2, which nothing needs but a complete code.
        let lengths = || self.codes.iter().map(|code| usize::from(code.length)).chain([1, 1]);
        let mut frequencies = [0; 19];
        lengths().for_each(|length| frequencies[length] += 1);
        let codes = codes(&frequencies, LENGTH_BITS);
        bits.write(u64::from(is_last) | 0b10 << 1, 3);
        let (literals, distances, orders) = (SYMBOLS_MAX - 257, 2 - 1, LENGTH_ORDER.len() - 4);
        bits.write(literals as u64 | (distances as u64) << 5 | (orders as u64) << 10, 14);
        for symbol in LENGTH_ORDER {
            bits.write(codes[symbol].length.into(), 3);
        }
        lengths().for_each(|length| bits.write_code(codes[length]));
    }
}

/// Where a word or more repeats the byte before it; looked for in steps of a word.
fn runs(bytes: &[u8], range: &Range<usize>) -> Vec<Range<usize>> {
    let word = |at: usize| bytes.get(at..at + WORD_BYTES);
    let mut free = range.start.max(1);
    let (mut at, mut runs) = (free, Vec::new());
    while at + WORD_BYTES <= range.end {
        if word(at) != word(at - 1) {
            at += WORD_BYTES;
            continue;
        }
        let before = bytes[free - 1..at].array_windows().rev().take_while(|[one, next]| one == next).count();
        let behind = bytes[at..range.end].iter().take_while(|byte| **byte == bytes[at]).count();
        free = at + behind;
        runs.push(at - before..free);
        at = free;
    }
    runs
}

/// What is between runs, and before and behind them.
fn between<'a>(runs: &'a [Range<usize>], range: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<'a> {
    let starts = std::iter::once(range.start).chain(runs.iter().map(|run| run.end));
    let ends = runs.iter().map(|run| run.start).chain(std::iter::once(range.end));
    starts.zip(ends).map(|(start, end)| start..end)
}

/// Lengths of pieces of a run, of which none is shorter than three.
fn pieces(run: &Range<usize>) -> impl Iterator<Item = usize> + use<> {
    let length = run.len();
    let rest = length % RUN_BYTES_MAX;
    let (whole, short) = (length / RUN_BYTES_MAX, (1..3).contains(&rest));
    // A rest that is too short takes some of the last whole piece.
    let whole_pieces = if short { whole - 1 } else { whole };
    let rests = if short { [RUN_BYTES_MAX - 3, rest + 3] } else { [rest, 0] };
    std::iter::repeat_n(RUN_BYTES_MAX, whole_pieces).chain(rests.into_iter().filter(|rest| *rest > 0))
}

/// A run as it is written (RFC 1951, 3.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    symbol: usize,
    extra: u16,
    extra_bits: u32,
}

impl Run {
    const fn of(length: usize) -> Self {
        let more = length - 3;
        if length == RUN_BYTES_MAX {
            return Self { symbol: 285, extra: 0, extra_bits: 0 };
        }
        // Each power of two from eight on has four symbols.
        let extra_bits = if more < 8 { 0 } else { more.ilog2() - 2 };
        let symbol = 257 + ((extra_bits as usize) << 2) + (more >> extra_bits);
        Self { symbol, extra: (more & ((1 << extra_bits) - 1)) as u16, extra_bits }
    }
}

/// How often each byte occurs is counted in as many tables, since the same one often comes at once.
const TABLES: usize = 4;

/// Counts bytes.
fn count(bytes: &[u8], tables: &mut [[u32; 256]; TABLES]) {
    let (fours, rest) = bytes.as_chunks::<TABLES>();
    for four in fours {
        for (table, byte) in tables.iter_mut().zip(four) {
            table[usize::from(*byte)] += 1;
        }
    }
    for byte in rest {
        tables[0][usize::from(*byte)] += 1;
    }
}

#[cfg(test)]
mod tests;
