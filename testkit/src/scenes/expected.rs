//! What a composite of the archive must be, from the truth alone: a sort per pixel and nothing clever.

use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::NaiveDate;
use rayon::prelude::*;

use super::{
    Landscape,
    landscape::{Scene, band_index},
    plan::Plan,
    spectrum::BANDS,
    thumbnail::brightness,
};
use crate::raster::{RasterSpec, write_bands};

/// A window of the 10 m grid in EPSG:27700.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Left edge of the left column, in metres.
    pub west: f64,
    /// Upper edge of the upper row, in metres.
    pub north: f64,
    /// Columns.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
}

impl Window {
    /// The window of west, south, east and north.
    pub fn of_bounds([west, south, east, north]: [f64; 4]) -> Self {
        let pixels = |metres: f64| (metres / 10.0).round() as usize;
        Self { west, north, width_px: pixels(east - west), height_px: pixels(north - south) }
    }

    /// Centre of a pixel, in metres.
    pub fn centre(&self, column: usize, row: usize) -> (f64, f64) {
        (self.west + column as f64 * 10.0 + 5.0, self.north - row as f64 * 10.0 - 5.0)
    }
}

impl Landscape {
    /// What was seen of the ground at a place: the dates, of those given, on which it is valid and clear, each with
    /// its reflectances in the order of [`BANDS`](super::BANDS).
    pub fn observations(&self, (x, y): (f64, f64), dates: &[NaiveDate]) -> Vec<(NaiveDate, [u16; 10])> {
        let ground = self.ground(x, y);
        let seen = |&date: &NaiveDate| Some((date, self.on(date).clear(&ground, x, y)?));
        dates.iter().filter_map(seen).collect()
    }

    /// The median of the clear observations of a group of dates, one vector of pixels per band, row after row. An
    /// even number of them gives the mean of the middle two, halves rounded up; none at all gives 0.
    pub fn median(&self, window: &Window, dates: &[NaiveDate], bands: &[usize]) -> Vec<Vec<u16>> {
        let scenes: Vec<Scene> = dates.iter().map(|&date| self.on(date)).collect();
        let row = |row: usize| {
            let mut pixels = Vec::with_capacity(window.width_px * bands.len());
            for column in 0..window.width_px {
                let (x, y) = window.centre(column, row);
                let ground = self.ground(x, y);
                let seen: Vec<[u16; 10]> = scenes.iter().filter_map(|scene| scene.clear(&ground, x, y)).collect();
                pixels.extend(bands.iter().map(|&band| middle(seen.iter().map(|values| values[band]).collect())));
            }
            pixels
        };
        let rows: Vec<Vec<u16>> = (0..window.height_px).into_par_iter().map(row).collect();
        let of_band = |band: usize| rows.iter().flatten().skip(band).step_by(bands.len()).copied().collect();
        (0..bands.len()).map(of_band).collect()
    }

    /// How many of the dates are clear and valid, for each pixel of the window, row after row.
    pub fn clear_count(&self, window: &Window, dates: &[NaiveDate]) -> Vec<u16> {
        let scenes: Vec<Scene> = dates.iter().map(|&date| self.on(date)).collect();
        let row = |row: usize| -> Vec<u16> {
            let centres = (0..window.width_px).map(|column| window.centre(column, row));
            centres.map(|(x, y)| scenes.iter().filter(|scene| scene.is_clear(x, y)).count() as u16).collect()
        };
        (0..window.height_px).into_par_iter().flat_map_iter(row).collect()
    }
}

/// Writes the expected median of a season over all tiles of an archive: all of `bands` as GeoTIFF, or three of them as
/// a PNG to look at.
pub fn write_expected(plan: &Plan, season: &str, bands: &[String], out: &Path) -> anyhow::Result<()> {
    let known = || plan.seasons.keys().cloned().collect::<Vec<_>>().join(", ");
    let dates = plan.seasons.get(season).with_context(|| format!("season {season}: there are {}", known()))?;
    let find = |name: &String| band_index(name).with_context(|| format!("band {name}: there are {}", BANDS.join(", ")));
    let indices: Vec<usize> = bands.iter().map(find).collect::<anyhow::Result<_>>()?;
    let window = Window::of_bounds(plan.bounds());
    let pixels = plan.landscape().median(&window, dates, &indices);
    if out.extension().is_some_and(|end| end == "png") {
        ensure!(bands.len() == 3, "a PNG takes three bands, not {}", bands.len());
        return picture(&window, &pixels, out);
    }
    let spec = RasterSpec {
        width_px: window.width_px,
        height_px: window.height_px,
        bands: bands.len(),
        band_names: bands.to_vec(),
        geotransform: [window.west, 10.0, 0.0, window.north, 0.0, -10.0],
        ..RasterSpec::default()
    };
    write_bands(out, &spec, pixels)
}

fn picture(window: &Window, pixels: &[Vec<u16>], out: &Path) -> anyhow::Result<()> {
    let file = std::fs::File::create(out).with_context(|| format!("picture {}", out.display()))?;
    let mut encoder = png::Encoder::new(file, window.width_px as u32, window.height_px as u32);
    encoder.set_color(png::ColorType::Rgb);
    let colours = (0..pixels[0].len()).flat_map(|at| [0, 1, 2].map(|band| brightness(2 - band, pixels[band][at])));
    encoder.write_header()?.write_image_data(&colours.collect::<Vec<u8>>())?;
    Ok(())
}

/// The median of an even number is the mean of the middle two, halves rounded up.
fn middle(mut values: Vec<u16>) -> u16 {
    values.sort_unstable();
    let half = values.len() / 2;
    match values.len() {
        0 => 0,
        odd if odd % 2 == 1 => values[half],
        _ => (u32::from(values[half - 1]) + u32::from(values[half])).div_ceil(2) as u16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_odd_even_and_none() {
        assert_eq!(middle(vec![]), 0);
        assert_eq!(middle(vec![7]), 7);
        assert_eq!(middle(vec![9, 1, 5]), 5);
        assert_eq!(middle(vec![4, 1]), 3, "2.5 goes up");
        assert_eq!(middle(vec![9, 2, 4, 1]), 3);
        assert_eq!(middle(vec![65535, 65535]), 65535);
    }
}
