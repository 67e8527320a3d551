//! The area of a source that a pixel of the result covers.

use ardent_model::{Affine, GeoBox, Window};

use super::{Mapping, Place, Way, axes, turns};
use crate::{Result, lattice::Positions};

/// The part of a source that a pixel covers, in source pixels from the upper left corner of the nearest one: `left` and
/// `top` are at most 0 or within that pixel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

/// Extents on the axes, or of each pixel.
#[derive(Debug, Clone)]
pub(super) enum Areas {
    /// (left, right) of each column, (top, bottom) of each row.
    Axes(Vec<(f32, f32)>, Vec<(f32, f32)>),
    Pixels(Vec<Extent>),
}

impl Areas {
    /// The extents of the pixels of the mapping's window of `target`. In another CRS they are the upright rectangles
    /// that hold the corners of the pixel.
    pub(super) fn compute(mapping: &Mapping, target: &GeoBox) -> Result<Self> {
        let (window, source) = (&mapping.window, &mapping.source);
        if let (Way::Axes(cols, rows), Some(edges)) = (&mapping.way, axes(target, window, source, 0.0)) {
            let turns = turns(target, window, source)?;
            let turn_of = |col: usize| turns.as_ref().map_or(0.0, |turns| turns[col]);
            let between = |nearest: &[super::place::Along], edges: &[f64], turn_of: &dyn Fn(usize) -> f64| {
                let one = |(index, (along, pair)): (usize, (&super::place::Along, &[f64]))| {
                    let from = f64::from(along.pixel) - turn_of(index);
                    ((pair[0].min(pair[1]) - from) as f32, (pair[0].max(pair[1]) - from) as f32)
                };
                nearest.iter().zip(edges.windows(2)).enumerate().map(one).collect()
            };
            return Ok(Self::Axes(between(cols, &edges.0, &turn_of), between(rows, &edges.1, &|_| 0.0)));
        }
        let corners = corners(target, window, source)?;
        let across = window.width_px + 1;
        let extent = |index: usize| {
            let (col, row) = (index % window.width_px, index / window.width_px);
            let first = row * across + col;
            around(mapping.place(col, row), [first, first + 1, first + across, first + across + 1], &corners)
        };
        Ok(Self::Pixels((0..window.pixels()).map(extent).collect()))
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Extent {
        match self {
            Self::Axes(cols, rows) => {
                let ((left, right), (top, bottom)) = (cols[index % cols.len()], rows[index / cols.len()]);
                Extent { left, top, right, bottom }
            }
            Self::Pixels(extents) => extents[index],
        }
    }

    /// How many pixels beyond the nearest one they reach.
    pub(super) fn reach_px(&self) -> usize {
        let reach = |low: f32, high: f32| (-low).max(high - 1.0);
        let widest = |axis: &[(f32, f32)]| axis.iter().map(|(low, high)| reach(*low, *high)).fold(0.0, beyond);
        let found = match self {
            Self::Axes(cols, rows) => widest(cols).max(widest(rows)),
            Self::Pixels(extents) => extents
                .iter()
                .map(|extent| reach(extent.left, extent.right).max(reach(extent.top, extent.bottom)))
                .fold(0.0, beyond),
        };
        found.ceil() as usize
    }
}

/// The greater of two reaches; what has no counterpart (NaN, or the far end of an axis) does not count.
fn beyond(widest: f32, reach: f32) -> f32 {
    const FARTHEST_PX: f32 = 1e6;
    if reach > widest && reach < FARTHEST_PX { reach } else { widest }
}

/// Source positions of the corners of the window's pixels, one column and row more than there are pixels.
fn corners(target: &GeoBox, window: &Window, source: &GeoBox) -> Result<Positions> {
    let Affine([a, b, c, d, e, f]) = target.affine;
    // A grid whose pixel centres are the corners of the target's.
    let affine = Affine([a, b, c - f64::midpoint(a, b), d, e, f - f64::midpoint(d, e)]);
    let (width_px, height_px) = (target.width_px + 1, target.height_px + 1);
    let grid = GeoBox { crs: target.crs, affine, width_px, height_px };
    let window = Window { width_px: window.width_px + 1, height_px: window.height_px + 1, ..*window };
    Positions::compute(&grid, &window, source)
}

/// The rectangle around four corners, from the nearest pixel's corner.
fn around(place: Place, corners: [usize; 4], positions: &Positions) -> Extent {
    let fold = |axis: &[f64], from: u32| {
        let sides = corners.map(|corner| axis[corner] - f64::from(from));
        // f64::min drops NaN, and a corner without counterpart must leave no area.
        if sides.iter().any(|side| side.is_nan()) {
            return (f32::NAN, f32::NAN);
        }
        let least = sides.into_iter().fold(f64::INFINITY, f64::min);
        (least as f32, sides.into_iter().fold(f64::NEG_INFINITY, f64::max) as f32)
    };
    let ((left, right), (top, bottom)) = (fold(&positions.cols, place.col), fold(&positions.rows, place.row));
    Extent { left, top, right, bottom }
}
