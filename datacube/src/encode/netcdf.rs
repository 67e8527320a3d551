//! NetCDF-4 with the CF conventions.

use std::{path::Path, sync::Once};

use ardent_cog::{Sample, dispatch, dispatch_type};
use netcdf::{AttributeValue, FileMut, VariableMut};

use super::{
    cf::{Attribute, Attributes, BandVariable, CfCube, Coordinate, Values},
    planes::{PlaneFile, PlaneFiles},
    scratch,
};
use crate::{Error, Result, plan::Plan};

/// Deflate's level: what higher ones save is little after the bytes are shuffled.
const DEFLATE_LEVEL: i32 = 1;

/// Copies the windows to a NetCDF file, chunk by chunk.
pub(crate) fn encode(plan: &Plan, files: &PlaneFiles, path: &Path) -> Result<()> {
    keep_no_chunks();
    let cube = CfCube::of(plan)?;
    let mut target = netcdf::create(path).map_err(during("creating it"))?;
    define(&cube, &mut target).map_err(during("describing the cube"))?;
    for (file, band) in files.0.iter().zip(&cube.bands) {
        let missing = || netcdf::Error::NotFound(band.name.clone());
        let variable = target.variable_mut(&band.name).ok_or_else(missing).map_err(during("finding a band"))?;
        copy(&cube, file, variable)?;
    }
    target.close().map_err(during("closing it"))
}

/// Chunks are written whole and once, so none is kept for later. Of itself the library keeps 16 MiB of each variable
/// until the file is closed.
fn keep_no_chunks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _guard = netcdf_sys::libnetcdf_lock.lock();
        // SAFETY: it takes numbers alone, and the lock that calls of this library need is held.
        let code = unsafe { netcdf_sys::nc_set_chunk_cache(0, 1, 0.75) };
        if code != 0 {
            tracing::warn!(code, "the memory of the NetCDF library is not bounded");
        }
    });
}

fn copy(cube: &CfCube, file: &PlaneFile, mut variable: VariableMut<'_>) -> Result<()> {
    for index in 0..file.members.len() {
        for window in cube.chunks() {
            let samples = file.read(index, &window).map_err(scratch)?;
            let (rows, columns) = (window.row..window.row + window.height_px, window.col..window.col + window.width_px);
            dispatch!(&samples, values => variable.put_values(values, (index, rows, columns)))
                .map_err(during("writing a chunk"))?;
        }
    }
    Ok(())
}

/// Everything but the bands' values.
fn define(cube: &CfCube, file: &mut FileMut) -> netcdf::Result<()> {
    for (name, length) in cube.dimensions {
        file.add_dimension(name, length)?;
    }
    for (name, value) in &cube.attributes.0 {
        file.add_attribute(name, converted(value))?;
    }
    cube.coordinates.iter().try_for_each(|coordinate| define_coordinate(coordinate, file))?;
    cube.bands.iter().try_for_each(|band| define_band(cube, band, file))
}

fn define_coordinate(coordinate: &Coordinate, file: &mut FileMut) -> netcdf::Result<()> {
    match &coordinate.values {
        Values::Whole(values) => {
            let mut variable = file.add_variable::<i32>(coordinate.name, &coordinate.dimensions)?;
            describe(&coordinate.attributes, &mut variable)?;
            variable.put_values(values, ..)
        }
        Values::Real(values) => {
            let mut variable = file.add_variable::<f64>(coordinate.name, &coordinate.dimensions)?;
            describe(&coordinate.attributes, &mut variable)?;
            variable.put_values(values, ..)
        }
    }
}

fn define_band(cube: &CfCube, band: &BandVariable, file: &mut FileMut) -> netcdf::Result<()> {
    let [time, rows, columns, _] = cube.dimensions.map(|(name, _)| name);
    dispatch_type!(band.data_type, T => {
        let mut variable = file.add_variable::<T>(&band.name, &[time, rows, columns])?;
        variable.set_chunking(&[1, cube.chunk.0, cube.chunk.1])?;
        variable.set_compression(DEFLATE_LEVEL, true)?;
        if let Some(missing) = band.missing {
            variable.set_fill_value(T::from_f64(missing))?;
        }
        describe(&band.attributes, &mut variable)
    })
}

fn describe(attributes: &Attributes, variable: &mut VariableMut<'_>) -> netcdf::Result<()> {
    attributes.0.iter().try_for_each(|(name, value)| variable.put_attribute(name, converted(value)).map(|_| ()))
}

fn converted(value: &Attribute) -> AttributeValue {
    match value {
        Attribute::Text(text) => text.as_str().into(),
        Attribute::Texts(texts) => texts.clone().into(),
        Attribute::Number(number) => (*number).into(),
        Attribute::Single(number) => (*number).into(),
        Attribute::Numbers(numbers) => numbers.clone().into(),
    }
}

/// Names the step in which the library failed.
fn during(doing: &'static str) -> impl Fn(netcdf::Error) -> Error {
    move |source| Error::NetCdf { doing, source }
}
