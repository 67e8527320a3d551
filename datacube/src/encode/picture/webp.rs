//! WebP, lossless. Its encoder takes the whole picture at once.

use std::{fs::File, io::BufWriter, io::Write, path::Path};

use image_webp::{ColorType, WebPEncoder};

use super::Painter;
use crate::{Error, Result, encode::scratch};

pub(super) fn encode(painter: &Painter<'_>, path: &Path) -> Result<()> {
    let (width, height) = painter.size();
    let colour = if painter.is_coloured() { ColorType::Rgba8 } else { ColorType::La8 };
    let mut pixels = Vec::with_capacity(width * height * if painter.is_coloured() { 4 } else { 2 });
    for row in 0..height {
        pixels.extend(painter.row(row)?);
    }
    let mut target = BufWriter::new(File::create(path).map_err(scratch)?);
    let encoded = WebPEncoder::new(&mut target).encode(&pixels, width as u32, height as u32, colour);
    encoded.map_err(|source| Error::Picture { source: Box::new(source) })?;
    target.flush().map_err(scratch)
}
