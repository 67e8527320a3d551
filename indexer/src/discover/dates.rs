//! Listing by date: in a `YYYY/MM/DD` layout only the folders of the days asked for are listed.

use ardent_storage::Object;
use chrono::{Datelike, Months, NaiveDate};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectMeta, path::Path};

/// Listings under way at the same time.
const LISTINGS: usize = 8;
/// Folders that are looked into for a date layout below them (`sentinel_2/2019/…`); more are listed as a whole.
const MOST_FOLDERS: usize = 16;

/// The days asked for; a missing side is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    /// The first.
    pub(super) from: Option<NaiveDate>,
    /// The last.
    pub(super) to: Option<NaiveDate>,
}

impl Days {
    /// Whether every day is asked for.
    pub(super) fn is_open(self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Whether some day of `period` is asked for.
    fn touches(self, period: Period) -> bool {
        let (first, last) = period.days();
        self.from.is_none_or(|from| last >= from) && self.to.is_none_or(|to| first <= to)
    }

    /// Whether every day of `period` is.
    fn covers(self, period: Period) -> bool {
        let (first, last) = period.days();
        self.from.is_none_or(|from| first >= from) && self.to.is_none_or(|to| last <= to)
    }
}

/// What the name of a folder in a date layout stands for: its first day, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Year(NaiveDate),
    Month(NaiveDate),
    Day(NaiveDate),
}

impl Period {
    fn days(self) -> (NaiveDate, NaiveDate) {
        let until = |first: NaiveDate, months| {
            let next = first.checked_add_months(Months::new(months)).and_then(|next| next.pred_opt());
            (first, next.unwrap_or(NaiveDate::MAX))
        };
        match self {
            Self::Year(first) => until(first, 12),
            Self::Month(first) => until(first, 1),
            Self::Day(day) => (day, day),
        }
    }

    /// What a folder called `name` inside `parent` stands for, if it is one of dates.
    fn child(parent: Option<Self>, name: &str) -> Option<Self> {
        let number: u32 = name.bytes().all(|byte| byte.is_ascii_digit()).then(|| name.parse().ok())??;
        match (parent, name.len()) {
            (None, 4) if (1900..2200).contains(&number) => {
                Some(Self::Year(NaiveDate::from_ymd_opt(i32::try_from(number).ok()?, 1, 1)?))
            }
            (Some(Self::Year(year)), 1 | 2) => Some(Self::Month(NaiveDate::from_ymd_opt(year.year(), number, 1)?)),
            (Some(Self::Month(month)), 1 | 2) => {
                Some(Self::Day(NaiveDate::from_ymd_opt(month.year(), month.month(), number)?))
            }
            _ => None,
        }
    }

    /// What the path stands for as a whole: `…/2019/06` is a month.
    fn of(path: &Path) -> Option<Self> {
        path.as_ref()
            .split('/')
            .fold(None, |period, name| Self::child(period, name).or_else(|| Self::child(None, name)))
    }
}

/// A folder still to be looked into.
#[derive(Debug, Clone)]
struct Folder {
    path: Path,
    period: Option<Period>,
    /// Folders between it and the root that are not of dates.
    depth: usize,
}

/// Everything below `root` that may be of `days`; `add` is told whether the folder says so.
pub(super) async fn list(
    root: &Object,
    days: Days,
    add: &mut impl FnMut(ObjectMeta, bool),
) -> object_store::Result<()> {
    let store = root.store.as_ref();
    let mut level = vec![Folder { path: root.path.clone(), period: Period::of(&root.path), depth: 0 }];
    let mut whole = Vec::new();
    while !level.is_empty() {
        let (listed, opened): (Vec<_>, Vec<_>) = level.drain(..).partition(|folder| {
            days.is_open() || folder.depth > 1 || folder.period.is_some_and(|period| days.covers(period))
        });
        whole.extend(listed);
        let mut answers = stream::iter(opened)
            .map(async |folder| store.list_with_delimiter(Some(&folder.path)).await.map(|answer| (folder, answer)))
            .buffered(LISTINGS);
        while let Some((folder, answer)) = answers.try_next().await? {
            let children = children(&folder, answer.common_prefixes);
            if children.len() > MOST_FOLDERS && children.iter().all(|child| child.period.is_none()) {
                whole.push(folder);
                continue;
            }
            answer.objects.into_iter().for_each(|meta| add(meta, false));
            level.extend(children.into_iter().filter(|child| child.period.is_none_or(|period| days.touches(period))));
        }
    }
    let is_dated = |folder: &Folder| !days.is_open() && folder.period.is_some();
    let listings = whole.iter().map(|folder| store.list(Some(&folder.path)).map_ok(|meta| (meta, is_dated(folder))));
    let mut listings = stream::iter(listings).flatten_unordered(LISTINGS);
    while let Some((meta, is_dated)) = listings.try_next().await? {
        add(meta, is_dated);
    }
    Ok(())
}

fn children(folder: &Folder, paths: Vec<Path>) -> Vec<Folder> {
    let child = |path: Path| {
        let period = Period::child(folder.period, path.filename().unwrap_or_default());
        // A folder beside those of the dates is listed whole, and its items are asked for their time.
        let depth = if folder.period.is_some() { 2 } else { folder.depth + 1 };
        Folder { path, period, depth: if period.is_some() { 0 } else { depth } }
    };
    paths.into_iter().map(child).collect()
}

#[cfg(test)]
mod tests;
