//! Solar days and the groups they fall into.

use std::collections::{BTreeMap, BTreeSet};

use ardent_model::{Item, Recipe, recipe::Group};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};

use super::{DateGroup, Slot};
use crate::{Error, Result};

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

/// The direction of flight of radar images: what is seen from the west and from the east is not one picture.
fn radar_direction(item: &Item) -> &str {
    let is_radar = item.properties.keys().any(|name| name.starts_with("sar:"));
    let direction = item.properties.get("sat:orbit_state").and_then(serde_json::Value::as_str);
    direction.filter(|_| is_radar).unwrap_or_default()
}

/// Leaves out items that cannot be of a selected day, before their files are opened.
pub(super) fn keep_near(recipe: &Recipe, items: &mut Vec<Item>) -> Result<()> {
    let Some(days) = recipe.select.as_ref().and_then(|select| select.dates.as_ref()) else { return Ok(()) };
    // The day is that of the middle of the result, which lies within an hour of the sun from the item's.
    let is_near = |item: &Item| {
        let about = |degrees: f64| solar_day(item.datetime, item.centre_longitude() + degrees);
        [-15.0, 0.0, 15.0].into_iter().any(|degrees| days.contains(&about(degrees)))
    };
    let there: BTreeSet<NaiveDate> = items.iter().map(|item| item.datetime.date_naive()).collect();
    items.retain(is_near);
    if items.is_empty() {
        return Err(no_such_day(days, &there));
    }
    Ok(())
}

fn no_such_day(days: &[NaiveDate], there: &BTreeSet<NaiveDate>) -> Error {
    let list = |days: &mut dyn Iterator<Item = &NaiveDate>| {
        days.take(20).map(NaiveDate::to_string).collect::<Vec<_>>().join(", ")
    };
    let (wanted, there) = (list(&mut days.iter()), list(&mut there.iter()));
    let reason = format!("no item was taken on {wanted}; near them there are {there}");
    ardent_model::Error::Recipe { field: "select.dates".to_owned(), reason }.into()
}

/// The groups with their selected days only.
pub(super) fn selected(recipe: &Recipe, mut groups: Vec<DateGroup>) -> Result<Vec<DateGroup>> {
    let Some(days) = recipe.select.as_ref().and_then(|select| select.dates.as_ref()) else { return Ok(groups) };
    let there: BTreeSet<NaiveDate> = groups.iter().flat_map(|group| &group.slots).map(|slot| slot.day).collect();
    let missing: Vec<NaiveDate> = days.iter().filter(|day| !there.contains(day)).copied().collect();
    if !missing.is_empty() {
        return Err(no_such_day(&missing, &there));
    }
    for group in &mut groups {
        group.slots.retain(|slot| days.contains(&slot.day));
    }
    // These are of neighbouring days, and nobody asked for them.
    groups.retain(|group| !group.slots.is_empty());
    Ok(groups)
}

/// The groups of items sorted by (datetime, id), by time; within a group a slot per solar day, collection and, of radar,
/// direction.
pub(super) fn group(items: &[Item], group: Group, longitude: f64) -> Vec<DateGroup> {
    let mut slots: BTreeMap<(NaiveDate, &str, &str), Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let key = (solar_day(item.datetime, longitude), item.collection.as_str(), radar_direction(item));
        slots.entry(key).or_default().push(index);
    }
    let mut groups: BTreeMap<NaiveDate, DateGroup> = BTreeMap::new();
    for ((day, ..), scenes) in slots {
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
