//! By what items are counted.

use ardent_model::Aggregate;
use ardent_model::aggregation::{Aggregation, CalendarInterval, DataType};
use ardent_model::interval::format_datetime;
use chrono::DateTime;
use sqlx::{Postgres, QueryBuilder};

use super::Bucket;

/// Where the ranges of cloud cover begin and end, in percent.
const COVER_LIMITS: [f64; 3] = [5.0, 15.0, 40.0];
/// Width of the buckets of angles, in degrees.
const ANGLE_STEP: f64 = 5.0;

/// A value of an item, as text; null where it has none.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    Collection,
    /// A property that is a text.
    Text(&'static str),
    /// Which of the ranges of cloud cover.
    Cover,
    /// Seconds since 1970 at the start of the interval.
    Time(CalendarInterval),
    /// The least number of the step that a property is in.
    Step(&'static str),
    Geohash(u32),
    Geotile(u32),
}

impl Key {
    /// That of an aggregation, if it has buckets.
    pub(super) fn of(aggregation: Aggregation, asked: &Aggregate) -> Option<Self> {
        Some(match aggregation {
            Aggregation::TotalCount | Aggregation::DatetimeMax | Aggregation::DatetimeMin => return None,
            Aggregation::Collection => Self::Collection,
            Aggregation::Platform => Self::Text("platform"),
            Aggregation::GridCode => Self::Text("grid:code"),
            Aggregation::CloudCover => Self::Cover,
            Aggregation::Datetime => Self::Time(asked.interval),
            Aggregation::CentroidGeohash => Self::Geohash(asked.geohash_precision),
            Aggregation::CentroidGeotile => Self::Geotile(asked.geotile_precision),
            Aggregation::SunElevation => Self::Step("view:sun_elevation"),
            Aggregation::SunAzimuth => Self::Step("view:sun_azimuth"),
            Aggregation::OffNadir => Self::Step("view:off_nadir"),
        })
    }

    /// Appends it as an expression on a row of `items`.
    pub(super) fn push(self, query: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Collection => query.push("collection"),
            Self::Text(property) => query.push("json_text(properties -> ").push_bind(property).push(")"),
            // The column has half the digits of the document.
            Self::Cover => query
                .push("width_bucket(json_number(properties -> 'eo:cloud_cover'), ")
                .push_bind(COVER_LIMITS.to_vec())
                .push(")::text"),
            Self::Time(interval) => query
                .push("extract(epoch FROM date_trunc(")
                .push_bind(interval.name())
                .push(", datetime, 'UTC'))::bigint::text"),
            // The last sum makes a zero of a negative zero.
            Self::Step(property) => query
                .push("(floor(json_number(properties -> ")
                .push_bind(property)
                .push(") / ")
                .push_bind(ANGLE_STEP)
                .push(") * ")
                .push_bind(ANGLE_STEP)
                .push(" + 0)::text"),
            Self::Geohash(characters) => {
                query.push("ST_GeoHash(footprint_centroid(geometry), ").push_bind(characters as i32).push(")")
            }
            Self::Geotile(zoom) => {
                query.push("geotile(footprint_centroid(geometry), ").push_bind(zoom as i32).push(")")
            }
        };
    }
}

/// The buckets of an aggregation, from its keys and how often each is found.
pub(super) fn buckets(aggregation: Aggregation, found: Vec<(String, u64)>) -> Vec<Bucket> {
    let plain = |key: String, frequency| Bucket { key, from: None, to: None, frequency };
    if aggregation == Aggregation::CloudCover {
        return covers(&found);
    }
    match aggregation.data_type() {
        DataType::Datetime => {
            let seconds = |(key, frequency): (String, u64)| Some((key.parse::<i64>().ok()?, frequency));
            let mut found: Vec<(i64, u64)> = found.into_iter().filter_map(seconds).collect();
            found.sort_unstable();
            let time = |at| DateTime::from_timestamp(at, 0).map(format_datetime);
            found.into_iter().filter_map(|(at, frequency)| Some(plain(time(at)?, frequency))).collect()
        }
        DataType::Numeric => {
            let number = |(key, frequency): (String, u64)| Some((key.parse::<f64>().ok()?, frequency));
            let mut found: Vec<(f64, u64)> = found.into_iter().filter_map(number).collect();
            found.sort_by(|one, two| one.0.total_cmp(&two.0));
            let bucket = |(from, frequency): (f64, u64)| Bucket {
                key: from.to_string(),
                from: Some(from),
                to: Some(from + ANGLE_STEP),
                frequency,
            };
            found.into_iter().map(bucket).collect()
        }
        DataType::Text | DataType::Integer => {
            let mut found = found;
            found.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
            found.into_iter().map(|(key, frequency)| plain(key, frequency)).collect()
        }
    }
}

/// All ranges of cloud cover, also those that no item is in.
fn covers(found: &[(String, u64)]) -> Vec<Bucket> {
    let text = |limit: Option<f64>| limit.map_or_else(|| "*".to_owned(), |limit| format!("{limit:.1}"));
    let bucket = |place: usize| {
        let from = place.checked_sub(1).and_then(|below| COVER_LIMITS.get(below).copied());
        let to = COVER_LIMITS.get(place).copied();
        let frequency = found.iter().find(|(key, _)| *key == place.to_string()).map_or(0, |(_, frequency)| *frequency);
        Bucket { key: format!("{}-{}", text(from), text(to)), from, to, frequency }
    };
    (0..=COVER_LIMITS.len()).map(bucket).collect()
}
