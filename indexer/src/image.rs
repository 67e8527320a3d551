//! The bands of an `eo` document, by file, as assets.

use std::collections::BTreeMap;

use ardent_model::{Asset, Band, Collection};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::href;

/// More layers than any file has; a number above it is a mistake, not a reason to make so many bands.
const MOST_LAYERS: usize = 4096;

/// Where a band is.
#[derive(Debug, Deserialize)]
pub(crate) struct DatasetBand {
    path: String,
    layer: Option<Layer>,
}

/// A layer number, which some documents write as text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Layer {
    Number(usize),
    Text(String),
}

impl DatasetBand {
    fn layer(&self) -> Option<usize> {
        let layer = match &self.layer {
            None => 1,
            Some(Layer::Number(number)) => *number,
            Some(Layer::Text(text)) => text.trim().parse().ok()?,
        };
        (1..=MOST_LAYERS).contains(&layer).then_some(layer)
    }
}

/// The collection's asset and band of a name.
type Known<'a> = (&'a Asset, &'a Band);

/// A band of a file: the document's name for it, and what the collection knows of it.
type Layered<'a> = (&'a str, Option<Known<'a>>);

/// A file, and its bands by layer.
struct File<'a> {
    href: String,
    layers: BTreeMap<usize, Layered<'a>>,
}

/// One asset for each file, named as in the collection, with the collection's types, nodata values and aliases.
pub(crate) fn assets(
    bands: &BTreeMap<String, DatasetBand>,
    collection: &Collection,
    base: &Url,
) -> Result<Map<String, Value>, String> {
    if bands.is_empty() {
        return Err("`image.bands` is empty, so it has no files".to_owned());
    }
    let files = files(bands, collection, base)?;
    let mut assets = Map::new();
    // In the collection's order, so that the same dataset always gives the same document.
    for (key, file) in keyed(&files, collection) {
        assets.insert(key, asset(file));
    }
    Ok(assets)
}

fn files<'a>(
    bands: &'a BTreeMap<String, DatasetBand>,
    collection: &'a Collection,
    base: &Url,
) -> Result<Vec<File<'a>>, String> {
    let mut files = BTreeMap::<String, File<'a>>::new();
    for (name, band) in bands {
        let fault = |reason: String| format!("`image.bands.{name}`: {reason}");
        let layer = band.layer().ok_or_else(|| fault("its `layer` is no number from 1".to_owned()))?;
        let href = href::logical(&band.path, base).map_err(fault)?.into_owned();
        let file = files.entry(href.clone()).or_insert_with(|| File { href, layers: BTreeMap::new() });
        if let Some((other, _)) = file.layers.insert(layer, (name, known(name, collection))) {
            return Err(fault(format!("`{other}` is layer {layer} of the same file already")));
        }
    }
    Ok(files.into_values().collect())
}

fn known<'a>(name: &str, collection: &'a Collection) -> Option<Known<'a>> {
    let band = collection.band(name)?;
    let asset = collection.assets.iter().find(|asset| asset.bands.iter().any(|other| std::ptr::eq(other, band)))?;
    Some((asset, band))
}

/// The files with their keys: that of the collection's asset if no other file has it too, else the name of the band.
fn keyed<'f, 'a>(files: &'f [File<'a>], collection: &Collection) -> Vec<(String, &'f File<'a>)> {
    let wanted =
        |file: &File<'a>| file.layers.values().find_map(|(_, known)| known.map(|(asset, _)| asset.key.clone()));
    let mut keyed = Vec::<(String, &File<'a>)>::new();
    for file in files {
        let key =
            wanted(file).filter(|key| files.iter().filter(|other| wanted(other).as_ref() == Some(key)).count() == 1);
        let first = file.layers.values().next().map_or("data", |(name, _)| *name);
        let mut key = key.unwrap_or_else(|| if file.layers.len() == 1 { first.to_owned() } else { "data".to_owned() });
        if keyed.iter().any(|(other, _)| *other == key) {
            key = format!("{key}_{first}");
        }
        keyed.push((key, file));
    }
    let position = |key: &String| collection.assets.iter().position(|asset| asset.key == *key);
    keyed.sort_by_key(|(key, _)| position(key).unwrap_or(usize::MAX));
    keyed
}

fn asset(file: &File<'_>) -> Value {
    let mut asset = json!({"href": file.href});
    let model = file.layers.values().find_map(|(_, known)| known.map(|(asset, _)| asset));
    asset["type"] =
        json!(model.and_then(|asset| asset.media_type.as_deref()).unwrap_or("image/tiff; application=geotiff"));
    let roles: Vec<_> = model.map_or_else(|| vec!["data"], |asset| asset.roles.iter().map(String::as_str).collect());
    asset["roles"] = json!(roles);
    let last = file.layers.keys().next_back().copied().unwrap_or(1);
    // Layers that the document does not name are there all the same: a band's place in the list is its layer.
    let bands =
        (1..=last).map(|layer| file.layers.get(&layer).map_or_else(|| json!({}), |(name, known)| band(name, *known)));
    asset["bands"] = bands.collect();
    asset
}

/// The collection's band as it stands there, or just its name.
fn band(name: &str, known: Option<Known<'_>>) -> Value {
    let Some((asset, band)) = known else { return json!({"name": name}) };
    let written = asset.members.get("bands").and_then(|bands| bands.get(band.layer - 1));
    if let Some(written) = written.filter(|written| written.is_object()) {
        return written.clone();
    }
    // A collection of STAC 1.0 spreads it over several lists.
    let mut members = json!({"name": band.name, "ardent:aliases": band.aliases});
    let nodata = band.nodata.map(|nodata| if nodata.is_nan() { json!("nan") } else { json!(nodata) });
    for (key, value) in [
        ("data_type", band.data_type.map(|data_type| json!(data_type.name()))),
        ("nodata", nodata),
        ("unit", band.unit.as_ref().map(|unit| json!(unit))),
        ("eo:common_name", band.common_name.as_ref().map(|name| json!(name))),
        ("raster:scale", (band.scale != 1.0).then(|| json!(band.scale))),
        ("raster:offset", (band.offset != 0.0).then(|| json!(band.offset))),
    ] {
        if let Some(value) = value {
            members[key] = value;
        }
    }
    members
}
