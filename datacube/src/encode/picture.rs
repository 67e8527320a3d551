//! A picture of one group: one band in grey, or three as red, green and blue.

mod jpeg;
mod png;
mod webp;

use std::{cell::RefCell, ops::Range, path::Path};

use ardent_cog::{Sample, Samples, dispatch};
use ardent_model::Window;

use super::{format::PictureKind, planes::PlaneFile, scratch};
use crate::{Error, Result, plan::Plan};

/// Pixels on each side that the percentiles are taken from.
const SAMPLE_PX: usize = 1024;

/// Pixels of rows that are read together.
const STRIP_PX: usize = 1 << 17;

/// What a kind of picture can hold.
struct Bounds {
    what: &'static str,
    side: &'static str,
    side_px: usize,
    pixels: u64,
}

/// Most pixels of a picture: browsers show no more. A WebP is in memory as a whole, so it has fewer; the longest sides
/// are those of the formats.
const fn bounds(kind: PictureKind) -> Bounds {
    let (what, side) = ("pixels of a picture", "pixels of a picture's side");
    match kind {
        PictureKind::Png => Bounds { what, side, side_px: usize::MAX, pixels: 64 << 20 },
        PictureKind::Jpeg => Bounds { what, side, side_px: 65_500, pixels: 64 << 20 },
        PictureKind::Webp => Bounds { what, side, side_px: 16_383, pixels: 16 << 20 },
    }
}

/// Refuses a cube that is no picture.
pub(crate) fn check(plan: &Plan, kind: PictureKind) -> Result<()> {
    let (groups, bands) = (plan.groups.len(), plan.outputs.len());
    if groups != 1 {
        return Err(Error::NoPicture {
            groups,
            bands,
            hint: "narrow datetime to one group, or use \"group\": \"all\"",
        });
    }
    if bands != 1 && bands != 3 {
        return Err(Error::NoPicture { groups, bands, hint: "name one band, or three for red, green and blue" });
    }
    let bounds = bounds(kind);
    let hint = || "use a coarser resolution, or ask for a GeoTIFF".to_owned();
    let side = plan.grid.width_px.max(plan.grid.height_px);
    if plan.grid.pixels() as u64 > bounds.pixels {
        let (asked, allowed) = (plan.grid.pixels() as u64, bounds.pixels);
        return Err(Error::TooLarge { what: bounds.what, asked, allowed, hint: hint() });
    }
    if side > bounds.side_px {
        let (asked, allowed) = (side as u64, bounds.side_px as u64);
        return Err(Error::TooLarge { what: bounds.side, asked, allowed, hint: hint() });
    }
    Ok(())
}

/// Draws the windows.
pub(crate) fn encode(file: &PlaneFile, (path, kind, rescale): (&Path, PictureKind, Option<(f64, f64)>)) -> Result<()> {
    let (low, high) = match rescale {
        Some(range) => range,
        None => percentiles(file)?,
    };
    let span = if high > low { high - low } else { 1.0 };
    let painter = Painter { file, low, span, strip: RefCell::default() };
    match kind {
        PictureKind::Png => png::encode(&painter, path),
        PictureKind::Jpeg => jpeg::encode(&painter, path),
        PictureKind::Webp => webp::encode(&painter, path),
    }
}

/// Colours rows of pixels.
struct Painter<'a> {
    file: &'a PlaneFile,
    low: f64,
    span: f64,
    /// Rows that were read together, of each band.
    strip: RefCell<(Range<usize>, Vec<Samples>)>,
}

impl Painter<'_> {
    /// Width and height.
    fn size(&self) -> (usize, usize) {
        self.file.size_px
    }

    /// Three bands, not one.
    fn is_coloured(&self) -> bool {
        self.file.members.len() == 3
    }

    /// The bands of some rows, of which this is the first: single ones lie in as many pieces as there are cells side by side.
    fn read_strip(&self, row: usize) -> Result<(Range<usize>, Vec<Samples>)> {
        let (width_px, height_px) = self.size();
        let rows = (STRIP_PX / width_px).clamp(1, height_px - row);
        let window = Window { col: 0, row, width_px, height_px: rows };
        let bands = (0..self.file.members.len()).map(|band| self.file.read(band, &window).map_err(scratch));
        Ok((row..row + rows, bands.collect::<Result<_>>()?))
    }

    /// The pixels of a row: grey or red, green and blue, and then 255 if they are valid; all are 0 if one is not.
    fn row(&self, row: usize) -> Result<Vec<u8>> {
        let width_px = self.size().0;
        let mut strip = self.strip.borrow_mut();
        if !strip.0.contains(&row) {
            *strip = self.read_strip(row)?;
        }
        let (rows, bands) = &*strip;
        let inside = (row - rows.start) * width_px..(row + 1 - rows.start) * width_px;
        let bands = bands.iter().map(|samples| {
            dispatch!(samples, values => values[inside.clone()].iter().map(|value| value.to_f64()).collect::<Vec<_>>())
        });
        let bands: Vec<Vec<f64>> = bands.collect();
        let mut pixels = Vec::with_capacity(width_px * (bands.len() + 1));
        for col in 0..width_px {
            if !bands.iter().all(|values| is_valid(self.file, values[col])) {
                pixels.extend(std::iter::repeat_n(0, bands.len() + 1));
                continue;
            }
            let shade = |value: f64| ((value - self.low) / self.span * 255.0).round().clamp(0.0, 255.0) as u8;
            pixels.extend(bands.iter().map(|values| shade(values[col])));
            pixels.push(255);
        }
        Ok(pixels)
    }
}

