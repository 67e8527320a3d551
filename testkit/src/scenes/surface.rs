//! From ground and date to reflectance.

use chrono::{Datelike as _, NaiveDate};

use super::{
    ground::{Cover, Ground},
    noise::{branch, curve, dice, fractal, ramp},
    phenology::{broadleaf, field},
    spectrum::{
        ASPHALT, CHALK, CONIFER, MUD, SALTMARSH, SAND, SLATE, SOIL_LOAM, STRAW, Spectrum, TILES, WAREHOUSE, WATER_DEEP,
        WATER_RIVER, WATER_SHALLOW, WATER_TURBID, mix,
    },
};

/// All that a date does to the ground.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    seed: u64,
    /// Of what stays from date to date.
    land: u64,
    /// Day of the year, from 1.
    of_year: f64,
    /// Tangent of the sun's distance from the zenith at 11:20 UTC.
    pub(super) sun_slant: f64,
    /// Metres by which the tide moves the shore of flat water.
    tide_m: f64,
    /// What the correction for the air left over, per band: about 1.
    air: [f64; 10],
}

/// The sun at the overpass stands in the south-south-east.
pub(super) const SUN: (f64, f64) = (0.28, -0.96);

impl Day {
    pub(super) fn new(seed: u64, date: NaiveDate) -> Self {
        let number = i64::from(date.num_days_from_ce());
        let (land, seed) = (branch(seed, 41), branch(seed, 40).wrapping_add(number as u64));
        let of_year = f64::from(date.ordinal());
        let slant = [(0.0, 3.5), (45.0, 2.2), (80.0, 1.23), (120.0, 0.78), (172.0, 0.52), (225.0, 0.76)];
        let autumn = [(225.0, 0.76), (266.0, 1.23), (305.0, 2.3), (356.0, 3.55), (366.0, 3.5)];
        let sun_slant = if of_year < 225.0 { curve(&slant, of_year) } else { curve(&autumn, of_year) };
        let haze = dice(seed, 1, 0) - 0.4;
        // Haze adds most in the blue.
        let weights = [0.075, 0.05, 0.04, 0.03, 0.02, 0.02, 0.015, 0.015, 0.01, 0.01];
        Self {
            seed,
            land,
            of_year,
            sun_slant,
            tide_m: 170.0 * (dice(seed, 2, 0) - 0.35),
            air: weights.map(|weight| 1.0 + weight * haze),
        }
    }

    /// Reflectance × 10 000 of the ground in all bands, at a place; at least 1.
    pub(super) fn reflectance(&self, ground: &Ground, x: f64, y: f64) -> [u16; 10] {
        let mut spectrum = self.cover(ground.cover, ground, (x, y));
        if ground.share > 0.0 {
            spectrum = mix(&spectrum, &self.cover(ground.other, ground, (x, y)), f64::from(ground.share));
        }
        let (east, north) = ground.slope;
        let tilt = f64::from(east) * SUN.0 + f64::from(north) * SUN.1;
        let light = (1.0 - 0.62 * self.sun_slant.min(2.4) * tilt).clamp(0.62, 1.4) * f64::from(ground.tone);
        let noise = 1.0 + 0.012 * (dice(self.seed, x as i64, y as i64) - 0.5);
        std::array::from_fn(|band| (spectrum[band] * light * noise * self.air[band] + 0.5).clamp(1.0, 10_000.0) as u16)
    }

    fn cover(&self, cover: Cover, ground: &Ground, place: (f64, f64)) -> Spectrum {
        let day = self.of_year - f64::from(ground.delay_days);
        let (chalk, vigour) = (f64::from(ground.chalk), f64::from(ground.vigour));
        match cover {
            Cover::Water => self.water(ground, place),
            Cover::River => WATER_RIVER,
            Cover::Beach => SAND,
            Cover::Cliff => CHALK,
            Cover::Saltmarsh => {
                mix(&SALTMARSH, &STRAW, curve(&[(60.0, 0.3), (140.0, 0.0), (240.0, 0.08), (330.0, 0.3)], day))
            }
            Cover::Field(crop) => field(crop, day, chalk, vigour),
            Cover::Broadleaf => broadleaf(day, vigour),
            Cover::Conifer => mix(&CONIFER, &SOIL_LOAM, 0.04),
            Cover::Tiles => TILES,
            Cover::Slate => SLATE,
            Cover::Warehouse => WAREHOUSE,
            Cover::Asphalt => ASPHALT,
        }
    }

    /// Deep water is dark, shallow water shows the sand below it, and the estuary is silty; flats fall dry.
    fn water(&self, ground: &Ground, (x, y): (f64, f64)) -> Spectrum {
        let out_m = f64::from(ground.depth_m);
        let silt = fractal(branch(self.seed, 3), (x + 0.4 * y) / 2600.0, (y - 0.2 * x) / 1400.0, 4);
        let estuary = f64::from(ground.estuary);
        // The estuary is shallow all over.
        let depth = out_m * (1.0 - 0.75 * estuary);
        let banks = fractal(self.land, x / 1500.0, y / 1500.0, 2);
        let sand = ramp(1500.0, 40.0, depth * (1.0 + 0.35 * banks));
        let river = estuary * (0.8 + 0.6 * silt);
        let plume = (river + 0.35 * ramp(0.0, 0.7, silt) * ramp(3600.0, 300.0, depth)).clamp(0.0, 1.0);
        let mut water = mix(&mix(&WATER_DEEP, &WATER_SHALLOW, sand * sand * 0.85), &WATER_TURBID, plume * 0.8);
        let waves = 1.0 + 0.05 * fractal(branch(self.seed, 4), x / 60.0, y / 130.0, 2);
        water = water.map(|value| value * waves);
        let dry = ramp(30.0, -30.0, depth - self.tide_m * (0.25 + 0.75 * estuary) * (1.0 + 0.6 * banks));
        let bottom = mix(&SAND, &MUD, 0.45 + 0.55 * estuary);
        mix(&water, &bottom, dry * 0.9)
    }
}
