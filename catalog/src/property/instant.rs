//! Times in documents, by the same rule as the database's `json_instant`.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};

/// A time as documents have it, without a zone UTC, or the start of a date.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let (date, rest) = text.split_at_checked(10)?;
    if !has_shape(date, "0000-00-00") || date.starts_with("0000") {
        return None;
    }
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    if rest.is_empty() {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let (clock, rest) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
    if !has_shape(clock, "00:00:00") || clock.ends_with("60") {
        return None;
    }
    let clock = NaiveTime::parse_from_str(clock, "%H:%M:%S").ok()?;
    let digits = rest.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if digits.is_some_and(|digits| !(1..=9).contains(&digits)) {
        return None;
    }
    let (fraction, zone) = rest.split_at(digits.map_or(0, |digits| digits + 1));
    if !is_zone(zone) {
        return None;
    }
    let zone = if zone.is_empty() { "Z" } else { zone };
    let at = DateTime::parse_from_rfc3339(&format!("{date}T{clock}{fraction}{zone}")).ok()?.to_utc();
    // In UTC, too, a year has four digits.
    (1..=9999).contains(&at.year()).then_some(at)
}

/// Whether a text has digits and signs where the shape has them.
fn has_shape(text: &str, shape: &str) -> bool {
    let alike = |(one, two): (u8, u8)| if two == b'0' { one.is_ascii_digit() } else { one == two };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(alike)
}

/// Whether it is nothing, `Z`, or an offset of less than sixteen hours.
fn is_zone(text: &str) -> bool {
    let hours = text.get(1..3).and_then(|hours| hours.parse::<u8>().ok());
    let minutes = text.get(4..6).and_then(|minutes| minutes.parse::<u8>().ok());
    let is_offset = text.starts_with(['+', '-']) && has_shape(text.get(1..).unwrap_or_default(), "00:00");
    matches!(text, "" | "Z" | "z") || is_offset && hours.is_some_and(|h| h < 16) && minutes.is_some_and(|m| m < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_dates_are_told_from_other_texts() {
        for (text, expected) in [
            ("2019-06-27", "2019-06-27T00:00:00Z"),
            ("2019-06-27T11:21:21Z", "2019-06-27T11:21:21Z"),
            ("2019-06-27 11:21:21.5", "2019-06-27T11:21:21.5Z"),
            ("2019-06-27t11:21:21.123456z", "2019-06-27T11:21:21.123456Z"),
            ("2020-02-29T00:30:00+01:00", "2020-02-28T23:30:00Z"),
            ("0001-01-01T00:00:00-15:59", "0001-01-01T15:59:00Z"),
        ] {
            assert_eq!(instant(text), expected.parse::<DateTime<Utc>>().ok(), "{text}");
            assert!(instant(text).is_some(), "{text}");
        }
        for text in [
            "",
            "S2A",
            "2019",
            "2019-06",
            "2019-02-29",
            "0000-01-01",
            "2019-6-27",
            "2019-06-27T",
            "2019-06-27T11:21",
            "2019-06-27T24:00:00Z",
            "2019-06-27T11:21:60Z",
            "2019-06-27T11:21:21.Z",
            "2019-06-27T11:21:21.1234567890Z",
            "2019-06-27T11:21:21+16:00",
            "2019-06-27T11:21:21+0100",
            "2019-06-27T11:21:21 Z",
            "2019-06-2é",
            "+019-06-27",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-05:00",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
