//! From the dates of a group to one value per pixel.

use std::borrow::Borrow;

use ardent_cog::{Sample, Samples, dispatch_type};
use ardent_model::recipe::Reduce;
use rayon::prelude::*;

use crate::{median, sample::Ordered};

/// One band of one date over a window: values, and where they are valid (1) or not (0).
///
/// ```
/// use ardent_cog::Samples;
/// use ardent_datacube::reduce::Plane;
/// let plane = Plane { samples: Samples::Uint16(vec![5, 0]), valid: vec![1, 0] };
/// assert_eq!(plane.valid.len(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Plane {
    /// Values, row by row; anything where not valid.
    pub samples: Samples,
    /// 1 where valid, else 0.
    pub valid: Vec<u8>,
}

/// Pixels per parallel task: long enough to be worth one, and a multiple of every SIMD width.
const RUN_PX: usize = 16 * 1024;

/// Reduces planes of one pixel type, in the order of time, to one. A pixel that is valid in none is not valid.
///
/// ```
/// use ardent_cog::Samples;
/// use ardent_datacube::reduce::{Plane, reduce};
/// use ardent_model::recipe::Reduce;
/// let plane = |value| Plane { samples: Samples::Uint16(vec![value]), valid: vec![1] };
/// let median = reduce(Reduce::Median, &[plane(4), plane(7)]);
/// assert_eq!(median.samples, Samples::Uint16(vec![6]), "5.5 is rounded up");
/// ```
pub fn reduce<P: Borrow<Plane>>(how: Reduce, planes: &[P]) -> Plane {
    let planes: Vec<&Plane> = planes.iter().map(Borrow::borrow).collect();
    let Some(first) = planes.first() else { return Plane { samples: Samples::Uint8(Vec::new()), valid: Vec::new() } };
    let pixels = first.valid.len();
    if how == Reduce::Count {
        return count(&planes, pixels);
    }
    dispatch_type!(first.samples.data_type(), T => reduce_typed::<T>(how, &planes, pixels))
}

fn count(planes: &[&Plane], pixels: usize) -> Plane {
    let mut counts = vec![0_u16; pixels];
    for plane in planes {
        for (count, valid) in counts.iter_mut().zip(&plane.valid) {
            *count += u16::from(*valid);
        }
    }
    Plane { samples: Samples::Uint16(counts), valid: vec![1; pixels] }
}

/// A run of pixels of one date.
pub(crate) type Run<'a, T> = (&'a [T], &'a [u8]);

fn reduce_typed<T: Ordered>(how: Reduce, planes: &[&Plane], pixels: usize) -> Plane {
    let dates: Vec<Run<'_, T>> =
        planes.iter().filter_map(|plane| Some((T::slice(&plane.samples)?, plane.valid.as_slice()))).collect();
    let mut values = vec![T::default(); pixels];
    let mut valid = vec![0_u8; pixels];
    let network = median::network(dates.len());
    let runs = values.par_chunks_mut(RUN_PX).zip(valid.par_chunks_mut(RUN_PX)).enumerate();
    runs.for_each(|(index, (values, valid))| {
        let range = index * RUN_PX..index * RUN_PX + values.len();
        let run: Vec<Run<'_, T>> = dates.iter().map(|(v, k)| (&v[range.clone()], &k[range.clone()])).collect();
        match how {
            Reduce::Median => median::median(&network, &run, values, valid),
            Reduce::Mean => mean(&run, values, valid),
            Reduce::Min => fold(&run, values, valid, |kept, value| if value < kept { value } else { kept }),
            Reduce::Max => fold(&run, values, valid, |kept, value| if value > kept { value } else { kept }),
            // Counted apart; the earliest valid date is the first of them.
            Reduce::First | Reduce::Count => fold(&run, values, valid, |kept, _| kept),
        }
    });
    Plane { samples: T::into_samples(values), valid }
}

fn fold<T: Sample>(run: &[Run<'_, T>], values: &mut [T], valid: &mut [u8], keep: impl Fn(T, T) -> T) {
    for (date, kept) in run {
        for (((value, is_valid), here), is_here) in values.iter_mut().zip(valid.iter_mut()).zip(*date).zip(*kept) {
            if *is_here != 0 {
                *value = if *is_valid == 0 { *here } else { keep(*value, *here) };
                *is_valid = 1;
            }
        }
    }
}

fn mean<T: Sample>(run: &[Run<'_, T>], values: &mut [T], valid: &mut [u8]) {
    let mut sums = vec![(0.0_f64, 0_u32); values.len()];
    for (date, kept) in run {
        for ((sum, here), is_here) in sums.iter_mut().zip(*date).zip(*kept) {
            if *is_here != 0 {
                sum.0 += here.to_f64();
                sum.1 += 1;
            }
        }
    }
    for (((sum, count), value), is_valid) in sums.into_iter().zip(values).zip(valid) {
        if count > 0 {
            *value = T::from_f64(sum / f64::from(count));
            *is_valid = 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plane(values: &[Option<u16>]) -> Plane {
        let samples = Samples::Uint16(values.iter().map(|value| value.unwrap_or(9)).collect());
        Plane { samples, valid: values.iter().map(|value| u8::from(value.is_some())).collect() }
    }

    /// The same by the plainest means: sort the valid values of each pixel.
    fn plain(how: Reduce, planes: &[Vec<Option<u16>>], pixel: usize) -> Option<u16> {
        let mut values: Vec<u16> = planes.iter().filter_map(|plane| plane[pixel]).collect();
        let first = *values.first()?;
        values.sort_unstable();
        let n = values.len();
        let rounded = |x: f64| (x + 0.5).floor() as u16;
        Some(match how {
            Reduce::Median => rounded(f64::midpoint(f64::from(values[(n - 1) / 2]), f64::from(values[n / 2]))),
            Reduce::Mean => rounded(values.iter().map(|v| f64::from(*v)).sum::<f64>() / n as f64),
            Reduce::Min => values[0],
            Reduce::Max => values[n - 1],
            _ => first,
        })
    }

    proptest! {
        #[test]
        fn every_reducer_is_what_sorting_gives(
            dates in prop::collection::vec(prop::collection::vec(prop::option::of(any::<u16>()), 70), 1..40),
        ) {
            let planes: Vec<Plane> = dates.iter().map(|date| plane(date)).collect();
            for how in [Reduce::Median, Reduce::Mean, Reduce::Min, Reduce::Max, Reduce::First] {
                let found = reduce(how, &planes);
                let values = u16::slice(&found.samples).unwrap();
                for (pixel, value) in values.iter().enumerate() {
                    let got = (found.valid[pixel] != 0).then_some(*value);
                    prop_assert_eq!(got, plain(how, &dates, pixel), "{:?}", how);
                }
            }
        }
    }

    #[test]
    fn negative_medians_round_down_too() {
        let one = |value| Plane { samples: Samples::Int16(vec![value]), valid: vec![1] };
        let found = reduce(Reduce::Median, &[one(-4), one(-7)]);
        assert_eq!(found.samples, Samples::Int16(vec![-5]), "floor(-5.5 + 0.5)");
    }

    #[test]
    fn counts_are_valid_everywhere() {
        let found = reduce(Reduce::Count, &[plane(&[Some(1), None, None]), plane(&[Some(1), Some(2), None])]);
        assert_eq!((found.samples, found.valid), (Samples::Uint16(vec![2, 1, 0]), vec![1; 3]));
    }
}
