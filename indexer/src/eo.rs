//! Dataset documents of the legacy ODC metadata type `eo`, as the pilot's scripts wrote them, as STAC items.

use std::collections::BTreeMap;

use ardent_model::{
    Collection, Crs,
    interval::{format_datetime, parse_document_datetime},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{collections::Collections, footprint::Corners, image};

/// The document, as far as it is read.
#[derive(Debug, Deserialize)]
struct Dataset {
    id: Option<String>,
    label: Option<String>,
    creation_dt: Option<String>,
    product_type: Option<String>,
    processing_level: Option<String>,
    platform: Option<Platform>,
    instrument: Option<Named>,
    format: Option<Named>,
    extent: Option<Extent>,
    grid_spatial: Option<GridSpatial>,
    image: Option<Image>,
}

#[derive(Debug, Deserialize)]
struct Platform {
    code: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Extent {
    center_dt: Option<String>,
    from_dt: Option<String>,
    to_dt: Option<String>,
    coord: Option<Corners>,
}

#[derive(Debug, Deserialize)]
struct GridSpatial {
    projection: Projection,
}

#[derive(Debug, Deserialize)]
struct Projection {
    spatial_reference: Option<String>,
    geo_ref_points: Option<BTreeMap<String, Point>>,
}

#[derive(Debug, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Debug, Deserialize)]
struct Image {
    bands: BTreeMap<String, image::DatasetBand>,
}

/// The STAC item of an `eo` document at `base`. Its id is the label, so that the document of the same product written
/// again replaces the first; the document's own id is kept as `odc:id`.
pub(crate) fn item(
    document: &Value,
    base: &Url,
    collections: &Collections,
    fallback: Option<&str>,
) -> Result<Value, String> {
    let dataset: Dataset = serde_path_to_error::deserialize(document)
        .map_err(|error| format!("it is an `eo` dataset, but `{}`: {}", error.path(), error.inner()))?;
    let id = dataset.label.as_ref().or(dataset.id.as_ref()).filter(|id| !id.is_empty());
    let id = id.ok_or("it is an `eo` dataset without `label` and `id`; the label becomes the item's id")?;
    let extent = dataset.extent.as_ref().ok_or("it is an `eo` dataset without `extent`")?;
    let corners = extent.coord.ok_or(
        "it has no footprint (`extent.coord`), so no search would find it; give the corners ll, lr, ul and ur as lat \
         and lon",
    )?;
    let (geometry, bbox) = corners.footprint()?;
    let platform = dataset.platform.as_ref().and_then(|platform| platform.code.as_deref());
    let collection = collections.matching(platform, dataset.product_type.as_deref(), fallback)?;
    let image = dataset.image.as_ref().ok_or("it is an `eo` dataset without `image.bands`, so it has no files")?;
    Ok(json!({
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": extensions(collection),
        "id": id,
        "collection": collection.id,
        "geometry": geometry,
        "bbox": bbox,
        "properties": properties(&dataset, extent, id)?,
        "assets": image::assets(&image.bands, collection, base)?,
        "links": []
    }))
}

fn extensions(collection: &Collection) -> Vec<&'static str> {
    let mut extensions = vec!["https://stac-extensions.github.io/projection/v2.0.0/schema.json"];
    let has_classes = |band: &Value| band.get("classification:classes").is_some();
    let bands = collection.assets.iter().filter_map(|asset| asset.members.get("bands")?.as_array()).flatten();
    if bands.into_iter().any(has_classes) {
        extensions.push("https://stac-extensions.github.io/classification/v2.0.0/schema.json");
    }
    extensions
}

fn properties(dataset: &Dataset, extent: &Extent, id: &str) -> Result<Map<String, Value>, String> {
    let mut properties = Map::new();
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            properties.insert(name.to_owned(), json!(value));
        }
    };
    let [from, to, centre] = [
        time("extent.from_dt", extent.from_dt.as_ref())?,
        time("extent.to_dt", extent.to_dt.as_ref())?,
        time("extent.center_dt", extent.center_dt.as_ref())?,
    ];
    let middle = from.zip(to).map(|(from, to)| from + (to - from) / 2);
    let datetime = centre.or(middle).or(from).or(to);
    let datetime = datetime.ok_or("it has no time; give `extent.center_dt`, or `extent.from_dt` and `extent.to_dt`")?;
    set("datetime", Some(format_datetime(datetime)));
    if let Some((from, to)) = from.zip(to).filter(|(from, to)| from != to) {
        set("start_datetime", Some(format_datetime(from)));
        set("end_datetime", Some(format_datetime(to)));
    }
    set("created", time("creation_dt", dataset.creation_dt.as_ref())?.map(format_datetime));
    let lower = |text: &String| text.to_ascii_lowercase();
    let constellation = dataset.platform.as_ref().and_then(|platform| platform.code.as_ref()).map(lower);
    set("platform", spacecraft(id, constellation.as_deref()).or_else(|| constellation.clone()));
    set("constellation", constellation);
    set("product:type", dataset.product_type.clone());
    set("processing:level", dataset.processing_level.as_ref().map(|level| level.replacen("LEVEL_", "L", 1)));
    set("odc:id", dataset.id.clone());
    set("odc:format", dataset.format.as_ref().and_then(|format| format.name.clone()));
    let instrument = dataset.instrument.as_ref().and_then(|instrument| instrument.name.as_ref());
    if let Some(name) = instrument {
        properties.insert("instruments".to_owned(), json!([lower(name)]));
    }
    if let Some(GridSpatial { projection }) = &dataset.grid_spatial {
        properties.extend(projection_members(projection)?);
    }
    Ok(properties)
}

