//! What writes take and answer with.

use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use super::{Asset, Collection, Link};

/// An item to add.
#[derive(ToSchema)]
#[schema(example = json!({"type": "Feature", "stac_version": "1.1.0", "id": "scene-1",
    "geometry": {"type": "Point", "coordinates": [-1.5, 50.9]}, "properties": {"datetime": "2024-06-01T11:00:00Z"},
    "assets": {"data": {"href": "s3://archive/scene-1.tif"}}}))]
pub(crate) struct NewItem {
    #[serde(flatten)]
    document: ItemDocument,
    /// Its id.
    #[schema(min_length = 1, max_length = 1024)]
    id: String,
}

/// An item to put in place of another.
#[derive(ToSchema)]
#[schema(example = json!({"type": "Feature", "stac_version": "1.1.0",
    "geometry": {"type": "Point", "coordinates": [-1.5, 50.9]}, "properties": {"datetime": "2024-06-01T11:00:00Z"},
    "assets": {"data": {"href": "s3://archive/scene-1.tif"}}}))]
pub(crate) struct ReplacingItem {
    #[serde(flatten)]
    document: ItemDocument,
    /// Its id; that of the path if it is left out.
    #[schema(min_length = 1, max_length = 1024)]
    id: Option<String>,
}

/// What an item has beside its id; it may have more members than these. Links are made anew, and are left out when it is
/// stored.
#[derive(ToSchema)]
pub(crate) struct ItemDocument {
    /// `Feature`.
    r#type: String,
    /// Version of STAC.
    #[schema(example = "1.1.0")]
    stac_version: String,
    /// Id of its collection; that of the path if it is left out.
    collection: Option<String>,
    /// Its footprint, as a GeoJSON geometry in degrees.
    #[schema(value_type = Object)]
    geometry: serde_json::Value,
    /// Bounds of the footprint; worked out if they are left out.
    #[schema(min_items = 4, max_items = 6, value_type = Vec<f64>, required = false)]
    bbox: Option<Vec<f64>>,
    /// Its properties: `datetime`, or `start_datetime` and `end_datetime`, and others.
    #[schema(value_type = Object)]
    properties: serde_json::Value,
    /// Its files.
    #[schema(value_type = BTreeMap<String, Asset>, required = false)]
    assets: Option<BTreeMap<String, Asset>>,
}

/// Several items.
#[derive(ToSchema)]
pub(crate) struct NewItemCollection {
    /// `FeatureCollection`.
    r#type: String,
    /// The items; all of them are added or none.
    #[schema(min_items = 1)]
    features: Vec<NewItem>,
}

/// An item or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewItems {
    One(Box<NewItem>),
    Many(NewItemCollection),
}

/// What became of several items.
#[derive(ToSchema)]
pub(crate) struct Receipt {
    /// New.
    inserted: u64,
    /// There, and different: adding changes none.
    updated: u64,
    /// There, and the same: adding takes none.
    unchanged: u64,
    /// Where they are.
    links: Vec<Link>,
}

/// A collection to add.
#[derive(ToSchema)]
pub(crate) struct NewCollection {
    #[serde(flatten)]
    document: CollectionDocument,
    /// Its id.
    #[schema(min_length = 1, max_length = 1024)]
    id: String,
}

/// A collection to put in place of another.
#[derive(ToSchema)]
pub(crate) struct ReplacingCollection {
    #[serde(flatten)]
    document: CollectionDocument,
    /// Its id; that of the path if it is left out.
    #[schema(min_length = 1, max_length = 1024)]
    id: Option<String>,
}

/// What a collection has beside its id; it may have more members than these. Links, `crs` and `storageCrs` are made anew,
/// and are left out when it is stored.
#[derive(ToSchema)]
pub(crate) struct CollectionDocument {
    /// `Collection`.
    r#type: String,
    /// Version of STAC.
    #[schema(example = "1.1.0")]
    stac_version: String,
    /// Its title.
    title: Option<String>,
    /// What it is.
    description: String,
    /// Its licence, an SPDX identifier or `other`.
    license: String,
    /// Where and when its items are (`spatial.bbox`, `temporal.interval`), for as long as it has none.
    #[schema(value_type = Object, example = json!({"spatial": {"bbox": [[-180, -90, 180, 90]]},
        "temporal": {"interval": [["2015-01-01T00:00:00Z", null]]}}))]
    extent: serde_json::Value,
}

/// Several collections.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCollectionList {
    /// The collections; all of them are added or none.
    #[schema(min_items = 1)]
    collections: Vec<NewCollection>,
    /// They count for nothing.
    #[schema(value_type = Vec<Object>, required = false)]
    links: Option<Vec<Link>>,
}

/// A collection or several.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NewCollections {
    One(Box<NewCollection>),
    Many(NewCollectionList),
}

/// What became of several collections.
#[derive(ToSchema)]
pub(crate) struct CollectionReceipt {
    /// New.
    inserted: u64,
    /// Where they are.
    links: Vec<Link>,
}

/// The collection that was added, or what became of several.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum CreatedCollections {
    One(Box<Collection>),
    Many(CollectionReceipt),
}

/// A merge patch (RFC 7396): members to set, or to remove with null.
#[derive(ToSchema)]
#[schema(value_type = Object, example = json!({"properties": {"eo:cloud_cover": 12.5, "draft": null}}))]
pub(crate) struct MergePatch(serde_json::Value);

/// A JSON patch (RFC 6902): operations, one after the other, all of them or none.
#[derive(ToSchema)]
#[schema(max_items = 1000)]
pub(crate) struct JsonPatch(Vec<Operation>);

/// An operation of a JSON patch.
#[derive(ToSchema)]
#[schema(example = json!({"op": "replace", "path": "/properties/platform", "value": "S2B"}))]
pub(crate) struct Operation {
    /// `add`, `remove`, `replace`, `move`, `copy` or `test`.
    op: String,
    /// Where, as a JSON pointer.
    path: String,
    /// From where, for `move` and `copy`.
    from: Option<String>,
    /// The value, for `add`, `replace` and `test`.
    value: Option<serde_json::Value>,
}

/// The path of an item.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ItemPath {
    /// Id of the collection.
    #[param(rename = "collectionId")]
    collection_id: String,
    /// Id of the item.
    #[param(rename = "itemId")]
    item_id: String,
}

/// At which version a document is changed.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Conditions {
    /// Only if the document has one of these entity tags, or `*`: if there is one.
    #[param(rename = "If-Match", value_type = String, required = false)]
    if_match: Option<String>,
    /// Only if it has none of these.
    #[param(rename = "If-None-Match", value_type = String, required = false)]
    if_none_match: Option<String>,
}

/// What a writer wants to be answered.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Preference {
    /// `return=minimal`: what is changed is not sent back (RFC 7240).
    #[param(rename = "Prefer", value_type = String, required = false)]
    prefer: Option<String>,
}

/// How a collection is added.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NewCollectionParameters {
    /// Who sees it: `owner` (the caller alone, and admins; the default for who has signed in) or `public`.
    #[param(example = "owner")]
    visibility: Option<String>,
}
