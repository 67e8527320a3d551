//! A Zarr store (version 3) in a ZIP, its metadata consolidated in the root.

mod conventions;

use std::path::Path;

use ardent_cog::{Sample, Samples, dispatch, dispatch_type};
use ardent_model::{DataType, Window};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    cf::{Attribute, Attributes, BandVariable, CfCube, Coordinate, Values},
    planes::{PlaneFile, PlaneFiles},
    scratch,
    store_zip::StoreZip,
};
use crate::{Result, plan::Plan};

/// Level of zstd: its own default.
const ZSTD_LEVEL: i32 = 3;
/// Chunks that are compressed at the same time: at most 2 MB each.
const CHUNKS_AT_ONCE: usize = 8;

/// Copies the windows to a store, chunk by chunk. Every chunk is there, also where nothing is valid.
pub(crate) fn encode(plan: &Plan, files: &PlaneFiles, path: &Path) -> Result<()> {
    let cube = CfCube::of(plan)?;
    let mut archive = StoreZip::create(path)?;
    let mut members = Map::new();
    for coordinate in &cube.coordinates {
        members.insert(coordinate.name.to_owned(), coordinate_metadata(&cube, coordinate));
    }
    for band in &cube.bands {
        members.insert(band.name.clone(), band_metadata(&cube, band));
    }
    let mut described = attributes(&cube.attributes);
    described.extend(conventions::attributes(plan, &cube));
    let group = json!({"zarr_format": 3, "node_type": "group", "attributes": described});
    let mut root = group.clone();
    root["consolidated_metadata"] = json!({"kind": "inline", "must_understand": false, "metadata": members});
    archive.add("zarr.json", root.to_string().as_bytes())?;
    for (name, metadata) in &members {
        archive.add(&format!("{name}/zarr.json"), metadata.to_string().as_bytes())?;
    }
    for coordinate in &cube.coordinates {
        let bytes = match &coordinate.values {
            Values::Whole(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::Real(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>(),
        };
        let key = vec!["0"; coordinate.dimensions.len()].join("/");
        let name = format!("{}/c/{key}", coordinate.name);
        archive.add(name.trim_end_matches('/'), &compressed(&bytes)?)?;
    }
    for (file, band) in files.0.iter().zip(&cube.bands) {
        copy(&cube, (file, band), &mut archive)?;
    }
    archive.finish()
}

fn copy(cube: &CfCube, (file, band): (&PlaneFile, &BandVariable), archive: &mut StoreZip) -> Result<()> {
    let windows: Vec<Window> = cube.chunks().collect();
    for index in 0..file.members.len() {
        for batch in windows.chunks(CHUNKS_AT_ONCE) {
            let chunks = batch.par_iter().map(|window| {
                let samples = file.read(index, window).map_err(scratch)?;
                compressed(&padded(&samples, window, (cube.chunk, band.missing)))
            });
            let chunks: Vec<Result<Vec<u8>>> = chunks.collect();
            for (window, chunk) in batch.iter().zip(chunks) {
                let (row, col) = (window.row / cube.chunk.0, window.col / cube.chunk.1);
                archive.add(&format!("{}/c/{index}/{row}/{col}", band.name), &chunk?)?;
            }
        }
    }
    Ok(())
}

/// The bytes of a whole chunk: where a window at the edge is smaller, the rest is missing.
fn padded(samples: &Samples, window: &Window, ((height, width), missing): ((usize, usize), Option<f64>)) -> Vec<u8> {
    dispatch!(samples, values => {
        let mut bytes = Vec::with_capacity(height * width * samples.data_type().size_bytes());
        let rest = rest_like(values, missing).to_le_bytes();
        for row in values.chunks(window.width_px) {
            bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
            (window.width_px..width).for_each(|_| bytes.extend(rest));
        }
        (0..(height - window.height_px) * width).for_each(|_| bytes.extend(rest));
        bytes
    })
}

/// The missing value in the type of `values`.
fn rest_like<T: Sample>(_values: &[T], missing: Option<f64>) -> T {
    missing.map_or(T::default(), T::from_f64)
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(bytes, ZSTD_LEVEL).map_err(scratch)
}

fn coordinate_metadata(cube: &CfCube, coordinate: &Coordinate) -> Value {
    let length = |name: &&str| cube.dimensions.iter().find(|(known, _)| known == name).map_or(1, |(_, length)| *length);
    let shape: Vec<usize> = coordinate.dimensions.iter().map(length).collect();
    let (data_type, fill) = match coordinate.values {
        Values::Whole(_) => ("int32", json!(0)),
        Values::Real(_) => ("float64", json!(0.0)),
    };
    let mut metadata = array((&shape, &shape), data_type, &fill);
    metadata["dimension_names"] = json!(coordinate.dimensions);
    metadata["attributes"] = Value::Object(attributes(&coordinate.attributes));
    metadata
}

fn band_metadata(cube: &CfCube, band: &BandVariable) -> Value {
    let [time, rows, columns, _] = cube.dimensions;
    let shape = [time.1, rows.1, columns.1];
    let chunk = [1, cube.chunk.0, cube.chunk.1];
    let mut metadata = array((&shape, &chunk), &band.data_type.to_string(), &fill(band.data_type, band.missing));
    metadata["dimension_names"] = json!([time.0, rows.0, columns.0]);
    let mut described = attributes(&band.attributes);
    if let Some(missing) = band.missing {
        described.insert("_FillValue".to_owned(), missing_attribute(band.data_type, missing));
    }
    metadata["attributes"] = Value::Object(described);
    metadata
}

fn array((shape, chunk): (&[usize], &[usize]), data_type: &str, fill: &Value) -> Value {
    json!({
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": data_type,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill,
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": ZSTD_LEVEL, "checksum": false}},
        ],
        "storage_transformers": [],
    })
}

fn fill(data_type: DataType, missing: Option<f64>) -> Value {
    let value = missing.unwrap_or(0.0);
    match data_type {
        DataType::Float32 | DataType::Float64 if value.is_nan() => json!("NaN"),
        DataType::Float32 | DataType::Float64 if value.is_infinite() => {
            json!(if value > 0.0 { "Infinity" } else { "-Infinity" })
        }
        DataType::Float32 | DataType::Float64 => json!(value),
        _ => json!(value as i64),
    }
}

/// CF's `_FillValue` as xarray writes and reads it: integers as they are, floats as base64 of a float64, since JSON has
/// no NaN.
fn missing_attribute(data_type: DataType, missing: f64) -> Value {
    match data_type {
        DataType::Float32 | DataType::Float64 => {
            let stored = dispatch_type!(data_type, T => T::from_f64(missing).to_f64());
            json!(BASE64_STANDARD.encode(stored.to_le_bytes()))
        }
        _ => json!(missing as i64),
    }
}

fn attributes(attributes: &Attributes) -> Map<String, Value> {
    let value = |value: &Attribute| match value {
        Attribute::Text(text) => json!(text),
        Attribute::Texts(texts) => json!(texts),
        Attribute::Number(number) => json!(number),
        Attribute::Single(number) => json!(number),
        Attribute::Numbers(numbers) => json!(numbers),
    };
    attributes.0.iter().map(|(name, attribute)| ((*name).to_owned(), value(attribute))).collect()
}
