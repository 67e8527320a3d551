//! Product definitions as collections.

use std::collections::HashMap;

use ardent_model::Collection;
use serde_json::{Map, Value, json};

use crate::{Error, Result, measurement::Measurement, text};

/// A product definition as a collection, with what an admin should know of how it was read.
#[derive(Debug, Clone)]
pub struct Product {
    /// The collection.
    pub collection: Collection,
    /// Such as `fmask: nodata 0 dropped, since 0 means clear`.
    pub warnings: Vec<String>,
}

/// Reads an ODC product definition (YAML; several documents in one file are several products) or a STAC collection
/// (JSON). `source_name` is for messages.
///
/// ```
/// let text = "name: s1\ndescription: gamma0\nmeasurements: [{name: vv, aliases: [Band 1], dtype: float32, nodata: .nan}]";
/// let products = ardent_indexer::read_products("s1.yaml", text).unwrap();
/// assert_eq!(products[0].collection.band("Band 1").unwrap().name, "vv");
/// ```
pub fn read_products(source_name: &str, text: &str) -> Result<Vec<Product>> {
    let fault = |reason: String| Error::Product { source_name: source_name.to_owned(), reason };
    let text = text::decode(text.as_bytes()).map_err(fault)?;
    let documents =
        if text.trim_start().starts_with('{') { text::json(text).map(|one| vec![one]) } else { text::yaml(text) };
    let mut products = Vec::<Product>::new();
    for document in documents.map_err(fault)? {
        let product = read_product(document).map_err(fault)?;
        let id = &product.collection.id;
        if products.iter().any(|other| other.collection.id == *id) {
            return Err(fault(format!("product `{id}` is defined twice; keep one")));
        }
        products.push(product);
    }
    Ok(products)
}

fn read_product(document: Value) -> Result<Product, String> {
    if document.get("type").is_some_and(|kind| kind == "Collection") {
        let collection = Collection::from_stac(document).map_err(|error| error.to_string())?;
        return Ok(Product { collection, warnings: Vec::new() });
    }
    let definition = document.as_object().ok_or("it is neither a product definition nor a STAC collection")?;
    let name = definition.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        return Err("the product has no `name`; it becomes the collection's id".to_owned());
    }
    let fault = |reason: String| format!("product `{name}`: {reason}");
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter)) {
        return Err(fault("its name may have letters, digits, `_`, `-` and `.` only".to_owned()));
    }
    let mut warnings = Vec::new();
    let measurements = measurements(definition, &mut warnings).map_err(fault)?;
    let document = collection_document(name, definition, &measurements, &mut warnings);
    let collection = Collection::from_stac(document).map_err(|error| fault(error.to_string()))?;
    Ok(Product { collection, warnings })
}

fn measurements(definition: &Map<String, Value>, warnings: &mut Vec<String>) -> Result<Vec<Measurement>, String> {
    let given = definition.get("measurements").and_then(Value::as_array).filter(|given| !given.is_empty());
    let given = given.ok_or("it has no `measurements`; list at least one with name, dtype and nodata")?;
    let mut read = Vec::<Measurement>::with_capacity(given.len());
    for (index, value) in given.iter().enumerate() {
        let measurement = Measurement::read(index + 1, value)?;
        if read.iter().any(|other| other.name == measurement.name) {
            return Err(format!("measurement `{}` is there twice; rename or remove one", measurement.name));
        }
        warnings.extend(measurement.warning.clone());
        read.push(measurement);
    }
    let mut owners = HashMap::<&str, &str>::new();
    for measurement in &read {
        for name in measurement.names() {
            if let Some(other) = owners.insert(name, &measurement.name).filter(|other| *other != measurement.name) {
                warnings
                    .push(format!("{name}: both {other} and {} answer to it, so it cannot be used", measurement.name));
            }
        }
    }
    Ok(read)
}

