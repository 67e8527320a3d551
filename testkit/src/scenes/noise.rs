//! Noise from a hash of lattice points: additions, multiplications and `floor` only, so equal on every machine.

/// Mixes a seed and two numbers into 64 well-spread bits.
pub(super) fn hash(seed: u64, a: i64, b: i64) -> u64 {
    let mut bits = seed
        ^ (a as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (b as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(31);
    bits ^= bits >> 32;
    bits = bits.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    bits ^= bits >> 29;
    bits = bits.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits ^ (bits >> 32)
}

/// A number in 0 … 1 from hashed bits.
pub(super) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A number in 0 … 1 of a seed and two numbers.
pub(super) fn dice(seed: u64, a: i64, b: i64) -> f64 {
    unit(hash(seed, a, b))
}

/// A seed for another purpose.
pub(super) fn branch(seed: u64, purpose: u64) -> u64 {
    seed.wrapping_add(purpose.wrapping_mul(0xA076_1D64_78BD_642F))
}

/// Half the square root of 2.
const DIAGONAL: f64 = std::f64::consts::FRAC_1_SQRT_2;

const GRADIENTS: [(f64, f64); 8] = [
    (1.0, 0.0),
    (DIAGONAL, DIAGONAL),
    (0.0, 1.0),
    (-DIAGONAL, DIAGONAL),
    (-1.0, 0.0),
    (-DIAGONAL, -DIAGONAL),
    (0.0, -1.0),
    (DIAGONAL, -DIAGONAL),
];

/// Gradient noise with a wavelength of 1; mostly within ±1, 0 on average.
pub(super) fn gradient(seed: u64, x: f64, y: f64) -> f64 {
    let (left, low) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - low);
    let (column, row) = (left as i64, low as i64);
    let corner = |dx: i64, dy: i64| {
        let (gx, gy) = GRADIENTS[direction(seed, column + dx, row + dy)];
        gx * (fx - dx as f64) + gy * (fy - dy as f64)
    };
    let (sx, sy) = (fade(fx), fade(fy));
    let lower = corner(0, 0) + sx * (corner(1, 0) - corner(0, 0));
    let upper = corner(0, 1) + sx * (corner(1, 1) - corner(0, 1));
    1.6 * (lower + sy * (upper - lower))
}

/// One of eight, for a lattice point: a hash that is good enough for three bits.
fn direction(seed: u64, a: i64, b: i64) -> usize {
    let mut bits = seed
        .wrapping_add((a as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_add((b as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F));
    bits = (bits ^ (bits >> 31)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    bits = (bits ^ (bits >> 32)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (bits >> 61) as usize
}

/// Gradient noise along a line.
pub(super) fn line(seed: u64, x: f64) -> f64 {
    gradient(seed, x, 0.37)
}

/// Octaves of gradient noise, each of half the wavelength and half the weight of the one before; within ±1.
pub(super) fn fractal(seed: u64, x: f64, y: f64, octaves: u32) -> f64 {
    fractal_above(seed, (x, y), octaves, f64::NEG_INFINITY).unwrap_or(f64::NEG_INFINITY)
}

/// [`fractal`], if it is above a threshold; most of the work is spared where it is far below.
pub(super) fn fractal_above(seed: u64, (x, y): (f64, f64), octaves: u32, threshold: f64) -> Option<f64> {
    let (mut px, mut py, mut weight, mut sum) = (x, y, 1.0, 0.0);
    let total = 2.0 - 2.0 / (1_u64 << octaves) as f64;
    for octave in 0..octaves {
        sum += weight * gradient(seed.wrapping_add(octave as u64), px, py);
        // The octaves to come weigh less than this one, and none of them is above 1.14.
        if sum + 1.14 * weight < threshold * total {
            return None;
        }
        weight *= 0.5;
        // Turned between octaves, so that the lattices do not show.
        (px, py) = (1.6 * px + 1.2 * py + 17.3, -1.2 * px + 1.6 * py + 5.1);
    }
    let value = sum / total;
    (value > threshold).then_some(value)
}

fn fade(t: f64) -> f64 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(super) fn ramp(from: f64, to: f64, value: f64) -> f64 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A curve through points (ascending), straight between them, level outside.
pub(super) fn curve(points: &[(f64, f64)], at: f64) -> f64 {
    let Some(next) = points.iter().position(|point| point.0 > at) else {
        return points.last().map_or(0.0, |point| point.1);
    };
    let Some(previous) = next.checked_sub(1) else { return points[0].1 };
    let ((x0, y0), (x1, y1)) = (points[previous], points[next]);
    y0 + (y1 - y0) * (at - x0) / (x1 - x0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_continuous_centred_and_bounded() {
        let (mut sum, mut count) = (0.0, 0);
        for row in 0..300 {
            for column in 0..300 {
                let (x, y) = (f64::from(column) * 0.173, f64::from(row) * 0.131);
                let value = fractal(7, x, y, 5);
                assert!(value.abs() < 1.2, "{value} at {x}, {y}");
                assert!((fractal(7, x + 1e-9, y, 5) - value).abs() < 1e-6);
                sum += value;
                count += 1;
            }
        }
        assert!((sum / f64::from(count)).abs() < 0.05);
    }

    #[test]
    fn the_short_way_gives_the_same() {
        for at in 0..20_000 {
            let (x, y) = (f64::from(at % 141) * 0.317, f64::from(at / 141) * 0.291);
            let whole = fractal(3, x, y, 6);
            for threshold in [-0.4, -0.1, 0.0, 0.2, 0.45] {
                let above = fractal_above(3, (x, y), 6, threshold);
                assert_eq!(above, (whole > threshold).then_some(whole), "{threshold} at {x}, {y}");
            }
        }
    }

    #[test]
    fn curves_go_through_their_points() {
        let points = [(10.0, 1.0), (20.0, 3.0), (40.0, 0.0)];
        for (at, expected) in [(0.0, 1.0), (10.0, 1.0), (15.0, 2.0), (20.0, 3.0), (30.0, 1.5), (99.0, 0.0)] {
            assert_eq!(curve(&points, at), expected, "at {at}");
        }
    }
}
