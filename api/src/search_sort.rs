//! `sortby`, as GET and POST have it (STAC API – Sort).

use ardent_model::SortKey;
use serde::Deserialize;

use crate::{parameters::Parameters, problem::Problem, search_members::Object};

/// A key of the body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    field: String,
    #[serde(default)]
    direction: Direction,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    #[default]
    Asc,
    Desc,
}

/// From query parameters.
pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Vec<SortKey>, Problem> {
    let Some(text) = parameters.get("sortby").filter(|text| !text.trim().is_empty()) else { return Ok(Vec::new()) };
    Ok(text.split(',').map(SortKey::parse).collect::<Result<_, _>>()?)
}

/// From a JSON body.
pub(crate) fn from_keys(keys: Vec<Object<Key>>) -> Result<Vec<SortKey>, Problem> {
    let key = |Object(key): Object<Key>| SortKey::new(&key.field, matches!(key.direction, Direction::Desc));
    Ok(keys.into_iter().map(key).collect::<Result<_, _>>()?)
}
