//! Periods of the calendar.

use ardent_model::recipe::Group;
use chrono::{Datelike, Days, Months, NaiveDate};

/// A period of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Period {
    /// First day.
    pub(super) start: NaiveDate,
    /// Last day.
    pub(super) end: NaiveDate,
}

/// The period a day falls into; of the groups of any year, that of its own year.
pub(super) fn period(day: NaiveDate, group: Group) -> Period {
    let month_start = |year: i32, month: u32| NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(day);
    let months = |start: NaiveDate, count: u32| {
        let next = start.checked_add_months(Months::new(count)).unwrap_or(NaiveDate::MAX);
        Period { start, end: next.checked_sub_days(Days::new(1)).unwrap_or(next) }
    };
    match group {
        Group::SolarDay => Period { start: day, end: day },
        Group::Month | Group::MonthOfYear => months(month_start(day.year(), day.month()), 1),
        Group::Season | Group::SeasonOfYear => {
            let index = day.month() % 12 / 3;
            let year = season_year(day);
            months(if index == 0 { month_start(year - 1, 12) } else { month_start(year, index * 3) }, 3)
        }
        Group::Year => months(month_start(day.year(), 1), 12),
        Group::Days(length) => {
            let length = u32::from(length.max(1));
            let first = month_start(day.year(), 1);
            let start = first + Days::new(u64::from((day.ordinal() - 1) / length * length));
            let year_end = months(first, 12).end;
            let end = start.checked_add_days(Days::new(u64::from(length) - 1)).unwrap_or(year_end);
            Period { start, end: end.min(year_end) }
        }
        Group::All => Period { start: NaiveDate::MIN, end: NaiveDate::MAX },
    }
}

/// The label of the group that a period belongs to.
pub(super) fn label(start: NaiveDate, group: Group) -> String {
    let season = ["DJF", "MAM", "JJA", "SON"][(start.month() % 12 / 3) as usize];
    match group {
        Group::SolarDay | Group::Days(_) => start.to_string(),
        Group::Month => start.format("%Y-%m").to_string(),
        Group::Season => format!("{}-{season}", season_year(start)),
        Group::Year => start.format("%Y").to_string(),
        Group::MonthOfYear => start.format("%b").to_string(),
        Group::SeasonOfYear => season.to_owned(),
        Group::All => String::new(),
    }
}

/// A season is labelled by the year in which it ends: December opens the next year's DJF.
fn season_year(day: NaiveDate) -> i32 {
    if day.month() == 12 { day.year() + 1 } else { day.year() }
}

/// The periods that hold the days from `first` to `last`, in order.
pub(super) fn periods(first: NaiveDate, last: NaiveDate, group: Group) -> impl Iterator<Item = Period> {
    std::iter::successors(Some(period(first, group)), move |previous| {
        previous.end.succ_opt().map(|day| period(day, group))
    })
    .take_while(move |period| period.start <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(day: &str, group: Group) -> (String, String, String) {
        let period = period(day.parse().unwrap(), group);
        (label(period.start, group), period.start.to_string(), period.end.to_string())
    }

    #[test]
    fn periods_have_their_calendar_bounds_and_labels() {
        for (group, day, label, start, end) in [
            // A season is labelled by the year in which it ends.
            (Group::Season, "2019-12-01", "2020-DJF", "2019-12-01", "2020-02-29"),
            (Group::Season, "2020-02-29", "2020-DJF", "2019-12-01", "2020-02-29"),
            (Group::Season, "2020-03-01", "2020-MAM", "2020-03-01", "2020-05-31"),
            (Group::Season, "2019-08-31", "2019-JJA", "2019-06-01", "2019-08-31"),
            (Group::Season, "2019-11-30", "2019-SON", "2019-09-01", "2019-11-30"),
            (Group::Month, "2019-12-31", "2019-12", "2019-12-01", "2019-12-31"),
            (Group::Year, "2019-12-31", "2019", "2019-01-01", "2019-12-31"),
            (Group::SolarDay, "2019-12-31", "2019-12-31", "2019-12-31", "2019-12-31"),
            // Sixteen days from 1 January; the 23rd period of a year has 13 days, in a leap year 14.
            (Group::Days(16), "2019-01-16", "2019-01-01", "2019-01-01", "2019-01-16"),
            (Group::Days(16), "2019-01-17", "2019-01-17", "2019-01-17", "2019-02-01"),
            (Group::Days(16), "2019-12-31", "2019-12-19", "2019-12-19", "2019-12-31"),
            (Group::Days(16), "2020-12-31", "2020-12-18", "2020-12-18", "2020-12-31"),
            (Group::Days(366), "2019-07-01", "2019-01-01", "2019-01-01", "2019-12-31"),
            (Group::MonthOfYear, "2019-02-03", "Feb", "2019-02-01", "2019-02-28"),
            (Group::SeasonOfYear, "2019-02-03", "DJF", "2018-12-01", "2019-02-28"),
        ] {
            let expected = (label.to_owned(), start.to_owned(), end.to_owned());
            assert_eq!(found(day, group), expected, "{group:?}");
        }
    }

    #[test]
    fn periods_follow_each_other_without_gap() {
        for group in [Group::Month, Group::Season, Group::Year, Group::Days(16), Group::Days(1), Group::Days(100)] {
            let (first, last) = ("2018-12-30".parse().unwrap(), "2021-03-02".parse().unwrap());
            let all: Vec<Period> = periods(first, last, group).collect();
            assert!(all[0].start <= first && all[all.len() - 1].end >= last, "{group:?}");
            assert!(all.windows(2).all(|pair| pair[0].end.succ_opt() == Some(pair[1].start)), "{group:?}");
        }
    }
}
