//! Solar days and the groups they fall into.

use std::collections::{BTreeMap, BTreeSet};

use ardent_model::{Interval, Item, Recipe, recipe::Group};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{
    DateGroup, Slot,
    period::{self, Period},
};
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

/// The direction of flight of radar images: what is seen from the west and from the east is not one picture.
fn radar_direction(item: &Item) -> &str {
    let is_radar = item.properties.keys().any(|name| name.starts_with("sar:"));
    let direction = item.properties.get("sat:orbit_state").and_then(serde_json::Value::as_str);
    direction.filter(|_| is_radar).unwrap_or_default()
}

/// Leaves out items that cannot be of a selected day, before their files are opened.
pub(super) fn keep_near(recipe: &Recipe, items: &mut Vec<Item>) -> Result<()> {
    let Some(days) = recipe.select.as_ref().and_then(|select| select.dates.as_ref()) else { return Ok(()) };
    // The day is that of the middle of the result, which lies within an hour of the sun from the item's, or within that
    // on the other side of the antimeridian.
    let is_near = |item: &Item| {
        let about = |degrees: f64| solar_day(item.datetime, item.centre_longitude() + degrees);
        let beyond = if item.centre_longitude() > 0.0 { -360.0 } else { 360.0 };
        [-15.0, 0.0, 15.0, beyond].into_iter().any(|degrees| days.contains(&about(degrees)))
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
    if recipe.group == Group::SolarDay {
        // These are of neighbouring days, and nobody asked for them.
        groups.retain(|group| !group.slots.is_empty());
    }
    Ok(groups)
}

/// The groups of items sorted by (datetime, id), by their first day; within a group a slot per solar day, collection and,
/// of radar, direction. Periods that the recipe's time holds are groups even without items.
pub(super) fn group(items: &[Item], recipe: &Recipe, longitude: f64) -> Result<Vec<DateGroup>> {
    let interval = recipe.interval()?;
    let mut slots: BTreeMap<(NaiveDate, &str, &str), Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let key = (solar_day(item.datetime, longitude), item.collection.as_str(), radar_direction(item));
        slots.entry(key).or_default().push(index);
    }
    let days: BTreeSet<NaiveDate> = slots.keys().map(|(day, ..)| *day).collect();
    check_number(&days, recipe)?;
    let mut groups: BTreeMap<Key, DateGroup> = BTreeMap::new();
    for period in wanted(&days, interval, recipe.group) {
        let group = groups.entry(Key::of(period.start, recipe.group)).or_insert_with(|| DateGroup {
            label: period::label(period.start, recipe.group),
            start: period.start,
            end: period.end,
            partial: false,
            slots: Vec::new(),
        });
        // Periods come in order: a group of several years ends with the last of them.
        group.end = period.end;
        group.partial |= is_partial(&period, interval, recipe.group);
    }
    for ((day, ..), scenes) in slots {
        let key = Key::of(period::period(day, recipe.group).start, recipe.group);
        if let Some(group) = groups.get_mut(&key) {
            group.slots.push(Slot { day, scenes });
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| group.start);
    if recipe.group == Group::All {
        for one in &mut groups {
            let days = one.slots.iter().map(|slot| slot.day);
            (one.start, one.end) = (days.clone().min().unwrap_or(one.start), days.max().unwrap_or(one.end));
        }
    }
    check_dates(&groups)?;
    Ok(groups)
}

/// What tells groups apart: the first day, or in any year the month it is in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Start(NaiveDate),
    Month(u32),
}

impl Key {
    fn of(start: NaiveDate, group: Group) -> Self {
        match group {
            Group::MonthOfYear | Group::SeasonOfYear => Self::Month(start.month()),
            _ => Self::Start(start),
        }
    }
}

/// The periods that are wanted: those with dates, and but for solar days all between and in the recipe's time.
fn wanted(
    days: &BTreeSet<NaiveDate>,
    interval: Option<Interval>,
    group: Group,
) -> Box<dyn Iterator<Item = Period> + '_> {
    let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else {
        return Box::new(std::iter::empty());
    };
    match group {
        Group::SolarDay => Box::new(days.iter().map(move |day| period::period(*day, group))),
        Group::All => Box::new(std::iter::once(period::period(first, group))),
        _ => {
            let start = interval.and_then(|interval| interval.start).map(|at| at.date_naive());
            let end = interval.and_then(|interval| interval.end).map(|at| at.date_naive());
            let (first, last) = (start.map_or(first, |day| day.min(first)), end.map_or(last, |day| day.max(last)));
            Box::new(period::periods(first, last, group))
        }
    }
}

/// Whether the recipe's time begins after a period does, or ends before: more than a second, which documents round to.
fn is_partial(period: &Period, interval: Option<Interval>, group: Group) -> bool {
    if matches!(group, Group::SolarDay | Group::All) {
        return false;
    }
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let after = period.end.succ_opt().unwrap_or(period.end);
    let last_second = midnight(after).checked_sub_signed(TimeDelta::seconds(1)).unwrap_or_else(|| midnight(after));
    interval.is_some_and(|interval| {
        interval.start.is_some_and(|start| start > midnight(period.start))
            || interval.end.is_some_and(|end| end < last_second)
    })
}

/// Most bands of the file: more have no number there.
const MAX_FILE_BANDS: usize = u16::MAX as usize;

