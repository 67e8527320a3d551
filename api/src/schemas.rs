//! What goes in and out, for the OpenAPI document. These types describe; the vocabulary itself is in `ardent-model`,
//! and a test compares the two.

#![expect(dead_code, reason = "their shape is read by the OpenAPI generator, they are never made")]

use std::collections::BTreeMap;

use utoipa::{IntoParams, ToSchema};

mod aggregation;
mod browse;
mod estimate;
mod identity;
mod parameters;
mod recipe;
mod transaction;

pub(crate) use aggregation::{AggregateBody, AggregationCollection, Aggregations, Measures};
pub(crate) use browse::{Catalog, Children, Fields, JsonSchema};
pub(crate) use estimate::Estimate;
pub(crate) use identity::{
    AuditPage, AuditParameters, CollectionPolicy, Grant, Keys, MadeKey, Me, NewKey, Policies, ProtectedResource,
};
pub(crate) use parameters::{
    ChildrenParameters, CollectionsParameters, ConditionParameters, DatesChildrenParameters, DatesParameters,
    FormParameters, IntersectsParameters, ItemParameters, LoadParameters, PageParameters, TypeParameters,
};
pub(crate) use recipe::Recipe;
pub(crate) use transaction::{
    Conditions, CreatedCollections, ItemPath, JsonPatch, MergePatch, NewCollectionParameters, NewCollections, NewItems,
    Preference, Receipt, ReplacingCollection, ReplacingItem,
};

/// A problem (RFC 9457).
#[derive(ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[schema(example = "about:blank")]
    r#type: String,
    /// Name of the status.
    #[schema(example = "Bad Request")]
    title: String,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// What is wrong, and what would pass.
    detail: String,
    /// The id under which the log knows the request.
    #[schema(example = "urn:uuid:2c0bd0d5-3d2e-4a7c-8d5b-0e6f3e0b8a11")]
    instance: Option<String>,
    /// Kind of the problem, for programs.
    #[schema(example = "InvalidParameterValue")]
    code: String,
    /// The same as `detail`, for clients of STAC and OGC API.
    description: String,
    /// What is wrong with each document, where there are several.
    errors: Option<Vec<DocumentFault>>,
}

/// What is wrong with one of several documents.
#[derive(ToSchema)]
pub(crate) struct DocumentFault {
    /// Its place in the list, from 0.
    index: u64,
    /// Its id, if it has one.
    #[schema(value_type = Option<String>)]
    id: serde_json::Value,
    /// What is wrong, and what would pass.
    reason: String,
}

/// A link.
#[derive(ToSchema)]
pub(crate) struct Link {
    /// Where it leads.
    href: String,
    /// What it is to this document.
    #[schema(example = "self")]
    rel: String,
    /// Media type of what it leads to.
    r#type: Option<String>,
    /// What it leads to, for people.
    title: Option<String>,
    /// Method by which it is followed; GET if it does not say.
    method: Option<String>,
    /// Body with which it is followed.
    #[schema(value_type = Option<Object>)]
    body: Option<serde_json::Value>,
    /// Whether the body goes on top of the one before; here always false.
    merge: Option<bool>,
    /// Names of the schemes in `auth:schemes` of which the link needs one.
    #[schema(rename = "auth:refs")]
    auth_refs: Option<Vec<String>>,
}

/// The landing page.
#[derive(ToSchema)]
pub(crate) struct LandingPage {
    /// `Catalog`.
    r#type: String,
    /// Version of STAC.
    stac_version: String,
    /// Id of the catalogue.
    id: String,
    /// Its title.
    title: Option<String>,
    /// What it is.
    description: String,
    /// The classes that work here.
    #[schema(rename = "conformsTo")]
    conforms_to: Vec<String>,
    /// How to get in (STAC Authentication extension): only with an identity provider. Links that need one of these name
    /// it in `auth:refs`.
    #[schema(rename = "auth:schemes", value_type = Option<Object>)]
    auth_schemes: Option<serde_json::Value>,
    /// Where to go.
    links: Vec<Link>,
}

/// The conformance classes.
#[derive(ToSchema)]
pub(crate) struct Conformance {
    /// The classes that work here.
    #[schema(rename = "conformsTo")]
    conforms_to: Vec<String>,
}

