//! The geometric median: the point nearest to all dates.
//!
//! Of the dates on which all bands are valid, the point whose Euclidean distances to them have the least sum, as Roberts,
//! Mueller & McIntyre (2017, IEEE Trans. Geosci. Remote Sens. 55, 6254–6264) make composites. It is found by Weiszfeld's
//! steps as Vardi & Zhang (2000, PNAS 97, 1423–1426) modified them, which tell whether a date is the median and get away
//! from it if not. They begin at the mean or the best date, whichever is nearer to all (Beck & Sabach 2015, J. Optim.
//! Theory Appl. 164, 1–40), are made in float64, and end when one is shorter than [`TOLERANCE`] of the dates' mean distance
//! from their mean, or after [`MAX_STEPS`]. Where the median is not unique (an even number of dates on a line) it is what
//! these steps come to: of two dates, the mean.

use ardent_cog::dispatch_type;
use rayon::prelude::*;

use super::{
    Plane,
    joint::{Block, LANES, Lane, Points, RUN_PX, distance, sums_of_distances},
};

/// The step that ends it, as a share of the mean distance of the dates from their mean.
const TOLERANCE: f64 = 1e-6;
/// Most steps.
const MAX_STEPS: usize = 200;
/// Nearer than this share of the mean distance, a date is here.
const MET: f64 = 1e-12;
/// By which share the sum of distances must be less at a date than at the mean: more than rounding makes.
const LESS: f64 = 1e-9;

/// The geometric median of each pixel: a plane per band, in the bands' own types; integers are `floor(x + 0.5)`. Not valid
/// where no date has all bands. All dates have the same bands, in the same order.
///
/// ```
/// use ardent_cog::Samples;
/// use ardent_datacube::reduce::{Plane, geomedian};
/// let plane = |value| Plane { samples: Samples::Uint16(vec![value]), valid: vec![1] };
/// // The corners of a square and a point far off: it stays where the diagonals of the four nearly cross.
/// let dates = [[plane(0), plane(0)], [plane(10), plane(0)], [plane(0), plane(10)], [plane(10), plane(10)]];
/// let dates: Vec<Vec<&Plane>> = dates.iter().map(|bands| bands.iter().collect()).collect();
/// let found = geomedian(&dates);
/// assert_eq!((&found[0].samples, &found[1].samples), (&Samples::Uint16(vec![5]), &Samples::Uint16(vec![5])));
/// ```
pub fn geomedian<'a, D: AsRef<[&'a Plane]> + Sync>(dates: &[D]) -> Vec<Plane> {
    let Some(first) = dates.first().map(AsRef::as_ref) else { return Vec::new() };
    let pixels = first.first().map_or(0, |plane| plane.valid.len());
    let runs: Vec<(Vec<Vec<f64>>, Vec<u8>)> =
        (0..pixels.div_ceil(RUN_PX)).into_par_iter().map(|run| of_run(&Points::load(dates, run * RUN_PX))).collect();
    let mut valid: Vec<u8> = runs.iter().flat_map(|(_, valid)| valid).copied().collect();
    valid.truncate(pixels);
    let band = |(band, plane): (usize, &&Plane)| {
        let samples = dispatch_type!(plane.samples.data_type(), T => {
            let values = runs.iter().flat_map(|(values, _)| &values[band]).take(pixels);
            ardent_cog::Sample::into_samples(values.map(|value| <T as ardent_cog::Sample>::from_f64(*value)).collect())
        });
        Plane { samples, valid: valid.clone() }
    };
    first.par_iter().enumerate().map(band).collect()
}

/// Values of each band, and validity.
fn of_run(points: &Points) -> (Vec<Vec<f64>>, Vec<u8>) {
    let mut values: Vec<Vec<f64>> = Vec::new();
    let mut valid = Vec::with_capacity(RUN_PX);
    for block in points.blocks() {
        let (found, count) = of_block(&block);
        values.resize_with(block.bands, || Vec::with_capacity(RUN_PX));
        values.iter_mut().zip(&found).for_each(|(values, lane)| values.extend_from_slice(lane));
        valid.extend(count.map(|count| u8::from(count > 0.0)));
    }
    (values, valid)
}

/// The median of each lane, and the number of its valid dates.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn of_block(block: &Block<'_>) -> (Vec<Lane>, Lane) {
    let (mut at, count) = mean(block);
    let spread = spread(block, &at, &count);
    begin_at_best(block, (&mut at, &spread), &count);
    let mut next = at.clone();
    let mut going = [1.0_f64; LANES];
    for _ in 0..MAX_STEPS {
        step(block, &at, (&mut next, &spread));
        let moved = distance(&at, &next);
        // A lane that has arrived stays where it is: it must not depend on its neighbours how long that takes.
        for (at, next) in at.iter_mut().zip(&next) {
            for lane in 0..LANES {
                at[lane] = if going[lane] == 0.0 { at[lane] } else { next[lane] };
            }
        }
        for lane in 0..LANES {
            going[lane] = if moved[lane] > TOLERANCE * spread[lane] { going[lane] } else { 0.0 };
        }
        if going == [0.0; LANES] {
            break;
        }
    }
    (at, count)
}

