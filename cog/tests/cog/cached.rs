//! Opening through the cache, objects that change, sparse tiles.

use std::sync::Arc;

use ardent_cog::{Error, RasterCache, Samples, TileAt};
use ardent_model::DataType;
use gdal::{DriverManager, raster::RasterCreationOptions};

use crate::files::{Plan, compare, object, open, write};

const FIRST: TileAt = TileAt { col: 0, row: 0 };

fn plan(size_px: (usize, usize)) -> Plan<'static> {
    Plan { data_type: DataType::Uint8, size_px, bands: 1, options: &[], nodata: None, overviews: &[] }
}

#[tokio::test]
async fn headers_are_kept_and_failures_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.tif");
    let cache = RasterCache::new(10);
    let both = futures::future::join(cache.open(object(&path)), cache.open(object(&path))).await;
    for failure in [both.0, both.1] {
        assert!(matches!(failure, Err(Error::Storage(ardent_storage::Error::NotFound { .. }))));
    }
    write(&path, &plan((20, 10)));
    let one = cache.open(object(&path)).await.unwrap();
    let two = cache.open(object(&path)).await.unwrap();
    assert!(Arc::ptr_eq(&one, &two));
    cache.forget(one.href()).await;
    assert!(!Arc::ptr_eq(&one, &cache.open(object(&path)).await.unwrap()));
}

#[tokio::test]
async fn a_changed_object_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changing.tif");
    write(&path, &plan((20, 10)));
    let raster = open(&path).await;
    assert!(raster.etag().is_some());
    raster.fetch(0, &[FIRST], &[0]).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    write(&path, &plan((200, 100)));
    let error = raster.fetch(0, &[FIRST], &[0]).await.unwrap_err();
    assert!(matches!(error, Error::Storage(ardent_storage::Error::Changed { .. })), "{error}");
}

#[tokio::test]
async fn tiles_never_written_are_nodata() {
    for (nodata, expected) in [(None, 0), (Some(-7.0), -7)] {
        for interleave in ["PIXEL", "BAND"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("sparse.tif");
            let mut options = RasterCreationOptions::default();
            for (key, value) in [("SPARSE_OK", "TRUE"), ("TILED", "YES"), ("INTERLEAVE", interleave)] {
                options.add_name_value(key, value).unwrap();
            }
            let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
            let dataset = driver.create_with_band_type_with_options::<i16, _>(&path, 300, 300, 2, &options).unwrap();
            dataset.rasterband(1).unwrap().set_no_data_value(nodata).unwrap();
            let mut pixel = gdal::raster::Buffer::new((1, 1), vec![99_i16]);
            dataset.rasterband(1).unwrap().write((299, 299), (1, 1), &mut pixel).unwrap();
            dataset.close().unwrap();
            let raster = open(&path).await;
            let fetched = raster.fetch(0, &[FIRST], &[1, 0]).await.unwrap();
            assert_eq!(fetched[0].size_bytes(), 0);
            let tile = fetched[0].decode().unwrap();
            assert_eq!(tile.bands, vec![Samples::Int16(vec![expected; 256 * 256]); 2]);
            compare(&path, &raster, 0, &[0, 1]).await;
        }
    }
}

/// Writes a file of one tile and leaves it sparse, or not.
fn write_sparse(path: &std::path::Path, value: Option<i16>) {
    let mut options = RasterCreationOptions::default();
    for (key, value) in [("SPARSE_OK", "TRUE"), ("TILED", "YES")] {
        options.add_name_value(key, value).unwrap();
    }
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let dataset = driver.create_with_band_type_with_options::<i16, _>(path, 256, 256, 1, &options).unwrap();
    if let Some(value) = value {
        let mut pixels = gdal::raster::Buffer::new((256, 256), vec![value; 256 * 256]);
        dataset.rasterband(1).unwrap().write((0, 0), (256, 256), &mut pixels).unwrap();
    }
    dataset.close().unwrap();
}

#[tokio::test]
async fn a_tile_that_was_not_there_is_noticed_when_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("filled.tif");
    write_sparse(&path, None);
    let cache = RasterCache::new(10);
    let raster = cache.open(object(&path)).await.unwrap();
    raster.fetch(0, &[FIRST], &[0]).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    write_sparse(&path, Some(7));
    let known = cache.open(object(&path)).await.unwrap();
    assert!(Arc::ptr_eq(&raster, &known), "its header is kept");
    let error = known.fetch(0, &[FIRST], &[0]).await.unwrap_err();
    assert!(matches!(error, Error::Storage(ardent_storage::Error::Changed { .. })), "{error}");
    cache.forget(known.href()).await;
    let tile = cache.open(object(&path)).await.unwrap().fetch(0, &[FIRST], &[0]).await.unwrap()[0].decode().unwrap();
    assert_eq!(tile.bands, [Samples::Int16(vec![7; 256 * 256])]);
}
