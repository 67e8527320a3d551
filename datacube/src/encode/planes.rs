//! The pixels of a result until a file is made of them: plain files without a name, band after band, row after row.

use std::{fs::File, io, os::unix::fs::FileExt};

use ardent_cog::{Sample, Samples, dispatch, dispatch_type};
use ardent_model::{DataType, Window};
use zerocopy::IntoBytes;

use crate::plan::Plan;

/// Bands of one size and pixel type. The system frees their room when this is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct PlaneFile {
    file: File,
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
    /// Files for the windows of a plan, in the system's temporary folder.
    pub(crate) fn create(plan: &Plan) -> io::Result<Self> {
        let files = (0..plan.layout.files(plan)).map(|number| {
            let members = plan.members(number);
            let stored = members.first().map_or(plan.stored, |(_, output)| plan.stored_type(&plan.outputs[*output]));
            PlaneFile::create((plan.grid.width_px, plan.grid.height_px), members, stored)
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
        size_px: (usize, usize),
        members: Vec<(usize, usize)>,
        stored: (DataType, Option<f64>),
    ) -> io::Result<Self> {
        let file = Self { file: tempfile::tempfile()?, size_px, members, stored };
        file.file.set_len(file.at(file.members.len(), (0, 0)))?;
        Ok(file)
    }

    /// Where a pixel of a band (from 0) is: column and row.
    fn at(&self, band: usize, (col, row): (usize, usize)) -> u64 {
        let (width_px, height_px) = self.size_px;
        let pixels = (band as u64 * height_px as u64 + row as u64) * width_px as u64 + col as u64;
        pixels * self.stored.0.size_bytes() as u64
    }

    /// The pieces of a rectangle that lie together: their length in bytes, and where each begins.
    fn pieces(&self, band: usize, window: &Window) -> (usize, impl Iterator<Item = u64>) {
        let is_whole = window.width_px == self.size_px.0;
        let (rows, pieces) = if is_whole { (window.height_px, 1) } else { (1, window.height_px) };
        let length = rows * window.width_px * self.stored.0.size_bytes();
        let Window { col, row, .. } = *window;
        (length, (row..row + pieces).map(move |row| self.at(band, (col, row))))
    }

    /// The pixels of a rectangle of a band (from 0), row by row.
    pub(crate) fn read(&self, band: usize, window: &Window) -> io::Result<Samples> {
        let (length, pieces) = self.pieces(band, window);
        dispatch_type!(self.stored.0, T => {
            let mut values = vec![T::default(); window.pixels()];
            for (piece, at) in values.as_mut_bytes().chunks_exact_mut(length).zip(pieces) {
                self.file.read_exact_at(piece, at)?;
            }
            Ok(T::into_samples(values))
        })
    }

    /// Writes them. Others may do so at the same time.
    pub(crate) fn write(&self, band: usize, window: &Window, samples: &Samples) -> io::Result<()> {
        if samples.data_type() != self.stored.0 || samples.len() != window.pixels() {
            return Err(io::Error::other("a window of another pixel type or size"));
        }
        let (length, mut pieces) = self.pieces(band, window);
        let bytes = dispatch!(samples, values => values.as_bytes());
        bytes.chunks_exact(length).zip(&mut pieces).try_for_each(|(piece, at)| self.file.write_all_at(piece, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_read_as_they_were_written() {
        let file = PlaneFile::create((7, 5), vec![(0, 0), (0, 1)], (DataType::Int16, None)).unwrap();
        let window = |col, row, width_px, height_px| Window { col, row, width_px, height_px };
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
    }
}
