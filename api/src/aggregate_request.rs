//! What a caller asks to be told about items: the parameters of GET and the body of POST, made into the same `Aggregate`.

use ardent_model::{
    Aggregate, Aggregation, Search,
    aggregation::{CalendarInterval, GEOHASH_PRECISION, GEOTILE_PRECISION},
};
use serde_json::{Map, Value};

use crate::{parameters::Parameters, problem::Problem, search_request};

/// Names of what only aggregations have.
const AGGREGATIONS: &str = "aggregations";
const INTERVAL: &str = "datetime_frequency_interval";
const GEOHASH: &str = "centroid_geohash_grid_frequency_precision";
const GEOTILE: &str = "centroid_geotile_grid_frequency_precision";

/// Parameters of GET and members of POST: those of a search that say which items, and those above.
pub(crate) const AGGREGATE_PARAMETERS: &[&str] = &[
    AGGREGATIONS,
    "collections",
    "ids",
    "bbox",
    "bbox-crs",
    "intersects",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "query",
    "q",
    INTERVAL,
    GEOHASH,
    GEOTILE,
];

/// From query parameters.
pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Aggregate, Problem> {
    let names = if parameters.get(AGGREGATIONS) == Some("") { Vec::new() } else { parameters.list(AGGREGATIONS) };
    let precision = |name, (least, most): (u32, u32)| {
        let given = parameters.parsed(name, &format!("give a whole number from {least} to {most}"))?;
        Ok::<u32, Problem>(given.unwrap_or(least))
    };
    aggregate(
        search_request::conditions(parameters)?,
        &names,
        parameters.get(INTERVAL),
        (precision(GEOHASH, GEOHASH_PRECISION)?, precision(GEOTILE, GEOTILE_PRECISION)?),
    )
}

/// From the members of a JSON body.
pub(crate) fn from_members(mut members: Map<String, Value>) -> Result<Aggregate, Problem> {
    if let Some(name) = members.keys().find(|name| !AGGREGATE_PARAMETERS.contains(&name.as_str())) {
        let reason = format!("there is no such member here; known: {}", AGGREGATE_PARAMETERS.join(", "));
        return Err(Problem::parameter(name, &reason));
    }
    let mut take = |name: &str| members.remove(name).filter(|value| !value.is_null());
    let names = take(AGGREGATIONS).map_or_else(|| Ok(Vec::new()), |names| texts(&names))?;
    let interval = take(INTERVAL).map(|interval| text(INTERVAL, &interval)).transpose()?;
    let mut precision = |name: &str, (least, most): (u32, u32)| match take(name) {
        None => Ok(least),
        Some(value) => value.as_u64().and_then(|value| u32::try_from(value).ok()).ok_or_else(|| {
            Problem::parameter(name, &format!("`{value}` does not do; give a whole number from {least} to {most}"))
        }),
    };
    let precisions = (precision(GEOHASH, GEOHASH_PRECISION)?, precision(GEOTILE, GEOTILE_PRECISION)?);
    aggregate(search_request::from_members(members)?, &names, interval.as_deref(), precisions)
}

/// In a collection, which the request may name, and no other.
pub(crate) fn within(collection: &str, asked: Aggregate) -> Result<Aggregate, Problem> {
    if asked.search.collections.iter().any(|named| named != collection) {
        let reason = format!("these are the items of `{collection}`; leave it out, or ask `/aggregate`");
        return Err(Problem::parameter("collections", &reason));
    }
    let search = Search { collections: vec![collection.to_owned()], ..asked.search };
    Ok(Aggregate { search, ..asked })
}

fn aggregate(
    search: Search,
    names: &[String],
    interval: Option<&str>,
    (geohash_precision, geotile_precision): (u32, u32),
) -> Result<Aggregate, Problem> {
    let mut aggregations = Vec::new();
    for name in names {
        let one = Aggregation::parse(name)?;
        if aggregations.contains(&one) {
            return Err(Problem::parameter(AGGREGATIONS, &format!("`{name}` is in it twice; leave one out")));
        }
        aggregations.push(one);
    }
    let interval = interval.map(CalendarInterval::parse).transpose()?.unwrap_or_default();
    let asked = Aggregate { search, aggregations, interval, geohash_precision, geotile_precision };
    asked.validate()?;
    Ok(asked)
}

fn texts(value: &Value) -> Result<Vec<String>, Problem> {
    let fault = || Problem::parameter(AGGREGATIONS, "give a list of names such as [\"total_count\"]");
    let names = value.as_array().ok_or_else(fault)?.iter();
    names.map(|name| name.as_str().map(ToOwned::to_owned).ok_or_else(fault)).collect()
}

fn text(name: &str, value: &Value) -> Result<String, Problem> {
    value.as_str().map(ToOwned::to_owned).ok_or_else(|| Problem::parameter(name, "give a text such as \"month\""))
}
