//! From the grid of a source to that of the result.
//!
//! A pixel of the result is valid if and only if its nearest data sample is not nodata and its nearest mask samples are
//! kept. In a wider kernel taps that are nodata or masked weigh nothing and the rest is renormalised (DESIGN §4).

use ardent_cog::Sample;
use ardent_model::recipe::Resampling;

use crate::{
    mapping::{Mapping, SharedRow},
    patch::Patch,
    reduce::Plane,
};

/// One band of one scene, to be brought into a window of the result.
pub(crate) struct Warp<'a, T> {
    /// Where the window's pixels lie in the source.
    pub(crate) mapping: &'a Mapping,
    /// The source's pixels.
    pub(crate) patch: &'a Patch<T>,
    /// Missing value.
    pub(crate) nodata: Option<f64>,
    /// Which pixels of the window the masks keep.
    pub(crate) kept: &'a [u8],
    /// Which pixels of the source the masks keep, over the same window as `patch`; for wider kernels.
    pub(crate) kept_source: Option<&'a [u8]>,
    /// The kernel.
    pub(crate) resampling: Resampling,
}

/// Whether a value is a missing one.
pub(crate) fn is_missing<T: Sample>(nodata: Option<f64>) -> impl Fn(T) -> bool {
    // NaN is missing in every float band; the missing value is compared in the band's own type.
    let nodata = nodata.filter(|value| !value.is_nan() && (!T::DATA_TYPE.is_integer() || T::DATA_TYPE.holds(*value)));
    let nodata = nodata.map(T::from_f64);
    move |value: T| nodata == Some(value) || value.partial_cmp(&value).is_none()
}

impl<T: Sample + Default> Warp<'_, T> {
    /// The window's values, and where they are valid.
    pub(crate) fn run(&self) -> Plane {
        match self.mapping.shared_rows(&self.patch.window) {
            Some(rows) => self.copy(rows),
            None => self.sample(),
        }
    }

    /// The same grid: rows are copied.
    fn copy(&self, rows: impl Iterator<Item = SharedRow>) -> Plane {
        let mut values = vec![T::default(); self.kept.len()];
        let mut valid = vec![0_u8; self.kept.len()];
        let missing = is_missing::<T>(self.nodata);
        for row in rows {
            let target = row.target..row.target + row.length_px;
            let source = &self.patch.values[row.source..row.source + row.length_px];
            values[target.clone()].copy_from_slice(source);
            for ((valid, kept), value) in valid[target.clone()].iter_mut().zip(&self.kept[target]).zip(source) {
                *valid = kept & u8::from(!missing(*value));
            }
        }
        Plane { samples: T::into_samples(values), valid }
    }

    fn sample(&self) -> Plane {
        let mut values = vec![T::default(); self.kept.len()];
        let mut valid = vec![0_u8; self.kept.len()];
        let missing = is_missing::<T>(self.nodata);
        for (index, (value, is_valid)) in values.iter_mut().zip(&mut valid).enumerate() {
            if self.kept[index] == 0 {
                continue;
            }
            let nearest = self.mapping.nearest(index).and_then(|(col, row)| self.patch.get(col, row));
            let Some(nearest) = nearest.filter(|value| !missing(*value)) else { continue };
            *is_valid = 1;
            *value = match self.resampling {
                Resampling::Bilinear => self.bilinear(index, &missing).unwrap_or(nearest),
                Resampling::Nearest => nearest,
            };
        }
        Plane { samples: T::into_samples(values), valid }
    }

    /// The weighted mean of the four pixels around the position; `None` if all weights vanish.
    fn bilinear(&self, index: usize, missing: &impl Fn(T) -> bool) -> Option<T> {
        let (col, row) = self.mapping.position(index);
        let (left, top) = ((col - 0.5).floor(), (row - 0.5).floor());
        let (right_share, lower_share) = (col - 0.5 - left, row - 0.5 - top);
        let (mut sum, mut weights) = (0.0, 0.0);
        for (dy, share_y) in [(0.0, 1.0 - lower_share), (1.0, lower_share)] {
            for (dx, share_x) in [(0.0, 1.0 - right_share), (1.0, right_share)] {
                let (tap_col, tap_row) = (left + dx, top + dy);
                if tap_col < 0.0 || tap_row < 0.0 {
                    continue;
                }
                let Some(at) = self.patch.index(tap_col as usize, tap_row as usize) else { continue };
                let value = self.patch.values[at];
                if missing(value) || self.kept_source.is_some_and(|kept| kept[at] == 0) {
                    continue;
                }
                sum += share_x * share_y * value.to_f64();
                weights += share_x * share_y;
            }
        }
        (weights > 0.0).then(|| T::from_f64(sum / weights))
    }
}

#[cfg(test)]
mod tests {
    use ardent_cog::Samples;
    use ardent_model::{Affine, Crs, GeoBox, Window};

    use super::*;

    fn grid(left: f64, size: usize) -> GeoBox {
        GeoBox { crs: Crs::epsg(27700), affine: Affine::north_up(left, 0.0, 10.0), width_px: size, height_px: 1 }
    }

    fn warp(left: f64, resampling: Resampling, kept_source: Option<&[u8]>) -> Plane {
        let target = grid(left, 3);
        let mapping = Mapping::compute(&target, &target.full_window(), &grid(0.0, 4)).unwrap();
        let window = Window { col: 0, row: 0, width_px: 4, height_px: 1 };
        let patch = Patch { window, values: vec![10_u16, 20, 0, 40] };
        Warp { mapping: &mapping, patch: &patch, nodata: Some(0.0), kept: &[1, 1, 1], kept_source, resampling }.run()
    }

    #[test]
    fn nodata_is_not_valid_and_ties_go_up() {
        let plane = warp(5.0, Resampling::Nearest, None);
        assert_eq!((plane.samples, plane.valid), (Samples::Uint16(vec![20, 0, 40]), vec![1, 0, 1]));
    }

    #[test]
    fn bilinear_renormalises_over_valid_taps() {
        let plane = warp(4.0, Resampling::Bilinear, None);
        // Centres at 0.9, 1.9 and 2.9: between 10 and 20; nearest 20 with a missing neighbour; nearest missing.
        assert_eq!((plane.samples, plane.valid), (Samples::Uint16(vec![14, 20, 0]), vec![1, 1, 0]));
    }

    #[test]
    fn masked_taps_weigh_nothing() {
        let plane = warp(4.0, Resampling::Bilinear, Some(&[1, 0, 1, 1]));
        assert_eq!(
            plane.samples,
            Samples::Uint16(vec![10, 20, 0]),
            "the second keeps its nearest: all its taps are masked"
        );
    }
}
