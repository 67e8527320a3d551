//! PNG, row by row.

use std::{fs::File, io::BufWriter, io::Write, path::Path};

use super::Painter;
use crate::{Error, Result, encode::scratch};

pub(super) fn encode(painter: &Painter<'_>, path: &Path) -> Result<()> {
    let failed = |source: png::EncodingError| Error::Picture { source: Box::new(source) };
    let (width, height) = painter.size();
    let target = BufWriter::new(File::create(path).map_err(scratch)?);
    let mut encoder = png::Encoder::new(target, width as u32, height as u32);
    encoder.set_color(if painter.is_coloured() { png::ColorType::Rgba } else { png::ColorType::GrayscaleAlpha });
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    let mut stream = writer.stream_writer().map_err(failed)?;
    for row in 0..height {
        stream.write_all(&painter.row(row)?).map_err(scratch)?;
    }
    stream.finish().map_err(failed)
}
