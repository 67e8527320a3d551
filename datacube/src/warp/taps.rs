//! Kernels of a fixed number of source pixels around the position: bilinear and cubic.

#![expect(clippy::inline_always, reason = "what is compiled for several instruction sets must be inlined into each")]

use std::{cell::RefCell, ops::Range};

use ardent_cog::Sample;

use super::{Warp, is_missing};
use crate::{
    mapping::{LANES, Line, Place, Run},
    patch::Patch,
};

/// If no more than this of the kernel's weight is left, the nearest sample stands for it: dividing by less would amplify
/// what little is known.
const LEAST_WEIGHT: f64 = 0.05;

/// A kernel of `N` × `N` source pixels around the position.
pub(super) trait Kernel<const N: usize> {
    /// The weights on one axis, `share` being how far the position is beyond the pixel before it.
    fn weights(share: f64) -> [f64; N];
}

/// The two pixels around a position.
pub(super) struct Linear;

impl Kernel<2> for Linear {
    #[inline(always)]
    fn weights(share: f64) -> [f64; 2] {
        [1.0 - share, share]
    }
}

/// Keys' cubic convolution of four pixels with a = −0.5 (R. Keys, 1981, doi:10.1109/TASSP.1981.1163711).
pub(super) struct Cubic;

impl Kernel<4> for Cubic {
    #[inline(always)]
    fn weights(share: f64) -> [f64; 4] {
        let (t, t2, t3) = (share, share * share, share * share * share);
        [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3]
    }
}

/// Shares are from the pixel's edge, weights from centre to centre.
#[inline(always)]
fn from_centre(share: f32) -> f64 {
    let share = f64::from(share);
    if share < 0.5 { share + 0.5 } else { share - 0.5 }
}

thread_local! {
    /// For the two parts of a source that are no pixels: new memory costs more than what is done in it.
    static SPARE: RefCell<(Vec<u8>, Vec<u8>)> = RefCell::default();
}

/// What taps are taken from, and where they may be.
struct Source<'a, T> {
    patch: &'a Patch<T>,
    /// Which pixels may be taps.
    good: Vec<u8>,
    /// Of which pixels the whole block that begins there may.
    whole: Vec<u8>,
}

/// A row of the result while it is made.
struct Row<'a, T> {
    line: Line<'a>,
    kept: &'a [u8],
    values: &'a mut [T],
    valid: &'a mut [u8],
}

impl<T: Sample + Default> Warp<'_, T> {
    /// Weighs `N` × `N` source pixels around each position.
    pub(super) fn taps<K: Kernel<N>, const N: usize>(&self, (values, valid): (&mut [T], &mut [u8])) {
        let missing = is_missing::<T>(self.nodata);
        let (mut good, mut whole) = SPARE.take();
        self.good(&missing, &mut good);
        whole_blocks::<N>(&good, self.patch.window.width_px, &mut whole);
        let source = Source { patch: &self.patch, good, whole };
        let runs = self.mapping.runs();
        let mut rest = runs.unwrap_or_default();
        self.mapping.each_line(|start, line| {
            let range = start..start + line.cols.len();
            let (values, valid) = (&mut values[range.clone()], &mut valid[range.clone()]);
            let mut row = Row { line, kept: &self.kept[range.clone()], values, valid };
            if runs.is_some() {
                let of_row;
                (of_row, rest) = rest.split_at(rest.partition_point(|run| run.index < range.end));
                weigh_runs::<T, K, N>(&source, (start, of_row), &mut row);
                // Nearly always this is all.
                if row.valid == row.kept {
                    return;
                }
            }
            source.weigh_others::<K, N>(&missing, &mut row);
        });
        SPARE.set((source.good, source.whole));
    }
}

