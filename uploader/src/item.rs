//! The STAC item (1.1.0) of a product.

use ardent_model::{GeoBox, interval::format_datetime};
use serde_json::{Map, Value, json};

use crate::{
    asset,
    name::Details,
    rule::{Content, Kind},
    scene::{Cover, Scene, dataset_id},
};

/// The item, without links: those are the server's to add.
pub fn document(scene: &Scene) -> Value {
    let assets: Map<_, _> =
        scene.files.iter().map(|file| (file.part.key.to_owned(), asset::document(scene, file))).collect();
    json!({
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": extensions(scene),
        "id": scene.product.name,
        "collection": scene.product.kind.collection(),
        "geometry": geojson::Geometry::from(&scene.footprint.polygon),
        "bbox": scene.footprint.bbox,
        "properties": properties(scene),
        "assets": assets,
        "links": [],
    })
}

fn extensions(scene: &Scene) -> Vec<String> {
    let mut names = vec!["projection/v2.0.0", "file/v2.1.0", "sat/v1.0.0", "processing/v1.2.0", "product/v1.0.0"];
    match scene.product.kind {
        Kind::Sentinel1 => names.push("sar/v1.0.0"),
        Kind::Sentinel2 => names.extend(["eo/v2.0.0", "grid/v1.1.0", "classification/v2.0.0"]),
    }
    if scene.product.generated().is_some() {
        names.push("sentinel-2/v1.0.0");
    }
    names.into_iter().map(|name| format!("https://stac-extensions.github.io/{name}/schema.json")).collect()
}

fn properties(scene: &Scene) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut set = |name: &str, value: Value| properties.insert(name.to_owned(), value);
    let (begin, end) = (scene.metadata.begin, scene.metadata.end);
    set("datetime", json!(format_datetime(begin + (end - begin) / 2)));
    if begin != end {
        set("start_datetime", json!(format_datetime(begin)));
        set("end_datetime", json!(format_datetime(end)));
    }
    set("created", json!(format_datetime(scene.created)));
    set("updated", json!(format_datetime(scene.updated)));
    set("odc:id", json!(dataset_id(&scene.product)));
    let constellation = match scene.product.kind {
        Kind::Sentinel1 => "sentinel-1",
        Kind::Sentinel2 => "sentinel-2",
    };
    let unit = scene.product.platform.chars().last().unwrap_or_default().to_ascii_lowercase();
    set("platform", json!(format!("{constellation}{unit}")));
    set("constellation", json!(constellation));
    set("sat:relative_orbit", json!(scene.product.relative_orbit));
    if let Some(processed) = scene.metadata.processed.or(scene.product.generated()) {
        set("processing:datetime", json!(format_datetime(processed)));
    }
    if let Some(share) = scene.metadata.cloud_cover {
        set("ardent:reported_cloud_fraction", json!(share));
    }
    properties.extend(mission(scene));
    properties.extend(grid(&scene.grid));
    properties.extend(scene.cover.iter().flat_map(cover));
    properties
}

/// What only one of the missions has.
fn mission(scene: &Scene) -> Map<String, Value> {
    let members = match &scene.product.details {
        Details::Optical { tile, generated } => {
            let mut members = json!({
                "instruments": ["msi"],
                "processing:level": "L2",
                "product:type": "ARCSI_SREF",
                "grid:code": format!("MGRS-{tile}"),
            });
            if let Some(generated) = generated {
                members["s2:generation_time"] = json!(format_datetime(*generated));
            }
            members
        }
        Details::Radar { ascending, polarizations } => json!({
            "instruments": ["c-sar"],
            "product:type": "gamma_0",
            "sat:orbit_state": if *ascending { "ascending" } else { "descending" },
            "sar:instrument_mode": "IW",
            "sar:frequency_band": "C",
            "sar:center_frequency": 5.405,
            "sar:polarizations": polarizations,
            "sar:product_type": "RTC",
        }),
    };
    if let Value::Object(members) = members { members } else { Map::new() }
}

/// Members of the projection extension.
pub(crate) fn grid(grid: &GeoBox) -> Map<String, Value> {
    let bounds = grid.bounds();
    let [a, b, c, d, e, f] = grid.affine.0;
    [
        ("proj:code", json!(grid.crs.to_string())),
        ("proj:shape", json!([grid.height_px, grid.width_px])),
        ("proj:transform", json!([a, b, c, d, e, f, 0.0, 0.0, 1.0])),
        ("proj:bbox", json!([bounds.left, bounds.bottom, bounds.right, bounds.top])),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}

/// Shares are rounded to what a tile of 10 980² pixels can tell apart in practice.
fn cover(cover: &Cover) -> Vec<(String, Value)> {
    let share = |part: u64, whole: u64| (whole > 0).then(|| (part as f64 / whole as f64 * 1e6).round() / 1e6);
    let shares = [
        ("eo:cloud_cover", share(cover.cloud * 100, cover.valid)),
        ("ardent:valid_fraction", share(cover.valid, cover.pixels)),
        ("ardent:clear_fraction", share(cover.clear, cover.valid)),
    ];
    shares.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
}

/// What an item that is in a store says about one of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Key of the asset.
    pub(crate) key: String,
    /// `file:size`.
    pub(crate) size_bytes: u64,
    /// `file:checksum`.
    pub(crate) checksum: String,
}

/// The files that `item` records, if it is an item that we wrote; `None` if it is anything else.
pub(crate) fn recorded(item: &Value) -> Option<Vec<Recorded>> {
    let assets = item.get("assets")?.as_object()?;
    let one = |(key, asset): (&String, &Value)| {
        Some(Recorded {
            key: key.clone(),
            size_bytes: asset.get("file:size")?.as_u64()?,
            checksum: asset.get("file:checksum")?.as_str()?.to_owned(),
        })
    };
    assets.iter().map(one).collect()
}

impl Content {
    /// Roles of an asset of this content.
    pub(crate) const fn roles(self, key: &str) -> &'static [&'static str] {
        match (self, key.as_bytes()) {
            (Self::Measurements, _) => &["data"],
            (Self::Metadata, _) => &["metadata"],
            (Self::Thumbnail, _) => &["thumbnail"],
            (Self::Mask, b"fmask") => &["data", "cloud", "cloud-shadow"],
            (Self::Mask, b"clouds_prob") => &["data", "cloud"],
            (Self::Mask, b"sat") => &["data", "saturation"],
            (Self::Mask, _) => &["data", "data-mask"],
        }
    }
}
