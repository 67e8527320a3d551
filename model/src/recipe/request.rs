//! Bands of the result.

use exmex::Express;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A band of the result: one that the items have, or an expression of such.
///
/// ```
/// use ardent_model::recipe::BandRequest;
/// let ndvi: BandRequest = serde_json::from_str(r#"{"name": "ndvi", "expression": "(nir-red)/(nir+red)"}"#).unwrap();
/// assert_eq!(ndvi.name(), "ndvi");
/// assert_eq!(ndvi.sources().unwrap(), ["nir", "red"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a band is a name, or {\"name\": …, \"expression\": …}")]
pub enum BandRequest {
    /// A band by its name or an alias.
    Name(String),
    /// A value computed per date from bands, in float32 and on physical values.
    Expression {
        /// Name of the band of the result.
        name: String,
        /// Arithmetic on band names: `+ - * / ^`, parentheses, numbers and the usual functions of one number;
        /// a name that is not a plain word stands in braces: `{Band 1}`.
        expression: String,
    },
}

/// Longest expression, in characters: parsing is recursive.
const MAX_EXPRESSION: usize = 1000;

impl BandRequest {
    /// Name of the band of the result.
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Expression { name, .. } => name,
        }
    }

    /// The parsed expression, if it is one.
    pub fn parsed(&self) -> Result<Option<exmex::FlatEx<f32>>> {
        let Self::Expression { name, expression } = self else { return Ok(None) };
        let fault = |reason: String| Error::recipe(format!("bands.{name}.expression"), reason);
        if expression.len() > MAX_EXPRESSION {
            return Err(fault(format!("it is longer than {MAX_EXPRESSION} characters")));
        }
        let parsed = exmex::parse::<f32>(expression).map_err(|error| fault(format!("`{expression}`: {error}")))?;
        Ok(Some(parsed))
    }

    /// The names of the items' bands it is made from, in alphabetical order.
    pub fn sources(&self) -> Result<Vec<String>> {
        let expression = self.parsed()?;
        Ok(expression.map_or_else(|| vec![self.name().to_owned()], |parsed| parsed.var_names().to_vec()))
    }

    pub(super) fn validate(&self, index: usize) -> Result<()> {
        if self.name().is_empty() {
            return Err(Error::recipe(format!("bands[{index}]"), "its name is empty"));
        }
        if self.sources()?.is_empty() {
            return Err(Error::recipe(format!("bands[{index}].expression"), "it names no band"));
        }
        Ok(())
    }
}
