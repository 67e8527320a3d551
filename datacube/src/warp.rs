//! From the grid of a source to that of the result.
//!
//! A pixel of the result is valid if and only if its nearest data sample is not nodata and its nearest mask samples are
//! kept. In a wider kernel taps that are nodata or masked weigh nothing and the rest is renormalised (DESIGN §4).

mod area;
mod taps;

use ardent_cog::{Sample, Samples, dispatch};
use ardent_model::{Window, recipe::Resampling};

use crate::{
    mapping::{Mapping, Place, SharedRow},
    patch::Patch,
    reduce::Plane,
};

/// Brings the whole of a source, as `mapping` knows it, into the window of `mapping`: its samples, row by row, and their
/// missing value. Nothing is masked. `average` and `mode` need [`Mapping::with_areas`], and give nothing without.
///
/// ```
/// use ardent_cog::Samples;
/// use ardent_datacube::{mapping::Mapping, warp::resample};
/// use ardent_model::{Affine, Crs, GeoBox, recipe::Resampling};
/// let grid = |left| GeoBox { crs: Crs::epsg(27700), affine: Affine::north_up(left, 10.0, 10.0), width_px: 2, height_px: 1 };
/// let mapping = Mapping::compute(&grid(5.0), &grid(5.0).full_window(), &grid(0.0)).unwrap();
/// let plane = resample(&mapping, (Samples::Uint16(vec![10, 20]), None), Resampling::Nearest);
/// assert_eq!((plane.samples, plane.valid), (Samples::Uint16(vec![20, 0]), vec![1, 0]));
/// ```
pub fn resample(mapping: &Mapping, (samples, nodata): (Samples, Option<f64>), resampling: Resampling) -> Plane {
    let (width_px, height_px) = mapping.source_size_px();
    let kept = vec![1; mapping.pixels()];
    dispatch!(samples, values => {
        let patch = Patch { window: Window { col: 0, row: 0, width_px, height_px }, values };
        Warp { mapping, patch, nodata, kept: &kept, kept_source: None, resampling }.run()
    })
}

