//! Rules about mask bands.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What the pixels of a mask band must be for a pixel to be kept.
///
/// ```
/// use ardent_model::recipe::{Keep, MaskRule};
/// let rule: MaskRule = serde_json::from_str(r#"{"band": "scl", "exclude": [3, 8, 9]}"#).unwrap();
/// assert!(rule.keep.keeps(4.0) && !rule.keep.keeps(8.0));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaskRule {
    /// The mask band, by name or alias.
    pub band: String,
    /// What it must be.
    #[serde(flatten)]
    pub keep: Keep,
    /// Pixels this near to one that is not kept are not kept either: in pixels of the mask's full resolution, from centre
    /// to centre.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dilate_px: u32,
}

/// Most that a mask may be dilated.
const MAX_DILATE_PX: u32 = 100;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Which values of a mask band are kept.
///
/// ```
/// use ardent_model::recipe::Keep;
/// assert!(Keep::Include(vec![0.0]).keeps(0.0));
/// assert!(!Keep::Below(0.4).keeps(f64::NAN), "what is unknown is not kept");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// These.
    Include(Vec<f64>),
    /// All but these.
    Exclude(Vec<f64>),
    /// Those less than this.
    Below(f64),
}

impl Keep {
    /// Whether a pixel of this value is kept.
    pub fn keeps(&self, value: f64) -> bool {
        match self {
            Self::Include(values) => values.contains(&value),
            Self::Exclude(values) => !values.contains(&value),
            Self::Below(limit) => value < *limit,
        }
    }
}

pub(super) fn validate(field: &str, rules: &[MaskRule]) -> Result<()> {
    for (index, rule) in rules.iter().enumerate() {
        let fault = |reason: &str| Err(Error::recipe(format!("{field}[{index}]"), reason));
        if rule.band.is_empty() {
            return fault("its band has no name");
        }
        if rule.dilate_px > MAX_DILATE_PX {
            return fault("its dilate_px is too much; give 100 at most");
        }
        match &rule.keep {
            Keep::Include(values) if values.is_empty() => return fault("it keeps nothing; name the values to keep"),
            Keep::Below(limit) if limit.is_nan() => return fault("its limit is not a number"),
            _ => {}
        }
    }
    Ok(())
}

/// The two forms of a list of rules: the canonical list, and its shorthand, a map of band to kept values.
pub(super) mod list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
    use serde_json::Value;

    use super::{Keep, MaskRule};

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rule {
        band: String,
        include: Option<Vec<f64>>,
        exclude: Option<Vec<f64>>,
        below: Option<f64>,
        #[serde(default)]
        dilate_px: u32,
    }

    pub(in crate::recipe) fn serialize<S: Serializer>(rules: &[MaskRule], serializer: S) -> Result<S::Ok, S::Error> {
        rules.serialize(serializer)
    }

    pub(in crate::recipe) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<MaskRule>, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let example = "give {\"fmask\": [0]} or [{\"band\": \"fmask\", \"include\": [0]}]";
        let fault = |error: serde_json::Error| D::Error::custom(format!("{error}; {example}"));
        if value.is_object() {
            let map: BTreeMap<String, Vec<f64>> = serde_json::from_value(value).map_err(fault)?;
            let rule = |(band, kept)| MaskRule { band, keep: Keep::Include(kept), dilate_px: 0 };
            return Ok(map.into_iter().map(rule).collect());
        }
        let rules: Vec<Rule> = serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            D::Error::custom(format!("{path}: {}; {example}", error.into_inner()))
        })?;
        let rules = rules.into_iter().map(|Rule { band, include, exclude, below, dilate_px }| {
            let keep = match (include, exclude, below) {
                (Some(values), None, None) => Keep::Include(values),
                (None, Some(values), None) => Keep::Exclude(values),
                (None, None, Some(limit)) => Keep::Below(limit),
                _ => {
                    let reason = format!("the rule for `{band}` needs one of include, exclude and below");
                    return Err(D::Error::custom(reason));
                }
            };
            Ok(MaskRule { band, keep, dilate_px })
        });
        rules.collect()
    }
}
