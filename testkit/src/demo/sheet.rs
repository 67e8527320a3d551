//! The contact sheet: the seasons side by side, with their names.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::lettering;

const BACKGROUND: [u8; 3] = [17, 20, 26];
const FRAME: [u8; 3] = [44, 50, 60];
const BRIGHT: [u8; 3] = [236, 239, 244];
const DIM: [u8; 3] = [136, 146, 162];
/// Around and between the pictures.
const MARGIN_PX: usize = 40;
/// Above the first row.
const HEAD_PX: usize = 112;
/// Below each picture.
const CAPTION_PX: usize = 46;
/// Pictures are made smaller until they are no wider than this.
const WIDEST_PX: usize = 1024;

/// A picture, 8 bits of red, green and blue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    width_px: usize,
    height_px: usize,
    pixels: Vec<[u8; 3]>,
}

/// A picture and what stands below it.
pub(super) struct Panel {
    pub(super) picture: Picture,
    pub(super) name: String,
    pub(super) months: String,
}

/// How text is written.
#[derive(Debug, Clone, Copy)]
struct Ink {
    /// Pixels of a dot.
    scale: usize,
    colour: [u8; 3],
}

/// Lays the panels out in two columns, below a title.
pub(super) fn compose(title: &str, subtitle: &str, panels: Vec<Panel>) -> Result<Picture> {
    let panels: Vec<_> = panels.into_iter().map(|panel| Panel { picture: panel.picture.fitted(), ..panel }).collect();
    let Some(first) = panels.first() else { bail!("a contact sheet of nothing") };
    let (width_px, height_px) = (first.picture.width_px, first.picture.height_px);
    let rows = panels.len().div_ceil(2);
    let mut sheet = Picture::new(
        2 * width_px + 3 * MARGIN_PX,
        HEAD_PX + rows * (height_px + CAPTION_PX + MARGIN_PX / 2) + MARGIN_PX / 2,
        BACKGROUND,
    );
    let below_title = lettering::HEIGHT_PX * 4 + 12;
    sheet.write(title, (MARGIN_PX, 28), Ink { scale: 4, colour: BRIGHT });
    sheet.write(subtitle, (MARGIN_PX, 28 + below_title), Ink { scale: 2, colour: DIM });
    for (index, panel) in panels.iter().enumerate() {
        let left_px = MARGIN_PX + (index % 2) * (width_px + MARGIN_PX);
        let top_px = HEAD_PX + (index / 2) * (height_px + CAPTION_PX + MARGIN_PX / 2);
        sheet.frame((left_px, top_px), (panel.picture.width_px, panel.picture.height_px));
        sheet.place(&panel.picture, (left_px, top_px));
        let baseline_px = top_px + panel.picture.height_px + 14;
        let end_px = sheet.write(&panel.name, (left_px, baseline_px), Ink { scale: 3, colour: BRIGHT });
        sheet.write(&panel.months, (end_px + 18, baseline_px + 7), Ink { scale: 2, colour: DIM });
    }
    Ok(sheet)
}

impl Picture {
    fn new(width_px: usize, height_px: usize, colour: [u8; 3]) -> Self {
        Self { width_px, height_px, pixels: vec![colour; width_px * height_px] }
    }

