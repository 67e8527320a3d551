//! Image file directories (TIFF 6.0 §2, BigTIFF): tags and their values, without knowing what they mean.

use crate::bytes::{Fault, Order, Segments};

/// No directory of a real file has more entries; a count beyond it is a lie.
const ENTRIES_MAX: u64 = 4096;
/// 8 million tiles with 64-bit offsets.
const ARRAY_MAX_BYTES: u64 = 64 << 20;

/// A TIFF file's outermost facts, and access to its directories.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiff<'a> {
    segments: &'a Segments,
    /// Byte order of everything in it.
    pub(crate) order: Order,
    /// Whether its offsets are of 64 bits.
    pub(crate) is_big: bool,
    /// Where the first directory is.
    pub(crate) first: u64,
}

/// One tag: its type, and where its values are.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    offset_bytes: u64,
}

/// One directory.
#[derive(Debug)]
pub(crate) struct Directory<'a> {
    tiff: Tiff<'a>,
    entries: Vec<Entry>,
    /// Where the next one is; 0 after the last.
    pub(crate) next: u64,
}

/// The values of a tag, as they are stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    /// Their TIFF type.
    pub(crate) kind: u16,
    pub(crate) count: u64,
    pub(crate) bytes: &'a [u8],
}

/// An array of unsigned numbers, kept as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Array {
    bytes: Box<[u8]>,
    width_bytes: usize,
    order: Order,
}

impl Array {
    /// An array of 64-bit numbers.
    pub(crate) fn of(numbers: &[u64]) -> Self {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        Self { bytes, width_bytes: 8, order: Order::Little }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() / self.width_bytes
    }

    /// One of them.
    pub(crate) fn get(&self, index: usize) -> Option<u64> {
        let start = index.checked_mul(self.width_bytes)?;
        Some(self.order.number(self.bytes.get(start..start.checked_add(self.width_bytes)?)?))
    }
}

/// Bytes of one value of a TIFF type; `None` for a type nobody knows.
const fn width_bytes(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

impl<'a> Tiff<'a> {
    /// Reads the first bytes; `None` if the file is not a TIFF.
    pub(crate) fn new(segments: &'a Segments) -> Result<Option<Self>, Fault> {
        if segments.size_bytes() < 8 {
            return Ok(None);
        }
        let head = segments.read("its head", 0, 8)?;
        let order = match &head[..2] {
            b"II" => Order::Little,
            b"MM" => Order::Big,
            _ => return Ok(None),
        };
        match order.number(&head[2..4]) {
            42 => Ok(Some(Self { segments, order, is_big: false, first: order.number(&head[4..8]) })),
            43 => {
                let head = segments.read("its head", 0, 16)?;
                if order.number(&head[4..6]) != 8 || order.number(&head[6..8]) != 0 {
                    return Err(Fault::Malformed("it is a BigTIFF whose offsets are not of 8 bytes".to_owned()));
                }
                Ok(Some(Self { segments, order, is_big: true, first: order.number(&head[8..16]) }))
            }
            _ => Ok(None),
        }
    }

    /// Reads the directory at `offset_bytes`.
    pub(crate) fn directory(&self, offset_bytes: u64) -> Result<Directory<'a>, Fault> {
        let what = "an image directory";
        let (count_bytes, entry_bytes, link_bytes) = if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.order.number(self.segments.read(what, offset_bytes, count_bytes)?);
        if count == 0 || count > ENTRIES_MAX {
            return Err(Fault::Malformed(format!("the image directory at {offset_bytes} claims {count} entries")));
        }
        // The sum cannot overflow: the bytes before it are inside the file.
        let start = offset_bytes + count_bytes;
        let bytes = self.segments.read(what, start, count * entry_bytes + link_bytes)?;
        let (cells, link) = bytes.split_at((count * entry_bytes) as usize);
        let cells = cells.chunks_exact(entry_bytes as usize).enumerate();
        let entries = cells.filter_map(|(index, cell)| self.entry(cell, start + index as u64 * entry_bytes)).collect();
        Ok(Directory { tiff: *self, entries, next: self.order.number(link) })
    }

    /// The entry in `cell`, which is at `offset_bytes`; `None` if its type is unknown.
    fn entry(&self, cell: &[u8], offset_bytes: u64) -> Option<Entry> {
        let number = |range: std::ops::Range<usize>| self.order.number(&cell[range]);
        let (tag, kind) = (number(0..2) as u16, number(2..4) as u16);
        let (count, value, inline_bytes) =
            if self.is_big { (number(4..12), 12..20, 8) } else { (number(4..8), 8..12, 4) };
        let is_inline = width_bytes(kind)?.checked_mul(count).is_some_and(|length| length <= inline_bytes);
        let offset_bytes = if is_inline { offset_bytes + value.start as u64 } else { number(value) };
        Some(Entry { tag, kind, count, offset_bytes })
    }
}

