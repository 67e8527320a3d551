//! The temporary GeoTIFFs that windows are written to.

use std::path::{Path, PathBuf};

use ardent_cog::{Sample, Samples};
use ardent_model::{DataType, Window};
use gdal::{Dataset, DriverManager, Metadata, cpl::CslStringList, raster::Buffer};

use super::provenance::Provenance;
use crate::{Error, Result, plan::Plan, projection};

/// A temporary GeoTIFF.
pub(crate) struct WindowFile {
    pub(crate) dataset: Dataset,
    pub(crate) path: PathBuf,
    /// Its bands: group and output.
    pub(crate) members: Vec<(usize, usize)>,
    /// Pixel type and missing value of all of them.
    pub(crate) stored: (DataType, Option<f64>),
}

/// All files of a plan.
pub(crate) struct WindowFiles(pub(crate) Vec<WindowFile>);

impl WindowFiles {
    pub(crate) fn create(plan: &Plan, folder: &Path) -> Result<Self> {
        let path = |number: usize| folder.join(format!("windows{number}.tif"));
        let files = (0..plan.layout.files(plan)).map(|number| WindowFile::create(plan, number, &path(number)));
        files.collect::<Result<_>>().map(Self)
    }

    /// Describes all files by this plan.
    pub(crate) fn describe(&mut self, plan: &Plan) -> Result<()> {
        self.0.iter_mut().try_for_each(|file| describe(plan, file))
    }

    /// Writes the bands of a group over a window.
    pub(crate) fn write(&mut self, plan: &Plan, (group, window): (usize, &Window), bands: Vec<Samples>) -> Result<()> {
        bands.into_iter().enumerate().try_for_each(|(output, samples)| {
            let (file, band) = plan.place(group, output);
            self.0[file].write_band(band + 1, window, samples)
        })
    }
}

/// Names the step in which the raster library failed.
pub(crate) fn during(doing: &'static str) -> impl Fn(gdal::errors::GdalError) -> Error {
    move |source| Error::Encode { doing, source }
}

/// Runs `$body` with `$T` standing for a pixel type the raster library writes (int8 is written as int16).
macro_rules! by_written_type {
    ($data_type:expr, $T:ident => $body:expr) => {
        match $data_type {
            ardent_model::DataType::Uint8 => {
                type $T = u8;
                $body
            }
            ardent_model::DataType::Uint16 => {
                type $T = u16;
                $body
            }
            ardent_model::DataType::Int8 | ardent_model::DataType::Int16 => {
                type $T = i16;
                $body
            }
            ardent_model::DataType::Uint32 => {
                type $T = u32;
                $body
            }
            ardent_model::DataType::Int32 => {
                type $T = i32;
                $body
            }
            ardent_model::DataType::Float32 => {
                type $T = f32;
                $body
            }
            ardent_model::DataType::Float64 => {
                type $T = f64;
                $body
            }
        }
    };
}

pub(crate) use by_written_type;

impl WindowFile {
    fn create(plan: &Plan, number: usize, path: &Path) -> Result<Self> {
        let failed = during("creating the temporary file");
        let members = plan.members(number);
        let stored = members.first().map_or(plan.stored, |(_, output)| plan.stored_type(&plan.outputs[*output]));
        let driver = DriverManager::get_driver_by_name("GTiff").map_err(&failed)?;
        // No higher than the lowest windows: blocks of which a part is to come would be written, read and written again.
        let options = ["TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=64", "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER"];
        let options: CslStringList = options.into_iter().collect();
        let (width, height) = (plan.grid.width_px, plan.grid.height_px);
        let dataset = by_written_type!(stored.0, T => {
            driver.create_with_band_type_with_options::<T, _>(path, width, height, members.len(), &options)
        })
        .map_err(&failed)?;
        let mut file = Self { dataset, path: path.to_owned(), members, stored };
        file.dataset.set_geo_transform(&plan.grid.affine.to_gdal()).map_err(&failed)?;
        file.dataset.set_spatial_ref(&projection::spatial_ref(plan.grid.crs)?).map_err(&failed)?;
        describe(plan, &mut file)?;
        Ok(file)
    }

    /// Reads a rectangle of a band (from 1), row by row.
    pub(crate) fn read(&self, band: usize, window: &Window) -> Result<Samples> {
        let failed = during("reading the windows back");
        let band = self.dataset.rasterband(band).map_err(&failed)?;
        let (at, shape) = ((window.col as isize, window.row as isize), (window.width_px, window.height_px));
        by_written_type!(self.stored.0, T => {
            let buffer = band.read_as::<T>(at, shape, shape, None).map_err(&failed)?;
            Ok(T::into_samples(buffer.into_shape_and_vec().1))
        })
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

/// Band names, missing values, scales, periods, and where the file comes from.
fn describe(plan: &Plan, file: &mut WindowFile) -> Result<()> {
    let failed = during("describing the result");
    let provenance = Provenance::of(plan);
    let items = [
        ("TIFFTAG_SOFTWARE", Some(provenance.software)),
        ("ARDENT_RECIPE", Some(provenance.recipe)),
        ("ARDENT_ITEMS", Some(provenance.items)),
        ("ARDENT_DATUM_SHIFT", provenance.datum_shift),
        ("ARDENT_LEDGER", provenance.ledger),
    ];
    for (key, value) in items {
        if let Some(value) = value {
            file.dataset.set_metadata_item(key, &value, "").map_err(&failed)?;
        }
    }
    let names = plan.band_names();
    for (index, (group, output)) in file.members.iter().enumerate() {
        let name = &names[group * plan.outputs.len() + output];
        let (group, output) = (&plan.groups[*group], &plan.outputs[*output]);
        let mut band = file.dataset.rasterband(index + 1).map_err(&failed)?;
        band.set_description(name).map_err(&failed)?;
        if let Some(nodata) = file.stored.1 {
            band.set_no_data_value(Some(nodata)).map_err(&failed)?;
        }
        if let Some((scale, offset)) = plan.packing(output) {
            band.set_scale(scale).map_err(&failed)?;
            band.set_offset(offset).map_err(&failed)?;
        }
        for (key, value) in plan.notes(group, output) {
            band.set_metadata_item(key, &value, "").map_err(&failed)?;
        }
    }
    Ok(())
}
