//! Aggregations.

use super::{ConditionsBody, IntoParams, Link, ToSchema};

/// What to tell about items.
#[derive(IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(crate) struct Measures {
    /// Names of aggregations, in a query with commas between; `/aggregations` lists those there are.
    #[param(style = Form, explode = false, example = json!(["total_count", "datetime_frequency"]))]
    aggregations: Option<Vec<String>>,
    /// Length of the buckets of `datetime_frequency`, in UTC: `year`, `quarter`, `month`, `week` (from Monday), `day`,
    /// `hour`, `minute` or `second`.
    #[param(default = "month")]
    #[schema(default = "month")]
    datetime_frequency_interval: Option<String>,
    /// Characters of the geohashes of `centroid_geohash_grid_frequency`.
    #[param(minimum = 1, maximum = 12, default = 1)]
    #[schema(minimum = 1, maximum = 12, default = 1)]
    centroid_geohash_grid_frequency_precision: Option<u32>,
    /// Zoom of the tiles of `centroid_geotile_grid_frequency`.
    #[param(minimum = 0, maximum = 29, default = 0)]
    #[schema(minimum = 0, maximum = 29, default = 0)]
    centroid_geotile_grid_frequency_precision: Option<u32>,
}

/// What to tell about which items; every part that is given must hold.
#[derive(ToSchema)]
#[schema(example = json!({"collections": ["sentinel2"], "bbox": [-2.0, 50.5, -1.0, 51.0],
    "aggregations": ["total_count", "datetime_frequency"], "datetime_frequency_interval": "week"}))]
pub(crate) struct AggregateBody {
    /// What to tell.
    #[serde(flatten)]
    measures: Measures,
    /// Of which items.
    #[serde(flatten)]
    conditions: ConditionsBody,
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

/// A number of items, or a time.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum AggregationValue {
    Number(u64),
    Time(String),
}

/// What an aggregation told: a value, or buckets.
#[derive(ToSchema)]
pub(crate) struct AggregationResult {
    /// Its name.
    #[schema(example = "datetime_frequency")]
    name: String,
    /// `integer`, `datetime`, or `frequency_distribution` if it has buckets.
    data_type: String,
    /// Its value; null without items.
    value: Option<AggregationValue>,
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