fn collection_document(
    name: &str,
    definition: &Map<String, Value>,
    measurements: &[Measurement],
    warnings: &mut Vec<String>,
) -> Value {
    let given = |key: &str| definition.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let license = given("license").unwrap_or_else(|| {
        warnings.push("license: not given, so `other` is written".to_owned());
        "other"
    });
    let description = given("description").unwrap_or(name);
    let title = given("title").unwrap_or_else(|| description.lines().next().unwrap_or(name));
    let metadata = definition.get("metadata");
    let code = |pointer: &str| metadata.and_then(|metadata| metadata.pointer(pointer)).and_then(Value::as_str);
    let (platform, product_type) = (code("/platform/code"), code("/product_type"));

    let mut summaries = Map::new();
    let mut summarise = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            summaries.insert(key.to_owned(), json!([value]));
        }
    };
    summarise("constellation", platform.map(str::to_ascii_lowercase));
    summarise("instruments", code("/instrument/name").map(str::to_ascii_lowercase));
    summarise("product:type", product_type.map(str::to_owned));
    summarise("odc:format", code("/format/name").map(str::to_owned));
    summarise(
        "proj:code",
        definition.get("storage").and_then(|storage| storage.get("crs")?.as_str().map(str::to_owned)),
    );

    let has_classes = measurements.iter().any(|one| one.band.contains_key("classification:classes"));
    let extensions = has_classes.then_some("https://stac-extensions.github.io/classification/v2.0.0/schema.json");
    let mut document = json!({
        "type": "Collection",
        "stac_version": "1.1.0",
        "stac_extensions": extensions.into_iter().collect::<Vec<_>>(),
        "id": name,
        "title": title,
        "description": description,
        "license": license,
        "extent": {
            "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]]},
            "temporal": {"interval": [[null, null]]}
        },
        "summaries": summaries,
        "item_assets": item_assets(code("/format/name"), measurements),
        "links": []
    });
    // Tells which legacy documents are items of this collection.
    if platform.is_some() || product_type.is_some() {
        document["ardent:match"] = json!({"platform": platform, "product_type": product_type});
    }
    document
}

