//! Clouds and their shadows on a date, and the edge of the swath.

use chrono::{Datelike as _, NaiveDate};

use super::{
    noise::{branch, curve, dice, fractal_above, ramp},
    spectrum::CLOUD,
    surface::{Day, SUN},
    terrain::CENTRE,
};

/// Values of a `_clouds.tif`.
pub const CLEAR: u8 = 0;
/// A cloud, thin edges included.
pub const CLOUDY: u8 = 1;
/// The shadow of one.
pub const SHADOW: u8 = 2;

/// The sky on one date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sky {
    seed: u64,
    /// Share of the sky that clouds cover, 0 … 1.
    pub(super) cover: f64,
    /// Noise above this is cloud.
    threshold: f64,
    /// From nothing to opaque, in noise.
    softness: f64,
    /// Size of the largest clouds in metres.
    size_m: f64,
    /// Where the pattern has drifted to, in metres.
    drift: (f64, f64),
    /// From a cloud to its shadow, in metres.
    shadow: (f64, f64),
    /// Metres from the middle to the edge of the swath, if it is near; what is beyond was not seen.
    edge_m: Option<f64>,
}

/// How much of a place is cloud or shadow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Seen {
    Ground,
    /// Opacity 0 … 1 and brightness of the cloud.
    Cloud(f64, f64),
    /// Depth of the shadow, 0 … 1.
    Shadow(f64),
}

/// Share of noise above a threshold, and that threshold: measured once over a large area.
const QUANTILES: [(f64, f64); 13] = [
    (0.0, 0.8),
    (0.01, 0.44),
    (0.05, 0.32),
    (0.1, 0.25),
    (0.2, 0.17),
    (0.35, 0.08),
    (0.5, 0.0),
    (0.65, -0.08),
    (0.8, -0.17),
    (0.9, -0.25),
    (0.95, -0.32),
    (0.99, -0.44),
    (1.0, -0.8),
];

impl Sky {
    /// The sky of a date; `cloudiness` is 0 for none ever, 0.5 for British weather, 1 for a year under cloud.
    pub(super) fn new(seed: u64, cloudiness: f64, date: NaiveDate, day: &Day) -> Self {
        let number = i64::from(date.num_days_from_ce());
        let of_date = branch(seed, 50).wrapping_add(number as u64);
        let cover = cover(seed, cloudiness, number);
        let height_m = 700.0 + 1300.0 * dice(of_date, 1, 0);
        let shift_m = height_m * day.sun_slant.min(2.6);
        Self {
            seed: of_date,
            cover,
            threshold: curve(&QUANTILES, cover),
            softness: 0.08 + 0.1 * cover,
            size_m: 2200.0 + 5200.0 * cover * dice(of_date, 2, 0) + 1500.0 * cover,
            drift: (40_000.0 * dice(of_date, 3, 0), 40_000.0 * dice(of_date, 4, 0)),
            shadow: (-SUN.0 * shift_m, -SUN.1 * shift_m),
            edge_m: (cover > 0.12 && dice(of_date, 5, 0) < 0.36).then(|| {
                let side = 2.0 * dice(of_date, 6, 0) - 1.0;
                9500.0 * side * side.abs()
            }),
        }
    }

    /// Whether the sensor saw the place: the swath's edge runs from north-north-east to south-south-west.
    pub(super) fn valid(&self, x: f64, y: f64) -> bool {
        let Some(edge_m) = self.edge_m else { return true };
        let across = x - CENTRE.0 - 0.22 * (y - CENTRE.1) - edge_m;
        if edge_m > 0.0 { across < 0.0 } else { across >= 0.0 }
    }

    /// What is between the sensor and the ground.
    pub(super) fn seen(&self, x: f64, y: f64) -> Seen {
        if self.cover <= 0.0 {
            return Seen::Ground;
        }
        if let Some(here) = self.noise_above(self.threshold, x, y) {
            let excess = here - self.threshold;
            // Lit from the sun's side.
            let toward = self.noise_above(f64::NEG_INFINITY, x + 90.0 * SUN.0, y + 90.0 * SUN.1).unwrap_or(here);
            let relief = (here - toward) * 3.2;
            let opacity = 0.12 + 0.88 * ramp(0.0, self.softness, excess);
            return Seen::Cloud(opacity, (0.6 + 0.5 * ramp(0.0, 0.6, excess) + 1.3 * relief).clamp(0.42, 1.6));
        }
        let above = self.noise_above(self.threshold, x - self.shadow.0, y - self.shadow.1);
        let depth = above.map_or(0.0, |above| ramp(0.0, self.softness, above - self.threshold));
        if depth > 0.3 { Seen::Shadow(depth) } else { Seen::Ground }
    }

    /// Probability of cloud in percent, as a classifier might give it.
    pub(super) fn probability(&self, seen: Seen, x: f64, y: f64) -> u8 {
        match seen {
            Seen::Cloud(opacity, _) => (45.0 + 55.0 * opacity) as u8,
            Seen::Shadow(_) => 4,
            Seen::Ground => (18.0 * dice(self.seed, x as i64, y as i64)) as u8,
        }
    }

    fn noise_above(&self, threshold: f64, x: f64, y: f64) -> Option<f64> {
        // Drawn out along the wind.
        let (px, py) = (x + self.drift.0, y + self.drift.1);
        let (along, across) = ((0.9 * px + 0.44 * py) / 1.5, 0.9 * py - 0.44 * px);
        fractal_above(self.seed, (along / self.size_m, across / self.size_m), 6, threshold)
    }
}

impl Seen {
    pub(super) fn class(self) -> u8 {
        match self {
            Self::Ground => CLEAR,
            Self::Cloud(..) => CLOUDY,
            Self::Shadow(_) => SHADOW,
        }
    }

    /// What the sensor measures over ground of a known reflectance.
    pub(super) fn over(self, ground: [u16; 10]) -> [u16; 10] {
        match self {
            Self::Ground => ground,
            Self::Cloud(opacity, brightness) => std::array::from_fn(|band| {
                let below = f64::from(ground[band]) * (1.0 - opacity);
                (below + opacity * brightness * CLOUD[band] + 0.5).clamp(1.0, 10_000.0) as u16
            }),
            // The blue of the sky still lights a shadow.
            Self::Shadow(depth) => std::array::from_fn(|band| {
                let left = 1.0 - depth * if band < 3 { 0.5 + 0.06 * band as f64 } else { 0.68 };
                (f64::from(ground[band]) * left + 0.5).max(1.0) as u16
            }),
        }
    }
}

/// Cloud cover of a date. Weather changes over days: dates a fortnight apart are spread evenly over a U-shaped
/// distribution, in which clear and overcast are common.
fn cover(seed: u64, cloudiness: f64, day_number: i64) -> f64 {
    let turn = 0.618_034 / 15.2;
    let at = day_number as f64 * turn + dice(branch(seed, 51), 0, 0) + 0.03 * dice(branch(seed, 52), day_number, 0);
    let chance = at - at.floor();
    let chance =
        if cloudiness < 0.5 { chance * 2.0 * cloudiness } else { 1.0 - (1.0 - chance) * 2.0 * (1.0 - cloudiness) };
    let british = [
        (0.0, 0.0),
        (0.05, 0.0),
        (0.15, 0.02),
        (0.28, 0.08),
        (0.42, 0.26),
        (0.56, 0.55),
        (0.7, 0.84),
        (0.86, 0.97),
        (1.0, 1.0),
    ];
    curve(&british, chance)
}
