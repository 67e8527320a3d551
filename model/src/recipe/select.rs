//! Which dates of those found are read.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Which dates of those found are read, by what the masks say of the requested area.
///
/// ```
/// use ardent_model::recipe::Select;
/// let select: Select = serde_json::from_str(r#"{"max_cloud": 0.4, "least_cloudy": 3}"#).unwrap();
/// assert_eq!((select.max_cloud, select.least_cloudy), (Some(0.4), Some(3)));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// Solar days to read; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<Vec<NaiveDate>>,
    /// The least share of the area that a date must cover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_valid: Option<f64>,
    /// The greatest share of what it covers that may be cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cloud: Option<f64>,
    /// How many dates of a group are read at most, the least cloudy ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_cloudy: Option<usize>,
}

impl Select {
    pub(super) fn validate(&self) -> Result<()> {
        let share = |name: &str, value: Option<f64>| match value {
            Some(value) if !(0.0..=1.0).contains(&value) => {
                Err(Error::recipe(format!("select.{name}"), "it is a share; give a number from 0 to 1, such as 0.4"))
            }
            _ => Ok(()),
        };
        share("min_valid", self.min_valid)?;
        share("max_cloud", self.max_cloud)?;
        if self.least_cloudy == Some(0) {
            return Err(Error::recipe("select.least_cloudy", "no date is left; give 1 or more"));
        }
        if self.dates.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::recipe("select.dates", "it is empty; name a date, or leave it out for all"));
        }
        Ok(())
    }
}
