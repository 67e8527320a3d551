//! The pixels of a result until a file is made of them: plain files without a name, band after band, in cells. Those of
//! a result are the windows of the work, so that a window is written in one piece; an overview is one cell.

mod cells;

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt};

use ardent_cog::{Sample, Samples, dispatch, dispatch_type};
use ardent_model::{DataType, Window};
use zerocopy::IntoBytes;

use crate::plan::Plan;
pub(crate) use cells::Cells;
use cells::Part;

/// Bytes of whole rows of a cell that are read at once, of which a rectangle takes a part.
const AT_ONCE_BYTES: usize = 256 << 10;

/// Bands of one size and pixel type. The system frees their room when this is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct PlaneFile {
    file: File,
    /// How a band lies in it.
    cells: Cells,
    /// Columns and rows.
    pub(crate) size_px: (usize, usize),
    /// Its bands: group and output.
    pub(crate) members: Vec<(usize, usize)>,
    /// Pixel type and missing value of all of them.
    pub(crate) stored: (DataType, Option<f64>),
}

/// All files of a plan.
#[derive(Debug)]
pub(crate) struct PlaneFiles(pub(crate) Vec<PlaneFile>);

impl PlaneFiles {
    /// Files for the windows of a plan, which are these cells of its grid, in the system's temporary folder.
    pub(crate) fn create(plan: &Plan, cells: &Cells) -> io::Result<Self> {
        let files = (0..plan.layout.files(plan)).map(|number| {
            let members = plan.members(number);
            let stored = members.first().map_or(plan.stored, |(_, output)| plan.stored_type(&plan.outputs[*output]));
            PlaneFile::create(cells.clone(), members, stored)
        });
        files.collect::<io::Result<_>>().map(Self)
    }

    /// Writes the bands of a group over a window.
    pub(crate) fn write(&self, plan: &Plan, (group, window): (usize, &Window), bands: &[Samples]) -> io::Result<()> {
        bands.iter().enumerate().try_for_each(|(output, samples)| {
            let (file, band) = plan.place(group, output);
            self.0[file].write(band, window, samples)
        })
    }
}

impl PlaneFile {
    /// Of zeros.
    pub(crate) fn create(
        cells: Cells,
        members: Vec<(usize, usize)>,
        stored: (DataType, Option<f64>),
    ) -> io::Result<Self> {
        let size_px = cells.size_px();
        let file = Self { file: tempfile::tempfile()?, cells, size_px, members, stored };
        file.file.set_len(file.at(file.members.len(), 0))?;
        Ok(file)
    }

    /// Where a pixel of a band (from 0) is: `at` are before it.
    fn at(&self, band: usize, at: u64) -> u64 {
        let (width_px, height_px) = self.size_px;
        (band as u64 * height_px as u64 * width_px as u64 + at) * self.stored.0.size_bytes() as u64
    }

    /// Refuses a rectangle that is not all inside.
    fn check(&self, window: &Window) -> io::Result<()> {
        let (width_px, height_px) = self.size_px;
        let is_inside = window.col + window.width_px <= width_px && window.row + window.height_px <= height_px;
        if is_inside { Ok(()) } else { Err(io::Error::other("a window beyond the grid")) }
    }

    /// The pixels of a rectangle of a band (from 0), row by row.
    pub(crate) fn read(&self, band: usize, window: &Window) -> io::Result<Samples> {
        self.check(window)?;
        dispatch_type!(self.stored.0, T => {
            let mut values = vec![T::default(); window.pixels()];
            for part in self.cells.parts(window) {
                self.read_part((band, &part), window, values.as_mut_bytes())?;
            }
            Ok(T::into_samples(values))
        })
    }