/// Makes the pixels of runs (of a row that begins at `start`) whose blocks are whole.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn weigh_runs<T: Sample, K: Kernel<N>, const N: usize>(
    source: &Source<'_, T>,
    (start, runs): (usize, &[Run]),
    row: &mut Row<'_, T>,
) {
    let mut taps = [[[T::default(); LANES]; N]; N];
    for runs in runs.chunk_by(|one, other| (one.index - start) / LANES == (other.index - start) / LANES) {
        let first = (runs[0].index - start) / LANES * LANES;
        let range = first..(first + LANES).min(row.kept.len());
        let kept = lanes(&row.kept[range.clone()]);
        if kept == [0; LANES] {
            continue;
        }
        let mut whole = [0; LANES];
        for run in runs {
            gather(source, (run, run.index - start - first), (&mut taps, &mut whole));
        }
        for (whole, kept) in whole.iter_mut().zip(&kept) {
            *whole &= kept;
        }
        let shares = (&lanes(&row.line.across[range.clone()]), &lanes(&row.line.down[range.clone()]));
        let mut sums = sums::<T, K, N, LANES>(&taps, shares);
        for (sum, whole) in sums.iter_mut().zip(&whole) {
            *sum = if *whole == 0 { T::default() } else { *sum };
        }
        store(&sums, &mut row.values[range.clone()]);
        store(&whole, &mut row.valid[range]);
    }
}

/// As many values as are weighed together; zeros beyond the last.
#[inline(always)]
fn lanes<V: Copy + Default>(values: &[V]) -> [V; LANES] {
    // Nearly always there are as many: of a known length they are copied without a call.
    <[V; LANES]>::try_from(values).unwrap_or_else(|_| {
        let mut lanes = [V::default(); LANES];
        lanes[..values.len()].copy_from_slice(values);
        lanes
    })
}

/// As many of the lanes as there is place for.
#[inline(always)]
fn store<V: Copy>(lanes: &[V; LANES], to: &mut [V]) {
    match <&mut [V; LANES]>::try_from(&mut *to) {
        Ok(to) => *to = *lanes,
        Err(_) => to.copy_from_slice(&lanes[..to.len()]),
    }
}

/// Puts the taps of a run, whose first pixel is number `at` of those that are weighed together, side by side, and whether
/// their blocks are whole. What does not lie in the patch stays as it is, and is not.
#[inline(always)]
fn gather<T: Sample, const N: usize>(
    source: &Source<'_, T>,
    (run, at): (&Run, usize),
    (taps, whole): (&mut [[[T; LANES]; N]; N], &mut [u8; LANES]),
) {
    let window = source.patch.window;
    let before = N as i64 / 2 - 1;
    let first_col = i64::from(run.col) - before - window.col as i64;
    let first_row = i64::from(run.row) - before - window.row as i64;
    if first_row < 0 || first_row + N as i64 > window.height_px as i64 {
        return;
    }
    // The part of it whose blocks lie in the patch.
    let skipped = (-first_col).clamp(0, run.length_px as i64);
    let end = (window.width_px as i64 - N as i64 + 1 - first_col).clamp(skipped, run.length_px as i64);
    if end == skipped {
        return;
    }
    let (at, length_px) = (at + skipped as usize, (end - skipped) as usize);
    let from = (first_row * window.width_px as i64 + first_col + skipped) as usize;
    copy(&source.whole[from..from + length_px], &mut whole[at..at + length_px]);
    for (number, taps) in taps.iter_mut().enumerate() {
        let from = from + number * window.width_px;
        for (tap, taps) in taps.iter_mut().enumerate() {
            copy(&source.patch.values[from + tap..from + tap + length_px], &mut taps[at..at + length_px]);
        }
    }
}

/// Copies a few values: runs are too short for a call.
#[inline(always)]
fn copy<V: Copy>(from: &[V], to: &mut [V]) {
    const STEP: usize = 8;
    let length = from.len();
    if length < STEP {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        return;
    }
    for at in (0..length).step_by(STEP) {
        // The last step begins earlier, so that it is as long as the others.
        let at = at.min(length - STEP);
        to[at..at + STEP].copy_from_slice(&from[at..at + STEP]);
    }
}

