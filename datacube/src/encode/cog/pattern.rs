//! A GeoTIFF without pixels: what the raster library says of a cube's grid, pixel type and bands.

use std::path::Path;

use ardent_model::DataType;
use gdal::{Dataset, DriverManager, Metadata, config, cpl::CslStringList, errors::Result as Done};
use tempfile::TempPath;

use super::TILE_PX;
use crate::{
    Error, Result,
    encode::{Compression, planes::PlaneFile, provenance::Provenance, scratch},
    plan::Plan,
    projection,
};

/// From so many bytes on a file needs 64-bit offsets, whatever its packing does to it.
const BIG_BYTES: u64 = 2 << 30;

/// Makes one for a file with overviews that are smaller by these factors.
pub(super) fn create(plan: &Plan, file: &PlaneFile, (compression, factors): (Compression, &[i32])) -> Result<TempPath> {
    let path = tempfile::Builder::new().prefix("ardent-cube-").suffix(".tif").tempfile().map_err(scratch)?;
    let path = path.into_temp_path();
    let failed = |source| Error::Encode { doing: "describing the result", source };
    let mut dataset = empty(file, &path, compression).map_err(failed)?;
    dataset.set_geo_transform(&plan.grid.affine.to_gdal()).map_err(failed)?;
    dataset.set_spatial_ref(&projection::spatial_ref(plan.grid.crs)?).map_err(failed)?;
    describe(plan, file, &mut dataset).map_err(failed)?;
    if !factors.is_empty() {
        // Their tiles would have 128 pixels. The setting is this thread's alone.
        config::set_thread_local_config_option("GDAL_TIFF_OVR_BLOCKSIZE", &TILE_PX.to_string()).map_err(failed)?;
        let built = dataset.build_overviews("NONE", factors, &[]);
        config::clear_thread_local_config_option("GDAL_TIFF_OVR_BLOCKSIZE").map_err(failed)?;
        built.map_err(failed)?;
    }
    dataset.close().map_err(failed)?;
    Ok(path)
}

/// Without pixels, since those that were never written take no room.
fn empty(file: &PlaneFile, path: &Path, compression: Compression) -> Done<Dataset> {
    let ((width_px, height_px), bands) = (file.size_px, file.members.len());
    let pixels = width_px as u64 * height_px as u64 * bands as u64;
    let mut options = CslStringList::new();
    let compress = match compression {
        Compression::Deflate => "DEFLATE",
        Compression::Zstd => "ZSTD",
        Compression::Lzw => "LZW",
    };
    options.set_name_value("COMPRESS", compress)?;
    options.set_name_value("PREDICTOR", if file.stored.0.is_integer() { "2" } else { "3" })?;
    let is_big = pixels * file.stored.0.size_bytes() as u64 >= BIG_BYTES;
    options.set_name_value("BIGTIFF", if is_big { "YES" } else { "NO" })?;
    options.set_name_value("BLOCKXSIZE", &TILE_PX.to_string())?;
    options.set_name_value("BLOCKYSIZE", &TILE_PX.to_string())?;
    for option in ["TILED=YES", "INTERLEAVE=BAND", "SPARSE_OK=TRUE"] {
        options.add_string(option)?;
    }
    let driver = DriverManager::get_driver_by_name("GTiff")?;
    macro_rules! create {
        ($($variant:ident $type:ty),+) => {
            match file.stored.0 {
                $(DataType::$variant => driver.create_with_band_type_with_options::<$type, _>(path, width_px, height_px, bands, &options),)+
            }
        };
    }
    // No int8 is stored: the raster library of Debian 12 writes none.
    create!(Uint8 u8, Int8 i16, Uint16 u16, Int16 i16, Uint32 u32, Int32 i32, Float32 f32, Float64 f64)
}

/// Band names, missing values, scales, periods, and where the file comes from.
fn describe(plan: &Plan, file: &PlaneFile, dataset: &mut Dataset) -> Done<()> {
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
            dataset.set_metadata_item(key, &value, "")?;
        }
    }
    let names = plan.band_names();
    for (index, (group, output)) in file.members.iter().enumerate() {
        let name = &names[group * plan.outputs.len() + output];
        let (group, output) = (&plan.groups[*group], &plan.outputs[*output]);
        let mut band = dataset.rasterband(index + 1)?;
        band.set_description(name)?;
        if let Some(nodata) = file.stored.1 {
            band.set_no_data_value(Some(nodata))?;
        }
        if let Some((scale, offset)) = plan.packing(output) {
            band.set_scale(scale)?;
            band.set_offset(offset)?;
        }
        for (key, value) in plan.notes(group, output) {
            band.set_metadata_item(key, &value, "")?;
        }
    }
    Ok(())
}
