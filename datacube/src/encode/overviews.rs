//! Overviews of a finished file: each level is half as wide and high as the one before it.

use ardent_cog::Sample;
use gdal::raster::{Buffer, GdalType, RasterBand};

use super::tiff::{WindowFile, by_written_type, during};
use crate::{Result, warp::is_missing};

/// Rows of an overview that are made at once.
const ROWS: usize = 256;

/// What a pixel of an overview is of the four below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halving {
    /// The mean of those that are not missing.
    Mean,
    /// The upper left one.
    First,
}

/// Makes the overviews of all bands, reduced by these powers of two, in the file of the windows itself: they are not packed
/// there, and are copied from it. The raster library makes the same ones in more than twice the time.
pub(super) fn build(file: &mut WindowFile, factors: &[i32], halving: Halving) -> Result<()> {
    if factors.is_empty() {
        return Ok(());
    }
    let failed = during("making overviews");
    file.dataset.build_overviews("NONE", factors, &[]).map_err(&failed)?;
    for number in 1..=file.members.len() {
        let mut level = file.dataset.rasterband(number).map_err(&failed)?;
        for overview in 0..factors.len() {
            let band = file.dataset.rasterband(number).map_err(&failed)?;
            let mut half = band.overview(overview).map_err(&failed)?;
            let (data_type, nodata) = file.stored;
            by_written_type!(data_type, T => halve::<T>((&level, &mut half), nodata, halving)).map_err(&failed)?;
            level = half;
        }
    }
    Ok(())
}

fn halve<T: Sample + GdalType>(
    (level, half): (&RasterBand<'_>, &mut RasterBand<'_>),
    nodata: Option<f64>,
    halving: Halving,
) -> gdal::errors::Result<()> {
    let ((width_px, height_px), (half_width_px, half_height_px)) = (level.size(), half.size());
    for first in (0..half_height_px).step_by(ROWS) {
        let rows = ROWS.min(half_height_px - first);
        let read_px = (width_px, (2 * rows).min(height_px - 2 * first));
        let pixels = level.read_as::<T>((0, 2 * first as isize), read_px, read_px, None)?;
        let mut made = vec![T::default(); half_width_px * rows];
        let lines = pixels.data().chunks(2 * width_px).zip(made.chunks_exact_mut(half_width_px));
        for (pair, made) in lines {
            // The last row has none below it: it counts twice, which changes no mean.
            let (above, below) = (&pair[..width_px], &pair[pair.len() - width_px..]);
            match halving {
                Halving::Mean => means((above, below), nodata, made),
                Halving::First => made.iter_mut().zip(above.iter().step_by(2)).for_each(|(to, from)| *to = *from),
            }
        }
        half.write((0, first as isize), (half_width_px, rows), &mut Buffer::new((half_width_px, rows), made))?;
    }
    Ok(())
}