/// A STAC collection; it may have more members than these.
#[derive(ToSchema)]
pub(crate) struct Collection {
    /// `Collection`.
    r#type: String,
    /// Version of STAC.
    stac_version: String,
    /// Its id.
    id: String,
    /// Its title.
    title: Option<String>,
    /// What it is.
    description: String,
    /// Its licence.
    license: String,
    /// Where and when its items are.
    #[schema(value_type = Object)]
    extent: serde_json::Value,
    /// The CRSs in which its items can be had and searched for (OGC API – Features Part 2).
    crs: Vec<String>,
    /// That which needs no transformation.
    #[schema(rename = "storageCrs")]
    storage_crs: String,
    /// How to get in (STAC Authentication extension): only with an identity provider. Links that need one of these name
    /// it in `auth:refs`.
    #[schema(rename = "auth:schemes", value_type = Option<Object>)]
    auth_schemes: Option<serde_json::Value>,
    /// Where to go.
    links: Vec<Link>,
}

/// Collections.
#[derive(ToSchema)]
#[expect(clippy::struct_field_names, reason = "the member is called so in the standard")]
pub(crate) struct Collections {
    /// The collections, or what `fields` leaves of them.
    #[schema(value_type = Vec<Object>)]
    collections: Vec<Collection>,
    /// Where to go; `next` if there are more.
    links: Vec<Link>,
    /// How many there are in all.
    #[schema(rename = "numberMatched")]
    number_matched: Option<u64>,
    /// How many are here.
    #[schema(rename = "numberReturned")]
    number_returned: u64,
}

/// A STAC item; it may have more members than these.
#[derive(ToSchema)]
pub(crate) struct Item {
    /// `Feature`.
    r#type: String,
    /// Version of STAC.
    stac_version: String,
    /// Its id.
    id: String,
    /// Id of its collection.
    collection: String,
    /// Its footprint, as a GeoJSON geometry.
    #[schema(value_type = Object)]
    geometry: serde_json::Value,
    /// Bounds of the footprint.
    bbox: Option<Vec<f64>>,
    /// Its properties; `datetime` is always one.
    #[schema(value_type = Object)]
    properties: serde_json::Value,
    /// Its files.
    assets: BTreeMap<String, Asset>,
    /// Where to go.
    links: Vec<Link>,
}

/// A STAC item, or what `fields` leaves of it.
#[derive(ToSchema)]
pub(crate) struct Feature {
    /// `Feature`.
    r#type: Option<String>,
    /// Version of STAC.
    stac_version: Option<String>,
    /// Its id.
    id: Option<String>,
    /// Id of its collection.
    collection: Option<String>,
    /// Its footprint, as a GeoJSON geometry.
    #[schema(value_type = Option<Object>)]
    geometry: Option<serde_json::Value>,
    /// Bounds of the footprint.
    bbox: Option<Vec<f64>>,
    /// Its properties.
    #[schema(value_type = Option<Object>)]
    properties: Option<serde_json::Value>,
    /// Its files.
    #[schema(value_type = Option<BTreeMap<String, Object>>)]
    assets: Option<BTreeMap<String, Asset>>,
    /// Where to go.
    #[schema(value_type = Option<Vec<Object>>)]
    links: Option<Vec<Link>>,
}

/// A file of an item; it may have more members than these.
#[derive(ToSchema)]
pub(crate) struct Asset {
    /// Where it is.
    href: String,
    /// Its media type.
    r#type: Option<String>,
    /// What it is for.
    roles: Option<Vec<String>>,
}

/// A page of items.
#[derive(ToSchema)]
pub(crate) struct ItemCollection {
    /// `FeatureCollection`.
    r#type: String,
    /// The items, latest first.
    features: Vec<Feature>,
    /// Where to go; `next` if there are more.
    links: Vec<Link>,
    /// How many are found in all; left out if that is not known.
    #[schema(rename = "numberMatched")]
    number_matched: Option<u64>,
    /// True if `numberMatched` is an estimate.
    #[schema(rename = "numberMatchedEstimated")]
    number_matched_estimated: Option<bool>,
    /// How many are here.
    #[schema(rename = "numberReturned")]
    number_returned: u64,
}

/// A search; every part that is given must hold.
#[derive(ToSchema)]
#[schema(example = json!({"collections": ["sentinel2"], "bbox": [-2.0, 50.5, -1.0, 51.0],
    "datetime": "2019-06-01T00:00:00Z/2019-08-31T23:59:59Z", "limit": 100}))]
