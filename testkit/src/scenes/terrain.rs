//! Coast, estuary, island and hills: the shape of the land, before anything grows or is built on it.

use super::noise::{branch, fractal, gradient, line, ramp};

/// The middle of the landscape in EPSG:27700, in metres: the mouth of the estuary is near it.
pub(super) const CENTRE: (f64, f64) = (458_240.0, 95_360.0);

/// Half the width that counts as the harbour's: it is tidal.
const HARBOUR_HALF_M: f64 = 500.0;

/// The shape of the land at one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terrain {
    /// Metres to the open shore; negative at sea.
    pub(super) inland_m: f64,
    /// Metres to the bank of the river or estuary; negative in the water.
    pub(super) bank_m: f64,
    /// Half the width of the river or estuary at this northing, in metres.
    pub(super) river_m: f64,
    /// Share of chalk in the ground: 1 on the downs.
    pub(super) chalk: f64,
}

impl Terrain {
    pub(super) fn at(seed: u64, x: f64, y: f64) -> Self {
        let (east, north) = (x - CENTRE.0, y - CENTRE.1);
        let (river_bank_m, half_m) = river(branch(seed, 1), east, north);
        let harbour_m = harbour(branch(seed, 4), east, north);
        let (bank_m, river_m) =
            if harbour_m < river_bank_m { (harbour_m, HARBOUR_HALF_M) } else { (river_bank_m, half_m) };
        let (_, chalk) = hills(branch(seed, 2), east, north);
        Self { inland_m: coast(branch(seed, 3), east, north), bank_m, river_m, chalk }
    }

    /// Depth of the water in metres from the shore; negative on land.
    pub(super) fn depth_m(&self) -> f64 {
        -self.inland_m.min(self.bank_m)
    }
}

/// Slope of the hills to the east and to the north, metres per metre.
pub(super) fn slope(seed: u64, x: f64, y: f64) -> (f64, f64) {
    const STEP_M: f64 = 15.0;
    let hill = |dx: f64, dy: f64| hills(branch(seed, 2), x - CENTRE.0 + dx, y - CENTRE.1 + dy).0;
    let here = hill(0.0, 0.0);
    ((hill(STEP_M, 0.0) - here) / STEP_M, (hill(0.0, STEP_M) - here) / STEP_M)
}

/// Metres to the open shore: a wavy line across the south, and an island off it.
fn coast(seed: u64, east: f64, north: f64) -> f64 {
    let ragged = 430.0 * fractal(branch(seed, 1), east / 1300.0, north / 1300.0, 6);
    let bays = 1500.0 * fractal(branch(seed, 2), east / 5200.0, north / 5200.0, 3);
    let mainland = north + 1500.0 + 1.3 * bays + ragged;
    let (dx, dy) = ((east + 6100.0) / 1.75, north + 3650.0 - 0.12 * east);
    let island = 980.0 - (dx * dx + dy * dy).sqrt() + 0.35 * bays + 1.6 * ragged;
    mainland.max(island)
}

/// Metres to the shore of a natural harbour: a shallow bay full of islands behind a narrow mouth.
fn harbour(seed: u64, east: f64, north: f64) -> f64 {
    let (dx, dy) = ((east - 6300.0) / 1.5, north + 250.0);
    let islands = 1500.0 * fractal(branch(seed, 1), east / 1250.0, north / 1250.0, 5);
    let creeks = 260.0 * (1.0 - 2.2 * gradient(branch(seed, 2), east / 520.0, north / 680.0).abs());
    let bay = (dx * dx + dy * dy).sqrt() - 1150.0 + islands - creeks;
    let mouth = 5900.0 + 160.0 * line(branch(seed, 3), north / 500.0);
    let channel = ((east - mouth).abs() - 130.0).max(-north - 3400.0).max(north + 250.0);
    bay.min(channel)
}

/// Metres to the bank, and half the width: broad at the mouth, narrow inland, winding.
fn river(seed: u64, east: f64, north: f64) -> (f64, f64) {
    let course = |north: f64| {
        300.0
            + 1500.0 * line(branch(seed, 1), north / 3400.0)
            + 420.0 * line(branch(seed, 2), north / 1250.0)
            + 90.0 * line(branch(seed, 3), north / 420.0)
    };
    let bend = (course(north + 40.0) - course(north - 40.0)) / 80.0;
    let tide = 1.0 - ((north + 1500.0) / 5200.0).clamp(0.0, 1.0);
    let half = 13.0 + 620.0 * tide * tide * (1.0 + 0.5 * line(branch(seed, 4), north / 900.0));
    let ragged = 150.0 * tide * fractal(branch(seed, 5), east / 420.0, north / 420.0, 4);
    let away = (east - course(north)).abs() / (1.0 + bend * bend).sqrt();
    (away - half + ragged, half)
}

/// Height in metres and share of chalk: rolling ground, and downs along the north with a steep scarp.
fn hills(seed: u64, east: f64, north: f64) -> (f64, f64) {
    let crest = 3500.0 + 500.0 * line(branch(seed, 1), east / 4800.0);
    let from_crest = north - crest;
    let width = if from_crest > 0.0 { 520.0 } else { 1150.0 };
    let ridge = 1.0 / (1.0 + (from_crest / width) * (from_crest / width));
    let rolling = fractal(branch(seed, 2), east / 2600.0, north / 2600.0, 5);
    // Dry valleys run down from the crest.
    let valley = 1.0 - gradient(branch(seed, 3), east / 900.0 + 0.3 * rolling, north / 2600.0).abs();
    let height = 150.0 * ridge * (0.45 + 0.75 * valley) + 85.0 * rolling;
    (height, ramp(0.38, 0.62, ridge + 0.16 * rolling))
}
