//! What a document is.

use serde_json::Value;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A STAC item.
    Item,
    /// A GeoJSON feature collection of STAC items.
    Items,
    /// A STAC collection.
    Collection,
    /// A dataset document of the legacy ODC metadata type `eo`.
    EoDataset,
    /// It describes no item and is no mistake either: a STAC catalogue, an ODC product definition.
    PassedOver,
}

impl Kind {
    /// The kind of `document`; the reason says which kinds are read.
    pub(crate) fn of(document: &Value) -> Result<Self, String> {
        let known = "read are STAC items and collections, feature collections of items, NDJSON of items, and ODC `eo` \
                     dataset documents";
        let Some(members) = document.as_object() else {
            return Err(format!("it is not a mapping of names to values; {known}"));
        };
        match members.get("type").and_then(Value::as_str) {
            Some("Feature") => return Ok(Self::Item),
            Some("FeatureCollection") => return Ok(Self::Items),
            Some("Collection") => return Ok(Self::Collection),
            Some("Catalog") => return Ok(Self::PassedOver),
            _ => {}
        }
        if members.get("$schema").and_then(Value::as_str).is_some_and(|schema| schema.contains("opendatacube.org")) {
            return Err(format!("it is an ODC EO3 dataset document, a kind that is not read; {known}"));
        }
        if members.contains_key("measurements") && members.contains_key("name") {
            return Ok(Self::PassedOver);
        }
        let typical = ["label", "extent", "grid_spatial", "image", "product_type", "creation_dt"];
        if typical.iter().filter(|name| members.contains_key(**name)).count() >= 2 {
            return Ok(Self::EoDataset);
        }
        Err(format!("it is of no kind that is known; {known}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_are_told_apart() {
        for (document, kind) in [
            (json!({"type": "Feature"}), Kind::Item),
            (json!({"type": "FeatureCollection"}), Kind::Items),
            (json!({"type": "Collection"}), Kind::Collection),
            (json!({"type": "Catalog"}), Kind::PassedOver),
            (json!({"name": "sentinel2", "metadata_type": "eo", "measurements": []}), Kind::PassedOver),
            (json!({"label": "x", "image": {}}), Kind::EoDataset),
        ] {
            assert_eq!(Kind::of(&document).unwrap(), kind, "{document}");
        }
    }

    #[test]
    fn an_unknown_kind_names_those_that_are_read() {
        let eo3 =
            json!({"$schema": "https://schemas.opendatacube.org/dataset", "label": "x", "product": {"name": "y"}});
        for (document, reason) in [(eo3, "EO3"), (json!({"tiles": 1}), "no kind"), (json!([1]), "not a mapping")] {
            let error = Kind::of(&document).unwrap_err();
            assert!(error.contains(reason) && error.contains("STAC items") && error.contains("`eo`"), "{error}");
        }
    }
}
