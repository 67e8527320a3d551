//! Tiles read and unpacked, masks first.

use std::{cell::RefCell, fs::File, os::unix::fs::FileExt};

use libdeflater::Decompressor;
use rayon::prelude::*;

use crate::{
    lattice::Position,
    median::MASKED,
    plan::{Date, Raster},
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

/// The wanted bands of a tile of 16-bit values.
fn values(raster: &Raster, tile: usize) -> Vec<Vec<u16>> {
    assert_eq!((raster.sample_bytes, raster.predictor), (2, 2), "{} is not uint16 with predictor 2", raster.path);
    with_inflated(raster, tile, |raw| match raster.wanted[..] {
        [_] if raster.samples == 1 => vec![alone(raw, raster.tile_px)],
        [first, second, third] => together(raw, raster, [first, second, third]).into(),
        _ => raster.wanted.iter().flat_map(|sample| together(raw, raster, [*sample])).collect(),
    })
}

/// Undoes predictor 2 for some of the bands that lie together, all in one pass.
fn together<const N: usize>(raw: &[u8], raster: &Raster, wanted: [usize; N]) -> [Vec<u16>; N] {
    let mut bands: [Vec<u16>; N] = std::array::from_fn(|_| vec![0; raster.tile_px * raster.tile_px]);
    let pixel_bytes = raster.samples * 2;
    for (row, line) in raw.chunks_exact(raster.tile_px * pixel_bytes).enumerate() {
        let mut sums = [0u16; N];
        let lines = bands.each_mut().map(|band| &mut band[row * raster.tile_px..(row + 1) * raster.tile_px]);
        for (column, pixel) in line.chunks_exact(pixel_bytes).enumerate() {
            for band in 0..N {
                let at = 2 * wanted[band];
                sums[band] = sums[band].wrapping_add(u16::from_le_bytes([pixel[at], pixel[at + 1]]));
                lines[band][column] = sums[band];
            }
        }
    }
    bands
}

/// Undoes predictor 2 of a band that lies alone: eight running sums in three steps.
fn alone(raw: &[u8], tile_px: usize) -> Vec<u16> {
    let mut band = vec![0; tile_px * tile_px];
    for (line, out) in raw.chunks_exact(tile_px * 2).zip(band.chunks_exact_mut(tile_px)) {
        let mut carry = 0u16;
        for (stored, out) in line.chunks_exact(16).zip(out.chunks_exact_mut(8)) {
            let mut sums: [u16; 8] = std::array::from_fn(|at| u16::from_le_bytes([stored[2 * at], stored[2 * at + 1]]));
            for apart in [1, 2, 4] {
                let before = sums;
                sums =
                    std::array::from_fn(|at| before[at].wrapping_add(if at < apart { 0 } else { before[at - apart] }));
            }
            out.copy_from_slice(&sums.map(|sum| sum.wrapping_add(carry)));
            carry = out[7];
        }
    }
    band
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
        band.iter_mut()
            .zip(&mask)
            .for_each(|(value, kept)| *value = if *kept && *value != 0 { *value } else { MASKED });
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
    let masks: Vec<Option<Vec<bool>>> =
        (0..across * down).into_par_iter().map(|tile| mask(&date.masks, tile)).collect();
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
        let mut pixels = vec![0; raster.width_px * raster.height_px];
        for (tile, bands) in tiles.iter().zip(unpacked) {
            raster.place(&bands[0], *tile, &mut pixels);
        }
        pixels
    };
    let bands = date.values.iter().map(band).collect();
    let size_px = (first.width_px, first.height_px);
    Image { size_px, bands, coarser, mask: kept, mask_width_px: classes.width_px }
}

/// What a pixel of the cube takes from an image: the same on every date and in every band.
pub(crate) struct Kernel {
    /// Of the upper left of four taps.
    first: usize,
    weights: [f32; 4],
    /// In the mask; beyond it where the image does not reach.
    nearest: usize,
}

impl Image {
    /// The kernels at positions.
    pub(crate) fn kernels(&self, positions: &[Position]) -> Vec<Kernel> {
        let (width, height) = self.size_px;
        let kernel = |position: &Position| {
            let (column, row) = (position.x as usize, position.y as usize);
            let is_inside = position.x >= 0.0 && position.y >= 0.0 && column < width && row < height;
            let nearest =
                if is_inside { row / self.coarser * self.mask_width_px + column / self.coarser } else { usize::MAX };
            let (left, top) = ((position.x - 0.5).max(0.0), (position.y - 0.5).max(0.0));
            let (column, row) = ((left as usize).min(width - 2), (top as usize).min(height - 2));
            let (right, lower) = ((left - column as f32).min(1.0), (top - row as f32).min(1.0));
            let upper = 1.0 - lower;
            let weights = [(1.0 - right) * upper, right * upper, (1.0 - right) * lower, right * lower];
            Kernel { first: row * width + column, weights, nearest }
        };
        positions.iter().map(kernel).collect()
    }

    /// What the bands have at kernels; the mask where it is nearest, taps without data weigh nothing.
    pub(crate) fn bilinear(&self, kernels: &[Kernel]) -> Vec<Vec<u16>> {
        let width = self.size_px.0;
        let is_kept: Vec<bool> =
            kernels.iter().map(|kernel| self.mask.get(kernel.nearest).is_some_and(|kept| *kept > 0)).collect();
        let value = |pixels: &[u16], kernel: &Kernel| {
            let [upper, lower] = [kernel.first, kernel.first + width].map(|at| &pixels[at..at + 2]);
            let taps = [upper[0], upper[1], lower[0], lower[1]];
            let sum: f32 = taps.iter().zip(kernel.weights).map(|(tap, weight)| f32::from(*tap) * weight).sum();
            if taps.iter().all(|tap| *tap > 0) {
                return (sum + 0.5) as u16;
            }
            let weight: f32 = taps.iter().zip(kernel.weights).map(|(tap, one)| if *tap > 0 { one } else { 0.0 }).sum();
            if weight > 1e-6 { (sum / weight + 0.5) as u16 } else { MASKED }
        };
        let band = |pixels: &Vec<u16>| {
            let each = kernels.iter().zip(&is_kept);
            each.map(|(kernel, kept)| if *kept { value(pixels, kernel) } else { MASKED }).collect()
        };
        self.bands.iter().map(band).collect()
    }
}
