//! The legacy dataset document (Open Data Cube's `eo` metadata type), in the exact shape of the pilot's.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    bands,
    name::Details,
    rule::Content,
    scene::{Scene, dataset_id},
};

#[derive(Serialize)]
struct Document<'a> {
    creation_dt: String,
    extent: Extent,
    format: Name,
    grid_spatial: GridSpatial,
    id: String,
    image: Image<'a>,
    instrument: Name,
    label: &'a str,
    lineage: Lineage,
    platform: Platform,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_level: Option<&'static str>,
    product_type: &'static str,
}

#[derive(Serialize)]
struct Extent {
    center_dt: String,
    coord: Corners<Degrees>,
    from_dt: String,
    to_dt: String,
}

#[derive(Serialize)]
struct Corners<T> {
    ll: T,
    lr: T,
    ul: T,
    ur: T,
}

#[derive(Serialize)]
struct Degrees {
    lat: f64,
    lon: f64,
}

#[derive(Serialize)]
struct Metres {
    x: f64,
    y: f64,
}

#[derive(Serialize)]
struct Name {
    name: &'static str,
}

#[derive(Serialize)]
struct GridSpatial {
    projection: Projection,
}

#[derive(Serialize)]
struct Projection {
    geo_ref_points: Corners<Metres>,
    spatial_reference: String,
}

#[derive(Serialize)]
struct Image<'a> {
    bands: BTreeMap<&'static str, Layer<'a>>,
}

#[derive(Serialize)]
struct Layer<'a> {
    layer: usize,
    path: &'a str,
}

#[derive(Serialize)]
struct Lineage {
    source_datasets: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Platform {
    code: &'static str,
}

/// The document, as YAML. Times are UTC without saying so, as the pilot's are.
pub fn document(scene: &Scene) -> Result<String, String> {
    let is_optical = matches!(scene.product.details, Details::Optical { .. });
    let pick = |optical: &'static str, radar: &'static str| if is_optical { optical } else { radar };
    let bounds = scene.grid.bounds();
    let [west, south, east, north] = scene.metadata.bbox.map_or(scene.footprint.bbox, |bbox| bbox.sides());
    let (begin, end) = (scene.metadata.begin, scene.metadata.end);
    let document = Document {
        creation_dt: naive(scene.updated),
        extent: Extent {
            center_dt: naive(begin + (end - begin) / 2),
            coord: corners([west, south, east, north], |lon, lat| Degrees { lat, lon }),
            from_dt: naive(begin),
            to_dt: naive(end),
        },
        format: Name { name: "GTIFF" },
        grid_spatial: GridSpatial {
            projection: Projection {
                geo_ref_points: corners([bounds.left, bounds.bottom, bounds.right, bounds.top], |x, y| Metres { x, y }),
                spatial_reference: scene.grid.crs.to_string(),
            },
        },
        id: dataset_id(&scene.product).to_string(),
        image: Image { bands: layers(scene) },
        instrument: Name { name: pick("MSI", "SAR") },
        label: &scene.product.name,
        lineage: Lineage { source_datasets: BTreeMap::new() },
        platform: Platform { code: pick("SENTINEL-2", "SENTINEL-1") },
        processing_level: is_optical.then_some("LEVEL_2"),
        product_type: pick("ARCSI_SREF", "gamma_0"),
    };
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(&document, options).map_err(|error| error.to_string())
}

/// The measurements' layers and the three masks that the pilot's product definition knows.
fn layers(scene: &Scene) -> BTreeMap<&'static str, Layer<'_>> {
    let mut layers = BTreeMap::new();
    for file in &scene.files {
        let path = file.href.as_str();
        match (file.part.content, &scene.product.details) {
            (Content::Measurements, Details::Optical { .. }) => {
                let names = bands::OPTICAL.iter().enumerate();
                layers.extend(names.map(|(index, band)| (band.name, Layer { layer: index + 1, path })));
            }
            (Content::Measurements, Details::Radar { polarizations, .. }) => {
                let names = polarizations.iter().filter_map(|name| bands::of_polarization(name)).enumerate();
                layers.extend(names.map(|(index, band)| (band.name, Layer { layer: index + 1, path })));
            }
            (Content::Mask, _) if ["fmask", "vmask", "topomask"].contains(&file.part.key) => {
                layers.insert(file.part.key, Layer { layer: 1, path });
            }
            _ => {}
        }
    }
    layers
}

fn corners<T>([left, bottom, right, top]: [f64; 4], at: impl Fn(f64, f64) -> T) -> Corners<T> {
    Corners { ll: at(left, bottom), lr: at(right, bottom), ul: at(left, top), ur: at(right, top) }
}

fn naive(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}
