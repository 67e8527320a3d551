//! Which pixels the masks keep.

use std::sync::Arc;

use ardent_cog::{Sample, Tile, dispatch_type};
use ardent_model::{Window, recipe::Keep};

use crate::{
    mapping::{Line, Mapping},
    patch::Patch,
    plan::MaskLayer,
};

/// A mask over the part of its grid that a window needs: 1 where its pixels are kept.
pub(crate) type Kept = Patch<u8>;

/// Applies the rule of a mask to its pixels. Where no tile was read nothing is kept.
pub(crate) fn kept(layer: &MaskLayer, window: Window, tiles: &mut [Arc<Tile>]) -> Kept {
    let level = &layer.raster.levels()[layer.level];
    let tile_px = (level.tile_width_px, level.tile_height_px);
    dispatch_type!(layer.raster.data_type(), T => {
        let patch = Patch::<T>::assemble(window, tiles, 0, tile_px);
        let kept = Patch { window, values: apply(&layer.keep, &patch.values) };
        if layer.halo_px() > 0 { dilated(&kept, layer.dilate_px) } else { kept }
    })
}

/// Keeps only what is farther than `radius_px` from all that is not kept, from centre to centre. Nothing comes in from
/// beyond the patch: pixels closer to its sides than that are right only where the file ends.
fn dilated(kept: &Kept, radius_px: f64) -> Kept {
    let (width, height) = (kept.window.width_px, kept.window.height_px);
    let reach = radius_px as usize;
    // Of each pixel, how far the nearest in its row is that is not kept.
    let mut distances = vec![u16::MAX; width * height];
    for (row, distances) in kept.values.chunks_exact(width).zip(distances.chunks_exact_mut(width)) {
        distances_in_row(row, distances);
    }
    let mut values = vec![1_u8; width * height];
    for row in 0..height {
        let near = row.saturating_sub(reach)..=(row + reach).min(height - 1);
        let values = &mut values[row * width..(row + 1) * width];
        for other in near {
            let across = (radius_px.powi(2) - (other.abs_diff(row) as f64).powi(2)).max(0.0).sqrt() as u16;
            for (value, distance) in values.iter_mut().zip(&distances[other * width..(other + 1) * width]) {
                *value &= u8::from(*distance > across);
            }
        }
    }
    Patch { window: kept.window, values }
}

fn distances_in_row(row: &[u8], distances: &mut [u16]) {
    let mut last = u16::MAX;
    for (kept, distance) in row.iter().zip(distances.iter_mut()) {
        last = if *kept == 0 { 0 } else { last.saturating_add(1) };
        *distance = last;
    }
    last = u16::MAX;
    for (kept, distance) in row.iter().zip(distances.iter_mut()).rev() {
        last = if *kept == 0 { 0 } else { last.saturating_add(1) };
        *distance = last.min(*distance);
    }
}

fn apply<T: Sample>(keep: &Keep, values: &[T]) -> Vec<u8> {
    match keep {
        Keep::Include(kept) if kept.len() <= COMPARED_MAX => among(kept, values),
        Keep::Exclude(lost) if lost.len() <= COMPARED_MAX => {
            let mut kept = among(lost, values);
            for kept in &mut kept {
                *kept ^= 1;
            }
            kept
        }
        _ => values.iter().map(|value| u8::from(keep.keeps(value.to_f64()))).collect(),
    }
}

/// Lists up to this length are compared with whole runs of pixels at a time.
const COMPARED_MAX: usize = 16;

/// 1 where a pixel is one of `listed`.
fn among<T: Sample>(listed: &[f64], values: &[T]) -> Vec<u8> {
    // What the type does not hold, no pixel is.
    let listed = listed.iter().filter(|value| !T::DATA_TYPE.is_integer() || T::DATA_TYPE.holds(**value));
    let mut found = vec![0_u8; values.len()];
    for one in listed.map(|value| T::from_f64(*value)) {
        found.iter_mut().zip(values).for_each(|(found, value)| *found |= u8::from(*value == one));
    }
    found
}

