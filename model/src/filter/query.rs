//! The Query extension: `{"eo:cloud_cover": {"lt": 20}}`.

use serde_json::Value;

use super::read::{compare, one_of};
use super::scalar::{scalar, time};
use super::weight::{self, MAX_WEIGHT};
use super::{Comparison, Condition, Kind, MAX_OPERATORS, MAX_VALUES, Property, Scalar};
use crate::{Error, Result};

const OPERATORS: &str = "eq, neq, lt, lte, gt, gte, startsWith, endsWith, contains, in";

fn fault<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::Search { parameter: "query".to_owned(), reason: reason.into() })
}

/// All of the comparisons of a `query`.
pub(super) fn condition(json: &Value) -> Result<Condition> {
    let Some(properties) = json.as_object() else {
        return fault("it is no object; give one such as {\"eo:cloud_cover\": {\"lt\": 20}}");
    };
    let mut all = Vec::new();
    for (name, comparisons) in properties {
        let Some(comparisons) = comparisons.as_object().filter(|comparisons| !comparisons.is_empty()) else {
            return fault(format!("`{}` wants an object with one of {OPERATORS}", name.escape_debug()));
        };
        for (operator, value) in comparisons {
            let read =
                Property::named(name).and_then(|property| comparison(Scalar::Property(property), operator, value));
            // What is wrong with a value is the query's fault.
            all.push(read.or_else(|error| match error {
                Error::Search { reason, .. } => fault(format!("`{}`: {reason}", name.escape_debug())),
                other => Err(other),
            })?);
        }
    }
    if all.len() > MAX_OPERATORS {
        return too_large(format!("it has more than {MAX_OPERATORS} comparisons; ask in parts"));
    }
    let values = |one: &Condition| if let Condition::In(_, list) = one { list.len() } else { 1 };
    let count: usize = all.iter().map(values).sum();
    let condition = Condition::And(all);
    if count > MAX_VALUES || weight::of(&condition) > MAX_WEIGHT {
        return too_large(format!("it has more than {MAX_VALUES} values; ask in parts"));
    }
    Ok(condition)
}

fn too_large<T>(reason: String) -> Result<T> {
    Err(Error::FilterTooLarge { parameter: "query".to_owned(), reason })
}

fn comparison(property: Scalar, operator: &str, value: &Value) -> Result<Condition> {
    let comparison = match operator {
        "eq" => Comparison::Equal,
        "neq" => Comparison::NotEqual,
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        "startsWith" => return like(property, value, "", "%"),
        "endsWith" => return like(property, value, "%", ""),
        "contains" => return like(property, value, "%", "%"),
        "in" => {
            let Some(values) = value.as_array() else { return fault("`in` wants a list of values") };
            if values.len() > MAX_VALUES {
                return too_large(format!("`in` has more than {MAX_VALUES} values; ask in parts"));
            }
            return one_of(property, values.iter().map(literal).collect::<Result<_>>()?);
        }
        _ => return fault(format!("there is no operator `{}`; known are {OPERATORS}", operator.escape_debug())),
    };
    compare(property, comparison, literal(value)?)
}

/// A text, number or boolean; a text that is a time is one.
fn literal(json: &Value) -> Result<Scalar> {
    match scalar(json)? {
        Scalar::Text(text) => Ok(match time(&text) {
            Ok(at @ Scalar::Instant(_)) => at,
            _ => Scalar::Text(text),
        }),
        value @ (Scalar::Number(_) | Scalar::Boolean(_)) => Ok(value),
        _ => fault("a value is a text, a number or a boolean"),
    }
}

fn like(property: Scalar, value: &Value, before: &str, after: &str) -> Result<Condition> {
    let Scalar::Text(text) = scalar(value)? else { return fault("startsWith, endsWith and contains want a text") };
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let property = property.of_kind(Kind::Text, "startsWith, endsWith, contains")?;
    Ok(Condition::Like(property, Scalar::Text(format!("{before}{escaped}{after}"))))
}