/// The means of two rows' pixels, two by two.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn means<T: Sample>((above, below): (&[T], &[T]), nodata: Option<f64>, means: &mut [T]) {
    let missing = is_missing::<T>(nodata);
    let nothing = T::from_f64(nodata.unwrap_or(f64::NAN));
    let mean = |pixels: [T; 4]| {
        let (mut sum, mut count) = (0.0, 0.0);
        for pixel in pixels {
            let (value, one) = if missing(pixel) { (0.0, 0.0) } else { (pixel.to_f64(), 1.0) };
            sum += value;
            count += one;
        }
        if count == 0.0 { nothing } else { T::from_f64(sum / count) }
    };
    let (pairs, pairs_below) = (above.chunks_exact(2), below.chunks_exact(2));
    // A last column without a neighbour counts twice, too.
    if let ([last], [last_below], Some(to)) = (pairs.remainder(), pairs_below.remainder(), means.last_mut()) {
        *to = mean([*last, *last, *last_below, *last_below]);
    }
    for (to, (above, below)) in means.iter_mut().zip(pairs.zip(pairs_below)) {
        *to = mean([above[0], above[1], below[0], below[1]]);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ardent_model::DataType;
    use gdal::DriverManager;

    use super::*;

    /// Noise, of which a part is missing in single pixels, and a part in whole blocks.
    fn file(path: &Path, (width_px, height_px): (usize, usize), stored: (DataType, Option<f64>)) -> WindowFile {
        let noise = |at: usize| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64;
        let value = |at: usize| {
            let is_missing = noise(at) % 5.0 < 1.0 || (at % width_px / 16).is_multiple_of(3);
            let nodata = stored.1.filter(|_| is_missing);
            nodata.unwrap_or_else(|| noise(at + 1) % 60_000.0 / if stored.0.is_integer() { 2.0 } else { 7.0 } + 1.0)
        };
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let dataset = by_written_type!(stored.0, T => {
            let dataset = driver.create_with_band_type::<T, _>(path, width_px, height_px, 1).unwrap();
            let values = (0..width_px * height_px).map(|at| T::from_f64(value(at))).collect();
            let mut band = dataset.rasterband(1).unwrap();
            band.write((0, 0), (width_px, height_px), &mut Buffer::new((width_px, height_px), values)).unwrap();
            band.set_no_data_value(stored.1).unwrap();
            dataset
        });
        WindowFile { dataset, path: path.to_owned(), members: vec![(0, 0)], stored }
    }

    fn levels(file: &WindowFile) -> Vec<Vec<f64>> {
        let band = file.dataset.rasterband(1).unwrap();
        let of = |level: i32| band.overview(level as usize).unwrap().read_band_as::<f64>().unwrap().data().to_vec();
        (0..band.overview_count().unwrap()).map(of).collect()
    }

    #[test]
    fn they_are_those_of_gdal() {
        let folder = tempfile::tempdir().unwrap();
        let types = [
            (DataType::Uint8, Some(0.0)),
            (DataType::Uint16, Some(0.0)),
            (DataType::Uint16, None),
            (DataType::Int32, Some(-9999.0)),
            (DataType::Float32, Some(f64::NAN)),
            (DataType::Float64, Some(-1.0)),
        ];
        for (number, stored) in types.into_iter().enumerate() {
            for (halving, name) in [(Halving::Mean, "AVERAGE"), (Halving::First, "NEAREST")] {
                let make =
                    |whose: &str| file(&folder.path().join(format!("{whose}{number}{name}.tif")), (1200, 640), stored);
                let (mut ours, mut theirs) = (make("ours"), make("theirs"));
                build(&mut ours, &[2, 4, 8], halving).unwrap();
                theirs.dataset.build_overviews(name, &[2, 4, 8], &[]).unwrap();
                let (ours, theirs) = (levels(&ours), levels(&theirs));
                assert_eq!((ours.len(), theirs.len()), (3, 3));
                for (level, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                    assert_eq!(ours.len(), theirs.len());
                    for (at, (our, their)) in ours.iter().zip(theirs).enumerate() {
                        // Of floats the sums are not of the same precision.
                        let is_same = our == their || our.is_nan() && their.is_nan() || {
                            !stored.0.is_integer() && (our - their).abs() <= 1e-6 * their.abs()
                        };
                        assert!(is_same, "{stored:?} {name} level {level} at {at}: {our}, {their}");
                    }
                }
            }
        }
    }

    /// Of an odd number of columns and rows the last ones stand alone.
    #[test]
    fn the_last_column_and_row_may_be_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = file(&folder.path().join("odd.tif"), (1025, 515), (DataType::Uint16, None));
        build(&mut file, &[2, 4], Halving::Mean).unwrap();
        let whole = file.dataset.rasterband(1).unwrap().read_band_as::<f64>().unwrap();
        let at = |col: usize, row: usize| whole.data()[row * 1025 + col];
        let half = &levels(&file)[0];
        assert_eq!(half.len(), 513 * 258);
        let rounded = |mean: f64| (mean + 0.5).floor();
        assert_eq!(half[512], rounded(f64::midpoint(at(1024, 0), at(1024, 1))));
        assert_eq!(half[257 * 513], rounded(f64::midpoint(at(0, 514), at(1, 514))));
        assert_eq!(half[257 * 513 + 512], at(1024, 514));
        assert_eq!(half[3 * 513 + 5], rounded((at(10, 6) + at(11, 6) + at(10, 7) + at(11, 7)) / 4.0));
    }
}
