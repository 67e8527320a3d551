//! What the items of a collection cover, kept up with every ingest rather than computed when it is read.

use ardent_model::Item;
use ardent_model::cover::{Longitudes, latitudes};
use ardent_model::interval::format_datetime;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::FromRow;
use sqlx::postgres::types::PgRange;
use std::ops::Bound;

/// What some items cover.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    south: f64,
    north: f64,
    longitudes: Longitudes,
    /// First and last instant; `None`: without end on that side.
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    before_us: i64,
    after_us: i64,
}

impl Extent {
    /// That of one item, whose footprint has these boxes within ±180 degrees.
    pub(crate) fn of(item: &Item, boxes: &[[f64; 4]]) -> Self {
        let (south, north) = latitudes(boxes).unwrap_or((-90.0, 90.0));
        let (start, end) = (item.interval.start, item.interval.end);
        let span = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>| match (from, to) {
            (Some(from), Some(to)) => (to - from).num_microseconds().unwrap_or(i64::MAX).max(0),
            _ => i64::MAX,
        };
        Self {
            south,
            north,
            longitudes: Longitudes::of(boxes),
            start,
            end,
            before_us: span(start, Some(item.datetime)),
            after_us: span(Some(item.datetime), end),
        }
    }

    /// That of both.
    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            south: self.south.min(other.south),
            north: self.north.max(other.north),
            longitudes: self.longitudes.merge(other.longitudes),
            start: self.start.zip(other.start).map(|(one, two)| one.min(two)),
            end: self.end.zip(other.end).map(|(one, two)| one.max(two)),
            before_us: self.before_us.max(other.before_us),
            after_us: self.after_us.max(other.after_us),
        }
    }

    /// Widens what the database has for `collection`.
    pub(crate) async fn save(&self, collection: &str, transaction: &mut sqlx::PgConnection) -> sqlx::Result<()> {
        let Longitudes { western, eastern } = self.longitudes;
        sqlx::query(
            "UPDATE collections SET updated = now(), \
             south = least(south, $2), north = greatest(north, $3), \
             western_min = least(western_min, $4), western_max = greatest(western_max, $5), \
             eastern_min = least(eastern_min, $6), eastern_max = greatest(eastern_max, $7), \
             items_time = range_merge(coalesce(items_time, $8), $8), \
             time_before_us = greatest(time_before_us, $9), time_after_us = greatest(time_after_us, $10) \
             WHERE id = $1",
        )
        .bind(collection)
        .bind(self.south)
        .bind(self.north)
        .bind(western.map(|(first, _)| first))
        .bind(western.map(|(_, last)| last))
        .bind(eastern.map(|(first, _)| first))
        .bind(eastern.map(|(_, last)| last))
        .bind(time_range(self.start, self.end))
        .bind(self.before_us)
        .bind(self.after_us)
        .execute(transaction)
        .await?;
        Ok(())
    }
}

/// Forgets what the items of a collection covered and had if it has none any more: its document's own extent and
/// summaries count again. Otherwise these stay as wide as they were.
pub(crate) async fn forget_if_empty(collection: &str, transaction: &mut sqlx::PgConnection) -> sqlx::Result<()> {
    // Held first: a writer that has just added an item is waited for, and the next statement sees what it added.
    let held = sqlx::query("UPDATE collections SET updated = now() WHERE id = $1").bind(collection);
    held.execute(&mut *transaction).await?;
    sqlx::query(
        "WITH emptied AS ( \
             UPDATE collections SET south = NULL, north = NULL, western_min = NULL, western_max = NULL, \
                 eastern_min = NULL, eastern_max = NULL, items_time = NULL, time_before_us = 0, time_after_us = 0 \
             WHERE id = $1 AND NOT EXISTS (SELECT FROM items WHERE collection = $1) RETURNING id) \
         DELETE FROM item_properties WHERE collection IN (SELECT id FROM emptied)",
    )
    .bind(collection)
    .execute(transaction)
    .await?;
    Ok(())
}

/// A closed range; a side that is missing is open.
pub(crate) fn time_range(start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> PgRange<DateTime<Utc>> {
    PgRange {
        start: start.map_or(Bound::Unbounded, Bound::Included),
        end: end.map_or(Bound::Unbounded, Bound::Included),
    }
}

/// The columns of `collections` that hold the extent of its items.
#[derive(Debug, FromRow)]
pub(crate) struct ExtentRow {
    south: Option<f64>,
    north: Option<f64>,
    western_min: Option<f64>,
    western_max: Option<f64>,
    eastern_min: Option<f64>,
    eastern_max: Option<f64>,
    items_time: Option<PgRange<DateTime<Utc>>>,
}

impl ExtentRow {
    /// Puts it into a document (STAC Collection 1.1, Extent Object) in place of what the document has; without items
    /// the document keeps its own.
    pub(crate) fn put_into(&self, document: &mut Value) {
        if let Some(bbox) = self.bbox() {
            document["extent"]["spatial"] = json!({ "bbox": [bbox] });
        }
        if let Some(range) = &self.items_time {
            let side = |bound: &Bound<DateTime<Utc>>| match bound {
                Bound::Included(at) | Bound::Excluded(at) => Value::from(format_datetime(*at)),
                Bound::Unbounded => Value::Null,
            };
            document["extent"]["temporal"] = json!({ "interval": [[side(&range.start), side(&range.end)]] });
        }
    }

    /// West, south, east, north; across the antimeridian (west > east) as [`Longitudes::sides`] has it.
    fn bbox(&self) -> Option<[f64; 4]> {
        let (south, north) = (self.south?, self.north?);
        let western = self.western_min.zip(self.western_max);
        let eastern = self.eastern_min.zip(self.eastern_max);
        let (west, east) = Longitudes { western, eastern }.sides()?;
        Some([west, south, east, north])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(western: Option<(f64, f64)>, eastern: Option<(f64, f64)>) -> ExtentRow {
        ExtentRow {
            south: Some(-20.0),
            north: Some(10.0),
            western_min: western.map(|half| half.0),
            western_max: western.map(|half| half.1),
            eastern_min: eastern.map(|half| half.0),
            eastern_max: eastern.map(|half| half.1),
            items_time: None,
        }
    }

    #[test]
    fn the_columns_are_the_sides_of_the_box() {
        let sides = |western, eastern| row(western, eastern).bbox();
        assert_eq!(sides(Some((-180.0, -178.0)), Some((177.0, 180.0))), Some([177.0, -20.0, -178.0, 10.0]), "Fiji");
        assert_eq!(sides(Some((-8.0, 0.0)), Some((0.0, 2.0))), Some([-8.0, -20.0, 2.0, 10.0]), "Britain");
        assert_eq!(sides(Some((-9.0, -3.0)), None), Some([-9.0, -20.0, -3.0, 10.0]));
        assert_eq!(sides(None, None), None);
    }
}
