//! The masked median, many pixels at a time.
//!
//! Missing values are replaced by turns by one that sorts last and one that sorts first, so that the median of the others
//! lies in the middle, however many there are: a network need only find the values there. With one replacement more
//! after them than before, it lies half a place lower.

use super::{
    Run,
    lanes::{LANES, Lane, order, part},
    network::{Step, middle_places},
};
use crate::sample::Ordered;

/// Writes the median of the valid values of each pixel. `network` is that of the median of so many dates.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn median<T: Ordered>(network: &[Step], dates: &[Run<'_, T>], (values, valid): (&mut [T], &mut [u8])) {
    let mut lanes = vec![[T::LAST; LANES]; dates.len()];
    for start in (0..values.len()).step_by(LANES) {
        let (any, odd) = load(dates, start, &mut lanes);
        order(network, &mut lanes);
        let found = middle(&lanes, &any, &odd);
        let length = LANES.min(values.len() - start);
        values[start..start + length].copy_from_slice(&found[..length]);
        valid[start..start + length].copy_from_slice(&any[..length]);
    }
}

/// Fills the lanes of every date; tells of which pixels any is valid, and of which an odd number is missing.
#[inline(always)]
fn load<T: Ordered>(dates: &[Run<'_, T>], start: usize, lanes: &mut [Lane<T>]) -> (Lane<u8>, Lane<u8>) {
    let (mut any, mut odd) = ([0; LANES], [0; LANES]);
    for (date, lane) in dates.iter().zip(lanes) {
        let (values, kept) = part(*date, start);
        for index in 0..LANES {
            let missing = T::FIRST.choose(T::LAST, odd[index]);
            lane[index] = values[index].choose(missing, kept[index]);
            odd[index] ^= kept[index] ^ 1;
            any[index] |= kept[index];
        }
    }
    (any, odd)
}

#[inline(always)]
fn middle<T: Ordered>(lanes: &[Lane<T>], any: &Lane<u8>, odd: &Lane<u8>) -> Lane<T> {
    let (low, high) = middle_places(lanes.len());
    let mut found = [T::default(); LANES];
    for (index, found) in found.iter_mut().enumerate() {
        let (low, high) = (lanes[low][index], lanes[high][index]);
        // An even number of values, or one value in the middle: which, is the parity of the dates and the missing.
        let value = if lanes.len().is_multiple_of(2) {
            low.choose(low.middle(high), odd[index])
        } else {
            low.middle(high).choose(high, odd[index])
        };
        *found = value.unsigned_zero().choose(T::default(), any[index]);
    }
    found
}
