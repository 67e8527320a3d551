//! Times as columns: exact, or not at all.

use arrow_schema::TimeUnit;
use chrono::{DateTime, Timelike, Utc};

/// Properties that are times (STAC common metadata, and the timestamps extension).
pub(super) const NAMES: [&str; 8] =
    ["datetime", "start_datetime", "end_datetime", "created", "updated", "published", "expires", "unpublished"];

/// What a column of times needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Microseconds.
    Micro,
    /// Nanoseconds, and no year that these do not reach.
    Nano,
    /// Text: something in it is no time, or finer.
    Text,
}

impl Need {
    /// What is needed for `text` too.
    pub(super) fn with(self, text: &str, reaches_far: &mut bool) -> Self {
        let Some(at) = instant(text) else { return Self::Text };
        *reaches_far |= at.timestamp_nanos_opt().is_none();
        let is_fine = at.nanosecond() % 1000 != 0;
        match self {
            Self::Micro if is_fine => Self::Nano,
            other => other,
        }
    }

    /// The unit, if the column holds times.
    pub(super) fn unit(self, reaches_far: bool) -> Option<TimeUnit> {
        match self {
            Self::Micro => Some(TimeUnit::Microsecond),
            Self::Nano if !reaches_far => Some(TimeUnit::Nanosecond),
            Self::Nano | Self::Text => None,
        }
    }
}

/// The time that a text names to the last digit.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    let digits = text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    // A leap second has no number of its own.
    (digits <= 9 && at.nanosecond() < 1_000_000_000).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_the_coarsest_that_is_exact() {
        for (texts, unit) in [
            (["2019-06-27T11:21:21Z", "2019-06-27T11:21:21.123456+01:00"], Some(TimeUnit::Microsecond)),
            (["2019-06-27T11:21:21Z", "2019-06-27T11:21:21.1234567Z"], Some(TimeUnit::Nanosecond)),
            (["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"], Some(TimeUnit::Microsecond)),
            (["9999-12-31T23:59:59Z", "2019-06-27T11:21:21.1234567Z"], None),
            (["2019-06-27T11:21:21Z", "2019-06-27T11:21:21.0123456789Z"], None),
            (["2019-06-27T11:21:21Z", "last summer"], None),
            (["2019-06-27T11:21:21Z", "2016-12-31T23:59:60Z"], None),
        ] {
            let mut reaches_far = false;
            let need = texts.iter().fold(Need::Micro, |need, text| match need {
                Need::Text => need,
                need => need.with(text, &mut reaches_far),
            });
            assert_eq!(need.unit(reaches_far), unit, "{texts:?}");
        }
    }
}