/// Flag rasters each in an asset of its own, everything else in `data`, in the order of the definition.
fn item_assets(format: Option<&str>, measurements: &[Measurement]) -> Map<String, Value> {
    let mut assets = Map::new();
    for measurement in measurements {
        let key = if measurement.is_mask { measurement.name.as_str() } else { "data" };
        let asset = assets.entry(key).or_insert_with(|| {
            let mut asset = json!({"roles": measurement.roles(), "bands": []});
            if format.is_none_or(|format| format.to_ascii_uppercase().contains("TIF")) {
                asset["type"] = json!("image/tiff; application=geotiff");
            }
            asset
        });
        if let Some(bands) = asset["bands"].as_array_mut() {
            bands.push(Value::Object(measurement.band.clone()));
        }
    }
    assets
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the shape of the pilot's definition.
    pub(crate) const OPTICAL: &str = "
name: optical
metadata_type: eo
description: Surface reflectance
metadata:
  platform: {code: SENTINEL-2}
  instrument: {name: MSI}
  product_type: ARCSI_SREF
  format: {name: GTIFF}
measurements:
  - {name: 'blue', dtype: uint16, nodata: 0, units: '1', aliases: [band_1, Blue]}
  - {name: 'nir2', dtype: uint16, nodata: 0, units: '1', aliases: [band_8, NIR2, NIR_B8A]}
  - {name: 'fmask', aliases: [Cmask, Fmask], dtype: uint8, nodata: 0, units: '1'}
  - {name: 'shade', aliases: [Tmask], dtype: uint8, nodata: 255, units: '1'}
";

    #[test]
    fn a_definition_becomes_a_collection() {
        let product = read_products("optical.yaml", OPTICAL).unwrap().remove(0);
        let collection = product.collection;
        assert_eq!(collection.id, "optical");
        let keys: Vec<_> = collection.assets.iter().map(|asset| asset.key.as_str()).collect();
        assert_eq!(keys, ["data", "fmask", "shade"]);
        let nir = collection.band("NIR_B8A").unwrap();
        assert_eq!((nir.name.as_str(), nir.layer, nir.nodata, nir.unit.as_deref()), ("nir2", 2, Some(0.0), Some("1")));
        assert_eq!(collection.band("Fmask").unwrap().nodata, None);
        assert_eq!(collection.band("Tmask").unwrap().nodata, Some(255.0));
        let document = &collection.document;
        assert_eq!(document["stac_version"], "1.1.0");
        assert_eq!(document["ardent:match"], json!({"platform": "SENTINEL-2", "product_type": "ARCSI_SREF"}));
        assert_eq!(document["summaries"]["instruments"], json!(["msi"]));
        assert_eq!(document["title"], "Surface reflectance");
        assert!(product.warnings.iter().any(|warning| warning.contains("fmask: nodata 0 dropped")));
        assert!(product.warnings.iter().any(|warning| warning.contains("license")));
    }

    #[test]
    fn several_definitions_and_a_collection_are_read() {
        let two = format!("{OPTICAL}\n---\n{}", OPTICAL.replace("name: optical", "name: other"));
        assert_eq!(read_products("two.yaml", &two).unwrap().len(), 2);
        let collection = r#"{"type": "Collection", "id": "c", "description": "d", "stac_version": "1.0.0"}"#;
        let product = read_products("c.json", collection).unwrap().remove(0);
        assert_eq!(product.collection.document["stac_version"], "1.0.0", "as it is");
    }

    #[test]
    fn a_fault_names_file_product_and_measurement() {
        let twice = format!("{OPTICAL}\n---\n{OPTICAL}");
        let unknown = OPTICAL.replace("name: 'nir2', dtype: uint16", "name: 'nir2', dtype: uint12");
        let double = OPTICAL.replace("'nir2'", "'blue'");
        for (text, reason) in [
            ("", "empty"),
            ("a: [", "not YAML"),
            ("just words", "neither a product definition"),
            ("{\"type\": \"Collection\"}", "no `id`"),
            ("{\"type\": ", "not JSON"),
            ("description: nameless", "no `name`"),
            ("name: a/b", "letters, digits"),
            ("name: bare", "no `measurements`"),
            (unknown.as_str(), "product `optical`: measurement `nir2`: data type `uint12` is unknown"),
            (double.as_str(), "measurement `blue` is there twice"),
            (twice.as_str(), "defined twice"),
        ] {
            let error = read_products("x.yaml", text).unwrap_err().to_string();
            assert!(error.contains("`x.yaml`") && error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn the_pilots_definitions_are_read_unchanged() {
        let Some(folder) = std::env::var_os("ARDENT_TEST_PILOT") else {
            eprintln!("skipped: ARDENT_TEST_PILOT is not set");
            return;
        };
        let read = |name: &str| {
            let text = std::fs::read_to_string(std::path::Path::new(&folder).join(name)).unwrap();
            read_products(name, &text).unwrap().remove(0).collection
        };
        let optical = read("sen2_prod_spec.yaml");
        let bands: Vec<_> = optical.assets.iter().map(|asset| (asset.key.as_str(), asset.bands.len())).collect();
        assert_eq!(bands, [("data", 10), ("fmask", 1), ("vmask", 1), ("topomask", 1)]);
        assert_eq!(optical.band("NIR_B8A").unwrap().layer, 8);
        assert_eq!(optical.band("band_10").unwrap().name, "swir2");
        for mask in ["Cmask", "mask", "toposhadmask"] {
            assert_eq!(optical.band(mask).unwrap().nodata, None, "{mask}");
        }
        let radar = read("sen1_prod_spec.yaml");
        assert!(radar.band("Band 2").unwrap().nodata.unwrap().is_nan());
        assert_eq!(radar.band("VH").unwrap().name, "vh");
    }
}
