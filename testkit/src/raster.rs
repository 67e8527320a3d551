//! Rasters for the tests of other crates, of any shape GDAL can write, from a function of band, column and row.

use std::path::Path;

use anyhow::{Context as _, bail};
use gdal::{
    Dataset, DriverManager, Metadata as _,
    raster::{Buffer, GdalDataType, GdalType, RasterCreationOptions},
    spatial_ref::SpatialRef,
};

/// The type of a raster's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    /// 8 bits, unsigned.
    Uint8,
    /// 16 bits, unsigned.
    Uint16,
    /// 16 bits, signed.
    Int16,
    /// 32 bits, unsigned.
    Uint32,
    /// 32 bits, signed.
    Int32,
    /// 32 bits, IEEE 754.
    Float32,
    /// 64 bits, IEEE 754.
    Float64,
}

/// How the bands lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interleave {
    /// All bands of a pixel together.
    Pixel,
    /// One band after the other.
    Band,
}

/// Byte order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endianness {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// Which of GDAL's drivers writes the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `GTiff`: takes every option; the directories of overviews come before the pixels.
    GeoTiff,
    /// `COG`: smallest overview first, with GDAL's ghost header; pixel-interleaved, little-endian and tiled always.
    Cog,
}

/// What a raster shall be. `RasterSpec { width_px: 300, ..RasterSpec::default() }` changes what a test is about.
#[derive(Debug, Clone)]
pub struct RasterSpec {
    /// Columns.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
    /// How many bands.
    pub bands: usize,
    /// Names of the bands; may be empty.
    pub band_names: Vec<String>,
    /// Type of the values.
    pub data_type: DataType,
    /// As GDAL calls it: `NONE`, `DEFLATE`, `ZSTD`, `LZW`, `PACKBITS`, `JPEG`, `LERC`, …
    pub compression: &'static str,
    /// TIFF predictor: 1 none, 2 horizontal, 3 floating point.
    pub predictor: u8,
    /// How the bands lie in the file.
    pub interleave: Interleave,
    /// Width and height of a tile, a multiple of 16; none writes strips.
    pub tile_px: Option<usize>,
    /// BigTIFF, with its 64-bit offsets.
    pub bigtiff: bool,
    /// Byte order.
    pub endianness: Endianness,
    /// Value that means no data.
    pub nodata: Option<f64>,
    /// Factors of the overviews, such as 2 and 4; they take the nearest pixel.
    pub overviews: Vec<i32>,
    /// GDAL's: x of the left edge, pixel width, row rotation, y of the upper edge, column rotation, pixel height (< 0).
    pub geotransform: [f64; 6],
    /// EPSG code of the CRS; none leaves it out.
    pub epsg: Option<u32>,
    /// The driver.
    pub layout: Layout,
    /// More creation options, for example `("SPARSE_OK", "TRUE")`.
    pub options: Vec<(&'static str, String)>,
}

impl Default for RasterSpec {
    /// One uint16 band of 256 × 256 pixels of 10 m in EPSG:27700, deflate with predictor 2, 256-pixel tiles, nodata 0.
    fn default() -> Self {
        Self {
            width_px: 256,
            height_px: 256,
            bands: 1,
            band_names: Vec::new(),
            data_type: DataType::Uint16,
            compression: "DEFLATE",
            predictor: 2,
            interleave: Interleave::Pixel,
            tile_px: Some(256),
            bigtiff: false,
            endianness: Endianness::Little,
            nodata: Some(0.0),
            overviews: Vec::new(),
            geotransform: [440_000.0, 10.0, 0.0, 110_000.0, 0.0, -10.0],
            epsg: Some(27700),
            layout: Layout::GeoTiff,
            options: Vec::new(),
        }
    }
}

/// Writes a raster; `value` gives that of band, column and row, each counted from 0.
///
/// ```
/// use ardent_testkit::raster::{self, RasterSpec};
///
/// let folder = tempfile::tempdir().unwrap();
/// let spec = RasterSpec { bands: 3, overviews: vec![2], ..RasterSpec::default() };
/// raster::write(&folder.path().join("a.tif"), &spec, |band, x, y| (1000 * band + x + y) as f64).unwrap();
/// ```
pub fn write(path: &Path, spec: &RasterSpec, value: impl Fn(usize, usize, usize) -> f64) -> anyhow::Result<()> {
    let bands: Vec<Vec<f64>> = (0..spec.bands)
        .map(|band| {
            let pixels = (0..spec.height_px).flat_map(|y| (0..spec.width_px).map(move |x| (x, y)));
            pixels.map(|(x, y)| value(band, x, y)).collect()
        })
        .collect();
    write_bands(path, spec, bands)
}

/// Writes a raster from its pixels, one vector per band, row after row.
pub fn write_bands<T: GdalType + Copy>(path: &Path, spec: &RasterSpec, bands: Vec<Vec<T>>) -> anyhow::Result<()> {
    let context = || format!("raster {} cannot be written", path.display());
    let mut memory = in_memory(spec).with_context(context)?;
    if bands.len() != spec.bands {
        bail!("raster {} has {} bands, pixels are given for {}", path.display(), spec.bands, bands.len());
    }
    let size = (spec.width_px, spec.height_px);
    for (index, pixels) in bands.into_iter().enumerate() {
        let mut band = memory.rasterband(index + 1)?;
        band.set_no_data_value(spec.nodata)?;
        if let Some(name) = spec.band_names.get(index) {
            band.set_description(name)?;
        }
        band.write((0, 0), size, &mut Buffer::new(size, pixels)).with_context(context)?;
    }
    if !spec.overviews.is_empty() {
        memory.build_overviews("NEAREST", &spec.overviews, &[]).with_context(context)?;
    }
    let driver = DriverManager::get_driver_by_name(match spec.layout {
        Layout::GeoTiff => "GTiff",
        Layout::Cog => "COG",
    })?;
    let mut file = memory.create_copy(&driver, path, &options(spec)?).with_context(context)?;
    file.flush_cache().with_context(context)?;
    Ok(())
}

fn in_memory(spec: &RasterSpec) -> gdal::errors::Result<Dataset> {
    let driver = DriverManager::get_driver_by_name("MEM")?;
    let (width, height) = (spec.width_px, spec.height_px);
    let mut dataset = match spec.data_type {
        DataType::Uint8 => driver.create_with_band_type::<u8, _>("", width, height, spec.bands),
        DataType::Uint16 => driver.create_with_band_type::<u16, _>("", width, height, spec.bands),
        DataType::Int16 => driver.create_with_band_type::<i16, _>("", width, height, spec.bands),
        DataType::Uint32 => driver.create_with_band_type::<u32, _>("", width, height, spec.bands),
        DataType::Int32 => driver.create_with_band_type::<i32, _>("", width, height, spec.bands),
        DataType::Float32 => driver.create_with_band_type::<f32, _>("", width, height, spec.bands),
        DataType::Float64 => driver.create_with_band_type::<f64, _>("", width, height, spec.bands),
    }?;
    dataset.set_geo_transform(&spec.geotransform)?;
    if let Some(epsg) = spec.epsg {
        dataset.set_spatial_ref(&SpatialRef::from_epsg(epsg)?)?;
    }
    Ok(dataset)
}

fn options(spec: &RasterSpec) -> anyhow::Result<RasterCreationOptions> {
    let mut pairs: Vec<(&str, String)> = vec![("COMPRESS", spec.compression.to_uppercase())];
    let predicts = ["DEFLATE", "LZW", "ZSTD"].contains(&spec.compression.to_uppercase().as_str());
    pairs.push(("BIGTIFF", if spec.bigtiff { "YES" } else { "NO" }.to_owned()));
    match spec.layout {
        Layout::Cog => {
            let (Some(tile_px), Interleave::Pixel, Endianness::Little) =
                (spec.tile_px, spec.interleave, spec.endianness)
            else {
                bail!("GDAL's COG driver writes tiles, pixel-interleaved and little-endian only: use Layout::GeoTiff");
            };
            pairs.push(("BLOCKSIZE", tile_px.to_string()));
            pairs.push(("OVERVIEWS", if spec.overviews.is_empty() { "NONE" } else { "FORCE_USE_EXISTING" }.to_owned()));
            let predictor = ["NO", "STANDARD", "FLOATING_POINT"].get(usize::from(spec.predictor.max(1)) - 1);
            let predictor = predictor.context("there are predictors 1, 2 and 3")?;
            if predicts {
                pairs.push(("PREDICTOR", (*predictor).to_owned()));
            }
        }
        Layout::GeoTiff => {
            if predicts {
                pairs.push(("PREDICTOR", spec.predictor.to_string()));
            }
            if let Some(tile_px) = spec.tile_px {
                pairs.push(("TILED", "YES".to_owned()));
                pairs.push(("BLOCKXSIZE", tile_px.to_string()));
                pairs.push(("BLOCKYSIZE", tile_px.to_string()));
            }
            if !spec.overviews.is_empty() {
                pairs.push(("COPY_SRC_OVERVIEWS", "YES".to_owned()));
            }
            pairs.push(("INTERLEAVE", if spec.interleave == Interleave::Pixel { "PIXEL" } else { "BAND" }.to_owned()));
            pairs.push(("ENDIANNESS", if spec.endianness == Endianness::Big { "BIG" } else { "LITTLE" }.to_owned()));
        }
    }
    let mut list = RasterCreationOptions::new();
    for (name, value) in pairs.iter().chain(&spec.options) {
        list.set_name_value(name, value)?;
    }
    Ok(list)
}

impl DataType {
    /// GDAL's name for it.
    pub fn gdal(self) -> GdalDataType {
        match self {
            Self::Uint8 => GdalDataType::UInt8,
            Self::Uint16 => GdalDataType::UInt16,
            Self::Int16 => GdalDataType::Int16,
            Self::Uint32 => GdalDataType::UInt32,
            Self::Int32 => GdalDataType::Int32,
            Self::Float32 => GdalDataType::Float32,
            Self::Float64 => GdalDataType::Float64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits of the file that GDAL does not tell: byte order and version of TIFF.
    fn magic(path: &Path) -> [u8; 4] {
        let bytes = std::fs::read(path).unwrap();
        [bytes[0], bytes[1], bytes[2], bytes[3]]
    }

    #[test]
    fn every_shape_is_read_back_as_it_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let plain = RasterSpec { width_px: 70, height_px: 45, bands: 3, tile_px: Some(32), ..RasterSpec::default() };
        let types = [
            DataType::Uint8,
            DataType::Uint16,
            DataType::Int16,
            DataType::Uint32,
            DataType::Int32,
            DataType::Float32,
            DataType::Float64,
        ];
        let mut specs: Vec<RasterSpec> =
            types.map(|data_type| RasterSpec { data_type, predictor: 1, ..plain.clone() }).into();
        specs.push(RasterSpec { interleave: Interleave::Band, compression: "zstd", ..plain.clone() });
        specs.push(RasterSpec { tile_px: None, compression: "LZW", ..plain.clone() });
        specs.push(RasterSpec { endianness: Endianness::Big, bigtiff: true, compression: "none", ..plain.clone() });
        specs.push(RasterSpec { data_type: DataType::Float32, predictor: 3, nodata: Some(f64::NAN), ..plain.clone() });
        specs.push(RasterSpec { overviews: vec![2, 4], band_names: vec!["blue".into()], ..plain.clone() });
        specs.push(RasterSpec { layout: Layout::Cog, tile_px: Some(128), overviews: vec![2], ..plain });
        for (index, spec) in specs.iter().enumerate() {
            let path = folder.path().join(format!("{index}.tif"));
            let value = |band: usize, x: usize, y: usize| (band * 70 + (x * 7 + y * 3) % 100) as f64;
            write(&path, spec, value).unwrap();
            let file = Dataset::open(&path).unwrap();
            assert_eq!(file.geo_transform().unwrap(), spec.geotransform);
            assert_eq!(file.spatial_ref().unwrap().auth_code().unwrap(), 27700);
            for band in 0..3 {
                let raster = file.rasterband(band + 1).unwrap();
                assert_eq!(raster.band_type(), spec.data_type.gdal());
                assert_eq!(raster.overview_count().unwrap() as usize, spec.overviews.len(), "{spec:?}");
                let nodata = raster.no_data_value().unwrap();
                assert!(spec.nodata == Some(nodata) || nodata.is_nan() && spec.data_type == DataType::Float32);
                assert_eq!(raster.block_size(), spec.tile_px.map_or((70, raster.block_size().1), |tile| (tile, tile)));
                let pixels = raster.read_as::<f64>((0, 0), (70, 45), (70, 45), None).unwrap();
                for (at, &got) in pixels.data().iter().enumerate() {
                    assert_eq!(got, value(band, at % 70, at / 70), "{spec:?}");
                }
            }
            let expected: [u8; 4] = if spec.bigtiff { *b"MM\0+" } else { *b"II*\0" };
            assert_eq!(magic(&path), expected);
        }
    }

    #[test]
    fn what_the_cog_driver_cannot_do_is_refused() {
        let spec = RasterSpec { layout: Layout::Cog, interleave: Interleave::Band, ..RasterSpec::default() };
        let error = write(Path::new("/nowhere/a.tif"), &spec, |_, _, _| 1.0).unwrap_err();
        assert!(error.to_string().contains("Layout::GeoTiff"), "{error}");
    }
}
