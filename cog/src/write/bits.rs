//! Bits of a deflate stream (RFC 1951, 3.1.1).

use std::io;

use super::huffman::{Code, SYMBOLS_MAX};

/// The longest code of a literal: four of them, and what a byte has begun with, fit a word.
pub(super) const LITERAL_BITS: usize = 12;
/// Bits are written a word at a time.
pub(super) const WORD_BYTES: usize = size_of::<u64>();

/// Bits, the first the least of a byte.
pub(super) struct Bits<'a> {
    bytes: &'a mut Vec<u8>,
    /// Those that are no whole byte yet, fewer than eight.
    word: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    /// Behind these bytes.
    pub(super) const fn after(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, word: 0, count: 0 }
    }

    /// So many bits, no more than 48.
    pub(super) fn write(&mut self, bits: u64, count: u32) {
        self.word |= bits << self.count;
        self.count += count;
        let whole = self.count / 8;
        self.bytes.extend(&self.word.to_le_bytes()[..whole as usize]);
        self.word >>= 8 * whole;
        self.count %= 8;
    }

    /// A code.
    pub(super) fn write_code(&mut self, code: Code) {
        self.write(code.bits.into(), code.length.into());
    }

    /// The codes of bytes, none of them longer than [`LITERAL_BITS`].
    pub(super) fn write_literals(&mut self, literals: &[u8], codes: &[Code; SYMBOLS_MAX]) -> io::Result<()> {
        let start = self.bytes.len();
        let most = literals.len() * LITERAL_BITS / 8 + 2 * WORD_BYTES;
        self.bytes.resize(start + most, 0);
        let out = &mut self.bytes[start..];
        let (mut word, mut count, mut at) = (self.word, self.count, 0);
        let (fours, rest) = literals.as_chunks::<4>();
        for four in fours {
            for literal in four {
                let code = codes[usize::from(*literal)];
                word |= u64::from(code.bits) << count;
                count += u32::from(code.length);
            }
            let Some(place) = out.get_mut(at..at + WORD_BYTES) else { return Err(io::Error::other("codes too long")) };
            place.copy_from_slice(&word.to_le_bytes());
            at += (count / 8) as usize;
            word >>= count & !7;
            count &= 7;
        }
        (self.word, self.count) = (word, count);
        self.bytes.truncate(start + at);
        for literal in rest {
            self.write_code(codes[usize::from(*literal)]);
        }
        Ok(())
    }

    /// The last byte, filled up.
    pub(super) fn end(&mut self) {
        self.write(0, (8 - self.count) % 8);
    }
}
