//! `filter` and `query` of a search, made into one condition.

use ardent_model::{Error, filter::Condition};
use serde_json::Value;

use crate::{parameters::Parameters, problem::Problem, search_crs};

/// A filter as it came.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) filter: Option<Value>,
    pub(crate) language: Option<String>,
    pub(crate) crs: Option<String>,
    pub(crate) query: Option<Value>,
}

fn fault(parameter: &str, reason: String) -> Problem {
    Error::Search { parameter: parameter.to_owned(), reason }.into()
}

/// From query parameters: text, unless `filter-lang` says otherwise.
pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Option<Condition>, Problem> {
    let text = |name| parameters.get(name).map(ToOwned::to_owned);
    let language = text("filter-lang").unwrap_or_else(|| "cql2-text".to_owned());
    let filter = match text("filter") {
        Some(filter) if language == "cql2-json" => Some(json("filter", &filter)?),
        filter => filter.map(Value::String),
    };
    let query = parameters.get("query").map(|query| json("query", query)).transpose()?;
    condition(Given { filter, language: Some(language), crs: text("filter-crs"), query })
}

fn json(name: &str, text: &str) -> Result<Value, Problem> {
    serde_json::from_str(text).map_err(|error| fault(name, format!("it is no JSON: {error}")))
}

/// JSON, unless `language` says otherwise; a language without a filter is let pass, since pystac-client sends it with an
/// empty one.
pub(crate) fn condition(given: Given) -> Result<Option<Condition>, Problem> {
    let crs = search_crs::of_given("filter", given.filter.is_some(), given.crs.as_deref())?;
    let filter = match (given.language.as_deref().unwrap_or("cql2-json"), given.filter) {
        ("cql2-text" | "cql2-json", None) => None,
        ("cql2-text", Some(Value::String(text))) => Some(Condition::from_text_in(&text, crs)?),
        ("cql2-text", Some(_)) => {
            return Err(fault("filter", "cql2-text is a text; give one, or cql2-json".to_owned()));
        }
        ("cql2-json", Some(Value::String(_))) => {
            return Err(fault("filter", "cql2-json is an object; give one, or say `filter-lang` cql2-text".to_owned()));
        }
        ("cql2-json", Some(json)) => Some(Condition::from_json_in(&json, crs)?),
        (other, _) => {
            let reason = format!("`{}` is not read here; give cql2-text or cql2-json", other.escape_debug());
            return Err(fault("filter-lang", reason));
        }
    };
    let query = given.query.map(|query| Condition::from_query(&query)).transpose()?;
    Ok(match (filter, query) {
        (Some(filter), Some(query)) => Some(Condition::And(vec![filter, query])),
        (one, other) => one.or(other),
    })
}
