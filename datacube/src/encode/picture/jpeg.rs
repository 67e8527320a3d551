//! JPEG, row by row. It has no transparency: what is not valid is black.

use std::{cell::RefCell, fs::File, io::BufWriter, path::Path};

use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, rgb_to_ycbcr};

use super::Painter;
use crate::{Error, Result, encode::scratch};

/// From 1 to 100; at 90 and above, colours are kept in full resolution.
const QUALITY: u8 = 90;

/// Rows as the encoder asks for them. It takes no error: the first one waits here.
struct Rows<'a> {
    painter: &'a Painter<'a>,
    failure: &'a RefCell<Option<Error>>,
}

pub(super) fn encode(painter: &Painter<'_>, path: &Path) -> Result<()> {
    let failure = RefCell::new(None);
    let target = BufWriter::new(File::create(path).map_err(scratch)?);
    let encoded = Encoder::new(target, QUALITY).encode_image(Rows { painter, failure: &failure });
    match failure.into_inner() {
        Some(error) => Err(error),
        None => encoded.map_err(|source| Error::Picture { source: Box::new(source) }),
    }
}

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        if self.painter.is_coloured() { JpegColorType::Ycbcr } else { JpegColorType::Luma }
    }

    fn width(&self) -> u16 {
        self.painter.size().0 as u16
    }

    fn height(&self) -> u16 {
        self.painter.size().1 as u16
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let bands = if self.painter.is_coloured() { 3 } else { 1 };
        let row = self.painter.row(usize::from(y)).unwrap_or_else(|error| {
            self.failure.borrow_mut().get_or_insert(error);
            vec![0; usize::from(self.width()) * (bands + 1)]
        });
        for pixel in row.chunks_exact(bands + 1) {
            match *pixel {
                [red, green, blue, _] => {
                    let (luma, blueness, redness) = rgb_to_ycbcr(red, green, blue);
                    buffers[0].push(luma);
                    buffers[1].push(blueness);
                    buffers[2].push(redness);
                }
                _ => buffers[0].push(pixel[0]),
            }
        }
    }
}
