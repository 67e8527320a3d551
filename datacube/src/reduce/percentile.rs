//! The masked percentile, interpolated linearly between its two neighbours.

use super::{
    Run,
    lanes::{LANES, Lane, order, part},
    network::Step,
};
use crate::sample::Ordered;

/// Writes a percentile of the valid values of each pixel. `network` sorts so many dates.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn percentile<T: Ordered>(
    (network, percent): (&[Step], f64),
    dates: &[Run<'_, T>],
    (values, valid): (&mut [T], &mut [u8]),
) {
    let mut lanes = vec![[T::LAST; LANES]; dates.len()];
    // What is missing sorts last; where in the others the percentile lies depends on their number alone.
    let places: Vec<(usize, f64)> = (0..=dates.len()).map(|count| place(percent, count)).collect();
    for start in (0..values.len()).step_by(LANES) {
        let counts = load(dates, start, &mut lanes);
        order(network, &mut lanes);
        let pixels = values[start..].iter_mut().zip(&mut valid[start..]).take(LANES);
        for (index, (value, is_valid)) in pixels.enumerate() {
            let count = usize::from(counts[index]);
            if count > 0 {
                let (low, share) = places[count];
                let (a, b) = (lanes[low][index].to_f64(), lanes[(low + 1).min(count - 1)][index].to_f64());
                *value = T::from_f64(between(a, b, share));
                *is_valid = 1;
            }
        }
    }
}

/// The value before a percentile of so many in order, and the share of the way to the next one.
fn place(percent: f64, count: usize) -> (usize, f64) {
    let at = percent / 100.0 * count.saturating_sub(1) as f64;
    (at.floor() as usize, at - at.floor())
}

/// From the nearer of two values, so that either end is met exactly, as numpy does.
#[inline]
fn between(a: f64, b: f64, share: f64) -> f64 {
    if share < 0.5 { a + (b - a) * share } else { b - (b - a) * (1.0 - share) }
}

#[inline(always)]
fn load<T: Ordered>(dates: &[Run<'_, T>], start: usize, lanes: &mut [Lane<T>]) -> Lane<u16> {
    let mut counts = [0; LANES];
    for (date, lane) in dates.iter().zip(lanes) {
        let (values, kept) = part(*date, start);
        for index in 0..LANES {
            lane[index] = values[index].choose(T::LAST, kept[index]);
            counts[index] += u16::from(kept[index]);
        }
    }
    counts
}
