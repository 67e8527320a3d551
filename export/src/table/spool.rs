//! Documents in a temporary file, one a line, and read from it again.

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Seek, Write},
};

use super::{Row, row};
use crate::Result;

/// Rows of a batch, and bytes of their documents.
const BATCH_ROWS: usize = 1000;
const BATCH_BYTES: usize = 2 << 20;

/// The file; it has no name, so it is gone with whoever holds it.
pub(super) struct Spool(BufWriter<File>);

impl Spool {
    pub(super) fn create() -> Result<Self> {
        Ok(Self(BufWriter::with_capacity(1 << 20, tempfile::tempfile()?)))
    }

    /// Adds a document.
    pub(super) fn push(&mut self, text: &str) -> Result<()> {
        self.0.write_all(text.as_bytes())?;
        Ok(self.0.write_all(b"\n")?)
    }

    /// All of them, from the first.
    pub(super) fn batches(self) -> Result<Batches> {
        let mut file = self.0.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Batches { lines: BufReader::with_capacity(1 << 20, file), line: String::new() })
    }
}

/// Rows, batch by batch.
pub(super) struct Batches {
    lines: BufReader<File>,
    line: String,
}

impl Batches {
    /// The next batch; none after the last.
    pub(super) fn next(&mut self) -> Result<Option<Vec<Row>>> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while rows.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            self.line.clear();
            if self.lines.read_line(&mut self.line)? == 0 {
                break;
            }
            bytes += self.line.len();
            rows.push(row::of(&self.line)?);
        }
        Ok((!rows.is_empty()).then_some(rows))
    }
}
