//! Files that are written here, as GDAL and this crate read them.

use std::{io, path::Path};

use ardent_cog::{
    DataType, Error, Sample, Samples, dispatch_type,
    write::{Pixels, write},
};
use ardent_model::Window;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags, Metadata};

use crate::files::{self, Plan, compare, gdal_samples, open, same, value};

/// Both sides can be halved twice, and tiles at the edges are not whole.
const SIZE_PX: (usize, usize) = (300, 204);
const BANDS: usize = 3;
const OVERVIEWS: [i32; 2] = [2, 4];

/// The pixels that [`files::write`] writes, and of overviews the upper left one of each four.
struct Analytic(DataType);

impl Pixels for Analytic {
    fn read(&self, level: usize, band: usize, window: &Window) -> io::Result<Samples> {
        let rows = window.row..window.row + window.height_px;
        let at = rows.flat_map(|row| (window.col..window.col + window.width_px).map(move |col| (col, row)));
        Ok(dispatch_type!(self.0, T => {
            T::into_samples(at.map(|(col, row)| value::<T>(band, col << level, row << level)).collect())
        }))
    }
}

/// A file of GDAL's with these pixels, and the one that is written after it.
fn written(folder: &Path, data_type: DataType, options: &[&str]) -> (std::path::PathBuf, std::path::PathBuf) {
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    let (pattern, target) = (folder.join("pattern.tif"), folder.join("target.tif"));
    let plan =
        Plan { data_type, size_px: SIZE_PX, bands: BANDS, options: &options, nodata: Some(7.0), overviews: &OVERVIEWS };
    files::write(&pattern, &plan);
    write(&pattern, &target, &Analytic(data_type)).unwrap();
    (pattern, target)
}

const LAYOUT: [&str; 4] = ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=32", "INTERLEAVE=BAND"];

#[tokio::test]
async fn every_packing_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let packings = ["COMPRESS=NONE", "COMPRESS=DEFLATE", "COMPRESS=ZSTD", "COMPRESS=LZW"];
    for data_type in DataType::ALL {
        let predictors: &[&str] = if data_type.is_integer() {
            &["PREDICTOR=1", "PREDICTOR=2"]
        } else {
            &["PREDICTOR=1", "PREDICTOR=2", "PREDICTOR=3"]
        };
        for (packing, predictor) in packings.iter().flat_map(|packing| predictors.iter().map(move |one| (packing, one)))
        {
            for size in ["BIGTIFF=NO", "BIGTIFF=YES"] {
                let options: Vec<&str> = LAYOUT.into_iter().chain([*packing, *predictor, size]).collect();
                let (pattern, target) = written(folder.path(), data_type, &options);
                let raster = open(&target).await;
                assert_eq!((raster.bands(), raster.data_type(), raster.nodata()), (BANDS, data_type, Some(7.0)));
                assert_eq!(raster.levels().len(), 1 + OVERVIEWS.len());
                let (ours, theirs) = (Dataset::open(&target).unwrap(), Dataset::open(&pattern).unwrap());
                for level in 0..raster.levels().len() {
                    compare(&target, &raster, level, &[0, 1, 2]).await;
                    for band in 0..BANDS {
                        let (found, window) = whole(&ours, (level, band), data_type);
                        let truth = Analytic(data_type).read(level, band, &window).unwrap();
                        assert!(same(&found, &truth), "{options:?} {data_type} level {level} band {band}");
                    }
                }
                assert_eq!(ours.geo_transform().unwrap(), theirs.geo_transform().unwrap());
                assert_eq!(ours.projection(), theirs.projection());
                assert_eq!(ours.metadata_item("LAYOUT", "IMAGE_STRUCTURE").as_deref(), Some("COG"));
            }
        }
    }
}

/// Noise over a slope, in whose middle a part was never seen; of an overview, some other noise.
struct Noise(DataType);

impl Pixels for Noise {
    fn read(&self, level: usize, band: usize, window: &Window) -> io::Result<Samples> {
        let noise = |col: usize, row: usize| {
            let place = ((level * BANDS + band) << 40 | col << 20 | row) as u64;
            let mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40
        };
        let value = |(col, row): (usize, usize)| {
            let is_seen = !(100..400).contains(&col) || !(200..300).contains(&row);
            if is_seen { (col + 3 * row) as f64 + (noise(col, row) % 8000) as f64 / 8.0 } else { 7.0 }
        };
        let rows = window.row..window.row + window.height_px;
        let at = rows.flat_map(|row| (window.col..window.col + window.width_px).map(move |col| (col, row)));
        Ok(dispatch_type!(self.0, T => T::into_samples(at.map(|at| T::from_f64(value(at))).collect())))
    }
}

