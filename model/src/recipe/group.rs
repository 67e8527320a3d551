//! Which dates go together.

use serde::{Deserialize, Serialize};

/// Which dates go together. As text: `solar_day`, `month`, `season`, `year`, `P16D`, `month-of-year`, `season-of-year`,
/// `all`.
///
/// ```
/// use ardent_model::recipe::Group;
/// let group: Group = serde_json::from_str("\"P16D\"").unwrap();
/// assert_eq!(group, Group::Days(16));
/// assert!(serde_json::from_str::<Group>("\"P400D\"").unwrap_err().to_string().contains("P1D to P366D"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Group {
    /// The acquisitions of one solar day.
    SolarDay,
    /// A calendar month.
    Month,
    /// December to February, March to May, June to August, September to November.
    Season,
    /// A calendar year.
    Year,
    /// So many days, counted from 1 January of each year; the last of a year ends with it.
    Days(u16),
    /// A month in whatever year.
    MonthOfYear,
    /// A season in whatever year.
    SeasonOfYear,
    /// Everything.
    #[default]
    All,
}

impl TryFrom<String> for Group {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let days = || {
            let days = text.strip_prefix('P')?.strip_suffix('D')?;
            let plain = days.bytes().all(|byte| byte.is_ascii_digit()) && !days.starts_with('0');
            days.parse().ok().filter(|days| plain && (1..=366).contains(days))
        };
        Ok(match text.as_str() {
            "solar_day" => Self::SolarDay,
            "month" => Self::Month,
            "season" => Self::Season,
            "year" => Self::Year,
            "month-of-year" => Self::MonthOfYear,
            "season-of-year" => Self::SeasonOfYear,
            "all" => Self::All,
            _ => Self::Days(days().ok_or_else(|| {
                format!(
                    "`{text}` is no group; give solar_day, month, season, year, all, month-of-year, season-of-year, or \
                     a number of days from P1D to P366D"
                )
            })?),
        })
    }
}

impl From<Group> for String {
    fn from(group: Group) -> Self {
        match group {
            Group::SolarDay => "solar_day".to_owned(),
            Group::Month => "month".to_owned(),
            Group::Season => "season".to_owned(),
            Group::Year => "year".to_owned(),
            Group::Days(days) => format!("P{days}D"),
            Group::MonthOfYear => "month-of-year".to_owned(),
            Group::SeasonOfYear => "season-of-year".to_owned(),
            Group::All => "all".to_owned(),
        }
    }
}
