//! Fields: blocks of land with lanes between them, each cut into strips and these into fields, with hedges between.

use super::noise::{branch, dice, gradient, hash, unit};

/// The field a place is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parcel {
    /// Random bits of the field.
    pub(super) id: u64,
    /// A place inside the field, the same for all of it.
    pub(super) centre: (f64, f64),
    /// Metres to the next field of the block.
    pub(super) hedge_m: f64,
    /// Metres to the next block: the lane runs there.
    pub(super) lane_m: f64,
    /// Metres across the direction of work: what is ploughed and drilled lies in lines of equal `across_m`.
    pub(super) across_m: f64,
}

const BLOCK_M: f64 = 980.0;

impl Parcel {
    pub(super) fn at(seed: u64, x: f64, y: f64) -> Self {
        // Nothing is quite straight in an old landscape.
        let bent = branch(seed, 1);
        let (px, py) =
            (x + 55.0 * gradient(bent, x / 640.0, y / 640.0), y + 55.0 * gradient(bent, y / 640.0, x / 640.0 + 9.1));
        let (block, block_centre, lane_m) = nearest_block(branch(seed, 2), px, py);
        // A direction without trigonometry: a random point on the rim of a square, brought to length 1.
        let (dx, dy) = (unit(hash(block, 1, 0)) * 2.0 - 1.0, unit(hash(block, 2, 0)) * 0.9 + 0.1);
        let length = (dx * dx + dy * dy).sqrt();
        let (ux, uy) = (dx / length, dy / length);
        let (rx, ry) = (px - block_centre.0, py - block_centre.1);
        let (along, across) = (rx * ux + ry * uy, ry * ux - rx * uy);

        let depth = 170.0 + 190.0 * dice(block, 3, 0);
        let (strip, low, high) = cut(branch(block, 4), across, depth);
        let breadth = 170.0 + 330.0 * dice(block, 5, strip);
        let (field, left, right) = cut(branch(block, 6).wrapping_add(strip as u64), along, breadth);
        let hedge_m = (across - low).min(high - across).min(along - left).min(right - along);
        let (middle_along, middle_across) = (0.5 * (left + right), 0.5 * (low + high));
        let centre = (
            block_centre.0 + middle_along * ux - middle_across * uy,
            block_centre.1 + middle_along * uy + middle_across * ux,
        );
        Self { id: hash(block, strip, field), centre, hedge_m, lane_m, across_m: across - low }
    }
}

/// Number of the piece that `at` is in when a line is cut every `step`, more or less; and its ends.
fn cut(seed: u64, at: f64, step: f64) -> (i64, f64, f64) {
    let end = |index: i64| (index as f64 + 0.55 * (dice(seed, index, 0) - 0.5)) * step;
    let mut index = (at / step).floor() as i64;
    if at < end(index) {
        index -= 1;
    } else if at >= end(index + 1) {
        index += 1;
    }
    (index, end(index), end(index + 1))
}

/// Random bits and centre of the nearest block, and metres to its border.
fn nearest_block(seed: u64, x: f64, y: f64) -> (u64, (f64, f64), f64) {
    let (column, row) = ((x / BLOCK_M).floor() as i64, (y / BLOCK_M).floor() as i64);
    let mut centres = [(0_u64, 0.0, 0.0, 0.0); 9];
    for (at, place) in centres.iter_mut().enumerate() {
        let (c, r) = (column + at as i64 % 3 - 1, row + at as i64 / 3 - 1);
        let bits = hash(seed, c, r);
        let cx = (c as f64 + 0.12 + 0.76 * unit(bits)) * BLOCK_M;
        let cy = (r as f64 + 0.12 + 0.76 * unit(hash(bits, 1, 1))) * BLOCK_M;
        *place = (bits, cx, cy, (x - cx) * (x - cx) + (y - cy) * (y - cy));
    }
    let nearest = centres.iter().fold(centres[0], |best, &next| if next.3 < best.3 { next } else { best });
    let mut border = f64::INFINITY;
    for &(bits, cx, cy, square) in &centres {
        if bits != nearest.0 {
            let apart = ((cx - nearest.1) * (cx - nearest.1) + (cy - nearest.2) * (cy - nearest.2)).sqrt();
            border = border.min((square - nearest.3) / (2.0 * apart));
        }
    }
    (nearest.0, (nearest.1, nearest.2), border)
}
