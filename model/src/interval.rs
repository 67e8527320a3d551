//! Closed intervals of time, open at either end if a side is missing.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};

use crate::{Error, Result};

/// A closed interval of UTC time; a missing side is open.
///
/// ```
/// use ardent_model::Interval;
/// let from_2020 = Interval::parse_rfc3339("2020-01-01T00:00:00Z/..").unwrap();
/// assert!(from_2020.end.is_none());
/// assert!(Interval::parse_rfc3339("2020-01-01").is_err(), "the API wants RFC 3339");
/// assert!(Interval::parse_recipe("2020-01-01").is_ok(), "recipes take dates");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interval {
    /// First instant; `None`: without beginning.
    pub start: Option<DateTime<Utc>>,
    /// Last instant, included; `None`: without end.
    pub end: Option<DateTime<Utc>>,
}

impl Interval {
    /// The interval from `start` to `end`, both included.
    pub fn new(start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> Result<Self> {
        let interval = Self { start, end };
        match (start, end) {
            (Some(first), Some(last)) if first > last => Err(Error::Datetime {
                value: interval.to_string(),
                reason: "it ends before it starts; exchange the two".to_owned(),
            }),
            _ => Ok(interval),
        }
    }

    /// A single instant.
    pub const fn instant(at: DateTime<Utc>) -> Self {
        Self { start: Some(at), end: Some(at) }
    }

    /// The forms of the STAC API's `datetime`: an RFC 3339 instant, or `A/B` where a side may be `..` or empty.
    pub fn parse_rfc3339(text: &str) -> Result<Self> {
        Self::parse_with(text, |part, _| {
            parse_offset_datetime(part).ok_or_else(|| Error::Datetime {
                value: text.to_owned(),
                reason: "it is not RFC 3339; give a time with its zone such as 2019-06-01T00:00:00Z, or an interval \
                         such as 2019-06-01T00:00:00Z/2019-08-31T23:59:59Z, in which a side may be `..`"
                    .to_owned(),
            })
        })
    }

    /// The forms of a recipe's `datetime`: those of the API, and dates, months and years, whose end is included.
    pub fn parse_recipe(text: &str) -> Result<Self> {
        Self::parse_with(text, |part, is_end| {
            let found = parse_offset_datetime(part).or_else(|| parse_date(part, is_end)).or_else(|| parse_naive(part));
            found.ok_or_else(|| Error::Datetime {
                value: text.to_owned(),
                reason: "give dates such as 2019-06-01/2019-08-31, or RFC 3339 times".to_owned(),
            })
        })
    }

    fn parse_with(text: &str, parse: impl Fn(&str, bool) -> Result<DateTime<Utc>>) -> Result<Self> {
        let side = |part: &str, is_end| match part.trim() {
            "" | ".." => Ok(None),
            part => parse(part, is_end).map(Some),
        };
        match text.split_once('/') {
            None if matches!(text.trim(), "" | "..") => {
                Err(Error::Datetime { value: text.to_owned(), reason: "an instant cannot be open".to_owned() })
            }
            None => Self::new(side(text, false)?, side(text, true)?),
            Some((_, end)) if end.contains('/') => {
                Err(Error::Datetime { value: text.to_owned(), reason: "an interval has one `/`".to_owned() })
            }
            Some((start, end)) => {
                let interval = Self::new(side(start, false)?, side(end, true)?)?;
                match (interval.start, interval.end) {
                    (None, None) => Err(Error::Datetime {
                        value: text.to_owned(),
                        reason: "both sides are open; leave it out instead".to_owned(),
                    }),
                    _ => Ok(interval),
                }
            }
        }
    }

    /// Whether the two share an instant.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |end: Option<DateTime<Utc>>, start: Option<DateTime<Utc>>| matches!((end, start), (Some(e), Some(s)) if e < s);
        !before(self.end, other.start) && !before(other.end, self.start)
    }
}