/// Tiles that are packed by their codes alone, which a block of deflate shows that has all the symbols there are: no general
/// packer lists those it does not need.
#[tokio::test]
async fn noise_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let layout = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "INTERLEAVE=BAND", "COMPRESS=DEFLATE"];
    for (data_type, predictor, is_noise) in [
        (DataType::Uint16, "PREDICTOR=2", true),
        // Half of its bytes say no more than a sign, and come again.
        (DataType::Int32, "PREDICTOR=2", false),
        (DataType::Float32, "PREDICTOR=3", true),
        (DataType::Float64, "PREDICTOR=1", false),
    ] {
        let options: Vec<String> = layout.into_iter().chain([predictor]).map(str::to_owned).collect();
        let (pattern, target) = (folder.path().join("pattern.tif"), folder.path().join("target.tif"));
        let size_px = (1100, 700);
        let plan = Plan { data_type, size_px, bands: BANDS, options: &options, nodata: Some(7.0), overviews: &[2] };
        files::write(&pattern, &plan);
        write(&pattern, &target, &Noise(data_type)).unwrap();
        let (raster, dataset) = (open(&target).await, Dataset::open(&target).unwrap());
        for level in 0..2 {
            compare(&target, &raster, level, &[0, 1, 2]).await;
            for band in 0..BANDS {
                let (found, window) = whole(&dataset, (level, band), data_type);
                let truth = Noise(data_type).read(level, band, &window).unwrap();
                assert!(same(&found, &truth), "{data_type} level {level} band {band}");
            }
        }
        let bytes = std::fs::read(&target).unwrap();
        let offset = dataset.rasterband(1).unwrap().metadata_item("BLOCK_OFFSET_0_0", "TIFF").unwrap();
        let first = bytes[offset.parse::<usize>().unwrap() + 2];
        assert_eq!((first >> 1 & 0b11, first >> 3 == 29), (2, is_noise), "{data_type}: the codes of all 286 symbols");
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| write(&pattern, &target, &Noise(data_type))).unwrap();
            assert!(std::fs::read(&target).unwrap() == bytes, "{data_type}, {threads} threads");
        }
    }
}

fn whole(dataset: &Dataset, (level, band): (usize, usize), data_type: DataType) -> (Samples, Window) {
    let band = dataset.rasterband(band + 1).unwrap();
    let band = if level == 0 { band } else { band.overview(level - 1).unwrap() };
    let (width_px, height_px) = band.size();
    let window = Window { col: 0, row: 0, width_px, height_px };
    (gdal_samples(&band, window, data_type), window)
}

/// What GDAL's documentation of its COG driver promises to readers of such files.
#[test]
fn tiles_are_framed_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let options: Vec<&str> = LAYOUT.into_iter().chain(["COMPRESS=DEFLATE", "PREDICTOR=2", "BIGTIFF=NO"]).collect();
    let (_, target) = written(folder.path(), DataType::Uint16, &options);
    let bytes = std::fs::read(&target).unwrap();
    let ghost = String::from_utf8_lossy(&bytes[8..300]).into_owned();
    assert!(ghost.starts_with("GDAL_STRUCTURAL_METADATA_SIZE=000156 bytes\nLAYOUT=IFDS_BEFORE_DATA\n"), "{ghost}");
    let dataset = Dataset::open(&target).unwrap();
    let mut last = 0;
    for level in [2, 1, 0] {
        for number in 1..=BANDS {
            let band = dataset.rasterband(number).unwrap();
            let band = if level == 0 { band } else { band.overview(level - 1).unwrap() };
            let ((width_px, height_px), (across_px, down_px)) = (band.size(), band.block_size());
            for (row, col) in (0..height_px.div_ceil(down_px))
                .flat_map(|row| (0..width_px.div_ceil(across_px)).map(move |col| (row, col)))
            {
                let item = |what: &str| {
                    let text = band.metadata_item(&format!("BLOCK_{what}_{col}_{row}"), "TIFF").unwrap();
                    text.parse::<usize>().unwrap()
                };
                let (at, length) = (item("OFFSET"), item("SIZE"));
                assert!(at > last, "level {level} band {number} tile {col}/{row}");
                assert_eq!(bytes[at - 4..at], (length as u32).to_le_bytes());
                assert_eq!(bytes[at + length - 4..at + length], bytes[at + length..at + length + 4]);
                last = at;
            }
        }
    }
    assert_eq!(
        bytes.len(),
        last + usize::from_le_bytes([bytes[last - 4], bytes[last - 3], bytes[last - 2], bytes[last - 1], 0, 0, 0, 0])
            + 4
    );
}

