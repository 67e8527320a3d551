//! Filters (OGC CQL2 1.0, and the STAC API's Query extension): read from text or JSON into a [`Condition`], in which every
//! operator has the operands it takes.

mod array;
mod condition;
mod function;
mod place;
mod query;
mod read;
mod scalar;
mod span;
mod text;
mod weight;

pub use array::{ArrayRelation, List};
pub use condition::{Comparison, Condition};
pub use function::{Argument, FUNCTIONS, Function, Signature};
pub use place::{Place, SpatialRelation};
pub use scalar::{Arithmetic, Fold, Kind, Property, Scalar};
pub use span::{Edge, Span, TemporalRelation};

use serde_json::Value;

use crate::{Error, OfferedCrs, Result};

/// Deepest nesting of a filter.
pub const MAX_DEPTH: usize = 64;
/// Most operators of a filter.
pub const MAX_OPERATORS: usize = 1000;
/// Most values of a filter: properties, literals and those in lists.
pub const MAX_VALUES: usize = 10_000;
/// Longest text of a filter, in bytes.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

impl Condition {
    /// A filter in CQL2 text.
    ///
    /// ```
    /// use ardent_model::filter::Condition;
    /// assert!(Condition::from_text("eo:cloud_cover < 20 AND platform IN ('S2A', 'S2B')").is_ok());
    /// assert!(Condition::from_text("eo:cloud_cover < 'low'").is_err(), "a number is no text");
    /// ```
    pub fn from_text(text: &str) -> Result<Self> {
        Self::from_text_in(text, OfferedCrs::CRS84)
    }

    /// A filter in CQL2 text, whose geometries are in that system.
    pub fn from_text_in(text: &str, crs: OfferedCrs) -> Result<Self> {
        read::condition(&text::parse(text)?, crs)
    }

    /// A filter in CQL2 JSON.
    pub fn from_json(json: &Value) -> Result<Self> {
        Self::from_json_in(json, OfferedCrs::CRS84)
    }

    /// A filter in CQL2 JSON, whose geometries are in that system.
    pub fn from_json_in(json: &Value, crs: OfferedCrs) -> Result<Self> {
        read::condition(json, crs)
    }

    /// The `query` of the STAC API's Query extension.
    pub fn from_query(json: &Value) -> Result<Self> {
        query::condition(json)
    }
}

/// What is wrong with a filter.
fn fault<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::Search { parameter: "filter".to_owned(), reason: reason.into() })
}

/// That a filter is beyond a limit.
fn too_large<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::FilterTooLarge { parameter: "filter".to_owned(), reason: reason.into() })
}

#[cfg(test)]
mod tests;
