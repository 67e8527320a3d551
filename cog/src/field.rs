//! Tags to be written: fields, and directories of them (TIFF 6.0 §2, BigTIFF).

use crate::{
    bytes::{Fault, Order},
    ifd::{Directory, Values},
};

pub(crate) const SHORT: u16 = 3;
pub(crate) const LONG: u16 = 4;
pub(crate) const LONG8: u16 = 16;

/// Byte order of a file, and whether its offsets are of 64 bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    pub(crate) order: Order,
    pub(crate) is_big: bool,
}

/// One tag, with its values as they are stored.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) tag: u16,
    pub(crate) kind: u16,
    pub(crate) count: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Field {
    /// A tag of one number.
    pub(crate) fn number(order: Order, (tag, kind): (u16, u16), number: u64) -> Self {
        Self::numbers(order, (tag, kind), std::iter::once(number))
    }

    /// A tag of numbers.
    pub(crate) fn numbers(order: Order, (tag, kind): (u16, u16), numbers: impl Iterator<Item = u64>) -> Self {
        let width_bytes = match kind {
            SHORT => 2,
            LONG => 4,
            _ => 8,
        };
        let bytes: Vec<u8> = numbers.flat_map(|number| order.bytes(number, width_bytes)).collect();
        Self { tag, kind, count: (bytes.len() / width_bytes) as u64, bytes }
    }

    /// A tag of a directory that was read, if it is there.
    pub(crate) fn of(directory: &Directory, tag: u16) -> Result<Option<Self>, Fault> {
        let values = directory.raw(tag)?;
        Ok(values.map(|Values { kind, count, bytes }| Self { tag, kind, count, bytes: bytes.to_vec() }))
    }
}

impl Dialect {
    /// The first bytes of a file whose first directory is at `first`.
    pub(crate) fn head(self, first: u64) -> Vec<u8> {
        let mut bytes = match self.order {
            Order::Little => b"II".to_vec(),
            Order::Big => b"MM".to_vec(),
        };
        let numbers: &[(u64, usize)] =
            if self.is_big { &[(43, 2), (8, 2), (0, 2), (first, 8)] } else { &[(42, 2), (first, 4)] };
        bytes.extend(numbers.iter().flat_map(|(number, width_bytes)| self.order.bytes(*number, *width_bytes)));
        bytes
    }

    /// How long [`Self::directory`] is.
    pub(crate) fn directory_bytes(self, fields: &[Field]) -> u64 {
        let (count_bytes, entry_bytes, offset_bytes) = if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let rest = fields.iter().filter(|field| field.bytes.len() > offset_bytes);
        let rest_bytes: usize = rest.map(|field| field.bytes.len().next_multiple_of(2)).sum();
        (count_bytes + fields.len() * entry_bytes + offset_bytes + rest_bytes) as u64
    }

    /// A directory at `at`, whose fields are in the order of their tags, and behind it the values that do not fit into it;
    /// the next one is at `next`.
    pub(crate) fn directory(self, fields: &[Field], (at, next): (u64, u64)) -> Vec<u8> {
        let offset_bytes = if self.is_big { 8 } else { 4 };
        let count_bytes = if self.is_big { 8 } else { 2 };
        let entry_bytes = 4 + 2 * offset_bytes;
        let mut rest_at = at + (count_bytes + fields.len() * entry_bytes + offset_bytes) as u64;
        let (mut bytes, mut rest) = (self.order.bytes(fields.len() as u64, count_bytes), Vec::new());
        for field in fields {
            bytes.extend(self.order.bytes(u64::from(field.tag), 2));
            bytes.extend(self.order.bytes(u64::from(field.kind), 2));
            bytes.extend(self.order.bytes(field.count, offset_bytes));
            if field.bytes.len() <= offset_bytes {
                bytes.extend(&field.bytes);
                bytes.resize(bytes.len() + offset_bytes - field.bytes.len(), 0);
            } else {
                bytes.extend(self.order.bytes(rest_at, offset_bytes));
                rest.extend(&field.bytes);
                // Values begin at even offsets.
                rest.resize(rest.len().next_multiple_of(2), 0);
                rest_at += field.bytes.len().next_multiple_of(2) as u64;
            }
        }
        bytes.extend(self.order.bytes(next, offset_bytes));
        bytes.extend(rest);
        bytes
    }
}
