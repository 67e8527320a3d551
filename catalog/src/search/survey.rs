//! What is known of the items before they are searched: how far their times reach, and about how many are where.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};

use super::area::{Area, Sides};
use super::filter::Filter;
use super::reach::Reach;
use crate::Result;
use crate::error::{code, while_doing};

/// Half the width of a scene, in degrees: the statistics know where scenes lie, not how large they are.
const HALF_SCENE_DEG: f64 = 0.5;
/// A row of the table costs as much as so many entries of an index.
const ROW_COST: f64 = 30.0;
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
    pub(super) async fn of(filter: &Filter, areas: Option<&[Area]>, pool: &PgPool) -> Result<Self> {
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

    fn query(filter: &Filter, areas: &[Area]) -> QueryBuilder<Postgres> {
        let mut query = QueryBuilder::new(
            "SELECT coalesce(max(time_before_us), 0) AS before_us, coalesce(max(time_after_us), 0) AS after_us, \
             min(lower(items_time)) AS first, max(upper(items_time)) AS last, \
             max(items.reltuples)::float8 AS items, max(items.relallvisible::float8 / items.relpages) AS vacuumed, ",
        );
        let mut between = "";
        for Sides { west, south, east, north } in areas.iter().map(Area::sides) {
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

    /// Whether the areas have so few of the items that it does not pay to look for the rest in any other index. The
    /// planner would take indexes of time and cloud cover beside that of places: it does not know that their
    /// conditions go together, and takes long lists of items for cheaper than they are.
    pub(super) fn has_few(&self) -> bool {
        self.share.is_some_and(|share| share <= FEW)
    }

    /// Whether the indexes tell of nearly all items without the table.
    pub(super) fn is_vacuumed(&self) -> bool {
        self.vacuumed.is_some_and(|share| share >= MOST)
    }

    /// Whether fewer entries of the index of time are looked at than the rows cost that the index of places finds: from
    /// the first time to the last, or until so many items of the areas are found (none: to the last, since they are
    /// sorted by something else).
    pub(super) fn is_quick_by_time(
        &self,
        first: Option<DateTime<Utc>>,
        last: Option<DateTime<Utc>>,
        until_full: Option<usize>,
    ) -> bool {
        let (Some(items), Some(share)) = (self.items, self.share) else { return false };
        let in_time = items * self.share_between(first, last);
        let until_full = until_full.map_or(f64::INFINITY, |rows| rows as f64 / share.max(f64::MIN_POSITIVE));
        in_time.min(until_full) <= ROW_COST * share * in_time
    }

    /// About which share of the items is that young, and that old.
    fn share_between(&self, first: Option<DateTime<Utc>>, last: Option<DateTime<Utc>>) -> f64 {
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
        let is_quick = |survey: Survey, until_full| survey.is_quick_by_time(None, None, until_full);
        assert!(is_quick(survey(1e5, 0.05), Some(100)), "2 000 entries or 5 000 rows");
        assert!(!is_quick(survey(1e5, 0.0001), Some(10)), "100 000 entries or 10 rows");
        assert!(!is_quick(survey(1e6, 0.0), Some(10)), "nothing is there");
        assert!(is_quick(survey(1e5, 0.05), None), "100 000 entries or 5 000 rows");
        assert!(!is_quick(survey(1e5, 0.01), None), "100 000 entries or 1 000 rows");
        let unknown = Survey { share: None, ..survey(1e5, 0.0) };
        assert!(!is_quick(unknown, Some(10)));
    }

    #[test]
    fn an_interval_shortens_the_walk() {
        let (first, last) = (Some(at("2018-06-01T00:00:00Z")), Some(at("2018-07-01T00:00:00Z")));
        assert!((survey(1e5, 0.05).share_between(first, last) - 30.0 / 3653.0).abs() < 1e-9);
        assert!(survey(1e5, 0.05).is_quick_by_time(first, last, Some(100)));
        assert!(!survey(1e5, 0.01).is_quick_by_time(first, last, Some(100)));
        let (first, last) = (Some(at("1990-06-01T00:00:00Z")), Some(at("1990-07-01T00:00:00Z")));
        assert_eq!(survey(1e5, 0.05).share_between(first, last), 0.0);
    }
}
