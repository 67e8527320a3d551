//! Bands of the result.

use exmex::Express;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A band of the result: one that the items have, an expression of such, or a named index.
///
/// ```
/// use ardent_model::recipe::{After, BandRequest};
/// let ndvi: BandRequest = serde_json::from_str(r#"{"name": "ndvi", "expression": "(nir-red)/(nir+red)"}"#).unwrap();
/// assert_eq!((ndvi.name(), ndvi.after()), ("ndvi", None));
/// assert_eq!(ndvi.sources().unwrap(), ["nir", "red"]);
/// let evi: BandRequest = serde_json::from_str(r#"{"index": "evi", "after": "reduce"}"#).unwrap();
/// assert_eq!((evi.name(), evi.after()), ("evi", Some(After::Reduce)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a band is a name, {\"name\": …, \"expression\": …} or {\"index\": …}, the latter two with \"after\": \"reduce\" \
                 if they are wanted of the reduced bands"
)]
pub enum BandRequest {
    /// A band by its name or an alias, or a named index if no item has a band of that name.
    Name(String),
    /// A value computed from bands, in float32 and on physical values.
    Expression {
        /// Name of the band of the result.
        name: String,
        /// Arithmetic on band names: `+ - * / ^`, parentheses, numbers and the usual functions of one number;
        /// a name that is not a plain word stands in braces: `{Band 1}`.
        expression: String,
        /// When it is computed: of each date, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<After>,
    },
    /// A named index.
    Index {
        /// Its name in the library ([`NamedIndex`](super::NamedIndex)).
        index: String,
        /// Name of the band of the result; that of the index if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// When it is computed: of each date, if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<After>,
    },
}

/// The step after which an expression is computed.
///
/// ```
/// use ardent_model::recipe::After;
/// assert_eq!(serde_json::to_string(&After::Reduce).unwrap(), "\"reduce\"");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum After {
    /// Once the dates of a group are reduced: of the reduced bands.
    Reduce,
}

/// Longest expression, in characters: parsing is recursive.
const MAX_EXPRESSION: usize = 1000;

impl BandRequest {
    /// Name of the band of the result.
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Expression { name, .. } | Self::Index { name: Some(name), .. } => name,
            Self::Index { index, .. } => index,
        }
    }

    /// When it is computed, if not of each date.
    pub const fn after(&self) -> Option<After> {
        match self {
            Self::Name(_) => None,
            Self::Expression { after, .. } | Self::Index { after, .. } => *after,
        }
    }

    /// The parsed expression, if it is one; that of an index depends on the items' bands.
    pub fn parsed(&self) -> Result<Option<exmex::FlatEx<f32>>> {
        let Self::Expression { name, expression, .. } = self else { return Ok(None) };
        let fault = |reason: String| Error::recipe(format!("bands.{name}.expression"), reason);
        if expression.len() > MAX_EXPRESSION {
            return Err(fault(format!("it is longer than {MAX_EXPRESSION} characters")));
        }
        let parsed = exmex::parse::<f32>(expression).map_err(|error| fault(format!("`{expression}`: {error}")))?;
        Ok(Some(parsed))
    }

    /// The names of the items' bands it is made from, in alphabetical order; of an index, the common names.
    pub fn sources(&self) -> Result<Vec<String>> {
        if let Self::Index { index, .. } = self {
            let found = super::NamedIndex::find(index).ok_or_else(|| self.no_index("bands"))?;
            return Ok(found.parsed()?.var_names().to_vec());
        }
        let expression = self.parsed()?;
        Ok(expression.map_or_else(|| vec![self.name().to_owned()], |parsed| parsed.var_names().to_vec()))
    }

    fn no_index(&self, field: &str) -> Error {
        let known: Vec<_> = super::NamedIndex::ALL.iter().map(|index| index.name).collect();
        let Self::Index { index, .. } = self else { return Error::recipe(field, "it is no index") };
        Error::recipe(field, format!("there is no index `{index}`; there are {}", known.join(", ")))
    }

    pub(super) fn validate(&self, field: &str) -> Result<()> {
        if self.name().is_empty() {
            return Err(Error::recipe(field, "its name is empty"));
        }
        match self {
            Self::Index { index, .. } if super::NamedIndex::find(index).is_none() => Err(self.no_index(field)),
            _ if self.sources()?.is_empty() => Err(Error::recipe(format!("{field}.expression"), "it names no band")),
            _ => Ok(()),
        }
    }
}
