//! Which dates are read, by what their masks say of the whole area.

use std::collections::{BTreeMap, BTreeSet};

use ardent_model::recipe::Select;

use crate::{DateLeftOut, Error, Failure, Result, Unselected, plan::Plan};

/// What the masks say of a date, in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Where there is data.
    pub(crate) valid_px: u64,
    /// Those of them that are kept.
    pub(crate) clear_px: u64,
}

/// The dates of a group over a window.
#[derive(Debug, Clone)]
pub(crate) struct Tallies {
    pub(crate) group: usize,
    /// Pixels of the window that are asked for.
    pub(crate) area_px: u64,
    /// One for each date.
    pub(crate) dates: Vec<Tally>,
}

/// A date of a group: indices.
type Date = (usize, usize);

/// The dates to be left out, with the scenes of which they are made, and why.
pub(crate) struct Chosen {
    pub(crate) scenes: BTreeSet<usize>,
    pub(crate) told: Vec<DateLeftOut>,
}

/// Chooses by what the windows counted. Dates of which all scenes failed are told of as failures.
pub(crate) fn choose(
    plan: &Plan,
    select: &Select,
    windows: &[Tallies],
    failed: &BTreeMap<usize, Failure>,
) -> Result<Chosen> {
    let mut chosen = Chosen { scenes: BTreeSet::new(), told: Vec::new() };
    let mut left = 0;
    for group in 0..plan.groups.len() {
        let dates = plan.groups[group].slots.len();
        let mut sums = vec![Tally::default(); dates];
        let mut area_px = 0;
        for window in windows.iter().filter(|window| window.group == group) {
            area_px += window.area_px;
            for (sum, date) in sums.iter_mut().zip(&window.dates) {
                sum.valid_px += date.valid_px;
                sum.clear_px += date.clear_px;
            }
        }
        let reasons = reasons(select, area_px, &sums);
        left += reasons.iter().filter(|reason| reason.is_none()).count();
        for (date, reason) in reasons.into_iter().enumerate() {
            let is_there = plan.groups[group].slots[date].scenes.iter().any(|scene| !failed.contains_key(scene));
            if let Some(reason) = reason.filter(|_| is_there) {
                chosen.leave_out(plan, (group, date), (reason, area_px, sums[date]));
            }
        }
    }
    if left == 0 {
        return Err(nothing_left(&chosen.told));
    }
    chosen.told.sort_by(|a, b| (a.day, &a.collection).cmp(&(b.day, &b.collection)));
    Ok(chosen)
}

/// Why each date of a group is left out, if it is.
fn reasons(select: &Select, area_px: u64, dates: &[Tally]) -> Vec<Option<Unselected>> {
    let reason = |date: &Tally| {
        if date.valid_px == 0 {
            Some(Unselected::NoValidPixel)
        } else if select.min_valid.is_some_and(|least| share(date.valid_px, area_px) < least) {
            Some(Unselected::MinValid)
        } else if date.clear_px == 0 {
            Some(Unselected::NoClearPixel)
        } else if select.max_cloud.is_some_and(|most| cloud(*date) > most) {
            Some(Unselected::MaxCloud)
        } else {
            None
        }
    };
    let mut reasons: Vec<_> = dates.iter().map(reason).collect();
    if let Some(count) = select.least_cloudy {
        let mut left: Vec<usize> = (0..dates.len()).filter(|date| reasons[*date].is_none()).collect();
        // Of dates with as much cloud the earliest.
        left.sort_by(|a, b| cloud(dates[*a]).total_cmp(&cloud(dates[*b])).then(a.cmp(b)));
        for date in left.into_iter().skip(count) {
            reasons[date] = Some(Unselected::LeastCloudy);
        }
    }
    reasons
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn cloud(date: Tally) -> f64 {
    share(date.valid_px - date.clear_px, date.valid_px)
}

impl Chosen {
    fn leave_out(&mut self, plan: &Plan, (group, date): Date, (reason, area_px, tally): (Unselected, u64, Tally)) {
        let slot = &plan.groups[group].slots[date];
        let collection = slot.scenes.first().map(|scene| plan.scenes[*scene].collection.clone()).unwrap_or_default();
        let (valid, cloud) = (share(tally.valid_px, area_px), (tally.valid_px > 0).then(|| cloud(tally)));
        self.scenes.extend(&slot.scenes);
        self.told.push(DateLeftOut { day: slot.day, collection, reason, valid, cloud });
    }
}

fn nothing_left(told: &[DateLeftOut]) -> Error {
    let least = told.iter().filter_map(|date| Some((date.cloud?, date))).min_by(|a, b| a.0.total_cmp(&b.0));
    let reason = match least {
        Some((cloud, date)) => format!(
            "none of the {} dates is left; the least cloudy, {}, is {cloud:.3} cloud and covers {:.3} of the area",
            told.len(),
            date.day,
            date.valid
        ),
        None => format!("none of the {} dates has a valid pixel in the area", told.len()),
    };
    ardent_model::Error::Recipe { field: "select".to_owned(), reason }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unselected::{MaxCloud, MinValid, NoClearPixel, NoValidPixel};

    fn tally(valid_px: u64, clear_px: u64) -> Tally {
        Tally { valid_px, clear_px }
    }

    #[test]
    fn limits_are_included_and_the_first_reason_counts() {
        let dates = [tally(0, 0), tally(40, 40), tally(100, 0), tally(100, 60), tally(100, 59), tally(50, 50)];
        let select = Select { min_valid: Some(0.5), max_cloud: Some(0.4), ..Select::default() };
        let expected = [Some(NoValidPixel), Some(MinValid), Some(NoClearPixel), None, Some(MaxCloud), None];
        assert_eq!(reasons(&select, 100, &dates), expected);
    }

    #[test]
    fn of_equally_cloudy_dates_the_earlier_stay() {
        let dates = [tally(10, 5), tally(10, 9), tally(100, 90), tally(10, 10), tally(10, 9)];
        let select = Select { least_cloudy: Some(3), ..Select::default() };
        let left: Vec<usize> = reasons(&select, 100, &dates)
            .iter()
            .enumerate()
            .filter(|(_, one)| one.is_none())
            .map(|(at, _)| at)
            .collect();
        assert_eq!(left, [1, 2, 3]);
    }
}
