//! The same cube in every form, read back by other libraries.

use std::{collections::BTreeMap, fs::File, io::Read as _, path::Path};

use ardent_datacube::{Compression, Error, Format, PictureKind, Split};
use gdal::{Dataset, Metadata as _};
use serde_json::{Value, json};

use crate::archive::{Archive, SceneSpec, british, read};

/// Columns and rows: neither a multiple of a chunk.
const SIZE_PX: usize = 700;

/// Two months of one scene each; `red` is missing (0) in the first where `x < 10`.
fn value(month: usize, x: usize, y: usize) -> u16 {
    if month == 0 && x < 10 { 0 } else { (1 + month * 10_000 + (x * 31 + y * 17) % 9000) as u16 }
}

fn archive() -> Archive {
    let mut archive = Archive::new();
    for month in 0..2 {
        archive.add(&SceneSpec {
            id: &format!("scene{month}"),
            datetime: &format!("2019-0{}-05T11:20:00Z", month + 6),
            spec: british(450_000.0, 110_000.0, SIZE_PX),
            values: &move |x, y| f64::from(value(month, x, y)),
            mask: &|_, _| 0.0,
        });
    }
    archive
}

/// Months of `red` and of a float band made from it.
fn recipe() -> Value {
    json!({"group": "month", "bands": ["red", {"name": "half", "expression": "red/2"}]})
}

fn members(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut members = BTreeMap::new();
    for index in 0..zip.len() {
        let mut member = zip.by_index(index).unwrap();
        assert_eq!(member.compression(), zip::CompressionMethod::Stored);
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        members.insert(member.name().unwrap().to_string(), bytes);
    }
    members
}

fn check_red(found: &[f64], month: usize) {
    assert_eq!(found.len(), SIZE_PX * SIZE_PX);
    for (index, found) in found.iter().enumerate() {
        assert_eq!(*found, f64::from(value(month, index % SIZE_PX, index / SIZE_PX)), "pixel {index} of {month}");
    }
}

fn check_half(found: &[f64], month: usize) {
    for (index, found) in found.iter().enumerate() {
        match value(month, index % SIZE_PX, index / SIZE_PX) {
            0 => assert!(found.is_nan(), "pixel {index} of {month}"),
            red => assert_eq!(*found, f64::from(red) / 2.0, "pixel {index} of {month}"),
        }
    }
}

#[test]
fn netcdf_keeps_types_times_and_values() {
    let made = archive().file(&recipe(), Format::NetCdf).unwrap();
    let file = netcdf::open(&made.file).unwrap();
    let numbers = |name: &str| file.variable(name).unwrap().get_values::<f64, _>(..).unwrap();
    assert_eq!(numbers("time"), [18_048.0, 18_078.0], "1 June and 1 July 2019");
    assert_eq!(numbers("time_bnds"), [18_048.0, 18_078.0, 18_078.0, 18_109.0]);
    assert_eq!((numbers("x")[0], numbers("x")[699]), (450_005.0, 456_995.0));
    assert_eq!((numbers("y")[0], numbers("y")[699]), (109_995.0, 103_005.0));
    let red = file.variable("red").unwrap();
    assert_eq!(red.fill_value::<u16>().unwrap(), Some(0));
    assert_eq!(red.dimensions().iter().map(netcdf::Dimension::len).collect::<Vec<_>>(), [2, 700, 700]);
    assert!(file.variable("half").unwrap().fill_value::<f32>().unwrap().unwrap().is_nan());
    let (red, half) = (numbers("red"), numbers("half"));
    let pixels = SIZE_PX * SIZE_PX;
    for month in 0..2 {
        check_red(&red[month * pixels..(month + 1) * pixels], month);
        check_half(&half[month * pixels..(month + 1) * pixels], month);
    }
}

#[test]
fn long_lists_of_items_fit_into_netcdf() {
    let mut archive = archive();
    let id = "x".repeat(1000);
    for index in 0..100 {
        let mut item = archive.items[0].clone();
        item.id = format!("{id}{index}");
        archive.items.push(item);
    }
    let area = json!({"bbox": [450_000, 109_900, 450_100, 110_000], "bbox_crs": "EPSG:27700"});
    let made = archive.file(&area, Format::NetCdf).unwrap();
    let file = netcdf::open(&made.file).unwrap();
    let items: String = file.attribute("ardent_items").unwrap().value().unwrap().try_into().unwrap();
    assert!(items.len() > 100_000 && items.split(' ').count() == 102);
}

