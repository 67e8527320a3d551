//! Kernels of the area that a pixel of the result covers: average and mode, source pixels weighed by the share of them
//! that is covered.

use ardent_cog::Sample;

use super::{Warp, is_missing};

/// A good source pixel under a pixel of the result, and how much of it is covered.
pub(super) type Covered<T> = (T, f64);

/// The weighted mean.
pub(super) fn average<T: Sample>(covered: &mut [Covered<T>]) -> Option<T> {
    let weights: f64 = covered.iter().map(|(_, weight)| weight).sum();
    let sum: f64 = covered.iter().map(|(value, weight)| value.to_f64() * weight).sum();
    (weights > 0.0).then(|| T::from_f64(sum / weights))
}

/// The value that covers most; of several that cover the same, the least.
pub(super) fn mode<T: Sample>(covered: &mut [Covered<T>]) -> Option<T> {
    // Shares of one pixel that are equal in truth differ by rounding.
    const SAME_SHARE: f64 = 1e-6;
    covered.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
    let mut best: Option<Covered<T>> = None;
    for alike in covered.chunk_by(|a, b| a.0 == b.0) {
        let weight: f64 = alike.iter().map(|(_, weight)| weight).sum();
        if best.is_none_or(|(_, most)| weight > most + SAME_SHARE) {
            best = Some((alike[0].0, weight));
        }
    }
    best.map(|(value, _)| value)
}

impl<T: Sample + Default> Warp<'_, T> {
    /// Makes each pixel from the source pixels it covers; from the nearest where none of them is good.
    pub(super) fn areas(
        &self,
        kernel: impl Fn(&mut [Covered<T>]) -> Option<T>,
        (values, valid): (&mut [T], &mut [u8]),
    ) {
        let missing = is_missing::<T>(self.nodata);
        let mut good = Vec::new();
        self.good(&missing, &mut good);
        let window = self.patch.window;
        let mut covered: Vec<Covered<T>> = Vec::new();
        self.mapping.each_area(|index, place, extent| {
            let nearest = self.patch.get(place.col as usize, place.row as usize);
            let Some(nearest) = nearest.filter(|value| self.kept[index] != 0 && !missing(*value)) else { return };
            covered.clear();
            let (col, row) = (place.col as usize - window.col, place.row as usize - window.row);
            for (row, down) in shares(row, (extent.top, extent.bottom), window.height_px) {
                for (col, across) in shares(col, (extent.left, extent.right), window.width_px) {
                    let at = row * window.width_px + col;
                    if good[at] != 0 {
                        covered.push((self.patch.values[at], across * down));
                    }
                }
            }
            (values[index], valid[index]) = (kernel(&mut covered).unwrap_or(nearest), 1);
        });
    }
}

/// The pixels of one axis between `low` and `high` (from pixel `nearest`), each with the share of it in between.
fn shares(nearest: usize, (low, high): (f32, f32), length_px: usize) -> impl Iterator<Item = (usize, f64)> {
    let (low, high) = (f64::from(low) + nearest as f64, f64::from(high) + nearest as f64);
    // Without a counterpart they are NaN, and nothing is covered.
    let last = if low < high { high.min(length_px as f64).ceil() as usize } else { 0 };
    let first = low.max(0.0) as usize;
    (first..last).filter_map(move |pixel| {
        let share = high.min(pixel as f64 + 1.0) - low.max(pixel as f64);
        (share > 0.0).then_some((pixel, share))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_what_covers_most() {
        assert_eq!(mode(&mut [(7_u8, 0.4), (3, 0.5), (7, 0.4)]), Some(7));
        assert_eq!(mode(&mut [(7_u8, 1.0), (3, 1.0)]), Some(3), "of equals the least");
        assert_eq!(mode::<u8>(&mut []), None);
    }

    #[test]
    fn shares_add_up_to_what_is_covered() {
        let found: Vec<_> = shares(2, (-0.25, 1.5), 10).collect();
        assert_eq!(found, [(1, 0.25), (2, 1.0), (3, 0.5)]);
        assert_eq!(shares(0, (-3.0, 1.0), 10).collect::<Vec<_>>(), [(0, 1.0)], "cut to the source");
        assert_eq!(shares(0, (f32::NAN, f32::NAN), 10).count(), 0);
    }
}