/// A time of a document: RFC 3339, or a naive `YYYY-MM-DD HH:MM:SS` (or `T`), which is read as UTC.
///
/// ```
/// use ardent_model::interval::parse_document_datetime;
/// let naive = parse_document_datetime("2019-06-27 11:21:21").unwrap();
/// assert_eq!(naive, parse_document_datetime("2019-06-27T11:21:21Z").unwrap());
/// ```
pub fn parse_document_datetime(text: &str) -> Result<DateTime<Utc>> {
    let found = parse_offset_datetime(text).or_else(|| parse_naive(text)).or_else(|| parse_date(text, false));
    found.ok_or_else(|| Error::Datetime {
        value: text.to_owned(),
        reason: "it is not a time such as 2019-06-27 11:21:21 or 2019-06-27T11:21:21Z".to_owned(),
    })
}

/// RFC 3339 text of a time, with as many decimals as it needs.
pub fn format_datetime(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn parse_offset_datetime(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

fn parse_naive(text: &str) -> Option<DateTime<Utc>> {
    let text = text.replacen('T', " ", 1);
    NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").ok().map(|at| at.and_utc())
}

/// A day, month or year: its first instant, or its last microsecond (the database's resolution).
fn parse_date(text: &str, is_end: bool) -> Option<DateTime<Utc>> {
    let first = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let (start, months) = match text.len() {
        10 if digits => (first(text)?, 0),
        7 if digits => (first(&format!("{text}-01"))?, 1),
        4 if digits => (first(&format!("{text}-01-01"))?, 12),
        _ => return None,
    };
    let start_time = start.and_time(NaiveTime::MIN).and_utc();
    if !is_end {
        return Some(start_time);
    }
    let next = if months == 0 { start.succ_opt()? } else { start.checked_add_months(chrono::Months::new(months))? };
    Some(next.and_time(NaiveTime::MIN).and_utc() - TimeDelta::microseconds(1))
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |at: Option<DateTime<Utc>>| at.map_or_else(|| "..".to_owned(), format_datetime);
        if self.start.is_some() && self.start == self.end {
            return f.write_str(&side(self.start));
        }
        write!(f, "{}/{}", side(self.start), side(self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_the_api() {
        for (text, expected) in [
            ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
            ("2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z"),
            ("2020-01-01t00:00:00.5z", "2020-01-01T00:00:00.500Z"),
            ("2020-01-01T00:00:00Z/2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z/2021-01-01T00:00:00Z"),
            ("../2021-01-01T00:00:00Z", "../2021-01-01T00:00:00Z"),
            ("/2021-01-01T00:00:00Z", "../2021-01-01T00:00:00Z"),
            ("2020-01-01T00:00:00Z/", "2020-01-01T00:00:00Z/.."),
        ] {
            assert_eq!(Interval::parse_rfc3339(text).unwrap().to_string(), expected, "{text}");
        }
        for text in [
            "",
            "..",
            "../..",
            "/",
            "2020-01-01",
            "2020-01-01T00:00:00",
            "a/b",
            "2020-13-01T00:00:00Z",
            "2021-01-01T00:00:00Z/2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z/2020-01-02T00:00:00Z/..",
        ] {
            assert!(Interval::parse_rfc3339(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_end_of_a_recipe_is_included() {
        for (text, expected) in [
            ("2019-06-01/2019-08-31", "2019-06-01T00:00:00Z/2019-08-31T23:59:59.999999Z"),
            ("2019-06", "2019-06-01T00:00:00Z/2019-06-30T23:59:59.999999Z"),
            ("2019", "2019-01-01T00:00:00Z/2019-12-31T23:59:59.999999Z"),
            ("2019-06-01/..", "2019-06-01T00:00:00Z/.."),
        ] {
            assert_eq!(Interval::parse_recipe(text).unwrap().to_string(), expected, "{text}");
        }
        assert!(Interval::parse_recipe("2019-08-31/2019-06-01").unwrap_err().to_string().contains("ends before"));
    }

    #[test]
    fn overlap_counts_the_ends() {
        let a = Interval::parse_recipe("2019-01-01/2019-01-31").unwrap();
        assert!(a.overlaps(&Interval::instant(a.end.unwrap())));
        assert!(a.overlaps(&Interval::default()));
        assert!(!a.overlaps(&Interval::parse_recipe("2019-02-01/..").unwrap()));
    }
}