fn is_valid(file: &PlaneFile, value: f64) -> bool {
    !value.is_nan() && file.stored.1 != Some(value)
}

/// The 2nd and 98th percentile of all bands together, so that colours keep their balance.
fn percentiles(file: &PlaneFile) -> Result<(f64, f64)> {
    let (width_px, height_px) = file.size_px;
    let mut values = Vec::new();
    for band in 0..file.members.len() {
        for row in sampled(height_px) {
            let samples = file.read(band, &Window { col: 0, row, width_px, height_px: 1 }).map_err(scratch)?;
            let row = sampled(width_px).filter_map(|col| samples.get(col));
            values.extend(row.filter(|value| is_valid(file, *value)));
        }
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((share * values.len().saturating_sub(1) as f64) as usize).copied();
    Ok(at(0.02).zip(at(0.98)).unwrap_or((0.0, 1.0)))
}

/// The middle of each of at most [`SAMPLE_PX`] equal parts of a side.
fn sampled(side_px: usize) -> impl Iterator<Item = usize> {
    let parts = side_px.min(SAMPLE_PX);
    (0..parts).map(move |part| (2 * part + 1) * side_px / (2 * parts))
}

#[cfg(test)]
mod tests {
    use ardent_model::DataType;

    use super::*;

    #[test]
    fn each_part_of_a_side_has_its_middle() {
        assert_eq!(sampled(3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(sampled(3 * SAMPLE_PX).take(3).collect::<Vec<_>>(), [1, 4, 7]);
        assert_eq!((sampled(5000).count(), sampled(5000).last()), (SAMPLE_PX, Some(4997)));
    }

    #[test]
    fn colours_span_all_but_the_least_and_the_greatest_of_all_bands() {
        let file = PlaneFile::create(
            crate::encode::Cells::whole((101, 2)),
            vec![(0, 0), (0, 1)],
            (DataType::Int16, Some(-1.0)),
        )
        .unwrap();
        let row = |row| Window { col: 0, row, width_px: 101, height_px: 1 };
        assert_eq!(percentiles(&file).unwrap(), (0.0, 0.0));
        for band in 0..2 {
            file.write(band, &row(0), &Samples::Int16((0..101).collect())).unwrap();
            file.write(band, &row(1), &Samples::Int16(vec![-1; 101])).unwrap();
        }
        file.write(1, &row(1), &Samples::Int16((0..101).map(|value| value + 200).collect())).unwrap();
        // 0 to 100 twice, and 200 to 300: of 303 values the 7th and the 296th, counted from 1.
        assert_eq!(percentiles(&file).unwrap(), (3.0, 293.0));
        for band in 0..2 {
            (0..2).for_each(|line| file.write(band, &row(line), &Samples::Int16(vec![-1; 101])).unwrap());
        }
        assert_eq!(percentiles(&file).unwrap(), (0.0, 1.0), "nothing is valid");
    }

    /// More rows than are read at once, in any order.
    #[test]
    fn rows_are_their_own_whatever_was_read_before() {
        let (width_px, height_px) = (700, 400);
        assert!(width_px * height_px > 2 * STRIP_PX);
        let cells = crate::encode::Cells::new(vec![0, 512, 700], vec![0, 100, 400]);
        let file = PlaneFile::create(cells.clone(), vec![(0, 0)], (DataType::Uint8, Some(0.0))).unwrap();
        let value = |col: usize, row: usize| ((col * 7 + row * 13) % 256) as u8;
        for cell in cells.windows() {
            let rows = cell.row..cell.row + cell.height_px;
            let row = |row: usize| (cell.col..cell.col + cell.width_px).map(move |col| value(col, row));
            file.write(0, &cell, &Samples::Uint8(rows.flat_map(row).collect())).unwrap();
        }
        let painter = Painter { file: &file, low: 0.0, span: 255.0, strip: RefCell::default() };
        for row in (0..height_px).chain([399, 0, 250, 186, 187, 188]) {
            let shade = |col: usize| match value(col, row) {
                0 => [0, 0],
                grey => [grey, 255],
            };
            assert!(painter.row(row).unwrap() == (0..width_px).flat_map(shade).collect::<Vec<u8>>(), "row {row}");
        }
    }
}