/// The weighted sums of `L` blocks, whose taps lie side by side.
#[inline(always)]
fn sums<T: Sample, K: Kernel<N>, const N: usize, const L: usize>(
    taps: &[[[T; L]; N]; N],
    (across, down): (&[f32; L], &[f32; L]),
) -> [T; L] {
    let mut sums = [T::default(); L];
    for lane in 0..L {
        let (weights, weights_down) = (K::weights(from_centre(across[lane])), K::weights(from_centre(down[lane])));
        let mut sum = 0.0;
        for (taps, down) in taps.iter().zip(weights_down) {
            let mut of_row = 0.0;
            for (taps, weight) in taps.iter().zip(weights) {
                of_row += weight * taps[lane].to_f64();
            }
            sum += down * of_row;
        }
        sums[lane] = T::from_f64(sum);
    }
    sums
}

impl<T: Sample + Default> Source<'_, T> {
    /// Makes the pixels of a row that are kept, but not made yet: from the taps that are good, or from the nearest sample.
    fn weigh_others<K: Kernel<N>, const N: usize>(&self, missing: &impl Fn(T) -> bool, row: &mut Row<'_, T>) {
        // Few are left as a rule: they are looked for many at a time.
        for start in (0..row.kept.len()).step_by(LANES) {
            let range = start..(start + LANES).min(row.kept.len());
            if row.kept[range.clone()] != row.valid[range.clone()] {
                self.weigh_singly::<K, N>(missing, (range, row));
            }
        }
    }

    fn weigh_singly<K: Kernel<N>, const N: usize>(
        &self,
        missing: &impl Fn(T) -> bool,
        (range, row): (Range<usize>, &mut Row<'_, T>),
    ) {
        let width_px = self.patch.window.width_px;
        for at in range {
            if row.kept[at] == row.valid[at] || row.line.is_outside(at) {
                continue;
            }
            let place = row.line.get(at);
            let block = Block::<N>::around::<T, K>(self.patch, place);
            if let Some(from) = block.start(self.patch).filter(|from| self.whole[*from] != 0) {
                let tap = |number: usize, tap: usize| self.patch.values[from + number * width_px + tap];
                let taps = std::array::from_fn(|number| std::array::from_fn(|at| [tap(number, at)]));
                let [sum] = sums::<T, K, N, 1>(&taps, (&[place.across], &[place.down]));
                (row.values[at], row.valid[at]) = (sum, 1);
                continue;
            }
            let nearest = self.patch.get(place.col as usize, place.row as usize);
            if let Some(nearest) = nearest.filter(|value| !missing(*value)) {
                let value = block.sum_good(self.patch, &self.good).unwrap_or(nearest);
                (row.values[at], row.valid[at]) = (value, 1);
            }
        }
    }
}

/// The kernel at one pixel of the result: its first source column and row in the patch, and its weights.
struct Block<const N: usize> {
    col: i64,
    row: i64,
    across: [f64; N],
    down: [f64; N],
}

impl<const N: usize> Block<N> {
    fn around<T, K: Kernel<N>>(patch: &Patch<T>, place: Place) -> Self {
        let first = |pixel: u32, share: f32, start: usize| {
            i64::from(pixel) - i64::from(share < 0.5) - (N as i64 / 2 - 1) - start as i64
        };
        Self {
            col: first(place.col, place.across, patch.window.col),
            row: first(place.row, place.down, patch.window.row),
            across: K::weights(from_centre(place.across)),
            down: K::weights(from_centre(place.down)),
        }
    }

