//! Affine transform and CRS, against GDAL's reading; masks and ghost areas, which are no levels.

use std::path::Path;

use ardent_cog::TileAt;
use ardent_model::{Affine, Crs, DataType};
use gdal::{Dataset, DriverManager, Metadata, raster::RasterCreationOptions, spatial_ref::SpatialRef};

use crate::files::{Plan, compare, open, write};

fn plan() -> Plan<'static> {
    Plan { data_type: DataType::Uint8, size_px: (600, 500), bands: 2, options: &[], nodata: None, overviews: &[] }
}

fn georeferenced(path: &Path, affine: [f64; 6], epsg: Option<u32>, area_or_point: &str) {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset = driver.create_with_band_type::<u8, _>(path, 20, 10, 1).unwrap();
    dataset.set_metadata_item("AREA_OR_POINT", area_or_point, "").unwrap();
    dataset.set_geo_transform(&affine).unwrap();
    if let Some(epsg) = epsg {
        dataset.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
    }
    dataset.close().unwrap();
}

#[tokio::test]
async fn transforms_and_codes_are_gdals() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lies.tif");
    let north_up = [434_800.0, 10.0, 0.0, 145_900.0, 0.0, -10.0];
    let rotated = [500_000.0, 8.0, 3.0, 200_000.0, 3.0, -8.0];
    let degrees = [-3.0, 0.0001, 0.0, 51.0, 0.0, -0.0001];
    let cases = [(north_up, 27700), (rotated, 32630), (degrees, 4326), (degrees, 4258), (north_up, 3857)];
    for (affine, epsg) in cases {
        for area_or_point in ["Area", "Point"] {
            georeferenced(&path, affine, Some(epsg), area_or_point);
            let truth = Dataset::open(&path).unwrap().geo_transform().unwrap();
            let grid = open(&path).await.grid().unwrap();
            assert_eq!(grid.crs, Crs::epsg(epsg));
            assert_eq!(grid.affine, Affine::from_gdal(truth), "{epsg} {area_or_point}");
        }
    }
}

#[tokio::test]
async fn without_a_code_there_is_no_grid_but_a_transform() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lies.tif");
    georeferenced(&path, [434_800.0, 10.0, 0.0, 145_900.0, 0.0, -10.0], None, "Area");
    let raster = open(&path).await;
    assert_eq!((raster.grid(), raster.crs()), (None, None));
    assert_eq!(raster.affine(), Some(Affine::north_up(434_800.0, 145_900.0, 10.0)));
}

#[tokio::test]
async fn internal_masks_are_no_levels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("masked.tif");
    write(&path, &plan());
    gdal::config::set_thread_local_config_option("GDAL_TIFF_INTERNAL_MASK", "YES").unwrap();
    let options = gdal::DatasetOptions { open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE, ..Default::default() };
    let mut dataset = Dataset::open_ex(&path, options).unwrap();
    dataset.rasterband(1).unwrap().create_mask_band(true).unwrap();
    dataset.build_overviews("NEAREST", &[2, 4], &[]).unwrap();
    dataset.close().unwrap();
    gdal::config::clear_thread_local_config_option("GDAL_TIFF_INTERNAL_MASK").unwrap();
    assert!(!path.with_extension("tif.msk").exists());
    let raster = open(&path).await;
    let widths: Vec<_> = raster.levels().iter().map(|level| level.width_px).collect();
    assert_eq!(widths, [600, 300, 150]);
    for level in 0..3 {
        compare(&path, &raster, level, &[1, 0]).await;
    }
}

#[tokio::test]
async fn cloud_optimised_files_equal_gdal() {
    let folder = tempfile::tempdir().unwrap();
    let (source, path) = (folder.path().join("source.tif"), folder.path().join("cog.tif"));
    write(&source, &plan());
    let driver = DriverManager::get_driver_by_name("COG").unwrap();
    for compression in ["DEFLATE", "ZSTD", "LZW", "JPEG", "WEBP", "LERC"] {
        let mut options = RasterCreationOptions::default();
        for (key, value) in [("BLOCKSIZE", "128"), ("COMPRESS", compression), ("OVERVIEWS", "IGNORE_EXISTING")] {
            options.add_name_value(key, value).unwrap();
        }
        if ["WEBP", "JPEG"].contains(&compression) {
            // WebP has three bands or four.
            let three = Plan { bands: 3, ..plan() };
            write(&source, &three);
        }
        Dataset::open(&source).unwrap().create_copy(&driver, &path, &options).unwrap().close().unwrap();
        let raster = open(&path).await;
        assert!(raster.levels().len() > 1, "{compression}");
        for level in 0..raster.levels().len() {
            compare(&path, &raster, level, &[0, 1]).await;
        }
        let fetched = raster.fetch(0, &[TileAt { col: 2, row: 1 }], &[1]).await.unwrap();
        assert!(fetched[0].size_bytes() > 0 && fetched[0].size_bytes() < 70_000, "{compression}");
    }
}