pub(crate) struct SearchBody {
    /// Of which items.
    #[serde(flatten)]
    conditions: ConditionsBody,
    /// Items per page; more than 10 000 counts as 10 000, and 0 asks for their number alone.
    #[schema(minimum = 0, default = 10)]
    limit: Option<u64>,
    /// Where to go on, from the link `next`.
    token: Option<String>,
    /// The CRS of the footprints in the answer, one of the collection's `crs`; an addition of this server's to POST.
    #[schema(default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    crs: Option<String>,
    /// Fields to sort by, the first one first.
    sortby: Option<Vec<SortKey>>,
    /// Which members of the items to hand out.
    #[schema(value_type = Fields, required = false)]
    fields: Option<Fields>,
}

/// What must hold of items.
#[derive(ToSchema)]
pub(crate) struct ConditionsBody {
    /// Ids of items.
    ids: Option<Ids>,
    /// Ids of collections.
    collections: Option<Ids>,
    /// West, south, east, north in degrees (or six numbers with heights, which do not count); west > east crosses the
    /// antimeridian.
    #[schema(min_items = 4, max_items = 6)]
    bbox: Option<Vec<f64>>,
    /// The CRS of `bbox`, one of the collection's `crs`; the numbers are in the order of its axes. Not without `bbox`.
    #[schema(rename = "bbox-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    bbox_crs: Option<String>,
    /// Footprints that touch this GeoJSON geometry; not together with `bbox`.
    #[schema(value_type = Option<Object>)]
    intersects: Option<serde_json::Value>,
    /// An RFC 3339 time, or two with `/` between, one of which may be `..`.
    #[schema(example = "2019-06-01T00:00:00Z/..")]
    datetime: Option<String>,
    /// What must be true of the items, in OGC CQL2.
    #[schema(example = json!({"op": "<", "args": [{"property": "eo:cloud_cover"}, 20]}))]
    filter: Option<FilterBody>,
    /// The language of `filter`: `cql2-json`, or `cql2-text`, which is a text. On its own it has no effect.
    #[schema(rename = "filter-lang", default = "cql2-json")]
    filter_lang: Option<String>,
    /// The CRS of geometries in `filter`, one of the collection's `crs`; positions are in the order of its axes. Not
    /// without `filter`.
    #[schema(rename = "filter-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    filter_crs: Option<String>,
    /// Comparisons of properties (STAC API – Query).
    #[schema(value_type = Option<Object>, example = json!({"eo:cloud_cover": {"lt": 20}}))]
    query: Option<serde_json::Value>,
    /// Terms of which one must occur in the title, the description or the keywords. The words of a term must follow
    /// each other; case does not count.
    #[schema(example = json!(["flood", "Earth Observation"]))]
    q: Option<Terms>,
}

/// A filter: an operator with its operands in CQL2 JSON, a truth, or a text in CQL2 text.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum FilterBody {
    #[schema(value_type = Object)]
    Operator(serde_json::Value),
    Truth(bool),
    Text(String),
}

/// Terms; as a text, with commas between.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Terms {
    List(Vec<String>),
    Text(String),
}

/// Ids; the only one may stand alone.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Ids {
    List(Vec<String>),
    One(String),
}

/// A field to sort by; items without it come last either way.
#[derive(ToSchema)]
pub(crate) struct SortKey {
    /// `id`, `collection`, or a property, with or without `properties.` before it.
    #[schema(example = "eo:cloud_cover")]
    field: String,
    /// `asc` (the least first, the default) or `desc`.
    #[schema(example = "desc", value_type = String, required = false)]
    direction: Option<String>,
}

/// The functions of filters.
#[derive(ToSchema)]
pub(crate) struct Functions {
    /// The functions.
    functions: Vec<Function>,
}

/// A function.
#[derive(ToSchema)]
pub(crate) struct Function {
    /// Its name.
    #[schema(example = "year")]
    name: String,
    /// What it gives.
    description: String,
    /// What it takes.
    arguments: Vec<FunctionArgument>,
    /// Types of what it gives.
    returns: Vec<String>,
}

/// An argument of a function.
#[derive(ToSchema)]
pub(crate) struct FunctionArgument {
    /// What it is.
    title: String,
    /// Types that it may have: `string`, `number`, `boolean`, `datetime` or `geometry`.
    r#type: Vec<String>,
}

/// How the server does.
#[derive(ToSchema)]
pub(crate) struct Health {
    /// `up` or `ready`.
    status: String,
}

/// Items as a GeoJSON text sequence (RFC 8142): each between a record separator (U+001E) and a line feed.
#[derive(ToSchema)]
pub(crate) struct ItemSequence(String);

/// Items as JSON, each on a line.
#[derive(ToSchema)]
pub(crate) struct ItemLines(String);

/// A file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct File(Vec<u8>);