/// One band of one scene, to be brought into a window of the result.
pub(crate) struct Warp<'a, T> {
    /// Where the window's pixels lie in the source.
    pub(crate) mapping: &'a Mapping,
    /// The source's pixels.
    pub(crate) patch: Patch<T>,
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
    pub(crate) fn run(self) -> Plane {
        match self.mapping.shared_rows(&self.patch.window) {
            Some(rows) => self.copy(rows),
            None => self.sample(),
        }
    }

    /// The same grid: rows are copied, or the whole is taken as it is.
    fn copy(self, rows: impl Iterator<Item = SharedRow>) -> Plane {
        let mut valid = vec![0_u8; self.kept.len()];
        let missing = is_missing::<T>(self.nodata);
        let fill = |valid: &mut [u8], kept: &[u8], source: &[T]| {
            for ((valid, kept), value) in valid.iter_mut().zip(kept).zip(source) {
                *valid = kept & u8::from(!missing(*value));
            }
        };
        let is_whole = self.patch.window.pixels() == self.mapping.pixels()
            && self.mapping.source_window(0) == Some(self.patch.window);
        if is_whole {
            fill(&mut valid, self.kept, &self.patch.values);
            return Plane { samples: T::into_samples(self.patch.values), valid };
        }
        let mut values = vec![T::default(); self.kept.len()];
        for row in rows {
            let target = row.target..row.target + row.length_px;
            let source = &self.patch.values[row.source..row.source + row.length_px];
            values[target.clone()].copy_from_slice(source);
            fill(&mut valid[target.clone()], &self.kept[target], source);
        }
        Plane { samples: T::into_samples(values), valid }
    }

    fn sample(&self) -> Plane {
        let mut values = vec![T::default(); self.kept.len()];
        let mut valid = vec![0_u8; self.kept.len()];
        match self.resampling {
            Resampling::Nearest => {
                let missing = is_missing::<T>(self.nodata);
                self.each_valid(&missing, |index, _, nearest| (values[index], valid[index]) = (nearest, 1));
            }
            Resampling::Bilinear => self.taps::<taps::Linear, 2>((&mut values, &mut valid)),
            Resampling::Cubic => self.taps::<taps::Cubic, 4>((&mut values, &mut valid)),
            Resampling::Average => self.areas(area::average, (&mut values, &mut valid)),
            Resampling::Mode => self.areas(area::mode, (&mut values, &mut valid)),
        }
        Plane { samples: T::into_samples(values), valid }
    }

    /// Calls `work` with the index, the place and the nearest sample of every pixel that is valid.
    #[inline]
    fn each_valid(&self, missing: &impl Fn(T) -> bool, mut work: impl FnMut(usize, Place, T)) {
        self.mapping.each(|index, place| {
            if self.kept[index] == 0 {
                return;
            }
            if let Some(nearest) = self.patch.get(place.col as usize, place.row as usize)
                && !missing(nearest)
            {
                work(index, place, nearest);
            }
        });
    }

    /// Finds which pixels of the source may be taps: 1 where neither nodata nor masked.
    fn good(&self, missing: &impl Fn(T) -> bool, good: &mut Vec<u8>) {
        good.clear();
        good.extend(self.patch.values.iter().map(|value| u8::from(!missing(*value))));
        if let Some(kept) = self.kept_source {
            good.iter_mut().zip(kept).for_each(|(good, kept)| *good &= kept);
        }
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
        Warp { mapping: &mapping, patch, nodata: Some(0.0), kept: &[1, 1, 1], kept_source, resampling }.run()
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

    /// Pixels are weighed many at a time where their taps follow one another.
    #[test]
    fn runs_give_what_single_pixels_give() {
        let source = GeoBox { height_px: 61, ..grid(0.0, 83) };
        let turned = Affine([9.97, 0.6, 1.0, 0.7, -9.96, -40.0]);
        let target = GeoBox { affine: turned, width_px: 90, height_px: 70, ..source };
        let runs = Mapping::compute(&target, &target.full_window(), &source).unwrap();
        assert!(runs.runs().is_some_and(|runs| runs.iter().any(|run| run.length_px > 8)));
        let single = runs.clone().without_runs();
        let noise = |index: usize| index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44;
        let kept: Vec<u8> = (0..target.pixels()).map(|index| u8::from(noise(index) % 9 > 1)).collect();
        for (how, missing) in [(Resampling::Bilinear, 0), (Resampling::Bilinear, 40), (Resampling::Cubic, 150)] {
            let value = |index| if missing > 0 && noise(index) % missing == 0 { 0 } else { noise(index + 7) as u16 };
            let warp = |mapping: &Mapping| {
                let patch = Patch { window: source.full_window(), values: (0..source.pixels()).map(value).collect() };
                let warp = Warp { mapping, patch, nodata: Some(0.0), kept: &kept, kept_source: None, resampling: how };
                warp.run()
            };
            let (found, plain) = (warp(&runs), warp(&single));
            assert_eq!(found.valid, plain.valid);
            assert_eq!(found.samples, plain.samples);
            assert!(found.valid.iter().filter(|valid| **valid != 0).count() > 2000);
        }
    }

    /// Runs of which nothing, or a part, lies in the source, in sources that are smaller than a kernel, too.
    #[test]
    fn runs_at_the_edges_give_what_single_pixels_give() {
        for (width_px, height_px) in [(65, 10), (64, 4), (130, 7), (3, 5), (1, 1), (66, 3)] {
            let source = GeoBox { height_px, ..grid(0.0, width_px) };
            for (shift_x, shift_y) in
                [(2.0, -2.0), (-2.0, 2.0), (638.0, 3.0), (-632.0, -48.0), (4.9, 20.0), (-7.0, -30.0)]
            {
                let affine = Affine::north_up(shift_x, shift_y, 10.0);
                let target = GeoBox { affine, width_px: 140, height_px: 12, ..source };
                let mapping = Mapping::compute(&target, &target.full_window(), &source).unwrap();
                for how in [Resampling::Bilinear, Resampling::Cubic] {
                    let warp = |mapping: &Mapping| {
                        let values = (0..source.pixels()).map(|index| (index * 7919 % 30_011) as u16).collect();
                        let patch = Patch { window: source.full_window(), values };
                        let kept = vec![1; target.pixels()];
                        Warp { mapping, patch, nodata: Some(0.0), kept: &kept, kept_source: None, resampling: how }
                            .run()
                    };
                    let (found, plain) = (warp(&mapping), warp(&mapping.clone().without_runs()));
                    assert!(
                        found.valid == plain.valid && found.samples == plain.samples,
                        "{width_px} at {shift_x} {how:?}"
                    );
                }
            }
        }
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
