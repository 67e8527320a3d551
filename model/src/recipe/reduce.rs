//! What becomes of the dates of a group.

use serde::{Deserialize, Serialize};

use super::BandRequest;
use crate::{Error, Result};

/// What becomes of the dates of a group: a word, or `{"percentile": 25}` and `{"best": {"band": "ndvi"}}`.
///
/// ```
/// use ardent_model::recipe::Reduce;
/// let quartile: Reduce = serde_json::from_str(r#"{"percentile": 25}"#).unwrap();
/// assert_eq!(quartile, Reduce::Percentile(25.0));
/// assert!(quartile.is_apart() && !Reduce::Medoid.is_apart());
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduce {
    /// The middle value; of an even count the mean of the two middle ones.
    #[default]
    Median,
    /// The arithmetic mean.
    Mean,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The standard deviation of the values as they are, not estimated for more (ddof 0); float32.
    Stddev,
    /// The value below which so many per cent lie, from 0 to 100, interpolated linearly.
    Percentile(f64),
    /// How many dates are valid.
    Count,
    /// The value of the earliest valid date.
    First,
    /// The value of the latest valid date.
    Last,
    /// The values of the date whose distances to the other dates, over all bands, have the least sum.
    Medoid,
    /// The point whose distances to all dates, over all bands, have the least sum.
    Geomedian,
    /// The values of the date on which one band is greatest, or least.
    Best(Best),
}

/// The band that decides which date is best.
///
/// ```
/// use ardent_model::recipe::Best;
/// let best: Best = serde_json::from_str(r#"{"band": {"name": "v", "expression": "nir-red"}}"#).unwrap();
/// assert_eq!((best.band.name(), best.least), ("v", false));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// One of `bands` by its name, or another band, index or expression.
    pub band: BandRequest,
    /// Whether the least value is best; otherwise the greatest is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub least: bool,
}

impl Reduce {
    /// Whether each band is reduced by itself, whatever the others are.
    pub const fn is_apart(&self) -> bool {
        !matches!(self, Self::Medoid | Self::Geomedian | Self::Best(_))
    }

    /// Whether each value of the result is that of one date, so that the date can be told.
    pub const fn is_of_one_date(&self) -> bool {
        matches!(self, Self::Min | Self::Max | Self::First | Self::Last | Self::Medoid | Self::Best(_))
    }

    pub(super) fn validate(&self) -> Result<()> {
        match self {
            Self::Percentile(percent) if !(0.0..=100.0).contains(percent) => {
                Err(Error::recipe("reduce.percentile", format!("{percent} is not between 0 and 100")))
            }
            Self::Best(best) => best.band.validate("reduce.best.band"),
            _ => Ok(()),
        }
    }
}
