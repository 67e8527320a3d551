//! What is known of the items before they are searched: how far their times reach, and about how many are where.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};

use super::filter::Filter;
use super::reach::Reach;
use crate::Result;
use crate::error::{code, while_doing};

/// Between which datetimes; none: from the first, to the last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) first: Option<DateTime<Utc>>,
    pub(super) last: Option<DateTime<Utc>>,
}

/// Half the width of a scene, in degrees: the statistics know where scenes lie, not how large they are.
const HALF_SCENE_DEG: f64 = 0.5;
/// A row of the table costs as much as so many entries of an index of time.
const ROW_COST: f64 = 30.0;
/// An entry of the index of boxes costs as much as so many of an index of time: all that are found have to be sorted.
const BOX_COST: f64 = 3.0;
/// SQLSTATE that PostGIS refuses with where there are no statistics.
const INTERNAL_ERROR: &str = "XX000";
/// A share of all items that is few.
const FEW: f64 = 0.1;
/// A share of the table that is nearly all of it.
const MOST: f64 = 0.75;

/// What the collections that a caller sees, and the statistics of the items, say.
#[derive(Debug, FromRow)]
pub(super) struct Survey {
    #[sqlx(flatten)]
    pub(super) reach: Reach,
    /// The first time of an item, and the last.
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    /// About how many items there are.
    items: Option<f64>,
    /// Which share of their table has been vacuumed: an index alone tells of no other rows.
    vacuumed: Option<f64>,
    /// About which share of them lies in the areas; none without areas or statistics.
    share: Option<f64>,
}

impl Survey {
    pub(super) async fn of(filter: &Filter, areas: Option<&[[f64; 4]]>, pool: &PgPool) -> Result<Self> {
        let doing = while_doing("searching");
        let found = Self::query(filter, areas.unwrap_or_default()).build_query_as().fetch_one(pool).await;
        match found {
            // Before the table was analysed there is no telling how many items are where.
            Err(error) if areas.is_some() && code(&error).as_deref() == Some(INTERNAL_ERROR) => {
                Self::query(filter, &[]).build_query_as().fetch_one(pool).await.map_err(doing)
            }
            found => found.map_err(doing),
        }
    }

    fn query(filter: &Filter, areas: &[[f64; 4]]) -> QueryBuilder<Postgres> {
        let mut query = QueryBuilder::new(
            "SELECT coalesce(max(time_before_us), 0) AS before_us, coalesce(max(time_after_us), 0) AS after_us, \
             min(lower(items_time)) AS first, max(upper(items_time)) AS last, \
             max(items.reltuples)::float8 AS items, max(items.relallvisible::float8 / items.relpages) AS vacuumed, ",
        );
        let mut between = "";
        for [west, south, east, north] in areas.iter().copied() {
            query.push(between).push("_postgis_selectivity('items', 'geometry', ST_Expand(ST_MakeEnvelope(");
            query.push_bind(west).push(", ").push_bind(south).push(", ").push_bind(east).push(", ").push_bind(north);
            query.push(format!(", 4326), {HALF_SCENE_DEG}))"));
            between = " + ";
        }
        query.push(if areas.is_empty() { "NULL::float8" } else { "" });
        query.push(
            " AS share FROM collections \
             LEFT JOIN pg_class AS items ON items.oid = 'items'::regclass AND relpages > 0 WHERE ",
        );
        filter.push_named_collections(&mut query);
        query
    }

    /// Whether the indexes tell of nearly all items without the table.
    pub(super) fn is_vacuumed(&self) -> bool {
        self.vacuumed.is_some_and(|share| share >= MOST)
    }

    /// Whether fewer entries of the index of time are looked at than the index of boxes finds: from the first time to
    /// the last, or until so many items of the areas are found (none: to the last, since they are sorted by something
    /// else).
    pub(super) fn is_quicker_by_time(&self, span: Span, until_full: Option<f64>) -> bool {
        let (Some(items), Some(share)) = (self.items, self.share) else { return false };
        let until_full = until_full.map_or(f64::INFINITY, |rows| rows / share.max(f64::MIN_POSITIVE));
        (items * self.share_between(span)).min(until_full) < BOX_COST * items * share
    }

    /// Whether rows of the areas are better found by another index, too: of time, or whatever a condition is about. The
    /// planner would always do so, since it takes long lists of entries for cheaper than they are.
    pub(super) fn is_narrowed_by_time(&self, span: Span) -> bool {
        self.share.is_none_or(|share| share > FEW || self.share_between(span) <= ROW_COST * share)
    }

    /// About which share of the items is that young, and that old.
    fn share_between(&self, Span { first, last }: Span) -> f64 {
        let (Some(begin), Some(end)) = (self.first, self.last) else { return 1.0 };
        let from = first.map_or(begin, |first| first.max(begin));
        let to = last.map_or(end, |last| last.min(end));
        let all = (end - begin).as_seconds_f64();
        if all > 0.0 { ((to - from).as_seconds_f64() / all).clamp(0.0, 1.0) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn survey(items: f64, share: f64) -> Survey {
        let reach = Reach::none();
        Survey {
            reach,
            first: Some(at("2016-01-01T00:00:00Z")),
            last: Some(at("2026-01-01T00:00:00Z")),
            items: Some(items),
            vacuumed: Some(1.0),
            share: Some(share),
        }
    }

    #[test]
    fn pages_that_fill_soon_are_found_along_the_time() {
        let is_quick = |survey: Survey, until_full| survey.is_quicker_by_time(Span::default(), until_full);
        assert!(is_quick(survey(1e5, 0.05), Some(100.0)), "2 000 entries, or 5 000 boxes");
        assert!(is_quick(survey(1e6, 0.003), Some(10.0)), "3 333 entries, or 3 000 boxes, each worth three");
        assert!(!is_quick(survey(1e5, 0.0001), Some(10.0)), "100 000 entries, or 10 boxes");
        assert!(!is_quick(survey(1e6, 0.0), Some(10.0)), "nothing is there");
        assert!(!is_quick(survey(1e5, 0.05), None), "100 000 entries, or 5 000 boxes");
        assert!(is_quick(survey(1e5, 0.5), None), "100 000 entries, or 50 000 boxes to be sorted");
        let unknown = Survey { share: None, ..survey(1e5, 0.0) };
        assert!(!is_quick(unknown, Some(10.0)));
    }

    #[test]
    fn an_interval_shortens_the_walk() {
        let month = Span { first: Some(at("2018-06-01T00:00:00Z")), last: Some(at("2018-07-01T00:00:00Z")) };
        assert!((survey(1e5, 0.05).share_between(month) - 30.0 / 3653.0).abs() < 1e-9);
        assert!(survey(1e5, 0.05).is_quicker_by_time(month, Some(100.0)));
        assert!(!survey(1e5, 0.002).is_quicker_by_time(month, Some(100.0)));
        assert!(survey(1e5, 0.005).is_narrowed_by_time(month), "820 entries spare 496 of 500 rows");
        assert!(!survey(1e5, 0.0001).is_narrowed_by_time(month), "820 entries spare 10 rows");
        let before = Span { first: Some(at("1990-06-01T00:00:00Z")), last: Some(at("1990-07-01T00:00:00Z")) };
        assert_eq!(survey(1e5, 0.05).share_between(before), 0.0);
    }
}
