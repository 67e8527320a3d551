//! Spans of the calendar.

use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};

/// All time, a year, a month or a day of UTC.
///
/// ```
/// use ardent_model::Period;
/// assert_eq!(Period::parse("2019-06").unwrap().parent().unwrap().to_string(), "2019");
/// assert!(Period::parse("2019-13").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// All time.
    All,
    /// The year that begins on this day.
    Year(NaiveDate),
    /// The month that begins on this day.
    Month(NaiveDate),
    /// This day.
    Day(NaiveDate),
}

impl Period {
    /// As it is written: `all`, `2019`, `2019-06` or `2019-06-27`; `None`: it is no period.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self::All);
        }
        let (rest, make): (&str, fn(NaiveDate) -> Self) = match text.len() {
            4 => ("-01-01", Self::Year),
            7 => ("-01", Self::Month),
            10 => ("", Self::Day),
            _ => return None,
        };
        let first = NaiveDate::parse_from_str(&format!("{text}{rest}"), "%Y-%m-%d").ok().map(make)?;
        // Signs and blanks are read too.
        (first.to_string() == text && !text.starts_with('-')).then_some(first)
    }

    /// The first instant and that after the last; `None`: without ends.
    pub fn bounds(self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (first, next) = match self {
            Self::All => return None,
            Self::Year(first) => (first, first.checked_add_months(Months::new(12))?),
            Self::Month(first) => (first, first.checked_add_months(Months::new(1))?),
            Self::Day(first) => (first, first.checked_add_days(Days::new(1))?),
        };
        let start = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        Some((start(first), start(next)))
    }

    /// The part of it that a day is in: a year of all time, a month of a year, a day of a month; a day has no parts.
    pub fn part(self, day: NaiveDate) -> Option<Self> {
        Some(match self {
            Self::All => Self::Year(day.with_day(1)?.with_month(1)?),
            Self::Year(_) => Self::Month(day.with_day(1)?),
            Self::Month(_) => Self::Day(day),
            Self::Day(_) => return None,
        })
    }

    /// What it is a part of.
    pub fn parent(self) -> Option<Self> {
        Some(match self {
            Self::All => return None,
            Self::Year(_) => Self::All,
            Self::Month(first) => Self::Year(first.with_month(1)?),
            Self::Day(first) => Self::Month(first.with_day(1)?),
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Year(first) => write!(f, "{:04}", first.year()),
            Self::Month(first) => write!(f, "{:04}-{:02}", first.year(), first.month()),
            Self::Day(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in ["all", "0001", "2019", "2019-06", "2020-02-29", "9999-12-31"] {
            assert_eq!(Period::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "ALL", "19", "2019-13", "2019-6", "2019-02-29", "+019", "2019-06-2", " 2019", "-001", "201é"]
        {
            assert!(Period::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn periods_nest() {
        let day = NaiveDate::from_ymd_opt(2019, 12, 31).unwrap();
        let mut period = Period::All;
        for expected in ["2019", "2019-12", "2019-12-31"] {
            let part = period.part(day).unwrap();
            assert_eq!((part.to_string().as_str(), part.parent()), (expected, Some(period)));
            period = part;
        }
        assert_eq!(period.part(day), None);
        let bounds =
            |text| Period::parse(text).unwrap().bounds().map(|(first, next)| (first.to_rfc3339(), next.to_rfc3339()));
        let between =
            |first: &str, next: &str| Some((format!("{first}T00:00:00+00:00"), format!("{next}T00:00:00+00:00")));
        assert_eq!(bounds("2019"), between("2019-01-01", "2020-01-01"));
        assert_eq!(bounds("2019-12"), between("2019-12-01", "2020-01-01"));
        assert_eq!(bounds("2020-02-29"), between("2020-02-29", "2020-03-01"));
        assert_eq!(bounds("all"), None);
    }
}
