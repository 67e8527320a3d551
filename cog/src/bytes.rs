//! The bytes of a file as far as they are known, read within bounds.

use std::ops::Range;

use bytes::Bytes;

/// Why the bytes of a header gave no header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// These bytes of the file are needed to go on.
    #[error("bytes {} to {} are needed", .0.start, .0.end)]
    Need(Range<u64>),
    /// No valid file begins like this.
    #[error("{0}")]
    Malformed(String),
    /// Valid as far as it goes, but not of a kind that is decoded here.
    #[error("{0}")]
    Unsupported(String),
    /// Valid, but of a size that nobody should decode.
    #[error("{0}")]
    TooLarge(String),
}

/// Byte order of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// `II`: least byte first.
    Little,
    /// `MM`: most significant byte first.
    Big,
}

impl Order {
    /// The unsigned number in up to eight bytes.
    #[inline]
    pub(crate) fn number(self, bytes: &[u8]) -> u64 {
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self {
            Self::Little => bytes.iter().rev().fold(0, add),
            Self::Big => bytes.iter().fold(0, add),
        }
    }

    /// The least `width_bytes` bytes of a number.
    pub(crate) fn bytes(self, number: u64, width_bytes: usize) -> Vec<u8> {
        match self {
            Self::Little => number.to_le_bytes()[..width_bytes].to_vec(),
            Self::Big => number.to_be_bytes()[8 - width_bytes..].to_vec(),
        }
    }
}

/// Pieces of a file whose size is known.
#[derive(Debug)]
pub(crate) struct Segments {
    size_bytes: u64,
    pieces: Vec<(u64, Bytes)>,
}

impl Segments {
    /// Of a file of `size_bytes`, with its first bytes.
    pub(crate) fn new(size_bytes: u64, head: Bytes) -> Self {
        Self { size_bytes, pieces: vec![(0, head)] }
    }

    /// Adds the bytes from `offset_bytes` on.
    pub(crate) fn push(&mut self, offset_bytes: u64, bytes: Bytes) {
        self.pieces.push((offset_bytes, bytes));
    }

    /// Size of the file.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// `length_bytes` from `offset_bytes` on; `what` is named if the file ends before.
    pub(crate) fn read(&self, what: &str, offset_bytes: u64, length_bytes: u64) -> Result<&[u8], Fault> {
        let end = offset_bytes.checked_add(length_bytes).filter(|end| *end <= self.size_bytes).ok_or_else(|| {
            Fault::Malformed(format!(
                "{what} ({length_bytes} bytes at {offset_bytes}) is beyond its end; it has {} bytes and may be \
                 truncated",
                self.size_bytes
            ))
        })?;
        let inside = self.pieces.iter().find_map(|(start, piece)| {
            let from = usize::try_from(offset_bytes.checked_sub(*start)?).ok()?;
            piece.get(from..from.checked_add(usize::try_from(length_bytes).ok()?)?)
        });
        inside.ok_or(Fault::Need(offset_bytes..end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_bounded_by_the_file() {
        let mut segments = Segments::new(100, Bytes::from_static(&[1, 2, 3, 4]));
        assert_eq!(segments.read("x", 1, 2).unwrap(), [2, 3]);
        assert_eq!(segments.read("x", 3, 2).unwrap_err(), Fault::Need(3..5));
        assert!(matches!(segments.read("x", 99, 2), Err(Fault::Malformed(_))));
        assert!(matches!(segments.read("x", u64::MAX, 2), Err(Fault::Malformed(_))));
        segments.push(90, Bytes::from_static(&[9; 10]));
        assert_eq!(segments.read("x", 99, 1).unwrap(), [9]);
    }

    #[test]
    fn numbers_in_both_orders() {
        assert_eq!((Order::Little.number(&[1, 2]), Order::Big.number(&[1, 2])), (513, 258));
    }
}