/// Refuses more groups than a file can hold.
fn check_number(days: &BTreeSet<NaiveDate>, recipe: &Recipe) -> Result<usize> {
    let allowed = MAX_FILE_BANDS / recipe.bands_per_group().max(1);
    let groups = match recipe.group {
        Group::MonthOfYear => 12,
        Group::SeasonOfYear => 4,
        _ => wanted(days, recipe.interval()?, recipe.group).take(allowed + 1).count(),
    };
    if groups <= allowed {
        return Ok(groups);
    }
    let hint = "shorten datetime, or choose a coarser group".to_owned();
    Err(Error::TooLarge { what: "groups", asked: groups as u64, allowed: allowed as u64, hint })
}

/// Refuses groups of more dates than are counted with.
fn check_dates(groups: &[DateGroup]) -> Result<()> {
    let allowed = usize::from(u16::MAX) - 1;
    let most = groups.iter().map(|group| group.slots.len()).max().unwrap_or(0);
    if most <= allowed {
        return Ok(());
    }
    let hint = "choose a finer group".to_owned();
    Err(Error::TooLarge { what: "dates of a group", asked: most as u64, allowed: allowed as u64, hint })
}

/// How many groups there are at most, but for days that the longitude moves.
pub(super) fn count(items: &[Item], recipe: &Recipe) -> Result<usize> {
    check_number(&items.iter().map(|item| item.datetime.date_naive()).collect(), recipe)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn groups(group: &str, datetime: Option<&str>, days: &[&str]) -> Result<Vec<DateGroup>> {
        let item = |day: &&str| {
            Item::from_stac(&json!({
                "type": "Feature", "stac_version": "1.0.0", "id": day, "collection": "c", "links": [], "assets": {},
                "geometry": {"type": "Point", "coordinates": [0, 0]}, "bbox": [0, 0, 0, 0],
                "properties": {"datetime": format!("{day}T11:00:00Z")},
            }))
            .unwrap()
        };
        let items: Vec<Item> = days.iter().map(item).collect();
        let mut recipe = json!({"collections": ["c"], "bands": ["red"], "group": group});
        recipe["datetime"] = json!(datetime);
        super::group(&items, &Recipe::parse(recipe.to_string().as_bytes()).unwrap(), 0.0)
    }

    /// Label, first and last day, dates, whether it is partial.
    fn told(groups: &[DateGroup]) -> Vec<(&str, String, String, usize, bool)> {
        let tell =
            |group: &DateGroup| (group.start.to_string(), group.end.to_string(), group.slots.len(), group.partial);
        groups
            .iter()
            .map(|group| (group.label.as_str(), tell(group)))
            .map(|(l, (a, b, n, p))| (l, a, b, n, p))
            .collect()
    }

    #[test]
    fn empty_and_partial_groups_are_kept_and_flagged() {
        let found =
            groups("month", Some("2019-05-15/2019-08-31"), &["2019-06-03", "2019-06-08", "2019-08-31"]).unwrap();
        let day = str::to_owned;
        assert_eq!(
            told(&found),
            [
                ("2019-05", day("2019-05-01"), day("2019-05-31"), 0, true),
                ("2019-06", day("2019-06-01"), day("2019-06-30"), 2, false),
                ("2019-07", day("2019-07-01"), day("2019-07-31"), 0, false),
                ("2019-08", day("2019-08-01"), day("2019-08-31"), 1, false),
            ]
        );
        let until_noon = groups("month", Some("2019-08-01/2019-08-31T12:00:00Z"), &["2019-08-03"]).unwrap();
        assert!(until_noon[0].partial);
        let until_the_last_second = groups("month", Some("2019-08-01/2019-08-31T23:59:59Z"), &["2019-08-03"]).unwrap();
        assert!(!until_the_last_second[0].partial);
    }

    #[test]
    fn groups_of_any_year_gather_all_years() {
        let days = ["2018-07-01", "2019-01-05", "2019-07-03", "2020-07-31"];
        let found = groups("month-of-year", None, &days).unwrap();
        assert_eq!(found.len(), 12, "months without a date are there too");
        let july = &found[0];
        let bounds = (july.start.to_string(), july.end.to_string());
        assert_eq!((july.label.as_str(), july.slots.len()), ("Jul", 3));
        assert_eq!(bounds, ("2018-07-01".to_owned(), "2020-07-31".to_owned()));
        assert_eq!((found[6].label.as_str(), found[6].slots.len()), ("Jan", 1));
        assert!(found.is_sorted_by(|a, b| a.start < b.start), "by their first day");
        let seasons = groups("season-of-year", Some("2018-06-01/2020-08-31"), &days).unwrap();
        let labels: Vec<_> = seasons.iter().map(|group| (group.label.as_str(), group.slots.len())).collect();
        assert_eq!(labels, [("JJA", 3), ("SON", 0), ("DJF", 1), ("MAM", 0)]);
    }

    #[test]
    fn sixteen_days_restart_with_the_year() {
        let found = groups("P16D", None, &["2019-12-18", "2019-12-19", "2020-01-02"]).unwrap();
        let labels: Vec<_> = found.iter().map(|group| (group.label.as_str(), group.slots.len())).collect();
        assert_eq!(labels, [("2019-12-03", 1), ("2019-12-19", 1), ("2020-01-01", 1)]);
    }

    #[test]
    fn solar_days_have_no_gaps_to_fill() {
        let found = groups("solar_day", Some("2019-01-01/2019-12-31"), &["2019-06-03", "2019-08-31"]).unwrap();
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|group| !group.partial && group.slots.len() == 1));
    }

    #[test]
    fn more_groups_than_a_file_has_bands_are_refused() {
        let error = groups("P1D", Some("0001-01-01/.."), &["2019-06-03"]).unwrap_err();
        assert!(error.to_string().contains("65536 asked for, 65535 allowed; shorten datetime"), "{error}");
    }
}