    /// Index of its first pixel, if that lies in the patch.
    fn start<T>(&self, patch: &Patch<T>) -> Option<usize> {
        let (width_px, height_px) = (patch.window.width_px as i64, patch.window.height_px as i64);
        let is_inside = self.col >= 0 && self.row >= 0 && self.col < width_px && self.row < height_px;
        is_inside.then_some((self.row * width_px + self.col) as usize)
    }

    /// The weighted mean of the good pixels; `None` if next to no weight is left.
    fn sum_good<T: Sample>(&self, patch: &Patch<T>, good: &[u8]) -> Option<T> {
        let (width_px, height_px) = (patch.window.width_px as i64, patch.window.height_px as i64);
        let (mut sum, mut weights) = (0.0, 0.0);
        for (row, down) in (self.row..).zip(self.down).filter(|(row, _)| (0..height_px).contains(row)) {
            for (col, across) in (self.col..).zip(self.across).filter(|(col, _)| (0..width_px).contains(col)) {
                let at = (row * width_px + col) as usize;
                if good[at] != 0 {
                    sum += across * down * patch.values[at].to_f64();
                    weights += across * down;
                }
            }
        }
        (weights > LEAST_WEIGHT).then(|| T::from_f64(sum / weights))
    }
}

/// Finds for each pixel whether it and all the others of the `N` × `N` block that begins at it are good.
fn whole_blocks<const N: usize>(good: &[u8], width_px: usize, whole: &mut Vec<u8>) {
    whole.resize(good.len(), 0);
    if width_px < N {
        whole.fill(0);
        return;
    }
    for (to, from) in whole.chunks_exact_mut(width_px).zip(good.chunks_exact(width_px)) {
        let last = width_px - N + 1;
        to[..last].copy_from_slice(&from[..last]);
        to[last..].fill(0);
        for step in 1..N {
            to[..last].iter_mut().zip(&from[step..]).for_each(|(to, from)| *to &= from);
        }
    }
    let rows = good.len() / width_px;
    for row in 0..rows {
        let (head, tail) = whole.split_at_mut((row + 1) * width_px);
        let row_of = &mut head[row * width_px..];
        if row + N > rows {
            row_of.fill(0);
            continue;
        }
        for below in tail.chunks_exact(width_px).take(N - 1) {
            row_of.iter_mut().zip(below).for_each(|(to, from)| *to &= from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_interpolate() {
        for share in [0.0, 0.1, 0.5, 0.9] {
            assert!((Linear::weights(share).iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!((Cubic::weights(share).iter().sum::<f64>() - 1.0).abs() < 1e-12);
            // Keys' kernel gives quadratics back exactly.
            let quadratic = |x: f64| 3.0 - 2.0 * x + 5.0 * x * x;
            let found: f64 =
                Cubic::weights(share).iter().zip([-1.0, 0.0, 1.0, 2.0]).map(|(w, x)| w * quadratic(x)).sum();
            assert!((found - quadratic(share)).abs() < 1e-9, "{share}: {found}");
        }
        assert_eq!(Cubic::weights(0.0), [0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_block_is_whole_if_every_pixel_of_it_is_good() {
        let (width_px, height_px) = (7, 6);
        let good: Vec<u8> = (0..width_px * height_px).map(|at| u8::from(at % 11 != 5)).collect();
        let plain = |n: usize, at: usize| {
            let (col, row) = (at % width_px, at / width_px);
            let inside = col + n <= width_px && row + n <= height_px;
            inside && (0..n * n).all(|k| good[(row + k / n) * width_px + col + k % n] != 0)
        };
        // What is left in them from before does not matter.
        let (mut two, mut four) = (vec![1; 99], vec![1; 7]);
        whole_blocks::<2>(&good, width_px, &mut two);
        whole_blocks::<4>(&good, width_px, &mut four);
        assert_eq!((two.len(), four.len()), (good.len(), good.len()));
        for at in 0..good.len() {
            assert_eq!((two[at] != 0, four[at] != 0), (plain(2, at), plain(4, at)), "at {at}");
        }
    }
}
