//! Tiles read and unpacked, masks first.

use std::{cell::RefCell, fs::File, os::unix::fs::FileExt};

use libdeflater::Decompressor;
use rayon::prelude::*;

use crate::{
    lattice::Position,
    median::MASKED,
    plan::{Date, Raster},
    rounded,
};

thread_local! {
    static INFLATE: RefCell<(Decompressor, Vec<u8>, Vec<u8>)> =
        RefCell::new((Decompressor::new(), Vec::new(), Vec::new()));
}

/// Runs `use_it` on the unpacked bytes of a tile.
fn with_inflated<T>(raster: &Raster, tile: usize, use_it: impl FnOnce(&[u8]) -> T) -> T {
    let (offset, length) = raster.tiles[tile];
    INFLATE.with_borrow_mut(|(inflate, packed, raw)| {
        packed.resize(length, 0);
        File::open(&raster.path).unwrap().read_exact_at(packed, offset).unwrap();
        raw.resize(raster.tile_px * raster.tile_px * raster.samples * raster.sample_bytes, 0);
        inflate.zlib_decompress(packed, raw).unwrap();
        use_it(raw)
    })
}

/// The wanted bands of a tile of 16-bit values; 0, which is no data, becomes [`MASKED`].
fn values(raster: &Raster, tile: usize) -> Vec<Vec<u16>> {
    with_inflated(raster, tile, |raw| {
        let mut bands = vec![vec![0; raster.tile_px * raster.tile_px]; raster.wanted.len()];
        let row_bytes = raster.tile_px * raster.samples * 2;
        for (&sample, band) in raster.wanted.iter().zip(&mut bands) {
            for (line, out) in raw.chunks_exact(row_bytes).zip(band.chunks_exact_mut(raster.tile_px)) {
                let mut sum = 0u16;
                for (pixel, value) in line.chunks_exact(raster.samples * 2).zip(out) {
                    let stored = u16::from_le_bytes([pixel[2 * sample], pixel[2 * sample + 1]]);
                    sum = if raster.predictor == 2 { sum.wrapping_add(stored) } else { stored };
                    *value = if sum == 0 { MASKED } else { sum };
                }
            }
        }
        bands
    })
}

/// Which pixels of a tile all the masks keep; `None` if they keep none.
fn mask(masks: &[Raster], tile: usize) -> Option<Vec<bool>> {
    let mut kept = vec![true; masks[0].tile_px * masks[0].tile_px];
    for raster in masks {
        let mut keeps = [false; 256];
        raster.keep.iter().for_each(|class| keeps[usize::from(*class)] = true);
        with_inflated(raster, tile, |raw| {
            kept.iter_mut().zip(raw).for_each(|(kept, class)| *kept &= keeps[usize::from(*class)]);
        });
    }
    kept.contains(&true).then_some(kept)
}

/// The bands of a tile with what the masks drop taken out; `None` if no pixel is left.
pub(crate) fn kept(date: &Date, tile: usize) -> Option<Vec<Vec<u16>>> {
    let mask = mask(&date.masks, tile)?;
    let mut bands: Vec<Vec<u16>> = date.values.iter().flat_map(|raster| values(raster, tile)).collect();
    for band in &mut bands {
        band.iter_mut().zip(&mask).for_each(|(value, kept)| *value = if *kept { *value } else { MASKED });
    }
    Some(bands)
}

/// All of a date's files, unpacked.
pub(crate) struct Image {
    size_px: (usize, usize),
    bands: Vec<Vec<u16>>,
    /// How many pixels of the values, across and down, one of the mask covers, and the mask with its width.
    coarser: usize,
    mask: Vec<u16>,
    mask_width_px: usize,
}

/// Reads a date as a whole, but for tiles of which the mask keeps nothing.
pub(crate) fn image(date: &Date) -> Image {
    let (classes, first) = (&date.masks[0], &date.values[0]);
    let (across, down) = classes.tiles_across_down();
    let masks: Vec<Option<Vec<bool>>> = (0..across * down).into_par_iter().map(|tile| mask(&date.masks, tile)).collect();
    let mut kept = vec![0; classes.width_px * classes.height_px];
    for (tile, pixels) in masks.iter().enumerate().filter_map(|(tile, mask)| Some((tile, mask.as_ref()?))) {
        classes.place(&pixels.iter().map(|kept| u16::from(*kept)).collect::<Vec<_>>(), tile, &mut kept);
    }
    let coarser = first.width_px / classes.width_px;
    let (across, down) = first.tiles_across_down();
    let is_wanted = |tile: usize| {
        let side = first.tile_px / coarser;
        let (left, top) = (tile % across * side, tile / across * side);
        let rows = kept.chunks_exact(classes.width_px).skip(top).take(side);
        rows.into_iter().any(|row| row[left..classes.width_px.min(left + side)].contains(&1))
    };
    let band = |raster: &Raster| {
        let tiles: Vec<usize> = (0..across * down).filter(|tile| is_wanted(*tile)).collect();
        let unpacked: Vec<Vec<Vec<u16>>> = tiles.par_iter().map(|tile| values(raster, *tile)).collect();
        let mut pixels = vec![MASKED; raster.width_px * raster.height_px];
        for (tile, bands) in tiles.iter().zip(unpacked) {
            raster.place(&bands[0], *tile, &mut pixels);
        }
        pixels
    };
    let bands = date.values.iter().map(band).collect();
    let size_px = (first.width_px, first.height_px);
    Image { size_px, bands, coarser, mask: kept, mask_width_px: classes.width_px }
}

impl Image {
    /// A band at each position; the mask where it is nearest; taps without data weigh nothing.
    pub(crate) fn bilinear(&self, band: usize, positions: &[Position]) -> Vec<u16> {
        let (width, height) = self.size_px;
        let pixels = &self.bands[band];
        let at = |position: &Position| {
            let (nearest_x, nearest_y) = (position.x as usize, position.y as usize);
            if nearest_x >= width || nearest_y >= height {
                return MASKED;
            }
            if self.mask[nearest_y / self.coarser * self.mask_width_px + nearest_x / self.coarser] == 0 {
                return MASKED;
            }
            let (left, top) = ((position.x - 0.5).max(0.0), (position.y - 0.5).max(0.0));
            let (x, y) = ((left as usize).min(width - 2), (top as usize).min(height - 2));
            let (right, lower) = (left - x as f32, top - y as f32);
            let first = y * width + x;
            let taps = [pixels[first], pixels[first + 1], pixels[first + width], pixels[first + width + 1]];
            let upper = 1.0 - lower;
            let weights = [(1.0 - right) * upper, right * upper, (1.0 - right) * lower, right * lower];
            let data = taps.iter().zip(weights).filter(|(tap, _)| **tap != MASKED);
            let (sum, weight) = data.fold((0.0, 0.0), |(sum, all), (tap, one)| (sum + f32::from(*tap) * one, all + one));
            rounded(sum, weight)
        };
        positions.iter().map(at).collect()
    }
}