    /// Fills the part's place among the bytes of a rectangle.
    fn read_part(&self, (band, part): (usize, &Part), window: &Window, bytes: &mut [u8]) -> io::Result<()> {
        let size_bytes = self.stored.0.size_bytes();
        let rows = Rows::of(window, part, size_bytes);
        if part.window.width_px == part.cell.width_px && rows.is_one_piece() {
            return self.file.read_exact_at(&mut bytes[rows.all()], self.at(band, part.row_at(part.window.row, true)));
        }
        // More bytes are cheaper than more calls, if they are no more than twice as many.
        if part.cell.width_px > 2 * part.window.width_px || part.window.height_px == 1 {
            return rows.each().try_for_each(|(row, place)| {
                self.file.read_exact_at(&mut bytes[place], self.at(band, part.row_at(row, false)))
            });
        }
        let cell_row_bytes = part.cell.width_px * size_bytes;
        let left_bytes = (part.window.col - part.cell.col) * size_bytes;
        let at_once = (AT_ONCE_BYTES / cell_row_bytes).clamp(1, part.window.height_px);
        let mut whole = vec![0; cell_row_bytes * at_once];
        let rows: Vec<(usize, Range<usize>)> = rows.each().collect();
        for rows in rows.chunks(at_once) {
            let whole = &mut whole[..cell_row_bytes * rows.len()];
            self.file.read_exact_at(whole, self.at(band, part.row_at(rows[0].0, true)))?;
            for ((_, place), row) in rows.iter().zip(whole.chunks_exact(cell_row_bytes)) {
                bytes[place.clone()].copy_from_slice(&row[left_bytes..left_bytes + place.len()]);
            }
        }
        Ok(())
    }

    /// Writes them. Others may do so at the same time.
    pub(crate) fn write(&self, band: usize, window: &Window, samples: &Samples) -> io::Result<()> {
        let is_inside =
            window.col + window.width_px <= self.size_px.0 && window.row + window.height_px <= self.size_px.1;
        if samples.data_type() != self.stored.0 || samples.len() != window.pixels() || !is_inside {
            return Err(io::Error::other("a window of another pixel type or size"));
        }
        let bytes = dispatch!(samples, values => values.as_bytes());
        self.cells.parts(window).try_for_each(|part| {
            let rows = Rows::of(window, &part, self.stored.0.size_bytes());
            if part.window.width_px == part.cell.width_px && rows.is_one_piece() {
                return self.file.write_all_at(&bytes[rows.all()], self.at(band, part.row_at(part.window.row, true)));
            }
            rows.each().try_for_each(|(row, place)| {
                self.file.write_all_at(&bytes[place], self.at(band, part.row_at(row, false)))
            })
        })
    }
}

/// The rows of a part among the bytes of a rectangle.
#[derive(Debug, Clone)]
struct Rows {
    /// Which rows of the grid.
    numbers: Range<usize>,
    /// Bytes before the first of them.
    start_bytes: usize,
    /// Bytes of a row of the part, and of the rectangle.
    width_bytes: usize,
    row_bytes: usize,
}

impl Rows {
    fn of(window: &Window, part: &Part, size_bytes: usize) -> Self {
        let Window { col, row, width_px, height_px } = part.window;
        Self {
            numbers: row..row + height_px,
            start_bytes: ((row - window.row) * window.width_px + col - window.col) * size_bytes,
            width_bytes: width_px * size_bytes,
            row_bytes: window.width_px * size_bytes,
        }
    }

    const fn is_one_piece(&self) -> bool {
        self.width_bytes == self.row_bytes
    }

    /// All bytes, if they are one piece.
    fn all(&self) -> Range<usize> {
        self.start_bytes..self.start_bytes + self.numbers.len() * self.row_bytes
    }

