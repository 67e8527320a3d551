//! Overviews of a finished file: each level is half as wide and high as the one before it.

use std::io;

use ardent_cog::{Sample, Samples, dispatch};
use ardent_model::Window;
use rayon::prelude::*;

use super::planes::{Cells, PlaneFile};
use crate::warp::is_missing;

/// Most rows of an overview that are made at once, and pixels below them.
const ROWS: usize = 64;
const PIXELS: usize = 1 << 18;

/// What a pixel of an overview is of the four below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halving {
    /// The mean of those that are not missing.
    Mean,
    /// The upper left one.
    First,
}

/// So many overviews of all bands, on all CPU threads: those that the raster library makes where sides are even.
pub(super) fn build(file: &PlaneFile, count: usize, halving: Halving) -> io::Result<Vec<PlaneFile>> {
    let mut levels: Vec<PlaneFile> = Vec::with_capacity(count);
    for _ in 0..count {
        let level = levels.last().unwrap_or(file);
        let half = half(level, halving)?;
        levels.push(half);
    }
    Ok(levels)
}

fn half(level: &PlaneFile, halving: Halving) -> io::Result<PlaneFile> {
    let (width_px, height_px) = (level.size_px.0.div_ceil(2), level.size_px.1.div_ceil(2));
    let half = PlaneFile::create(Cells::whole((width_px, height_px)), level.members.clone(), level.stored)?;
    let rows = (PIXELS / (2 * level.size_px.0)).clamp(1, ROWS);
    let parts = (0..level.members.len()).flat_map(|band| (0..height_px).step_by(rows).map(move |row| (band, row)));
    parts.collect::<Vec<_>>().into_par_iter().try_for_each(|(band, row)| {
        let made = Window { col: 0, row, width_px, height_px: rows.min(height_px - row) };
        let below_px = (2 * made.height_px).min(level.size_px.1 - 2 * row);
        let below = Window { col: 0, row: 2 * row, width_px: level.size_px.0, height_px: below_px };
        let samples = level.read(band, &below)?;
        let halves =
            dispatch!(&samples, values => halved(values, (below.width_px, width_px), (level.stored.1, halving)));
        half.write(band, &made, &halves)
    })?;
    Ok(half)
}

/// Half the rows, each of half as many pixels.
fn halved<T: Sample>(
    values: &[T],
    (width_px, half_width_px): (usize, usize),
    (nodata, halving): (Option<f64>, Halving),
) -> Samples {
    let pairs = values.chunks(2 * width_px);
    let mut made = vec![T::default(); half_width_px * pairs.len()];
    for (pair, made) in pairs.zip(made.chunks_exact_mut(half_width_px)) {
        // The last row has none below it: it counts twice, which changes no mean.
        let (above, below) = (&pair[..width_px], &pair[pair.len() - width_px..]);
        match halving {
            Halving::Mean => means((above, below), nodata, made),
            Halving::First => made.iter_mut().zip(above.iter().step_by(2)).for_each(|(to, from)| *to = *from),
        }
    }
    T::into_samples(made)
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
    use ardent_cog::dispatch_type;
    use ardent_model::DataType;
    use gdal::{DriverManager, raster::Buffer};

    use super::*;

    /// Noise, of which a part is missing in single pixels, and a part in whole blocks.
    fn noisy((width_px, height_px): (usize, usize), stored: (DataType, Option<f64>)) -> PlaneFile {
        let noise = |at: usize| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64;
        let value = |at: usize| {
            let is_missing = noise(at) % 5.0 < 1.0 || (at % width_px / 16).is_multiple_of(3);
            let nodata = stored.1.filter(|_| is_missing);
            nodata.unwrap_or_else(|| noise(at + 1) % 60_000.0 / if stored.0.is_integer() { 2.0 } else { 7.0 } + 1.0)
        };
        let file = PlaneFile::create(Cells::whole((width_px, height_px)), vec![(0, 0)], stored).unwrap();
        let samples = dispatch_type!(stored.0, T => {
            T::into_samples((0..width_px * height_px).map(|at| T::from_f64(value(at))).collect())
        });
        file.write(0, &whole(&file), &samples).unwrap();
        file
    }

    fn whole(file: &PlaneFile) -> Window {
        Window { col: 0, row: 0, width_px: file.size_px.0, height_px: file.size_px.1 }
    }

    fn values(file: &PlaneFile) -> Vec<f64> {
        let samples = file.read(0, &whole(file)).unwrap();
        (0..samples.len()).map(|at| samples.get(at).unwrap()).collect()
    }

    /// Those that GDAL makes of the same pixels.
    fn levels_of_gdal(file: &PlaneFile, method: &str) -> Vec<Vec<f64>> {
        // Its driver for files makes each level of the one before it.
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let path = tempfile::Builder::new().suffix(".tif").tempfile().unwrap().into_temp_path();
        let (width_px, height_px) = file.size_px;
        let samples = file.read(0, &whole(file)).unwrap();
        macro_rules! dataset {
            ($($variant:ident $type:ty),+) => {
                match samples {
                    $(Samples::$variant(values) => {
                        let dataset = driver.create_with_band_type::<$type, _>(&path, width_px, height_px, 1).unwrap();
                        let mut band = dataset.rasterband(1).unwrap();
                        band.write((0, 0), (width_px, height_px), &mut Buffer::new((width_px, height_px), values)).unwrap();
                        band.set_no_data_value(file.stored.1).unwrap();
                        dataset
                    })+
                    other => panic!("{other:?}"),
                }
            };
        }
        let mut dataset = dataset!(Uint8 u8, Uint16 u16, Int32 i32, Float32 f32, Float64 f64);
        dataset.build_overviews(method, &[2, 4, 8], &[]).unwrap();
        let band = dataset.rasterband(1).unwrap();
        let of = |level: usize| band.overview(level).unwrap().read_band_as::<f64>().unwrap().data().to_vec();
        (0..3).map(of).collect()
    }

    #[test]
    fn they_are_those_of_gdal() {
        let types = [
            (DataType::Uint8, Some(0.0)),
            (DataType::Uint16, Some(0.0)),
            (DataType::Uint16, None),
            (DataType::Int32, Some(-9999.0)),
            (DataType::Float32, Some(f64::NAN)),
            (DataType::Float64, Some(-1.0)),
        ];
        for stored in types {
            for (halving, name) in [(Halving::Mean, "AVERAGE"), (Halving::First, "NEAREST")] {
                let file = noisy((1200, 640), stored);
                let ours = build(&file, 3, halving).unwrap();
                for (level, (ours, theirs)) in ours.iter().zip(levels_of_gdal(&file, name)).enumerate() {
                    let ours = values(ours);
                    assert_eq!(ours.len(), theirs.len());
                    for (at, (our, their)) in ours.iter().zip(&theirs).enumerate() {
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
        let file = noisy((1025, 515), (DataType::Uint16, None));
        let whole = values(&file);
        let at = |col: usize, row: usize| whole[row * 1025 + col];
        let half = values(&build(&file, 2, Halving::Mean).unwrap()[0]);
        assert_eq!(half.len(), 513 * 258);
        let rounded = |mean: f64| (mean + 0.5).floor();
        assert_eq!(half[512], rounded(f64::midpoint(at(1024, 0), at(1024, 1))));
        assert_eq!(half[257 * 513], rounded(f64::midpoint(at(0, 514), at(1, 514))));
        assert_eq!(half[257 * 513 + 512], at(1024, 514));
        assert_eq!(half[3 * 513 + 5], rounded((at(10, 6) + at(11, 6) + at(10, 7) + at(11, 7)) / 4.0));
    }
}
