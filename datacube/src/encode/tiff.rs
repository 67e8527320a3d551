//! The temporary GeoTIFF that windows are written to.

use std::path::Path;

use ardent_cog::Samples;
use ardent_model::{DataType, Window};
use gdal::{Dataset, DriverManager, Metadata, cpl::CslStringList, raster::Buffer};

use crate::{Error, Result, plan::Plan, projection};

/// A temporary GeoTIFF of all bands of all groups.
pub(crate) struct WindowFile {
    pub(crate) dataset: Dataset,
}

/// Names the step in which the raster library failed.
pub(crate) fn during(doing: &'static str) -> impl Fn(gdal::errors::GdalError) -> Error {
    move |source| Error::Encode { doing, source }
}

/// Runs `$body` with `$T` standing for a pixel type the raster library writes (int8 is written as int16).
macro_rules! by_written_type {
    ($data_type:expr, $T:ident => $body:expr) => {
        match $data_type {
            DataType::Uint8 => {
                type $T = u8;
                $body
            }
            DataType::Uint16 => {
                type $T = u16;
                $body
            }
            DataType::Int8 | DataType::Int16 => {
                type $T = i16;
                $body
            }
            DataType::Uint32 => {
                type $T = u32;
                $body
            }
            DataType::Int32 => {
                type $T = i32;
                $body
            }
            DataType::Float32 => {
                type $T = f32;
                $body
            }
            DataType::Float64 => {
                type $T = f64;
                $body
            }
        }
    };
}

impl WindowFile {
    pub(crate) fn create(plan: &Plan, path: &Path) -> Result<Self> {
        let failed = during("creating the temporary file");
        let driver = DriverManager::get_driver_by_name("GTiff").map_err(&failed)?;
        let options = ["TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER"];
        let options: CslStringList = options.into_iter().collect();
        let (width, height) = (plan.grid.width_px, plan.grid.height_px);
        let bands = plan.groups.len() * plan.outputs.len();
        let mut dataset = by_written_type!(plan.stored.0, T => {
            driver.create_with_band_type_with_options::<T, _>(path, width, height, bands, &options)
        })
        .map_err(&failed)?;
        dataset.set_geo_transform(&plan.grid.affine.to_gdal()).map_err(&failed)?;
        dataset.set_spatial_ref(&projection::spatial_ref(plan.grid.crs)?).map_err(&failed)?;
        describe(plan, &mut dataset)?;
        Ok(Self { dataset })
    }

    /// Writes bands from number `first` (from 0) on, over a window.
    pub(crate) fn write(&mut self, first: usize, window: &Window, bands: Vec<Samples>) -> Result<()> {
        bands
            .into_iter()
            .enumerate()
            .try_for_each(|(index, samples)| self.write_band(first + index + 1, window, samples))
    }

    fn write_band(&mut self, number: usize, window: &Window, samples: Samples) -> Result<()> {
        let failed = during("writing a window");
        let mut band = self.dataset.rasterband(number).map_err(&failed)?;
        let (at, shape) = ((window.col as isize, window.row as isize), (window.width_px, window.height_px));
        macro_rules! write {
            ($values:expr) => {
                band.write(at, shape, &mut Buffer::new(shape, $values)).map_err(&failed)
            };
        }
        match samples {
            Samples::Uint8(values) => write!(values),
            Samples::Int8(values) => write!(values.into_iter().map(i16::from).collect()),
            Samples::Uint16(values) => write!(values),
            Samples::Int16(values) => write!(values),
            Samples::Uint32(values) => write!(values),
            Samples::Int32(values) => write!(values),
            Samples::Float32(values) => write!(values),
            Samples::Float64(values) => write!(values),
        }
    }
}

/// Band names, missing values, periods, and where the file comes from.
pub(super) fn describe(plan: &Plan, dataset: &mut Dataset) -> Result<()> {
    let failed = during("describing the result");
    let set = |object: &mut dyn FnMut(&str, &str) -> gdal::errors::Result<()>, items: &[(&str, String)]| {
        items.iter().try_for_each(|(key, value)| object(key, value)).map_err(&failed)
    };
    let recipe = serde_json::to_string(&plan.recipe).unwrap_or_default();
    let software = format!("Ardent {}", env!("CARGO_PKG_VERSION"));
    let items: Vec<&str> = plan.scenes.iter().map(|scene| scene.id.as_str()).collect();
    set(
        &mut |key, value| dataset.set_metadata_item(key, value, ""),
        &[("TIFFTAG_SOFTWARE", software), ("ARDENT_RECIPE", recipe), ("ARDENT_ITEMS", items.join(" "))],
    )?;
    if !plan.ledger.is_empty() {
        let ledger = serde_json::to_string(&plan.ledger).unwrap_or_default();
        set(&mut |key, value| dataset.set_metadata_item(key, value, ""), &[("ARDENT_LEDGER", ledger)])?;
    }
    let names = plan.band_names();
    for (index, name) in names.iter().enumerate() {
        let (group, output) = (&plan.groups[index / plan.outputs.len()], &plan.outputs[index % plan.outputs.len()]);
        let mut band = dataset.rasterband(index + 1).map_err(&failed)?;
        band.set_description(name).map_err(&failed)?;
        if let Some(nodata) = plan.stored.1 {
            band.set_no_data_value(Some(nodata)).map_err(&failed)?;
        }
        set(&mut |key, value| band.set_metadata_item(key, value, ""), &plan.notes(group, output))?;
    }
    Ok(())
}
