//! The truth: what every pixel of every date is, computed from where and when it is alone.

use chrono::NaiveDate;

use super::{
    ground::Ground,
    sky::{CLEAR, Seen, Sky},
    spectrum::BANDS,
    surface::{Day, SUN},
};

/// A landscape and its weather. All that is in the files of an archive can be asked of it without reading them:
/// places are centres of pixels, easting and northing in
/// metres of EPSG:27700.
///
/// ```
/// use ardent_testkit::scenes::{CLEAR, Landscape};
///
/// let landscape = Landscape { seed: 1, cloudiness: 0.5 };
/// let (place, date) = ((458_245.0, 99_995.0), "2019-06-27".parse().unwrap());
/// let ground = landscape.reflectance("nir1", place, date).unwrap();
/// assert!(landscape.stored("nir1", place, date).unwrap() == ground || landscape.cloud(place, date) != CLEAR);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Landscape {
    /// Chooses the landscape and the weather.
    pub seed: u64,
    /// 0: never a cloud; 0.5: British; 1: always under cloud.
    pub cloudiness: f64,
}

/// A landscape on one date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    day: Day,
    pub(super) sky: Sky,
}

impl Landscape {
    /// Reflectance × 10 000 of the ground in a band (1 or more); none for a band that does not exist. It is what a
    /// file holds wherever it is clear and valid.
    pub fn reflectance(&self, band: &str, (x, y): (f64, f64), date: NaiveDate) -> Option<u16> {
        let band = band_index(band)?;
        Some(self.on(date).day.reflectance(&Ground::at(self.seed, x, y), x, y)[band])
    }

    /// What the file of a date holds in a band: the ground, cloud, shaded ground, or 0 outside the swath.
    pub fn stored(&self, band: &str, (x, y): (f64, f64), date: NaiveDate) -> Option<u16> {
        let band = band_index(band)?;
        Some(self.on(date).stored(&Ground::at(self.seed, x, y), x, y).0[band])
    }

    /// Class in `_clouds.tif`: 0 clear, 1 cloud, 2 shadow; 0 outside the swath too.
    pub fn cloud(&self, (x, y): (f64, f64), date: NaiveDate) -> u8 {
        let sky = self.on(date).sky;
        if sky.valid(x, y) { sky.seen(x, y).class() } else { CLEAR }
    }

    /// Value in `_valid.tif`: 1 inside the swath, 0 outside.
    pub fn valid(&self, (x, y): (f64, f64), date: NaiveDate) -> u8 {
        u8::from(self.on(date).sky.valid(x, y))
    }

    /// Value in `_clouds_prob.tif`: percent; 0 outside the swath.
    pub fn cloud_probability(&self, (x, y): (f64, f64), date: NaiveDate) -> u8 {
        let sky = self.on(date).sky;
        if sky.valid(x, y) { sky.probability(sky.seen(x, y), x, y) } else { 0 }
    }

    /// Share of the sky that clouds were meant to cover on a date; that of a small area differs.
    pub fn cloud_cover(&self, date: NaiveDate) -> f64 {
        self.on(date).sky.cover
    }

    pub(super) fn on(&self, date: NaiveDate) -> Scene {
        let day = Day::new(self.seed, date);
        Scene { day, sky: Sky::new(self.seed, self.cloudiness, date, &day) }
    }

    pub(super) fn ground(&self, x: f64, y: f64) -> Ground {
        Ground::at(self.seed, x, y)
    }
}

impl Scene {
    /// What the file holds in every band, and what is between sensor and ground; none outside the swath.
    pub(super) fn stored(&self, ground: &Ground, x: f64, y: f64) -> ([u16; 10], Option<Seen>) {
        if !self.sky.valid(x, y) {
            return ([0; 10], None);
        }
        let seen = self.sky.seen(x, y);
        (seen.over(self.day.reflectance(ground, x, y)), Some(seen))
    }

    /// Reflectance of the ground if it is valid and clear there.
    pub(super) fn clear(&self, ground: &Ground, x: f64, y: f64) -> Option<[u16; 10]> {
        self.is_clear(x, y).then(|| self.day.reflectance(ground, x, y))
    }

    pub(super) fn is_clear(&self, x: f64, y: f64) -> bool {
        self.sky.valid(x, y) && self.sky.seen(x, y) == Seen::Ground
    }

    /// Whether a band that everyone sees saturates.
    pub(super) fn saturates(values: &[u16; 10]) -> bool {
        values[..3].iter().any(|&value| value > 8500)
    }

    /// Whether the hills shade the place from the sun.
    pub(super) fn hill_shade(&self, ground: &Ground) -> bool {
        let tilt = f64::from(ground.slope.0) * SUN.0 + f64::from(ground.slope.1) * SUN.1;
        tilt * self.day.sun_slant > 0.45
    }
}

/// Where a band is in the file, counted from 0.
pub(super) fn band_index(band: &str) -> Option<usize> {
    BANDS.iter().position(|name| *name == band)
}
