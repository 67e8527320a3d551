//! The assets of an item: one per file.

use ardent_model::DataType;
use serde_json::{Map, Value, json};

use crate::{
    bands::{self, BandNames},
    digest::multihash,
    item::grid,
    name::Details,
    rule::{Content, Part},
    scene::{RasterFacts, Scene, SceneFile},
};

/// The asset of a file.
pub(crate) fn document(scene: &Scene, file: &SceneFile) -> Value {
    let mut asset = Map::new();
    let mut set = |name: &str, value: Value| asset.insert(name.to_owned(), value);
    set("href", json!(file.href));
    set("type", json!(media_type(file)));
    set("title", json!(title(file.part)));
    set("roles", json!(file.part.content.roles(file.part.key)));
    set("file:size", json!(file.size_bytes));
    set("file:checksum", json!(multihash(&file.sha256)));
    if let Some(raster) = &file.raster {
        asset.extend(grid(&raster.grid));
        asset.insert("bands".to_owned(), band_list(scene, file.part, raster));
    }
    Value::Object(asset)
}

fn media_type(file: &SceneFile) -> &'static str {
    match (file.part.content, &file.raster) {
        (Content::Metadata, _) => "application/xml",
        (Content::Thumbnail, _) => "image/jpeg",
        (_, Some(raster)) if raster.is_tiled && raster.overviews > 0 => {
            "image/tiff; application=geotiff; profile=cloud-optimized"
        }
        _ => "image/tiff; application=geotiff",
    }
}

fn title(part: &Part) -> &'static str {
    match part.key {
        "fmask" => "Clear, cloud and cloud shadow",
        "vmask" => "Valid pixels",
        "topomask" => "Topographic shadow",
        "sat" => "Saturated pixels",
        "clouds_prob" => "Probability of cloud",
        "metadata" => "ISO 19139 metadata",
        "thumbnail" => "Thumbnail",
        _ => "Measurements",
    }
}

fn band_list(scene: &Scene, part: &Part, raster: &RasterFacts) -> Value {
    let names: Vec<&BandNames> = match (part.content, &scene.product.details) {
        (Content::Measurements, Details::Optical { .. }) => bands::OPTICAL.iter().collect(),
        (Content::Measurements, Details::Radar { polarizations, .. }) => {
            polarizations.iter().filter_map(|name| bands::of_polarization(name)).collect()
        }
        _ => return json!([mask_band(part, raster)]),
    };
    names.into_iter().map(|names| measured_band(names, raster)).collect()
}

fn measured_band(names: &BandNames, raster: &RasterFacts) -> Value {
    let mut band = json!({
        "name": names.name,
        "data_type": raster.data_type,
        "nodata": if raster.data_type.is_integer() { json!(0) } else { json!("nan") },
        "unit": "1",
        "ardent:aliases": names.aliases,
    });
    if let Some(common) = names.common {
        band["eo:common_name"] = json!(common);
    }
    band
}

/// A mask has no nodata: 0 is a class of each, and in the cloud mask it means clear.
fn mask_band(part: &Part, raster: &RasterFacts) -> Value {
    let mut band = json!({ "name": part.key, "data_type": raster.data_type });
    let aliases = bands::mask_aliases(part.key);
    if !aliases.is_empty() {
        band["ardent:aliases"] = json!(aliases);
    }
    let classes: &[&str] = match part.key {
        _ if raster.data_type != DataType::Uint8 => &[],
        "fmask" => &["clear", "cloud", "shadow"],
        "vmask" => &["invalid", "valid"],
        _ => &[],
    };
    if !classes.is_empty() {
        let class = |(value, name): (usize, &&str)| json!({ "value": value, "name": name, "description": name });
        band["classification:classes"] = classes.iter().enumerate().map(class).collect();
    }
    band
}
