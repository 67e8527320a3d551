//! Kernels of a fixed number of source pixels around the position: bilinear and cubic.

use ardent_cog::Sample;

use super::{Warp, is_missing};
use crate::patch::Patch;

/// If no more than this of the kernel's weight is left, the nearest sample stands for it: dividing by less would amplify
/// what little is known.
const LEAST_WEIGHT: f64 = 0.05;

/// Weights of the two pixels around a position that is `share` beyond the first.
pub(super) fn linear(share: f64) -> [f64; 2] {
    [1.0 - share, share]
}

/// Weights of the four pixels around a position that is `share` beyond the second: Keys' cubic convolution with
/// a = −0.5 (R. Keys, 1981, doi:10.1109/TASSP.1981.1163711).
pub(super) fn cubic(share: f64) -> [f64; 4] {
    let (t, t2, t3) = (share, share * share, share * share * share);
    [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3]
}

/// The kernel at one pixel of the result: its first source column and row in the patch, and its weights.
struct Block<const N: usize> {
    col: i64,
    row: i64,
    across: [f64; N],
    down: [f64; N],
}

/// The first of the `n` pixels around a position, and the share that the weights are of.
#[inline]
fn first_of(n: usize, pixel: u32, share: f32) -> (i64, f64) {
    // Shares are from the pixel's edge, weights from centre to centre.
    let (before, share) = if share < 0.5 { (1, f64::from(share) + 0.5) } else { (0, f64::from(share) - 0.5) };
    (i64::from(pixel) - before - (n as i64 / 2 - 1), share)
}

impl<T: Sample + Default> Warp<'_, T> {
    /// Weighs `N` × `N` source pixels around each position.
    pub(super) fn taps<const N: usize>(
        &self,
        weights: impl Fn(f64) -> [f64; N],
        (values, valid): (&mut [T], &mut [u8]),
    ) {
        let missing = is_missing::<T>(self.nodata);
        let good = self.good(&missing);
        let whole = whole_blocks::<N>(&good, self.patch.window.width_px);
        let (left, top) = (self.patch.window.col as i64, self.patch.window.row as i64);
        self.mapping.each(|index, place| {
            if self.kept[index] == 0 {
                return;
            }
            let (col, share_across) = first_of(N, place.col, place.across);
            let (row, share_down) = first_of(N, place.row, place.down);
            let (across, down) = (weights(share_across), weights(share_down));
            let block = Block { col: col - left, row: row - top, across, down };
            // The nearest sample is one of the block, and as good as the others.
            if let Some(start) = block.start(&self.patch).filter(|start| whole[*start] != 0) {
                (values[index], valid[index]) = (block.sum(&self.patch, start), 1);
                return;
            }
            let nearest = self.patch.get(place.col as usize, place.row as usize);
            if let Some(nearest) = nearest.filter(|value| !missing(*value)) {
                (values[index], valid[index]) = (block.sum_good(&self.patch, &good).unwrap_or(nearest), 1);
            }
        });
    }
}

impl<const N: usize> Block<N> {
    /// Index of its first pixel, if that lies in the patch.
    #[inline]
    fn start<T>(&self, patch: &Patch<T>) -> Option<usize> {
        let (width_px, height_px) = (patch.window.width_px as i64, patch.window.height_px as i64);
        let is_inside = self.col >= 0 && self.row >= 0 && self.col < width_px && self.row < height_px;
        is_inside.then_some((self.row * width_px + self.col) as usize)
    }

    /// The weighted sum, all pixels being good.
    #[inline]
    fn sum<T: Sample>(&self, patch: &Patch<T>, start: usize) -> T {
        let mut sum = 0.0;
        for (number, down) in self.down.iter().enumerate() {
            let from = start + number * patch.window.width_px;
            let row: &[T] = patch.values.get(from..from + N).unwrap_or_default();
            let across: f64 = self.across.iter().zip(row).map(|(weight, value)| weight * value.to_f64()).sum();
            sum += down * across;
        }
        T::from_f64(sum)
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

/// For each pixel whether it and all the others of the `N` × `N` block that begins at it are good.
fn whole_blocks<const N: usize>(good: &[u8], width_px: usize) -> Vec<u8> {
    let mut whole = vec![0_u8; good.len()];
    if width_px < N {
        return whole;
    }
    for (to, from) in whole.chunks_exact_mut(width_px).zip(good.chunks_exact(width_px)) {
        let last = width_px - N + 1;
        to[..last].copy_from_slice(&from[..last]);
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
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_interpolate() {
        for share in [0.0, 0.1, 0.5, 0.9] {
            assert!((linear(share).iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!((cubic(share).iter().sum::<f64>() - 1.0).abs() < 1e-12);
            // Keys' kernel gives quadratics back exactly.
            let quadratic = |x: f64| 3.0 - 2.0 * x + 5.0 * x * x;
            let found: f64 = cubic(share).iter().zip([-1.0, 0.0, 1.0, 2.0]).map(|(w, x)| w * quadratic(x)).sum();
            assert!((found - quadratic(share)).abs() < 1e-9, "{share}: {found}");
        }
        assert_eq!(cubic(0.0), [0.0, 1.0, 0.0, 0.0]);
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
        let (two, four) = (whole_blocks::<2>(&good, width_px), whole_blocks::<4>(&good, width_px));
        for at in 0..good.len() {
            assert_eq!((two[at] != 0, four[at] != 0), (plain(2, at), plain(4, at)), "at {at}");
        }
    }
}