#[test]
fn gdal_reads_the_crs_and_grid_of_netcdf() {
    for epsg in [27_700, 32_630, 4326, 3035, 3857, 2154, 3031, 32_661, 6933, 5070] {
        let mut archive = Archive::new();
        let (left, top, step) = if epsg == 4326 { (-1.0, 51.0, 0.001) } else { (450_000.0, 110_000.0, 10.0) };
        let mut spec = british(left, top, 60);
        spec.geotransform = [left, step, 0.0, top, 0.0, -step];
        spec.epsg = Some(epsg);
        archive.add(&SceneSpec {
            id: "scene",
            datetime: "2019-06-01T11:20:00Z",
            spec,
            values: &|x, y| (1 + x + y * 60) as f64,
            mask: &|_, _| 0.0,
        });
        let made = archive.file(&json!({}), Format::NetCdf).unwrap();
        let name = format!("NETCDF:\"{}\":red", made.file.display());
        let dataset = Dataset::open(&name).unwrap();
        let found = dataset.spatial_ref().unwrap();
        assert_eq!(found.auth_code().unwrap(), i32::try_from(epsg).unwrap());
        let geotransform = dataset.geo_transform().unwrap();
        let expected = [left, step, 0.0, top, 0.0, -step];
        assert!(geotransform.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{geotransform:?}");
        let values = dataset.rasterband(1).unwrap().read_band_as::<f64>().unwrap();
        assert_eq!((values.data()[0], values.data()[61]), (1.0, 62.0), "the first row is the northernmost");
    }
}

#[test]
fn zarr_has_every_chunk_and_the_values() {
    let made = archive().file(&recipe(), Format::Zarr).unwrap();
    let members = members(&made.file);
    let metadata = |name: &str| serde_json::from_slice::<Value>(&members[name]).unwrap();
    let root = metadata("zarr.json");
    assert_eq!(root["consolidated_metadata"]["metadata"]["red"], metadata("red/zarr.json"));
    let red = metadata("red/zarr.json");
    assert_eq!((&red["data_type"], &red["fill_value"]), (&json!("uint16"), &json!(0)));
    assert_eq!(metadata("half/zarr.json")["fill_value"], json!("NaN"));
    for month in 0..2 {
        for (row, col) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let bytes = zstd::decode_all(&members[&format!("red/c/{month}/{row}/{col}")][..]).unwrap();
            assert_eq!(bytes.len(), 512 * 512 * 2, "chunks at the edge are whole");
            for (index, pair) in bytes.chunks_exact(2).enumerate() {
                let (x, y) = (col * 512 + index % 512, row * 512 + index / 512);
                let expected = if x < SIZE_PX && y < SIZE_PX { value(month, x, y) } else { 0 };
                assert_eq!(u16::from_le_bytes([pair[0], pair[1]]), expected, "{x}, {y}");
            }
        }
    }
}

#[test]
fn the_same_recipe_gives_the_same_bytes() {
    for format in [Format::Zarr, Format::NetCdf, Format::default()] {
        let mut archive = archive();
        let bytes = |archive: &Archive| std::fs::read(archive.file(&recipe(), format).unwrap().file).unwrap();
        let whole = bytes(&archive);
        archive.memory_bytes = 9 << 20;
        archive.items.reverse();
        assert!(whole == bytes(&archive), "{format:?}");
    }
}

#[test]
fn a_geotiff_of_all_has_one_type_and_split_ones_keep_theirs() {
    let archive = archive();
    let folder = tempfile::tempdir().unwrap();
    let all = archive.cube(recipe()).unwrap();
    assert_eq!((all.data_type.as_str(), all.names.len()), ("Float32", 4));
    for (split, files) in [
        (Split::Band, vec![("half.tif", "Float32", 2), ("red.tif", "UInt16", 2)]),
        (Split::Group, vec![("2019-06.tif", "Float32", 2), ("2019-07.tif", "Float32", 2)]),
        (
            Split::BandAndGroup,
            vec![
                ("2019-06_half.tif", "Float32", 1),
                ("2019-06_red.tif", "UInt16", 1),
                ("2019-07_half.tif", "Float32", 1),
                ("2019-07_red.tif", "UInt16", 1),
            ],
        ),
    ] {
        let format = Format::Cogs { split, compression: Compression::Zstd };
        let made = archive.file(&recipe(), format).unwrap();
        let members = members(&made.file);
        assert_eq!(members.keys().collect::<Vec<_>>(), files.iter().map(|file| file.0).collect::<Vec<_>>());
        for (name, data_type, bands) in files {
            let path = folder.path().join(name);
            std::fs::write(&path, &members[name]).unwrap();
            let cube = read(&path);
            assert_eq!((cube.data_type.as_str(), cube.names.len()), (data_type, bands), "{name}");
            for (band, values) in cube.names.iter().zip(&cube.bands) {
                let (label, band) = band.split_once('/').unwrap();
                let month = usize::from(label == "2019-07");
                match (band, data_type) {
                    ("half", _) => check_half(values, month),
                    (_, "UInt16") => check_red(values, month),
                    _ => {
                        let zero = |value: &f64| if value.is_nan() { 0.0 } else { *value };
                        check_red(&values.iter().map(zero).collect::<Vec<_>>(), month);
                    }
                }
            }
        }
    }
}

