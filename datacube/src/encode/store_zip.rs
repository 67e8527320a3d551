//! ZIP files whose members are stored as they are: they are compressed already.

use std::{
    fs::File,
    io::{BufWriter, Read, Write},
    path::Path,
};

use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::scratch;
use crate::{Error, Result};

/// A ZIP that is being written. Its members carry no time, so that the same members give the same file.
pub(crate) struct StoreZip {
    writer: ZipWriter<BufWriter<File>>,
}

impl StoreZip {
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(scratch)?;
        Ok(Self { writer: ZipWriter::new(BufWriter::new(file)) })
    }

    /// Adds a member from memory.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.writer.start_file(name, options()).map_err(failed)?;
        self.writer.write_all(bytes).map_err(scratch)
    }

    /// Adds a member of any size.
    pub(crate) fn copy(&mut self, name: &str, source: &mut impl Read) -> Result<()> {
        self.writer.start_file(name, options().large_file(true)).map_err(failed)?;
        std::io::copy(source, &mut self.writer).map(|_| ()).map_err(scratch)
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.writer.finish().map_err(failed)?.flush().map_err(scratch)
    }
}

fn failed(source: ZipError) -> Error {
    scratch(source.into())
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}