    /// Each row, and where its bytes are.
    fn each(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let Self { start_bytes, width_bytes, row_bytes, .. } = *self;
        let place = move |number: usize| start_bytes + number * row_bytes;
        self.numbers.clone().enumerate().map(move |(number, row)| (row, place(number)..place(number) + width_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn window(col: usize, row: usize, width_px: usize, height_px: usize) -> Window {
        Window { col, row, width_px, height_px }
    }

    #[test]
    fn rectangles_are_read_as_they_were_written() {
        let file = PlaneFile::create(Cells::whole((7, 5)), vec![(0, 0), (0, 1)], (DataType::Int16, None)).unwrap();
        let all = |band: usize| file.read(band, &window(0, 0, 7, 5)).unwrap();
        assert_eq!(all(1), Samples::Int16(vec![0; 35]), "what was never written");
        let rows = Samples::Int16((100..114).collect());
        file.write(0, &window(0, 1, 7, 2), &rows).unwrap();
        file.write(1, &window(5, 3, 2, 2), &Samples::Int16(vec![-1, -2, -3, -4])).unwrap();
        assert_eq!(file.read(0, &window(0, 1, 7, 2)).unwrap(), rows);
        assert_eq!(file.read(0, &window(2, 2, 3, 1)).unwrap(), Samples::Int16(vec![109, 110, 111]));
        assert_eq!(file.read(1, &window(4, 3, 3, 2)).unwrap(), Samples::Int16(vec![0, -1, -2, 0, -3, -4]));
        assert_eq!(all(0).get(0), Some(0.0), "the bands are apart");
        let other = Samples::Uint16(vec![0; 4]);
        assert!(file.write(0, &window(0, 0, 2, 2), &other).is_err() && file.read(2, &window(0, 0, 1, 1)).is_err());
        let beyond = Samples::Int16(vec![0; 4]);
        assert!(file.write(1, &window(6, 0, 2, 2), &beyond).is_err() && file.read(1, &window(0, 4, 1, 2)).is_err());
    }

    /// Whatever the cells, and whichever rectangles are written and read.
    #[test]
    fn cells_do_not_show() {
        let size_px = (11, 9);
        let all = window(0, 0, 11, 9);
        let cuts = [
            Cells::whole(size_px),
            Cells::new(vec![0, 4, 8, 11], vec![0, 4, 8, 9]),
            Cells::new(vec![0, 1, 10, 11], vec![0, 9]),
            Cells::new(vec![0, 11], vec![0, 2, 3, 9]),
        ];
        let value = |col: usize, row: usize| u16::try_from(1 + row * 11 + col).unwrap();
        let of = |window: &Window| {
            let rows = window.row..window.row + window.height_px;
            let row = |row: usize| (window.col..window.col + window.width_px).map(move |col| value(col, row));
            Samples::Uint16(rows.flat_map(row).collect())
        };
        let rectangles = || {
            let corner = (0..11).flat_map(|col| (0..9).map(move |row| (col, row)));
            corner.flat_map(|(col, row)| {
                let sizes = (1..=11 - col).flat_map(move |width_px| (1..=9 - row).map(move |rows| (width_px, rows)));
                sizes.map(move |(width_px, height_px)| window(col, row, width_px, height_px))
            })
        };
        for cells in &cuts {
            let create = || PlaneFile::create(cells.clone(), vec![(0, 0)], (DataType::Uint16, None)).unwrap();
            let whole = create();
            cells.windows().iter().for_each(|cell| whole.write(0, cell, &of(cell)).unwrap());
            for rectangle in rectangles() {
                assert_eq!(whole.read(0, &rectangle).unwrap(), of(&rectangle), "{cells:?} {rectangle:?}");
            }
            for rectangle in rectangles().step_by(7) {
                let file = create();
                file.write(0, &rectangle, &of(&rectangle)).unwrap();
                let Samples::Uint16(values) = file.read(0, &all).unwrap() else { panic!() };
                for (at, found) in values.into_iter().enumerate() {
                    let (col, row) = (at % 11, at / 11);
                    let is_inside = (rectangle.col..rectangle.col + rectangle.width_px).contains(&col)
                        && (rectangle.row..rectangle.row + rectangle.height_px).contains(&row);
                    let wanted = if is_inside { value(col, row) } else { 0 };
                    assert_eq!(found, wanted, "{cells:?} {rectangle:?} at {col}, {row}");
                }
            }
        }
    }

    /// Rectangles of which a cell has more than is read at once, of a second band, of wider pixels.
    #[test]
    fn large_parts_of_cells_are_read_bit_by_bit() {
        let size_px = (700, 600);
        let cells = Cells::new(vec![0, 512, 700], vec![0, 600]);
        let file = PlaneFile::create(cells.clone(), vec![(0, 0), (0, 1)], (DataType::Int32, None)).unwrap();
        let value = |band: usize, col: usize, row: usize| ((band * size_px.1 + row) * size_px.0 + col) as i32;
        let of = |band: usize, window: &Window| {
            let rows = window.row..window.row + window.height_px;
            let row = |row: usize| (window.col..window.col + window.width_px).map(move |col| value(band, col, row));
            Samples::Int32(rows.flat_map(row).collect())
        };
        for band in 0..2 {
            cells.windows().iter().for_each(|cell| file.write(band, cell, &of(band, cell)).unwrap());
        }
        for rectangle in [window(100, 0, 600, 600), window(3, 7, 400, 580), window(300, 1, 212, 599)] {
            assert!(rectangle.height_px * 512 * 4 > AT_ONCE_BYTES);
            for band in 0..2 {
                assert!(file.read(band, &rectangle).unwrap() == of(band, &rectangle), "{rectangle:?} {band}");
            }
        }
    }
}