/// A time of the document; naive ones are UTC.
fn time(name: &str, text: Option<&String>) -> Result<Option<DateTime<Utc>>, String> {
    text.map(|text| parse_document_datetime(text).map_err(|error| format!("`{name}`: {error}"))).transpose()
}

/// `sentinel-2a` for products of `sentinel-2` whose name begins with `S2A_`.
fn spacecraft(id: &str, constellation: Option<&str>) -> Option<String> {
    let (mission, unit) = id.split_once('_')?.0.strip_prefix('S')?.split_at_checked(1)?;
    let constellation = constellation?;
    let is_unit = unit.len() == 1 && unit.chars().all(|letter| letter.is_ascii_uppercase());
    (is_unit && constellation == format!("sentinel-{mission}"))
        .then(|| format!("{constellation}{}", unit.to_ascii_lowercase()))
}

/// `proj:code` and the exact corners, `proj:bbox`. Shape and transform are not in such a document: readers take them
/// from the files.
fn projection_members(projection: &Projection) -> Result<Map<String, Value>, String> {
    let mut members = Map::new();
    if let Some(reference) = &projection.spatial_reference {
        // Well-known text ends with the authority's code of the whole.
        let code = reference.rsplit_once("\"EPSG\",").map_or(reference.as_str(), |(_, code)| code);
        let code = code.trim_matches(|letter| "\"[] ".contains(letter));
        let crs: Crs = code.parse().map_err(|error| format!("`grid_spatial.projection.spatial_reference`: {error}"))?;
        members.insert("proj:code".to_owned(), json!(crs.to_string()));
    }
    if let Some(points) = projection.geo_ref_points.as_ref().filter(|points| !points.is_empty()) {
        let extreme = |pick: fn(&Point) -> f64, choose: fn(f64, f64) -> f64| points.values().map(pick).reduce(choose);
        let sides = [
            extreme(|point| point.x, f64::min),
            extreme(|point| point.y, f64::min),
            extreme(|point| point.x, f64::max),
            extreme(|point| point.y, f64::max),
        ];
        members.insert("proj:bbox".to_owned(), json!(sides));
    }
    Ok(members)
}

#[cfg(test)]
mod tests;
