//! The dates of many pixels side by side, which a network orders all at once.
//!
//! All loops run over whole lanes without branches, so the compiler makes SIMD of them; `multiversion` compiles them for
//! several instruction sets and chooses when the program runs. All give the same results.

use super::{Run, network::Step};
use crate::sample::Ordered;

/// Pixels ordered together: some vectors of every width, and all dates stay in the nearest cache.
pub(super) const LANES: usize = 128;

/// One value of each of the pixels.
pub(super) type Lane<T> = [T; LANES];

/// The pixels from `start` on of one date, the rest being missing.
#[inline(always)]
pub(super) fn part<T: Ordered>((values, kept): Run<'_, T>, start: usize) -> (Lane<T>, Lane<u8>) {
    if let (Some(values), Some(kept)) = (values[start..].first_chunk(), kept[start..].first_chunk()) {
        return (*values, *kept);
    }
    let (mut part, mut valid) = ([T::default(); LANES], [0; LANES]);
    let length = values.len() - start;
    part[..length].copy_from_slice(&values[start..]);
    valid[..length].copy_from_slice(&kept[start..]);
    (part, valid)
}

/// Carries out the steps of a network.
#[inline(always)]
pub(super) fn order<T: Ordered>(steps: &[Step], lanes: &mut [Lane<T>]) {
    for step in steps {
        let (Step::Both(first, second) | Step::Least(first, second) | Step::Greatest(first, second)) = *step;
        let (before, after) = lanes.split_at_mut(second);
        let pixels = before[first].iter_mut().zip(&mut after[0]);
        match step {
            Step::Both(..) => pixels.for_each(|(a, b)| (*a, *b) = a.sorted(*b)),
            Step::Least(..) => pixels.for_each(|(a, b)| *a = a.sorted(*b).0),
            Step::Greatest(..) => pixels.for_each(|(a, b)| *b = a.sorted(*b).1),
        }
    }
}
