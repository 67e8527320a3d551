//! From the dates of a group to one value per pixel.

#![expect(clippy::inline_always, reason = "what is compiled for several instruction sets must be inlined into each")]

mod count;
mod extremes;
mod geomedian;
mod joint;
#[cfg(test)]
mod joint_tests;
mod lanes;
mod median;
mod medoid;
mod moments;
mod network;
mod percentile;
pub(crate) mod pick;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;

use ardent_cog::{Samples, dispatch_type};
use ardent_model::{DataType, recipe::Reduce};
use rayon::prelude::*;

pub(crate) use count::count_any;
pub use geomedian::geomedian;
pub use medoid::medoid;

use crate::sample::Ordered;

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

impl Plane {
    /// A plane on which nothing is valid.
    pub(crate) fn empty(data_type: DataType, pixels: usize) -> Self {
        Self { samples: Samples::new(data_type, pixels), valid: vec![0; pixels] }
    }
}

/// Pixels per parallel task: long enough to be worth one, and a multiple of every SIMD width.
const RUN_PX: usize = 16 * 1024;

/// The pixel type of what planes of `data_type` are reduced to.
pub(crate) const fn reduced_type(how: &Reduce, data_type: DataType) -> DataType {
    match how {
        Reduce::Count => DataType::Uint16,
        Reduce::Stddev => DataType::Float32,
        _ => data_type,
    }
}

/// Reduces planes of one pixel type, in the order of time, to one. A pixel that is valid in none is not valid. The
/// reducers of several bands see this one alone: its best is its greatest, or least.
///
/// ```
/// use ardent_cog::Samples;
/// use ardent_datacube::reduce::{Plane, reduce};
/// use ardent_model::recipe::Reduce;
/// let plane = |value| Plane { samples: Samples::Uint16(vec![value]), valid: vec![1] };
/// let median = reduce(&Reduce::Median, &[plane(4), plane(7)]);
/// assert_eq!(median.samples, Samples::Uint16(vec![6]), "5.5 is rounded up");
/// let quartile = reduce(&Reduce::Percentile(25.0), &[plane(4), plane(7), plane(8)]);
/// assert_eq!(quartile.samples, Samples::Uint16(vec![6]), "so is 4 + 0.5 × (7 - 4)");
/// ```
pub fn reduce<P: Borrow<Plane>>(how: &Reduce, planes: &[P]) -> Plane {
    let planes: Vec<&Plane> = planes.iter().map(Borrow::borrow).collect();
    let Some(first) = planes.first() else { return Plane::empty(DataType::Uint8, 0) };
    let (pixels, data_type) = (first.valid.len(), first.samples.data_type());
    match how {
        Reduce::Count => count::count(&planes, pixels),
        Reduce::Stddev => dispatch_type!(data_type, T => run_by_run(&planes, pixels, moments::stddev::<T>)),
        Reduce::Medoid | Reduce::Geomedian => {
            let dates: Vec<[&Plane; 1]> = planes.iter().map(|plane| [*plane]).collect();
            if *how == Reduce::Geomedian {
                return geomedian(&dates).pop().unwrap_or_else(|| Plane::empty(data_type, pixels));
            }
            pick::gather(&medoid(&dates), &planes.iter().map(|plane| Some(*plane)).collect::<Vec<_>>(), data_type)
        }
        _ => dispatch_type!(data_type, T => reduce_typed::<T>(how, &planes, pixels)),
    }
}

/// A run of pixels of one date.
pub(crate) type Run<'a, T> = (&'a [T], &'a [u8]);

fn reduce_typed<T: Ordered>(how: &Reduce, planes: &[&Plane], pixels: usize) -> Plane {
    match how {
        Reduce::Median => {
            let network = network::median(planes.len());
            run_by_run(planes, pixels, |run, values, valid| median::median::<T>(&network, run, (values, valid)))
        }
        Reduce::Percentile(percent) => {
            let network = network::sort(planes.len());
            let how = (network.as_slice(), *percent);
            run_by_run(planes, pixels, |run, values, valid| percentile::percentile::<T>(how, run, (values, valid)))
        }
        Reduce::Mean => run_by_run(planes, pixels, moments::mean::<T>),
        Reduce::Min => run_by_run(planes, pixels, extremes::min::<T>),
        Reduce::Best(best) if best.least => run_by_run(planes, pixels, extremes::min::<T>),
        Reduce::Max | Reduce::Best(_) => run_by_run(planes, pixels, extremes::max::<T>),
        Reduce::Last => run_by_run(planes, pixels, extremes::last::<T>),
        // The others have been dealt with.
        _ => run_by_run(planes, pixels, extremes::first::<T>),
    }
}

/// Reduces runs of pixels in parallel. `reduce_run` is given the dates of a run, and values and validity to fill, which
/// are 0.
fn run_by_run<T: Ordered, O: Ordered>(
    planes: &[&Plane],
    pixels: usize,
    reduce_run: impl Fn(&[Run<'_, T>], &mut [O], &mut [u8]) + Sync,
) -> Plane {
    let dates: Vec<Run<'_, T>> =
        planes.iter().filter_map(|plane| Some((T::slice(&plane.samples)?, plane.valid.as_slice()))).collect();
    let mut values = vec![O::default(); pixels];
    let mut valid = vec![0_u8; pixels];
    let runs = values.par_chunks_mut(RUN_PX).zip(valid.par_chunks_mut(RUN_PX)).enumerate();
    runs.for_each(|(index, (values, valid))| {
        let range = index * RUN_PX..index * RUN_PX + values.len();
        let run: Vec<Run<'_, T>> = dates.iter().map(|(v, k)| (&v[range.clone()], &k[range.clone()])).collect();
        reduce_run(&run, values, valid);
    });
    Plane { samples: O::into_samples(values), valid }
}
