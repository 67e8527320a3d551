//! Broken files: each is an error that names the file, quickly, and never a panic.

use std::{path::PathBuf, time::Instant};

use ardent_cog::{DecodeFault, Error, Raster, header};
use ardent_model::DataType;
use tempfile::TempDir;

use crate::files::{Plan, object, open, tiles, write};

/// A folder with one file of this content.
fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.tif");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn sound(options: &[&str], overviews: &[i32]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound.tif");
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    let plan =
        Plan { data_type: DataType::Uint16, size_px: (75, 53), bands: 2, options: &options, nodata: None, overviews };
    write(&path, &plan);
    std::fs::read(path).unwrap()
}

/// Reads all there is, through to the pixels.
async fn read(bytes: &[u8]) -> Result<(), Error> {
    let (_folder, path) = file(bytes);
    let raster = Raster::open(object(&path)).await?;
    let bands: Vec<usize> = (0..raster.bands()).take(3).collect();
    for level in 0..raster.levels().len() {
        let mut some = tiles(&raster, level);
        some.truncate(64);
        for fetched in raster.fetch(level, &some, &bands).await? {
            fetched.decode()?;
        }
    }
    Ok(())
}

/// An uncompressed image of one band and one strip, tag by tag.
fn handmade(tags: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(next.to_le_bytes());
    bytes.resize(1024, 7);
    bytes
}

/// Tags of a sound image of 8 × 8 pixels, at byte 512.
const TAGS: [(u16, u16, u32, u32); 8] = [
    (256, 3, 1, 8),
    (257, 3, 1, 8),
    (258, 3, 1, 8),
    (259, 3, 1, 1),
    (273, 4, 1, 512),
    (277, 3, 1, 1),
    (278, 3, 1, 8),
    (279, 4, 1, 64),
];

fn with(tag: u16, entry: (u16, u32, u32)) -> Vec<u8> {
    let mut tags = TAGS;
    let place = tags.iter().position(|entry| entry.0 == tag).unwrap();
    tags[place] = (tag, entry.0, entry.1, entry.2);
    handmade(&tags, 0)
}

#[tokio::test]
async fn a_handmade_file_is_sound() {
    read(&handmade(&TAGS, 0)).await.unwrap();
}

#[tokio::test]
async fn what_lies_is_refused() {
    let (mut huge_packed, mut huge_foreign) = (TAGS, TAGS);
    (huge_packed[0], huge_packed[3].3) = ((256, 4, 1, 0x7fff_ffff), 8);
    (huge_foreign[0], huge_foreign[3].3) = ((256, 4, 1, 0x7fff_ffff), 34887);
    let mut long = TAGS;
    (long[3].3, long[7].3) = (8, 900_000);
    let cases = [
        ("a cycle of directories", handmade(&TAGS, 8), "cycle"),
        ("a next directory beyond the end", handmade(&TAGS, 5000), "beyond its end"),
        ("no width", with(256, (3, 1, 0)), "width is 0"),
        ("strips without rows", with(278, (3, 1, 0)), "no rows"),
        ("huge dimensions", with(257, (4, 1, 0x7fff_ffff)), "tiles"),
        ("huge strip", with(256, (4, 1, 0x7fff_ffff)), "need more bytes"),
        ("huge packed strip", handmade(&huge_packed, 0), "MB"),
        ("huge strip for GDAL", handmade(&huge_foreign, 0), "MB"),
        ("a tile beyond the end", with(273, (4, 1, 1000)), "truncated"),
        ("a tile longer than its pixels", handmade(&long, 0), "claims 900000 bytes"),
        ("a tile shorter than its pixels", with(279, (4, 1, 10)), "needs 64"),
        ("a lying count", with(273, (4, 0xffff_ffff, 512)), "claims"),
        ("an array beyond the end", with(273, (4, 500, 512)), "beyond its end"),
        ("offsets that are floats", with(273, (11, 1, 512)), "unsigned"),
        ("no bands", with(277, (3, 1, 0)), "0 samples"),
        ("not deflate", with(259, (3, 1, 8)), "deflate"),
        ("not zstd", with(259, (3, 1, 50000)), "zstd"),
        ("no directory", b"II*\0\0\0\0\0".to_vec(), "no image"),
        ("an empty directory", handmade(&[], 0), "0 entries"),
        ("empty", Vec::new(), "empty"),
        ("a web page", b"<!doctype html><title>Sign in</title>".to_vec(), "not a TIFF"),
    ];
    for (name, bytes, expected) in cases {
        let error = read(&bytes).await.expect_err(name);
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let text = format!("{error}: {source}");
        assert!(text.contains("broken.tif") && text.contains(expected), "{name}: {text}");
    }
}

