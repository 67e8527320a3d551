//! A picture of one group: one band in grey, or three as red, green and blue; transparent where not valid.

use std::{fs::File, io::BufWriter, path::Path};

use super::{
    scratch,
    tiff::{WindowFile, during},
};
use crate::{Error, Result, plan::Plan};

/// Most pixels of a picture: browsers show no more.
const MAX_PIXELS: u64 = 64 << 20;
/// Pixels on each side that the percentiles are taken from.
const SAMPLE_PX: usize = 1024;

/// Refuses a cube that is no picture.
pub(crate) fn check(plan: &Plan) -> Result<()> {
    let (groups, bands) = (plan.groups.len(), plan.outputs.len());
    if groups != 1 {
        return Err(Error::NoPicture {
            groups,
            bands,
            hint: "narrow datetime to one group, or use \"group\": \"all\"",
        });
    }
    if bands != 1 && bands != 3 {
        return Err(Error::NoPicture { groups, bands, hint: "name one band, or three for red, green and blue" });
    }
    if plan.grid.pixels() as u64 > MAX_PIXELS {
        let hint = "use a coarser resolution, or ask for a GeoTIFF".to_owned();
        return Err(Error::TooLarge {
            what: "pixels of a PNG",
            asked: plan.grid.pixels() as u64,
            allowed: MAX_PIXELS,
            hint,
        });
    }
    Ok(())
}

/// Draws the windows.
pub(crate) fn encode(plan: &Plan, file: &WindowFile, (path, rescale): (&Path, Option<(f64, f64)>)) -> Result<()> {
    let (width, height) = (plan.grid.width_px, plan.grid.height_px);
    let (low, high) = match rescale {
        Some(range) => range,
        None => percentiles(plan, file)?,
    };
    let target = BufWriter::new(File::create(path).map_err(scratch)?);
    let mut encoder = png::Encoder::new(target, width as u32, height as u32);
    let bands = plan.outputs.len();
    encoder.set_color(if bands == 3 { png::ColorType::Rgba } else { png::ColorType::GrayscaleAlpha });
    encoder.set_depth(png::BitDepth::Eight);
    let failed = |source| Error::Picture { source };
    let mut writer = encoder.write_header().map_err(failed)?;
    let mut stream = writer.stream_writer().map_err(failed)?;
    let span = if high > low { high - low } else { 1.0 };
    for row in 0..height {
        let rows = (1..=bands).map(|band| read(file, band, (0, row), ((width, 1), (width, 1))));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let mut pixels = Vec::with_capacity(width * (bands + 1));
        for col in 0..width {
            let valid = rows.iter().all(|values| is_valid(plan, values[col]));
            pixels.extend(rows.iter().map(|values| {
                if valid { ((values[col] - low) / span * 255.0).round().clamp(0.0, 255.0) as u8 } else { 0 }
            }));
            pixels.push(if valid { 255 } else { 0 });
        }
        std::io::Write::write_all(&mut stream, &pixels).map_err(scratch)?;
    }
    stream.finish().map_err(failed)
}

type Shape = (usize, usize);

fn read(file: &WindowFile, band: usize, at: (usize, usize), (size, shape): (Shape, Shape)) -> Result<Vec<f64>> {
    let failed = during("reading the windows back");
    let band = file.dataset.rasterband(band).map_err(&failed)?;
    let buffer = band.read_as::<f64>((at.0 as isize, at.1 as isize), size, shape, None).map_err(&failed)?;
    Ok(buffer.into_shape_and_vec().1)
}

fn is_valid(plan: &Plan, value: f64) -> bool {
    !value.is_nan() && plan.stored.1 != Some(value)
}

/// The 2nd and 98th percentile of all bands together, so that colours keep their balance.
fn percentiles(plan: &Plan, file: &WindowFile) -> Result<(f64, f64)> {
    let size = (plan.grid.width_px, plan.grid.height_px);
    let shape = (size.0.min(SAMPLE_PX), size.1.min(SAMPLE_PX));
    let mut values = Vec::new();
    for band in 1..=plan.outputs.len() {
        values.extend(read(file, band, (0, 0), (size, shape))?.into_iter().filter(|value| is_valid(plan, *value)));
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((share * values.len().saturating_sub(1) as f64) as usize).copied();
    Ok(at(0.02).zip(at(0.98)).unwrap_or((0.0, 1.0)))
}
