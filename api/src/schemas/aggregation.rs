//! Aggregations.

use super::{IntoParams, Link, ToSchema};

/// Parameters of `GET /aggregate` and `GET /collections/{collectionId}/aggregate`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AggregateParameters {
    /// Names of aggregations, with commas between; `/aggregations` lists those there are.
    #[param(style = Form, explode = false, example = json!(["total_count", "datetime_frequency"]))]
    aggregations: Option<Vec<String>>,
    /// Ids of collections, with commas between; within a collection, its own alone.
    #[param(style = Form, explode = false)]
    collections: Option<Vec<String>>,
    /// Ids of items, with commas between.
    #[param(style = Form, explode = false)]
    ids: Option<Vec<String>>,
    /// West, south, east, north in degrees (or six numbers with heights, which do not count); west > east crosses the
    /// antimeridian.
    #[param(style = Form, explode = false, min_items = 4, max_items = 6)]
    bbox: Option<Vec<f64>>,
    /// The CRS of `bbox`, one of the collection's `crs`; the numbers are in the order of its axes.
    #[param(rename = "bbox-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    bbox_crs: Option<String>,
    /// Footprints that touch this GeoJSON geometry, given as JSON text; not together with `bbox`.
    intersects: Option<String>,
    /// An RFC 3339 time, or two with `/` between, one of which may be `..`.
    #[param(example = "2019-06-01T00:00:00Z/..")]
    datetime: Option<String>,
    /// What must be true of the items, in OGC CQL2.
    #[param(example = "eo:cloud_cover < 20 AND platform = 'S2A'")]
    filter: Option<String>,
    /// The language of `filter`: `cql2-text`, or `cql2-json`.
    #[param(rename = "filter-lang", default = "cql2-text")]
    filter_lang: Option<String>,
    /// The CRS of geometries in `filter`, one of the collection's `crs`; positions are in the order of its axes.
    #[param(rename = "filter-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    filter_crs: Option<String>,
    /// Comparisons of properties (STAC API – Query), given as JSON text.
    #[param(example = "{\"eo:cloud_cover\": {\"lt\": 20}}")]
    query: Option<String>,
    /// Terms of which one must occur in the title, the description or the keywords, with commas between. The words of
    /// a term must follow each other; case does not count.
    #[param(style = Form, explode = false, example = json!(["flood", "Earth Observation"]))]
    q: Option<Vec<String>>,
    /// Length of the buckets of `datetime_frequency`, in UTC: `year`, `quarter`, `month`, `week` (from Monday), `day`,
    /// `hour`, `minute` or `second`.
    #[param(default = "month")]
    datetime_frequency_interval: Option<String>,
    /// Characters of the geohashes of `centroid_geohash_grid_frequency`.
    #[param(minimum = 1, maximum = 12, default = 1)]
    centroid_geohash_grid_frequency_precision: Option<u32>,
    /// Zoom of the tiles of `centroid_geotile_grid_frequency`.
    #[param(minimum = 0, maximum = 29, default = 0)]
    centroid_geotile_grid_frequency_precision: Option<u32>,
}

/// What to tell about which items; every part that is given must hold.
#[derive(ToSchema)]
#[schema(example = json!({"collections": ["sentinel2"], "bbox": [-2.0, 50.5, -1.0, 51.0],
    "aggregations": ["total_count", "datetime_frequency"], "datetime_frequency_interval": "week"}))]