impl Directory<'_> {
    /// The values of a tag, as they are stored.
    pub(crate) fn raw(&self, tag: u16) -> Result<Option<Values<'_>>, Fault> {
        let Some(entry) = self.entries.iter().find(|entry| entry.tag == tag) else { return Ok(None) };
        let width_bytes = width_bytes(entry.kind).unwrap_or(0);
        let length = entry.count.checked_mul(width_bytes).filter(|length| *length <= ARRAY_MAX_BYTES);
        let length = length.ok_or_else(|| {
            Fault::Malformed(format!("tag {tag} claims {} values, more than any header holds", entry.count))
        })?;
        let bytes = self.tiff.segments.read(&format!("tag {tag}"), entry.offset_bytes, length)?;
        Ok(Some(Values { kind: entry.kind, count: entry.count, bytes }))
    }

    /// Its tags of known types, in its order.
    pub(crate) fn tags(&self) -> impl Iterator<Item = u16> {
        self.entries.iter().map(|entry| entry.tag)
    }

    /// Size of the file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.tiff.segments.size_bytes()
    }

    /// Unsigned numbers.
    pub(crate) fn numbers(&self, tag: u16) -> Result<Option<Vec<u64>>, Fault> {
        let array = self.array(tag)?;
        Ok(array.map(|array| (0..array.len()).filter_map(|index| array.get(index)).collect()))
    }

    /// Unsigned numbers, kept as they are stored.
    pub(crate) fn array(&self, tag: u16) -> Result<Option<Array>, Fault> {
        let Some(Values { kind, bytes, .. }) = self.raw(tag)? else { return Ok(None) };
        match (kind, width_bytes(kind)) {
            (1 | 3 | 4 | 13 | 16 | 18, Some(width)) => {
                Ok(Some(Array { bytes: bytes.into(), width_bytes: width as usize, order: self.tiff.order }))
            }
            (kind, _) => Err(Fault::Malformed(format!("tag {tag} is of type {kind}; it should hold unsigned numbers"))),
        }
    }

    /// One unsigned number, the first.
    pub(crate) fn number(&self, tag: u16) -> Result<Option<u64>, Fault> {
        Ok(self.array(tag)?.and_then(|array| array.get(0)))
    }

    /// Floats of 64 bits.
    pub(crate) fn doubles(&self, tag: u16) -> Result<Option<Vec<f64>>, Fault> {
        let Some(Values { kind, bytes, .. }) = self.raw(tag)? else { return Ok(None) };
        if kind != 12 {
            return Err(Fault::Malformed(format!("tag {tag} is of type {kind}; it should hold doubles")));
        }
        let double = |cell: &[u8]| f64::from_bits(self.tiff.order.number(cell));
        Ok(Some(bytes.chunks_exact(8).map(double).collect()))
    }

    /// Text, without the final NUL.
    pub(crate) fn text(&self, tag: u16) -> Result<Option<String>, Fault> {
        let Some(Values { bytes, .. }) = self.raw(tag)? else { return Ok(None) };
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        Ok(Some(String::from_utf8_lossy(&bytes[..end]).into_owned()))
    }
}
