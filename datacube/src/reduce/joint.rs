//! Several bands of a date taken as one point.

use ardent_cog::{Sample, dispatch};

use super::Plane;

/// Pixels worked on side by side.
pub(super) const LANES: usize = 8;
/// Pixels per parallel task: all their dates and bands, in float64, are a few hundred kilobytes.
pub(super) const RUN_PX: usize = 256;

/// One number of each of the pixels.
pub(super) type Lane = [f64; LANES];

/// A few pixels of all dates.
pub(super) struct Block<'a> {
    /// Bands of each date, date by date.
    values: &'a [Lane],
    /// 1.0 where all bands of a date are valid, else 0.0.
    pub(super) valid: &'a [Lane],
    /// How many bands there are.
    pub(super) bands: usize,
}

impl Block<'_> {
    /// The bands of a date.
    #[inline(always)]
    pub(super) fn point(&self, date: usize) -> &[Lane] {
        &self.values[date * self.bands..(date + 1) * self.bands]
    }
}

/// A run of pixels of all dates, block by block.
pub(super) struct Points {
    values: Vec<Lane>,
    valid: Vec<Lane>,
    dates: usize,
    bands: usize,
}

impl Points {
    /// Takes the pixels from `start` on, at most [`RUN_PX`] of them. All dates have the same bands, in the same order.
    pub(super) fn load<'a, D: AsRef<[&'a Plane]>>(dates: &[D], start: usize) -> Self {
        let bands = dates.first().map_or(0, |date| date.as_ref().len());
        let blocks = RUN_PX / LANES;
        let mut points = Self {
            values: vec![[0.0; LANES]; blocks * dates.len() * bands],
            valid: vec![[0.0; LANES]; blocks * dates.len()],
            dates: dates.len(),
            bands,
        };
        for (date, planes) in dates.iter().enumerate() {
            points.load_date(date, planes.as_ref(), start);
        }
        points
    }

    fn load_date(&mut self, date: usize, planes: &[&Plane], start: usize) {
        let pixels = planes.first().map_or(0, |plane| plane.valid.len());
        let range = start..pixels.min(start + RUN_PX);
        for (index, pixel) in range.clone().enumerate() {
            let valid = planes.iter().all(|plane| plane.valid[pixel] != 0);
            self.valid[index / LANES * self.dates + date][index % LANES] = f64::from(u8::from(valid));
        }
        for (band, plane) in planes.iter().enumerate() {
            dispatch!(&plane.samples, values => {
                for (index, value) in values[range.clone()].iter().enumerate() {
                    let at = (index / LANES * self.dates + date) * self.bands + band;
                    // What is not valid may be NaN, which times 0 is not 0.
                    let valid = self.valid[index / LANES * self.dates + date][index % LANES];
                    self.values[at][index % LANES] = if valid == 0.0 { 0.0 } else { value.to_f64() };
                }
            });
        }
    }

    /// Its blocks.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let each = self.dates * self.bands;
        (0..RUN_PX / LANES).map(move |block| Block {
            values: &self.values[block * each..(block + 1) * each],
            valid: &self.valid[block * self.dates..(block + 1) * self.dates],
            bands: self.bands,
        })
    }
}

/// The distance of two points.
#[inline(always)]
pub(super) fn distance(one: &[Lane], other: &[Lane]) -> Lane {
    let mut sum = [0.0; LANES];
    for (a, b) in one.iter().zip(other) {
        for lane in 0..LANES {
            let difference = a[lane] - b[lane];
            sum[lane] += difference * difference;
        }
    }
    sum.map(f64::sqrt)
}

/// The sum of the distances of each date from the valid others.
#[inline(always)]
pub(super) fn sums_of_distances(block: &Block<'_>) -> Vec<Lane> {
    let mut sums = vec![[0.0; LANES]; block.valid.len()];
    for one in 0..sums.len() {
        for other in one + 1..sums.len() {
            let distance = distance(block.point(one), block.point(other));
            for lane in 0..LANES {
                sums[one][lane] += distance[lane] * block.valid[other][lane];
                sums[other][lane] += distance[lane] * block.valid[one][lane];
            }
        }
    }
    sums
}