#[tokio::test]
async fn a_bomb_is_an_error_and_costs_nothing() {
    // 200 MB of zeros in 200 kB, in a strip that claims to be 8 × 8.
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::fastest());
    let zeros = vec![0; 200 << 20];
    let mut packed = vec![0; compressor.zlib_compress_bound(zeros.len())];
    let length = compressor.zlib_compress(&zeros, &mut packed).unwrap();
    let mut tags = TAGS;
    (tags[3].3, tags[7].3) = (8, 60_000);
    let mut bytes = handmade(&tags, 0);
    bytes.truncate(512);
    bytes.extend(&packed[..length]);
    let error = read(&bytes).await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error}");
    // A strip of 200 MB that claims to be packed in 64 bytes.
    let mut tags = TAGS;
    (tags[0], tags[1]) = ((256, 4, 1, 20_000), (257, 4, 1, 10_000));
    (tags[3].3, tags[6]) = (8, (278, 4, 1, 10_000));
    let error = read(&handmade(&tags, 0)).await.unwrap_err();
    assert!(matches!(error, Error::Decode { source: DecodeFault::Implausible { .. }, .. }), "{error}");
}

#[tokio::test]
async fn a_truncated_file_is_an_error_wherever_it_ends() {
    for options in [
        &["COMPRESS=DEFLATE", "PREDICTOR=2", "TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32"][..],
        &["COMPRESS=ZSTD", "INTERLEAVE=BAND", "BIGTIFF=YES"],
        &["COMPRESS=LZW", "ENDIANNESS=BIG"],
        &["COMPRESS=NONE"],
    ] {
        let bytes = sound(options, &[2]);
        read(&bytes).await.unwrap();
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 150) {
            let error = read(&bytes[..end]).await.expect_err("truncated");
            assert!(error.to_string().contains("broken.tif"), "{end}: {error}");
        }
        let error = read(&bytes[..bytes.len() - 1]).await.unwrap_err();
        assert!(error.to_string().contains("truncated"), "{error}");
    }
}

#[tokio::test]
async fn corrupted_files_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let tiled = ["TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32"];
    let mut refused = 0;
    for codec in ["NONE", "DEFLATE", "ZSTD", "LZW", "LERC", "PACKBITS", "LZMA"] {
        let codec = format!("COMPRESS={codec}");
        for extra in ["INTERLEAVE=BAND", "ENDIANNESS=BIG", "BIGTIFF=YES"] {
            let bytes = sound(&[&tiled[..], &[codec.as_str(), extra]].concat(), &[2]);
            // The directories are before the pixels, or after them: hit both, and the pixels too.
            for round in 0..100 {
                let mut broken = bytes.clone();
                for _ in 0..=round % 4 {
                    let place = if round % 2 == 0 { random() % bytes.len() } else { random() % bytes.len().min(600) };
                    broken[place] = random() as u8;
                }
                let started = Instant::now();
                let _ = header::parse(&broken);
                refused += usize::from(read(&broken).await.is_err());
                assert!(started.elapsed().as_secs() < 30, "{codec} {extra} {round}: {:?}", started.elapsed());
            }
        }
    }
    assert!(refused > 300, "only {refused} corruptions were noticed");
}

#[tokio::test]
async fn a_missing_object_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Raster::open(object(&folder.path().join("gone.tif"))).await.unwrap_err();
    assert!(matches!(&error, Error::Storage(ardent_storage::Error::NotFound { href }) if href.ends_with("gone.tif")));
}

#[tokio::test]
async fn what_the_file_has_not_is_refused() {
    let (_folder, path) = file(&handmade(&TAGS, 0));
    let raster = open(&path).await;
    let (inside, outside) = (ardent_cog::TileAt { col: 0, row: 0 }, ardent_cog::TileAt { col: 0, row: 1 });
    for (level, tile, band) in [(1, inside, 0), (0, outside, 0), (0, inside, 1)] {
        let error = raster.fetch(level, &[tile], &[band]).await.unwrap_err();
        assert!(matches!(error, Error::Missing { .. }), "{error}");
    }
}
