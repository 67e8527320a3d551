//! How far the times of items reach from their datetimes, by which they are sorted: what turns a question about their
//! times into bounds that the index of their order finds.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use sqlx::FromRow;

/// How far they reach before and after at most, in microseconds.
#[derive(Debug, Clone, Copy, FromRow)]
pub(super) struct Reach {
    before_us: i64,
    after_us: i64,
}

impl Reach {
    /// Whether every item has one instant, its datetime.
    pub(super) fn is_none(self) -> bool {
        self.before_us == 0 && self.after_us == 0
    }

    /// The first datetime that an item can have whose time ends then or later.
    pub(super) fn first(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        shifted(at, self.after_us, -1)
    }

    /// The last datetime that an item can have whose time begins then or earlier.
    pub(super) fn last(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        shifted(at, self.before_us, 1)
    }
}

fn shifted(at: DateTime<Utc>, by_us: i64, sign: i64) -> Option<DateTime<Utc>> {
    // Some item has no end on that side.
    if by_us == i64::MAX {
        return None;
    }
    at.checked_add_signed(TimeDelta::microseconds(sign * by_us)).filter(is_storable)
}

/// Whether PostgreSQL has that time (4713 BC to 294276 AD).
fn is_storable(at: &DateTime<Utc>) -> bool {
    (-4000..290_000).contains(&at.year())
}

#[cfg(test)]
impl Reach {
    /// That of items that have one instant each.
    pub(super) fn none() -> Self {
        Self { before_us: 0, after_us: 0 }
    }
}
