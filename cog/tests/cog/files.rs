//! Files written by GDAL, and what GDAL reads from them.

use std::{path::Path, sync::Arc};

use ardent_cog::{Raster, Sample, Samples, TileAt};
use ardent_model::{DataType, Window};
use ardent_storage::{Object, Profiles, Stores};
use gdal::{
    Dataset, DriverManager,
    raster::{Buffer, GdalType, RasterBand, RasterCreationOptions},
};

/// A raster to be written.
#[derive(Debug, Clone)]
pub(crate) struct Plan<'a> {
    pub(crate) data_type: DataType,
    pub(crate) size_px: (usize, usize),
    pub(crate) bands: usize,
    /// GDAL's creation options.
    pub(crate) options: &'a [String],
    pub(crate) nodata: Option<f64>,
    pub(crate) overviews: &'a [i32],
}

/// Any value of a type in a place: smooth with jumps, so that every predictor has carries and wraps to undo.
pub(crate) fn value<T: Sample>(band: usize, col: usize, row: usize) -> T {
    let hash = (col * 7919 + row * 104_729 + band * 1_299_709) % 1_000_003;
    let smooth = (col * 3 + row * 5 + band * 40) as f64;
    match T::DATA_TYPE {
        DataType::Float32 | DataType::Float64 => T::from_f64(smooth.sin() * 1000.0 + hash as f64 * 1e-4 - 50.0),
        DataType::Uint8 => T::from_f64((smooth as usize + hash % 5) as u8 as f64),
        DataType::Int8 => T::from_f64((smooth as usize + hash % 5) as u8 as i8 as f64),
        DataType::Uint16 => T::from_f64((hash * 31 % 65_536) as f64),
        DataType::Int16 => T::from_f64((hash * 31 % 65_536) as f64 - 32_768.0),
        DataType::Uint32 => T::from_f64((hash * 4_001) as u32 as f64),
        DataType::Int32 => T::from_f64((hash * 4_001) as u32 as i32 as f64),
    }
}

/// Writes the raster.
pub(crate) fn write(path: &Path, plan: &Plan<'_>) {
    // GDAL 3.6 knows int8 only as a flavour of uint8.
    match plan.data_type {
        DataType::Int8 => write_as::<u8>(path, plan, |band, col, row| value::<i8>(band, col, row) as u8),
        DataType::Uint8 => write_as::<u8>(path, plan, value),
        DataType::Uint16 => write_as::<u16>(path, plan, value),
        DataType::Int16 => write_as::<i16>(path, plan, value),
        DataType::Uint32 => write_as::<u32>(path, plan, value),
        DataType::Int32 => write_as::<i32>(path, plan, value),
        DataType::Float32 => write_as::<f32>(path, plan, value),
        DataType::Float64 => write_as::<f64>(path, plan, value),
    }
}

fn write_as<T: GdalType + Copy>(path: &Path, plan: &Plan<'_>, value: impl Fn(usize, usize, usize) -> T) {
    let mut options = RasterCreationOptions::default();
    for option in plan.options {
        let (key, value) = option.split_once('=').unwrap();
        options.add_name_value(key, value).unwrap();
    }
    if plan.data_type == DataType::Int8 {
        options.add_name_value("PIXELTYPE", "SIGNEDBYTE").unwrap();
    }
    let (width, height) = plan.size_px;
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset =
        driver.create_with_band_type_with_options::<T, _>(path, width, height, plan.bands, &options).unwrap();
    dataset.set_geo_transform(&[600_000.0, 10.0, 0.0, 200_000.0, 0.0, -10.0]).unwrap();
    dataset.set_spatial_ref(&gdal::spatial_ref::SpatialRef::from_epsg(27700).unwrap()).unwrap();
    for number in 0..plan.bands {
        let mut band = dataset.rasterband(number + 1).unwrap();
        if plan.nodata.is_some() {
            band.set_no_data_value(plan.nodata).unwrap();
        }
        let pixels = (0..height).flat_map(|row| (0..width).map(move |col| (col, row)));
        let values = pixels.map(|(col, row)| value(number, col, row)).collect();
        band.write((0, 0), (width, height), &mut Buffer::new((width, height), values)).unwrap();
    }
    if !plan.overviews.is_empty() {
        dataset.build_overviews("NEAREST", plan.overviews, &[]).unwrap();
    }
    dataset.close().unwrap();
}

/// The object of a file.
pub(crate) fn object(path: &Path) -> Object {
    let stores = Stores::new(Profiles::default().with_folder(path.parent().unwrap())).unwrap();
    stores.object(path.to_str().unwrap()).unwrap()
}

/// Opens a file.
pub(crate) async fn open(path: &Path) -> Arc<Raster> {
    Raster::open(object(path)).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All tiles of a level.
pub(crate) fn tiles(raster: &Raster, level: usize) -> Vec<TileAt> {
    let level = &raster.levels()[level];
    let (across, down) = (level.tiles_across(), level.tiles_down());
    (0..down).flat_map(|row| (0..across).map(move |col| TileAt { col, row })).collect()
}

/// Compares `bands` of a level with GDAL's reading, tile by tile.
pub(crate) async fn compare(path: &Path, raster: &Arc<Raster>, level: usize, bands: &[usize]) {
    let dataset = Dataset::open(path).unwrap();
    let shape = raster.levels()[level].clone();
    for fetched in raster.fetch(level, &tiles(raster, level), bands).await.unwrap() {
        let tile = fetched.decode().unwrap();
        let window = Window {
            col: tile.at.col * shape.tile_width_px,
            row: tile.at.row * shape.tile_height_px,
            width_px: tile.width_px,
            height_px: tile.height_px,
        };
        assert_eq!(tile.bands.len(), bands.len());
        for (samples, band) in tile.bands.iter().zip(bands) {
            let band = dataset.rasterband(band + 1).unwrap();
            let band = if level == 0 { band } else { band.overview(level - 1).unwrap() };
            assert_eq!(band.size(), (shape.width_px, shape.height_px));
            let truth = gdal_samples(&band, window, raster.data_type());
            assert!(same(samples, &truth), "{} level {level} tile {} bands {bands:?}", path.display(), tile.at);
        }
    }
}

/// Equal bit for bit: NaN is NaN.
pub(crate) fn same(a: &Samples, b: &Samples) -> bool {
    match (a, b) {
        (Samples::Float32(a), Samples::Float32(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
        (Samples::Float64(a), Samples::Float64(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
        _ => a == b,
    }
}

pub(crate) fn gdal_samples(band: &RasterBand<'_>, window: Window, data_type: DataType) -> Samples {
    if data_type == DataType::Int8 {
        let values: Vec<u8> = gdal_values(band, window);
        return Samples::Int8(values.into_iter().map(|value| value as i8).collect());
    }
    macro_rules! read {
        ($($variant:ident),+) => {
            match data_type {
                $(DataType::$variant => Samples::$variant(gdal_values(band, window)),)+
                DataType::Int8 => unreachable!(),
            }
        };
    }
    read!(Uint8, Uint16, Int16, Uint32, Int32, Float32, Float64)
}

fn gdal_values<T: GdalType + Copy>(band: &RasterBand<'_>, window: Window) -> Vec<T> {
    let size = (window.width_px, window.height_px);
    band.read_as::<T>((window.col as isize, window.row as isize), size, size, None).unwrap().data().to_vec()
}