pub(crate) struct AggregateBody {
    /// Names of aggregations; `/aggregations` lists those there are.
    aggregations: Option<Vec<String>>,
    /// Ids of collections; within a collection, its own alone.
    collections: Option<Vec<String>>,
    /// Ids of items.
    ids: Option<Vec<String>>,
    /// West, south, east, north in degrees (or six numbers with heights, which do not count); west > east crosses the
    /// antimeridian.
    #[schema(min_items = 4, max_items = 6)]
    bbox: Option<Vec<f64>>,
    /// The CRS of `bbox`, one of the collection's `crs`; the numbers are in the order of its axes.
    #[schema(rename = "bbox-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    bbox_crs: Option<String>,
    /// Footprints that touch this GeoJSON geometry; not together with `bbox`.
    #[schema(value_type = Option<Object>)]
    intersects: Option<serde_json::Value>,
    /// An RFC 3339 time, or two with `/` between, one of which may be `..`.
    #[schema(example = "2019-06-01T00:00:00Z/..")]
    datetime: Option<String>,
    /// What must be true of the items, in OGC CQL2.
    #[schema(value_type = Option<Object>, example = json!({"op": "<", "args": [{"property": "eo:cloud_cover"}, 20]}))]
    filter: Option<serde_json::Value>,
    /// The language of `filter`: `cql2-json`, or `cql2-text`, which is a text.
    #[schema(rename = "filter-lang", default = "cql2-json")]
    filter_lang: Option<String>,
    /// The CRS of geometries in `filter`, one of the collection's `crs`; positions are in the order of its axes.
    #[schema(rename = "filter-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    filter_crs: Option<String>,
    /// Comparisons of properties (STAC API – Query).
    #[schema(value_type = Option<Object>, example = json!({"eo:cloud_cover": {"lt": 20}}))]
    query: Option<serde_json::Value>,
    /// Terms of which one must occur in the title, the description or the keywords. The words of
    /// a term must follow each other; case does not count.
    #[schema(example = json!(["flood", "Earth Observation"]))]
    q: Option<Vec<String>>,
    /// Length of the buckets of `datetime_frequency`, in UTC: `year`, `quarter`, `month`, `week` (from Monday), `day`,
    /// `hour`, `minute` or `second`.
    #[schema(default = "month")]
    datetime_frequency_interval: Option<String>,
    /// Characters of the geohashes of `centroid_geohash_grid_frequency`.
    #[schema(minimum = 1, maximum = 12, default = 1)]
    centroid_geohash_grid_frequency_precision: Option<u32>,
    /// Zoom of the tiles of `centroid_geotile_grid_frequency`.
    #[schema(minimum = 0, maximum = 29, default = 0)]
    centroid_geotile_grid_frequency_precision: Option<u32>,
}

/// What was asked about items.
#[derive(ToSchema)]
pub(crate) struct AggregationCollection {
    /// `AggregationCollection`.
    r#type: String,
    /// The aggregations that were named, in their order.
    aggregations: Vec<AggregationResult>,
    /// Where to go.
    links: Vec<Link>,
}

/// What an aggregation told: a value, or buckets.
#[derive(ToSchema)]
pub(crate) struct AggregationResult {
    /// Its name.
    #[schema(example = "datetime_frequency")]
    name: String,
    /// `integer`, `datetime`, or `frequency_distribution` if it has buckets.
    data_type: String,
    /// Its value: a number, or a time that is null without items.
    #[schema(value_type = Option<Object>)]
    value: Option<serde_json::Value>,
    /// Its buckets, 10 000 at most: numbers and times in their order, others by their number of items.
    buckets: Option<Vec<AggregationBucket>>,
    /// Items that are in no bucket: those that lack the value, and those of rarer values if there are too many.
    overflow: Option<u64>,
}

/// Items that have the same.
#[derive(ToSchema)]
pub(crate) struct AggregationBucket {
    /// What they have; for a time, the start of its interval.
    #[schema(example = "2019-06-01T00:00:00Z")]
    key: String,
    /// `string`, `datetime` or `numeric`.
    data_type: String,
    /// How many they are.
    frequency: u64,
    /// The least number in it.
    from: Option<f64>,
    /// The least number above it.
    to: Option<f64>,
}

/// The aggregations there are.
#[derive(ToSchema)]
pub(crate) struct Aggregations {
    /// Each with what it gives.
    aggregations: Vec<AggregationDescription>,
    /// Where to go.
    links: Vec<Link>,
}

/// An aggregation that can be asked for.
#[derive(ToSchema)]
pub(crate) struct AggregationDescription {
    /// Its name.
    #[schema(example = "datetime_frequency")]
    name: String,
    /// `integer`, `datetime`, or `frequency_distribution` if it has buckets.
    data_type: String,
    /// `string`, `datetime` or `numeric`: what the keys of its buckets are.
    frequency_distribution_data_type: Option<String>,
}