#[test]
fn the_same_pixels_make_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let options: Vec<&str> = LAYOUT.into_iter().chain(["COMPRESS=ZSTD", "PREDICTOR=3"]).collect();
    let (pattern, target) = written(folder.path(), DataType::Float32, &options);
    let first = std::fs::read(&target).unwrap();
    for threads in [1, 3] {
        // What was there is replaced, though it was longer.
        std::fs::write(&target, vec![1; first.len() + 1000]).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| write(&pattern, &target, &Analytic(DataType::Float32))).unwrap();
        assert!(std::fs::read(&target).unwrap() == first, "{threads} threads");
    }
}

/// Pixels that cannot be had.
struct Lost;

impl Pixels for Lost {
    fn read(&self, _: usize, _: usize, _: &Window) -> io::Result<Samples> {
        Err(io::Error::other("the disk is gone"))
    }
}

#[test]
fn what_cannot_be_written_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target.tif");
    let pattern = |name: &str, options: &[&str]| {
        let path = folder.path().join(name);
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let plan = Plan {
            data_type: DataType::Uint8,
            size_px: SIZE_PX,
            bands: BANDS,
            options: &options,
            nodata: None,
            overviews: &[],
        };
        files::write(&path, &plan);
        path
    };
    let refused = |path: &Path, wanted: &str| {
        let error = write(path, &target, &Analytic(DataType::Uint8)).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. } | Error::Unsupported { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()) && text.contains(wanted), "{text}");
        assert!(!target.exists());
    };
    refused(&pattern("pixels.tif", &["TILED=YES", "INTERLEAVE=PIXEL"]), "its bands are not apart");
    refused(&pattern("order.tif", &["TILED=YES", "INTERLEAVE=BAND", "ENDIANNESS=BIG"]), "in the other order");
    refused(&pattern("strips.tif", &["INTERLEAVE=BAND"]), "it is in strips");
    refused(&pattern("jpeg.tif", &["TILED=YES", "INTERLEAVE=BAND", "COMPRESS=JPEG"]), "the raster library packs");
    let masked = pattern("masked.tif", &["TILED=YES", "INTERLEAVE=BAND"]);
    {
        let dataset = Dataset::open_ex(
            &masked,
            DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_UPDATE, ..DatasetOptions::default() },
        );
        gdal::config::set_thread_local_config_option("GDAL_TIFF_INTERNAL_MASK", "YES").unwrap();
        dataset.unwrap().rasterband(1).unwrap().create_mask_band(true).unwrap();
        gdal::config::clear_thread_local_config_option("GDAL_TIFF_INTERNAL_MASK").unwrap();
    }
    refused(&masked, "more than an image");
    let text = folder.path().join("text.tif");
    std::fs::write(&text, "no image").unwrap();
    refused(&text, "it is not a TIFF");

    let good = pattern("good.tif", &["TILED=YES", "INTERLEAVE=BAND"]);
    let nowhere = folder.path().join("nowhere/target.tif");
    for (error, named) in [
        (write(&folder.path().join("none.tif"), &target, &Lost).unwrap_err(), "none.tif"),
        (write(&good, &nowhere, &Analytic(DataType::Uint8)).unwrap_err(), "nowhere/target.tif"),
        (write(&good, &target, &Lost).unwrap_err(), "target.tif"),
        (write(&good, &target, &Analytic(DataType::Uint16)).unwrap_err(), "target.tif"),
    ] {
        assert!(matches!(error, Error::Write { .. }) && error.to_string().contains(named), "{error:?}");
    }
}
