//! What can be known without counting everything.

use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::filter::Filter;
use super::plan::Plan;

/// Rows that a sample looks at, of those that the caller may see.
const SAMPLE_ROWS: f64 = 5000.0;
/// A sample of more than this share is no quicker than the whole.
const LARGEST_SHARE: f64 = 0.05;

/// What a row costs that is found by its box and whose footprint is looked at, in the planner's units.
const ROW_COST: f64 = 15.0;

/// Boxes are not looked for.
const BY_FOOTPRINT: Plan = Plan::Rows { is_settled: false };

/// What the planner expects of a query on `items`.
pub(super) struct Expected {
    pub(super) rows: f64,
    /// In units of its own.
    pub(super) cost: f64,
}

/// What the planner expects of all that a filter lets through.
pub(super) async fn plan(filter: &Filter, connection: &mut PgConnection) -> sqlx::Result<Expected> {
    // It knows how many rows there are by their footprints alone, not by their boxes.
    let expected = explain(|query| filter.push(query, BY_FOOTPRINT), connection).await?;
    match filter.plan(None) {
        Plan::RowsInBoxes { .. } => Ok(Expected { cost: expected.rows * ROW_COST, ..expected }),
        _ => Ok(expected),
    }
}

async fn explain(
    push: impl FnOnce(&mut QueryBuilder<Postgres>),
    connection: &mut PgConnection,
) -> sqlx::Result<Expected> {
    let mut query = QueryBuilder::new("EXPLAIN (FORMAT JSON) SELECT 1 FROM items WHERE ");
    push(&mut query);
    let Json(explained) = query.build_query_scalar::<Json<serde_json::Value>>().fetch_one(connection).await?;
    let number = |name: &str| explained[0]["Plan"][name].as_f64();
    Ok(Expected { rows: number("Plan Rows").unwrap_or(0.0), cost: number("Total Cost").unwrap_or(f64::INFINITY) })
}

/// A part of the items. What is found in it depends on the items that the caller may see, and on no others; nor does its
/// size, which can be told from the estimates.
pub(super) struct Sample {
    /// How many items the caller may see, of the collections asked for.
    visible: f64,
    /// Of all items, 0 to 1.
    share: f64,
}

/// The sample that is large enough for a filter whose collections are named.
pub(super) async fn sample(filter: &Filter, connection: &mut PgConnection) -> sqlx::Result<Sample> {
    let visible = explain(|query| filter.push_collection(query), connection).await?.rows.max(1.0);
    Ok(Sample { visible, share: (SAMPLE_ROWS / visible).min(1.0) })
}

impl Sample {
    /// Whether one may as well count everything.
    pub(super) fn is_whole(&self) -> bool {
        self.share > LARGEST_SHARE
    }

    /// The query that counts what is in the sample of those collections, and of that what the filter lets through;
    /// always the same part, so that pages agree.
    pub(super) fn counting(&self, filter: &Filter) -> QueryBuilder<Postgres> {
        let mut query = QueryBuilder::new("SELECT count(*), count(*) FILTER (WHERE ");
        filter.push(&mut query, BY_FOOTPRINT);
        query.push(") FROM items TABLESAMPLE SYSTEM (").push_bind(self.share * 100.0);
        query.push(") REPEATABLE (0) WHERE ");
        filter.push_collection(&mut query);
        query
    }

    /// How many there are if that many were found among those seen; `None` if none were seen.
    pub(super) fn estimate(&self, seen: i64, found: i64) -> Option<u64> {
        (seen > 0).then(|| (self.visible * found as f64 / seen as f64) as u64)
    }
}