/// Goes from the mean to the date that is nearest to all, if it is nearer. From there on the sum of distances only
/// becomes less, so no other date can hold the steps up.
#[inline(always)]
fn begin_at_best(block: &Block<'_>, (at, spread): (&mut [Lane], &Lane), count: &Lane) {
    let sums = sums_of_distances(block);
    let mut least: Lane = std::array::from_fn(|lane| spread[lane] * count[lane] * (1.0 - LESS));
    for (date, (sum, valid)) in sums.iter().zip(block.valid).enumerate() {
        let better: [bool; LANES] = std::array::from_fn(|lane| valid[lane] != 0.0 && sum[lane] < least[lane]);
        for lane in 0..LANES {
            least[lane] = if better[lane] { sum[lane] } else { least[lane] };
        }
        for (at, value) in at.iter_mut().zip(block.point(date)) {
            for lane in 0..LANES {
                at[lane] = if better[lane] { value[lane] } else { at[lane] };
            }
        }
    }
}

#[inline(always)]
fn mean(block: &Block<'_>) -> (Vec<Lane>, Lane) {
    let mut count = [0.0; LANES];
    let mut mean = vec![[0.0; LANES]; block.bands];
    for (date, valid) in block.valid.iter().enumerate() {
        for lane in 0..LANES {
            count[lane] += valid[lane];
        }
        for (sum, value) in mean.iter_mut().zip(block.point(date)) {
            for lane in 0..LANES {
                // Where it is not valid it is 0.
                sum[lane] += value[lane];
            }
        }
    }
    for sum in &mut mean {
        for lane in 0..LANES {
            sum[lane] /= count[lane].max(1.0);
        }
    }
    (mean, count)
}

/// The mean distance of the valid dates from a point.
#[inline(always)]
fn spread(block: &Block<'_>, from: &[Lane], count: &Lane) -> Lane {
    let mut spread = [0.0; LANES];
    for (date, valid) in block.valid.iter().enumerate() {
        let distance = distance(block.point(date), from);
        for lane in 0..LANES {
            spread[lane] += distance[lane] * valid[lane];
        }
    }
    std::array::from_fn(|lane| spread[lane] / count[lane].max(1.0))
}

/// Whole lanes by value: else the compiler takes several bands at a time, which lie apart.
#[inline(always)]
fn add_share(sum: Lane, value: Lane, share: Lane) -> Lane {
    std::array::from_fn(|lane| sum[lane] + value[lane] * share[lane])
}

/// One step, from `at` to `next`.
#[inline(always)]
fn step(block: &Block<'_>, at: &[Lane], (next, spread): (&mut [Lane], &Lane)) {
    // `next` collects the dates, each divided by its distance; `weight` the divisors; `met` the dates that are here.
    let (mut weight, mut met) = ([0.0; LANES], [0.0; LANES]);
    next.fill([0.0; LANES]);
    for (date, valid) in block.valid.iter().enumerate() {
        let distance = distance(block.point(date), at);
        let mut share = [0.0; LANES];
        for lane in 0..LANES {
            let here = distance[lane] <= MET * spread[lane];
            share[lane] = if here { 0.0 } else { valid[lane] / distance[lane] };
            met[lane] += if here { valid[lane] } else { 0.0 };
            weight[lane] += share[lane];
        }
        for (sum, value) in next.iter_mut().zip(block.point(date)) {
            *sum = add_share(*sum, *value, share);
        }
    }
    // How hard the dates elsewhere pull: if less than those here hold, this is the place.
    let mut pull = [0.0; LANES];
    for (sum, at) in next.iter().zip(at) {
        for lane in 0..LANES {
            let difference = sum[lane] - at[lane] * weight[lane];
            pull[lane] += difference * difference;
        }
    }
    let stay: Lane = std::array::from_fn(|lane| {
        let held = met[lane] / pull[lane].sqrt();
        // Nothing is elsewhere, or here: 0 / 0 and 0 / x.
        if weight[lane] == 0.0 {
            1.0
        } else if met[lane] == 0.0 {
            0.0
        } else {
            held.min(1.0)
        }
    });
    for (next, at) in next.iter_mut().zip(at) {
        for lane in 0..LANES {
            let there = next[lane] / if weight[lane] == 0.0 { 1.0 } else { weight[lane] };
            next[lane] = there * (1.0 - stay[lane]) + at[lane] * stay[lane];
        }
    }
}
