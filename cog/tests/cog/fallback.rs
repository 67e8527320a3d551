//! Formats that GDAL decodes for us: the same pixels as GDAL's own reading of the file.

use std::path::Path;

use ardent_cog::TileAt;
use ardent_model::{Crs, DataType};
use gdal::{Dataset, DriverManager, raster::RasterCreationOptions};

use crate::files::{Plan, compare, open, write};

async fn check(data_type: DataType, options: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{data_type}-{}.tif", options.join("-").replace('=', "")));
    let all = [options, &["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"]].concat();
    let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
    let plan = Plan { data_type, size_px: (201, 133), bands: 3, options: &all, nodata: None, overviews: &[2] };
    write(&path, &plan);
    check_file(&path, 3, data_type).await;
    let raster = open(&path).await;
    let fetched = raster.fetch(0, &[TileAt { col: 1, row: 1 }], &[0]).await.unwrap();
    assert!(fetched[0].size_bytes() < raster.size_bytes() as usize / 4, "{options:?}: more than the tile was fetched");
}

async fn check_file(path: &Path, bands: usize, data_type: DataType) {
    let raster = open(path).await;
    assert_eq!((raster.bands(), raster.data_type()), (bands, data_type), "{}", path.display());
    assert_eq!(raster.grid().unwrap().crs, Crs::epsg(27700));
    assert_eq!(
        raster.levels().len(),
        1 + Dataset::open(path).unwrap().rasterband(1).unwrap().overview_count().unwrap() as usize
    );
    for level in 0..raster.levels().len() {
        let all: Vec<usize> = (0..bands).collect();
        compare(path, &raster, level, &all).await;
        compare(path, &raster, level, &[bands - 1]).await;
    }
}

#[tokio::test]
async fn lossy_formats_equal_gdal() {
    for interleave in ["INTERLEAVE=PIXEL", "INTERLEAVE=BAND"] {
        check(DataType::Uint8, &["COMPRESS=JPEG", interleave]).await;
    }
    check(DataType::Uint8, &["COMPRESS=JPEG", "INTERLEAVE=PIXEL", "PHOTOMETRIC=YCBCR"]).await;
    check(DataType::Uint8, &["COMPRESS=WEBP", "INTERLEAVE=PIXEL"]).await;
}

#[tokio::test]
async fn lerc_and_packbits_equal_gdal() {
    for interleave in ["INTERLEAVE=PIXEL", "INTERLEAVE=BAND"] {
        for order in ["ENDIANNESS=LITTLE", "ENDIANNESS=BIG"] {
            for data_type in [DataType::Uint8, DataType::Uint16, DataType::Int16, DataType::Float32] {
                check(data_type, &["COMPRESS=LERC", interleave, order]).await;
                check(data_type, &["COMPRESS=LERC_DEFLATE", interleave, order]).await;
                check(data_type, &["COMPRESS=LERC_ZSTD", "MAX_Z_ERROR=2", interleave, order]).await;
                check(data_type, &["COMPRESS=PACKBITS", interleave, order]).await;
                check(data_type, &["COMPRESS=LZMA", interleave, order]).await;
            }
        }
    }
}

#[tokio::test]
async fn odd_bit_depths_equal_gdal() {
    for (data_type, bits) in [
        (DataType::Uint8, "NBITS=1"),
        (DataType::Uint8, "NBITS=4"),
        (DataType::Uint16, "NBITS=12"),
        (DataType::Uint32, "NBITS=20"),
        (DataType::Float32, "NBITS=16"),
    ] {
        for interleave in ["INTERLEAVE=PIXEL", "INTERLEAVE=BAND"] {
            for codec in ["COMPRESS=NONE", "COMPRESS=DEFLATE"] {
                check(data_type, &[bits, interleave, codec]).await;
            }
        }
    }
}

#[tokio::test]
async fn other_colour_spaces_equal_gdal() {
    let folder = tempfile::tempdir().unwrap();
    for codec in ["COMPRESS=DEFLATE", "COMPRESS=JPEG"] {
        let path = folder.path().join(format!("cmyk-{codec}.tif"));
        let options = ["PHOTOMETRIC=CMYK", "INTERLEAVE=PIXEL", codec].map(str::to_owned);
        let plan = Plan {
            data_type: DataType::Uint8,
            size_px: (201, 133),
            bands: 4,
            options: &options,
            nodata: None,
            overviews: &[],
        };
        write(&path, &plan);
        check_file(&path, 4, DataType::Uint8).await;
    }
}

#[tokio::test]
async fn jpeg_2000_equals_gdal() {
    let folder = tempfile::tempdir().unwrap();
    let (source, path) = (folder.path().join("source.tif"), folder.path().join("scene.jp2"));
    let plan =
        Plan { data_type: DataType::Uint16, size_px: (700, 600), bands: 2, options: &[], nodata: None, overviews: &[] };
    write(&source, &plan);
    let mut options = RasterCreationOptions::default();
    for (key, value) in [("REVERSIBLE", "YES"), ("QUALITY", "100"), ("BLOCKXSIZE", "256"), ("BLOCKYSIZE", "256")] {
        options.add_name_value(key, value).unwrap();
    }
    let driver = DriverManager::get_driver_by_name("JP2OpenJPEG").unwrap();
    Dataset::open(source).unwrap().create_copy(&driver, &path, &options).unwrap().close().unwrap();
    check_file(&path, 2, DataType::Uint16).await;
}