#[test]
fn geotiffs_are_compressed_as_asked() {
    for (compression, name) in
        [(Compression::Deflate, "DEFLATE"), (Compression::Zstd, "ZSTD"), (Compression::Lzw, "LZW")]
    {
        let made = archive().file(&recipe(), Format::Cog { compression }).unwrap();
        let dataset = Dataset::open(&made.file).unwrap();
        let structure = |key| dataset.metadata_item(key, "IMAGE_STRUCTURE").unwrap();
        assert_eq!((structure("COMPRESSION"), structure("LAYOUT")), (name.to_owned(), "COG".to_owned()));
        assert_eq!(structure("PREDICTOR"), "3");
        assert!(dataset.rasterband(1).unwrap().overview_count().unwrap() > 0);
        let halves = dataset.rasterband(2).unwrap().read_band_as::<f64>().unwrap();
        check_half(halves.data(), 0);
    }
}

#[test]
fn pictures_show_the_same() {
    let mut archive = archive();
    archive.items.truncate(1);
    let june = json!({"bands": ["red"]});
    let picture = |kind| {
        let format = Format::Picture { kind, rescale: Some((0.0, 9000.0)) };
        let made = archive.file(&june, format).unwrap();
        let dataset = Dataset::open(&made.file).unwrap();
        let count = dataset.raster_count();
        let band = |number| dataset.rasterband(number).unwrap().read_band_as::<u8>().unwrap().data().to_vec();
        (count, band(1), band(count))
    };
    let shade = |x: usize, y: usize| (f64::from(value(0, x, y)) / 9000.0 * 255.0).round() as u8;
    let lossless = [picture(PictureKind::Png), picture(PictureKind::Webp)];
    for (count, grey, alpha) in &lossless {
        for index in 0..SIZE_PX * SIZE_PX {
            let (x, y) = (index % SIZE_PX, index / SIZE_PX);
            let expected = if x < 10 { (0, 0) } else { (shade(x, y), 255) };
            assert_eq!((grey[index], alpha[index]), expected, "{x}, {y} of {count}");
        }
    }
    let (count, grey, _) = picture(PictureKind::Jpeg);
    assert_eq!(count, 1);
    let far = (0..SIZE_PX * SIZE_PX).filter(|index| {
        let (x, y) = (index % SIZE_PX, index / SIZE_PX);
        let expected = if x < 10 { 0 } else { shade(x, y) };
        grey[*index].abs_diff(expected) > 24
    });
    assert!(far.count() < SIZE_PX * SIZE_PX / 20, "a lossy picture of steep edges");
}

#[test]
fn what_a_form_cannot_hold_is_refused_before_anything_is_read() {
    let archive = archive();
    for kind in [PictureKind::Png, PictureKind::Jpeg, PictureKind::Webp] {
        let error = archive.file(&recipe(), Format::Picture { kind, rescale: None }).err().unwrap().to_string();
        assert!(error.contains("2 groups of 2 bands") && error.contains("narrow datetime"), "{error}");
    }
    let wide = json!({
        "bbox": [400_000, 109_900, 600_000, 110_000], "bbox_crs": "EPSG:27700", "crs": "EPSG:27700", "resolution": 10,
    });
    let webp = Format::Picture { kind: PictureKind::Webp, rescale: None };
    let error = archive.file(&wide, webp).err().unwrap().to_string();
    assert!(error.contains("20000 asked for, 16383 allowed; use a coarser resolution"), "{error}");
    assert!(archive.file(&wide, Format::Picture { kind: PictureKind::Jpeg, rescale: None }).is_ok());
}

#[test]
fn more_disk_than_there_is_says_what_would_pass() {
    let mut archive = archive();
    archive.disk_bytes = 8 << 20;
    // 700² pixels × 2 months × (2 bands of float32), three times over, and a MiB.
    let error = archive.file(&recipe(), Format::default()).err().unwrap();
    assert!(matches!(error, Error::TooLarge { asked: 24_568_576, allowed: 8_388_608, .. }), "{error}");
    assert!(error.to_string().contains("34 % of the area"), "{error}");
    let small = json!({"bbox": [450_000, 108_000, 454_000, 110_000], "bbox_crs": "EPSG:27700"});
    let made = archive.file(&small, Format::default()).unwrap();
    assert_eq!(std::fs::metadata(&made.file).unwrap().len(), made.size_bytes);
}
