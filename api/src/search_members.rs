//! `q` and `fields` of a search's body (STAC API – Free-Text Search, and Fields).

use ardent_model::{Error, Fields, FreeText};
use serde::Deserialize;
use serde_json::Value;

use crate::problem::Problem;

/// `fields` of the body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    #[serde(default)]
    include: Option<Vec<String>>,
    #[serde(default)]
    exclude: Option<Vec<String>>,
}

impl Chosen {
    /// As the catalogue knows them.
    pub(crate) fn into_fields(self) -> Result<Fields, Problem> {
        Ok(Fields::new(self.include.unwrap_or_default(), self.exclude.unwrap_or_default())?)
    }
}

/// `q` of the body: a list of terms, or a text as GET has it.
pub(crate) fn text(given: Option<Value>) -> Result<FreeText, Problem> {
    let wanted = || {
        let reason = "it is no list of texts; write [\"sentinel\", \"Earth Observation\"], say".to_owned();
        Problem::from(Error::Search { parameter: "q".to_owned(), reason })
    };
    let term = |term: Value| if let Value::String(term) = term { Ok(term) } else { Err(wanted()) };
    match given {
        None => Ok(FreeText::default()),
        Some(Value::String(text)) => Ok(FreeText::parse(&text)?),
        Some(Value::Array(terms)) => Ok(FreeText::new(terms.into_iter().map(term).collect::<Result<_, _>>()?)?),
        Some(_) => Err(wanted()),
    }
}