/// Narrows `kept` of a window of the result to where the nearest pixel of a mask is kept, too.
pub(crate) fn narrow(kept: &mut [u8], mapping: &Mapping, mask: &Kept) {
    let Window { col: left, row: top, width_px, height_px } = mask.window;
    if let Some(rows) = mapping.shared_rows(&mask.window) {
        // The same grid: whole rows at a time, and nothing outside of them.
        let mut narrowed = vec![0_u8; kept.len()];
        for row in rows {
            let (target, source) = (row.target..row.target + row.length_px, row.source..row.source + row.length_px);
            for ((to, was), is) in narrowed[target.clone()].iter_mut().zip(&kept[target]).zip(&mask.values[source]) {
                *to = was & is;
            }
        }
        kept.copy_from_slice(&narrowed);
    } else if let Some((cols, rows)) = mapping.nearest_axes() {
        let cols: Vec<usize> = cols.into_iter().map(|col| col.map_or(width_px, |col| col.wrapping_sub(left))).collect();
        // A coarser mask has one row for several of the window's.
        let (mut picked, mut picked_of) = (vec![0_u8; cols.len()], None);
        for (line, row) in kept.chunks_exact_mut(cols.len()).zip(rows) {
            let Some(row) = row.map(|row| row.wrapping_sub(top)).filter(|row| *row < height_px) else {
                line.fill(0);
                continue;
            };
            if picked_of != Some(row) {
                let line = &mask.values[row * width_px..(row + 1) * width_px];
                picked.iter_mut().zip(&cols).for_each(|(to, col)| *to = line.get(*col).copied().unwrap_or(0));
                picked_of = Some(row);
            }
            line.iter_mut().zip(&picked).for_each(|(kept, is)| *kept &= is);
        }
    } else {
        let mut indices = Vec::new();
        mapping.each_line(|start, line| {
            indices.resize(line.cols.len(), 0);
            index_in(&mask.window, &line, &mut indices);
            let kept = &mut kept[start..start + line.cols.len()];
            // What lies before the mask, or has no counterpart in it, is beyond its last pixel then.
            kept.iter_mut().zip(&indices).for_each(|(kept, index)| {
                *kept &= mask.values.get(*index as usize).copied().unwrap_or(0);
            });
        });
    }
}

/// Which pixels of a window of the source lie nearest to those of a line; `u32::MAX`: none.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn index_in(window: &Window, line: &Line<'_>, indices: &mut [u32]) {
    // Windows are of megapixels, and their numbers those of rasters of 31 bits.
    let [left, top, width, height] = [window.col, window.row, window.width_px, window.height_px].map(|px| px as u32);
    for ((index, col), row) in indices.iter_mut().zip(line.cols).zip(line.rows) {
        let (col, row) = (col.wrapping_sub(left), row.wrapping_sub(top));
        let is_inside = col < width && row < height;
        *index = if is_inside { row.wrapping_mul(width).wrapping_add(col) } else { u32::MAX };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_hold_for_every_type() {
        assert_eq!(apply(&Keep::Include(vec![0.0, 2.0]), &[0_u8, 1, 2, 255]), [1, 0, 1, 0]);
        assert_eq!(apply(&Keep::Exclude(vec![-1.0]), &[-1_i8, 0, 127, -128]), [0, 1, 1, 1]);
        assert_eq!(apply(&Keep::Below(40.0), &[39.9_f32, 40.0, f32::NAN]), [1, 0, 0]);
        assert_eq!(apply(&Keep::Include(vec![300.0]), &[300_u16, 301]), [1, 0]);
    }

    #[test]
    fn a_dilated_mask_is_a_disc_around_each_pixel() {
        let (width, height) = (41, 37);
        let window = Window { col: 3, row: 9, width_px: width, height_px: height };
        let values: Vec<u8> = (0..width * height).map(|at| u8::from(at * 7919 % 311 > 2)).collect();
        let kept = Kept { window, values };
        for radius in [1.0, 1.5, 2.0, 5.0, 7.3] {
            let found = dilated(&kept, radius);
            for at in 0..width * height {
                let near = (0..width * height).any(|other| {
                    let across = (at % width).abs_diff(other % width) as f64;
                    let down = (at / width).abs_diff(other / width) as f64;
                    kept.values[other] == 0 && across.powi(2) + down.powi(2) <= radius * radius
                });
                assert_eq!(found.values[at] == 0, near, "{radius} at {at}");
            }
        }
    }
}
