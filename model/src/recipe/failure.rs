//! What becomes of a cube of which a scene cannot be read.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What becomes of a cube of which a scene cannot be read.
///
/// ```
/// use ardent_model::recipe::OnError;
/// let some: OnError = serde_json::from_str(r#"{"threshold": 0.05}"#).unwrap();
/// assert!(some.tolerates(2, 40) && !some.tolerates(3, 40));
/// assert!(!OnError::Fail.tolerates(1, 40) && OnError::Skip.tolerates(39, 40));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// It is not made.
    #[default]
    Fail,
    /// It is made without the scene.
    Skip,
    /// It is made without the scene, if at most this share of all scenes fails.
    Threshold(f64),
}

impl OnError {
    /// Whether `failed` of `scenes` scenes may be left out.
    pub fn tolerates(self, failed: usize, scenes: usize) -> bool {
        match self {
            Self::Fail => failed == 0,
            Self::Skip => true,
            // Shares such as 0.05 are not exact: 1 of 20 is meant to pass.
            Self::Threshold(share) => failed as f64 <= share * scenes as f64 + 1e-9,
        }
    }

    pub(super) fn validate(self) -> Result<()> {
        match self {
            Self::Threshold(share) if !(0.0..=1.0).contains(&share) => Err(Error::recipe(
                "on_error.threshold",
                "it is a share of the scenes; give a number from 0 to 1, such as 0.05",
            )),
            _ => Ok(()),
        }
    }
}
