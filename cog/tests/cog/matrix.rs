//! Every way of storing pixels that is decoded here, against GDAL.

use ardent_model::{Crs, DataType};

use crate::files::{Plan, compare, open, write};

const ORDERS: [&str; 2] = ["ENDIANNESS=LITTLE", "ENDIANNESS=BIG"];
const SIZES: [&str; 2] = ["BIGTIFF=NO", "BIGTIFF=YES"];
const INTERLEAVES: [&str; 2] = ["INTERLEAVE=PIXEL", "INTERLEAVE=BAND"];
const CODECS: [&str; 4] = ["COMPRESS=NONE", "COMPRESS=DEFLATE", "COMPRESS=ZSTD", "COMPRESS=LZW"];

fn predictors(codec: &str, data_type: DataType) -> &'static [&'static str] {
    match (codec, data_type.is_integer()) {
        ("COMPRESS=NONE", _) => &["PREDICTOR=1"],
        (_, true) => &["PREDICTOR=1", "PREDICTOR=2"],
        (_, false) => &["PREDICTOR=1", "PREDICTOR=2", "PREDICTOR=3"],
    }
}

/// All options for a data type and a codec.
fn options(codec: &str, data_type: DataType) -> Vec<Vec<String>> {
    let shapes: [&[&str]; 2] = [&["TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16"], &["BLOCKYSIZE=7"]];
    let mut all = Vec::new();
    for order in ORDERS {
        for size in SIZES {
            for interleave in INTERLEAVES {
                for predictor in predictors(codec, data_type) {
                    for shape in shapes {
                        let first = [order, size, interleave, predictor, codec];
                        all.push(first.iter().chain(shape).map(|option| (*option).to_owned()).collect());
                    }
                }
            }
        }
    }
    all
}

async fn check(codec: &str) {
    let folder = tempfile::tempdir().unwrap();
    for data_type in DataType::ALL {
        for (number, options) in options(codec, data_type).iter().enumerate() {
            let path = folder.path().join(format!("{data_type}-{number}-{}.tif", options.join("-").replace('=', "")));
            let plan = Plan { data_type, size_px: (75, 53), bands: 4, options, nodata: None, overviews: &[] };
            write(&path, &plan);
            let raster = open(&path).await;
            assert_eq!((raster.bands(), raster.data_type(), raster.nodata()), (4, data_type, None), "{options:?}");
            for bands in [&[0, 1, 2, 3][..], &[2], &[3, 0]] {
                compare(&path, &raster, 0, bands).await;
            }
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[tokio::test]
async fn uncompressed_equals_gdal() {
    check("COMPRESS=NONE").await;
}

#[tokio::test]
async fn deflate_equals_gdal() {
    check("COMPRESS=DEFLATE").await;
}

#[tokio::test]
async fn zstd_equals_gdal() {
    check("COMPRESS=ZSTD").await;
}

#[tokio::test]
async fn lzw_equals_gdal() {
    check("COMPRESS=LZW").await;
}

#[test]
fn the_matrix_is_complete() {
    let count: usize =
        CODECS.iter().flat_map(|codec| DataType::ALL.map(|data_type| options(codec, data_type).len())).sum();
    // Orders × sizes × interleaves × shapes × (six integer types × (1 + 3 × 2) + two float types × (1 + 3 × 3)).
    assert_eq!(count, 16 * (6 * 7 + 2 * 10));
}

#[tokio::test]
async fn overviews_nodata_and_grid_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for interleave in INTERLEAVES {
        let path = folder.path().join(format!("{interleave}.tif"));
        let options = ["COMPRESS=DEFLATE", "PREDICTOR=2", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", interleave]
            .map(str::to_owned);
        let plan = Plan {
            data_type: DataType::Uint16,
            size_px: (301, 203),
            bands: 3,
            options: &options,
            nodata: Some(7.0),
            overviews: &[2, 4],
        };
        write(&path, &plan);
        let raster = open(&path).await;
        let sizes: Vec<_> = raster.levels().iter().map(|level| (level.width_px, level.height_px)).collect();
        assert_eq!(sizes, [(301, 203), (151, 102), (76, 51)]);
        assert_eq!(raster.nodata(), Some(7.0));
        let grid = raster.grid().unwrap();
        assert_eq!((grid.crs, grid.width_px, grid.height_px), (Crs::epsg(27700), 301, 203));
        assert_eq!(grid.affine.0, [10.0, 0.0, 600_000.0, 0.0, -10.0, 200_000.0]);
        for level in 0..3 {
            compare(&path, &raster, level, &[2, 1]).await;
        }
    }
}

#[tokio::test]
async fn a_single_strip_is_read_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    for interleave in INTERLEAVES {
        let path = folder.path().join(format!("{interleave}.tif"));
        let options = ["COMPRESS=NONE", "BLOCKYSIZE=1000", interleave].map(str::to_owned);
        let plan = Plan {
            data_type: DataType::Uint16,
            size_px: (701, 1000),
            bands: 2,
            options: &options,
            nodata: None,
            overviews: &[],
        };
        write(&path, &plan);
        let raster = open(&path).await;
        assert!(raster.levels()[0].tiles_down() > 1);
        compare(&path, &raster, 0, &[1, 0]).await;
    }
}
