//! Solar days and the groups they fall into.

use std::collections::{BTreeMap, BTreeSet};

use ardent_model::{Item, recipe::Group};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};

use super::{DateGroup, Slot};

/// The date of UTC + longitude / 15 h: the day as the sun tells it there.
///
/// ```
/// use ardent_datacube::plan::solar_day;
/// let at = "2019-06-30T23:30:00Z".parse().unwrap();
/// assert_eq!(solar_day(at, 178.0).to_string(), "2019-07-01");
/// assert_eq!(solar_day(at, -1.0).to_string(), "2019-06-30");
/// ```
pub fn solar_day(at: DateTime<Utc>, longitude: f64) -> NaiveDate {
    // Whole milliseconds: far below what decides a date.
    let shift = TimeDelta::milliseconds((longitude / 15.0 * 3_600_000.0) as i64);
    at.checked_add_signed(shift).unwrap_or(at).date_naive()
}

/// The period a day falls into: label, first and last day.
fn period(day: NaiveDate, group: Group) -> (String, NaiveDate, NaiveDate) {
    let month_start = |year: i32, month: u32| NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(day);
    let months = |start: NaiveDate, count: u32| {
        let next = start.checked_add_months(Months::new(count)).unwrap_or(NaiveDate::MAX);
        (start, next.checked_sub_days(Days::new(1)).unwrap_or(next))
    };
    let (label, (start, end)) = match group {
        Group::SolarDay => (day.to_string(), (day, day)),
        Group::Month => (day.format("%Y-%m").to_string(), months(month_start(day.year(), day.month()), 1)),
        Group::Season => {
            // A season is labelled by the year in which it ends: December opens the next year's DJF.
            let index = day.month() % 12 / 3;
            let ends = if day.month() == 12 { day.year() + 1 } else { day.year() };
            let start = if index == 0 { month_start(ends - 1, 12) } else { month_start(ends, index * 3) };
            let name = ["DJF", "MAM", "JJA", "SON"][index as usize];
            (format!("{ends}-{name}"), months(start, 3))
        }
        Group::Year => (day.format("%Y").to_string(), months(month_start(day.year(), 1), 12)),
        Group::All => (String::new(), (NaiveDate::MIN, NaiveDate::MAX)),
    };
    (label, start, end)
}

/// The groups of items sorted by (datetime, id), by time; within a group a slot per solar day and collection.
pub(super) fn group(items: &[Item], group: Group, longitude: f64) -> Vec<DateGroup> {
    let mut slots: BTreeMap<(NaiveDate, &str), Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        slots.entry((solar_day(item.datetime, longitude), &item.collection)).or_default().push(index);
    }
    let mut groups: BTreeMap<NaiveDate, DateGroup> = BTreeMap::new();
    for ((day, _), scenes) in slots {
        let (label, start, end) = period(day, group);
        let found = groups.entry(start).or_insert_with(|| DateGroup { label, start, end, slots: Vec::new() });
        found.slots.push(Slot { day, scenes });
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    if group == Group::All {
        for one in &mut groups {
            let days = one.slots.iter().map(|slot| slot.day);
            (one.start, one.end) = (days.clone().min().unwrap_or(one.start), days.max().unwrap_or(one.end));
        }
    }
    groups
}

/// How many groups there are, but for days that the longitude moves.
pub(super) fn count(items: &[Item], group: Group) -> usize {
    items.iter().map(|item| period(item.datetime.date_naive(), group).1).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_are_labelled_by_the_year_in_which_they_end() {
        for (day, label, start, end) in [
            ("2019-12-01", "2020-DJF", "2019-12-01", "2020-02-29"),
            ("2020-02-29", "2020-DJF", "2019-12-01", "2020-02-29"),
            ("2020-03-01", "2020-MAM", "2020-03-01", "2020-05-31"),
            ("2019-08-31", "2019-JJA", "2019-06-01", "2019-08-31"),
            ("2019-11-30", "2019-SON", "2019-09-01", "2019-11-30"),
        ] {
            let found = period(day.parse().unwrap(), Group::Season);
            assert_eq!(
                (found.0.as_str(), found.1.to_string().as_str(), found.2.to_string().as_str()),
                (label, start, end)
            );
        }
        assert_eq!(period("2019-12-31".parse().unwrap(), Group::Month).0, "2019-12");
        assert_eq!(period("2019-12-31".parse().unwrap(), Group::Year).2.to_string(), "2019-12-31");
    }
}