    /// Reads a PNG of 8 bits, grey or colour; what is transparent shows the background.
    pub(super) fn decode(png: &[u8]) -> Result<Self> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().context("not a PNG")?;
        let mut bytes = vec![0; reader.output_buffer_size().context("a PNG too large for this machine")?];
        let info = reader.next_frame(&mut bytes)?;
        let samples = info.color_type.samples();
        let pixels = bytes[..info.buffer_size()].chunks_exact(samples).map(|sample| match *sample {
            [grey] => [grey; 3],
            [grey, alpha] => over([grey; 3], alpha),
            [red, green, blue, alpha] => over([red, green, blue], alpha),
            _ => [sample[0], sample[1], sample[2]],
        });
        Ok(Self { width_px: info.width as usize, height_px: info.height as usize, pixels: pixels.collect() })
    }

    /// As a PNG.
    pub(super) fn write_png(&self, path: &Path) -> Result<()> {
        let file = std::fs::File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), self.width_px as u32, self.height_px as u32);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.pixels.as_flattened())?;
        Ok(writer.finish()?)
    }

    /// Made smaller by a whole number, as the mean of the pixels, until it is narrow enough.
    fn fitted(self) -> Self {
        let factor = self.width_px.div_ceil(WIDEST_PX);
        if factor <= 1 {
            return self;
        }
        let (width_px, height_px) = (self.width_px / factor, self.height_px / factor);
        let mut fitted = Self::new(width_px, height_px, BACKGROUND);
        for row in 0..height_px {
            for col in 0..width_px {
                let mut sum = [0_usize; 3];
                for y in row * factor..(row + 1) * factor {
                    for pixel in &self.pixels[y * self.width_px + col * factor..][..factor] {
                        for (sum, value) in sum.iter_mut().zip(pixel) {
                            *sum += usize::from(*value);
                        }
                    }
                }
                fitted.pixels[row * width_px + col] = sum.map(|sum| (sum / (factor * factor)) as u8);
            }
        }
        fitted
    }

    fn set(&mut self, (col, row): (usize, usize), colour: [u8; 3]) {
        if col < self.width_px && row < self.height_px {
            self.pixels[row * self.width_px + col] = colour;
        }
    }

    fn place(&mut self, picture: &Self, (left_px, top_px): (usize, usize)) {
        for (row, line) in picture.pixels.chunks_exact(picture.width_px).enumerate() {
            for (col, pixel) in line.iter().enumerate() {
                self.set((left_px + col, top_px + row), *pixel);
            }
        }
    }

    /// A line of one pixel around a rectangle.
    fn frame(&mut self, (left_px, top_px): (usize, usize), (width_px, height_px): (usize, usize)) {
        for row in top_px - 1..=top_px + height_px {
            for col in left_px - 1..=left_px + width_px {
                self.set((col, row), FRAME);
            }
        }
    }

    /// Writes text; returns the column at which it ends.
    fn write(&mut self, text: &str, (left_px, top_px): (usize, usize), ink: Ink) -> usize {
        let Ink { scale, colour } = ink;
        for (col, row) in lettering::dots(text) {
            for y in 0..scale {
                for x in 0..scale {
                    self.set((left_px + col * scale + x, top_px + row * scale + y), colour);
                }
            }
        }
        left_px + lettering::width_px(text) * scale
    }
}

fn over(colour: [u8; 3], alpha: u8) -> [u8; 3] {
    let mix = |value: u8, below: u8| {
        ((u16::from(value) * u16::from(alpha) + u16::from(below) * u16::from(255 - alpha) + 127) / 255) as u8
    };
    [0, 1, 2].map(|index| mix(colour[index], BACKGROUND[index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_where_they_should() {
        let folder = tempfile::tempdir().unwrap();
        let panel = |shade: u8| Panel {
            picture: Picture::new(2048, 1000, [shade; 3]),
            name: "2019-DJF".to_owned(),
            months: String::new(),
        };
        let sheet = compose("ARDENT", "", vec![panel(60), panel(90), panel(120), panel(150)]).unwrap();
        assert_eq!(sheet.width_px, 2 * 1024 + 3 * MARGIN_PX);
        let path = folder.path().join("sheet.png");
        sheet.write_png(&path).unwrap();
        let read = Picture::decode(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(read, sheet);
        let last = (HEAD_PX + 500 + CAPTION_PX + MARGIN_PX / 2 + 10) * read.width_px + 2 * MARGIN_PX + 1024 + 10;
        assert_eq!(read.pixels[last], [150; 3]);
        assert_eq!(read.pixels[0], BACKGROUND);
    }

    #[test]
    fn what_is_transparent_shows_the_background() {
        assert_eq!(over([255; 3], 0), BACKGROUND);
        assert_eq!(over([9, 8, 7], 255), [9, 8, 7]);
    }
}
