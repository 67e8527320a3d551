//! How many items a search finds: exactly if that is quick, else as many as the planner thinks.

use std::time::Duration;

use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, QueryBuilder};
use tracing::instrument;

use super::filter::Filter;
use crate::error::{QUERY_CANCELED, code, while_doing};
use crate::{Access, Catalog, Result};

/// A plan that costs less (in the planner's units) is quick: if it was not, the machine was busy or the cache cold, and
/// it is worth another try.
const QUICK_PLAN_COST: f64 = 2000.0;
/// The longest that other try may take.
const SECOND_BUDGET: Duration = Duration::from_millis(250);

/// How many items a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// The number.
    pub count: u64,
    /// False: an estimate, since counting took too long.
    pub exact: bool,
}

impl Catalog {
    /// Counts what a filter lets through; `None` if counting is switched off. The collections are named to the planner,
    /// which would otherwise take those that are hidden for a part of what is found.
    #[instrument(skip_all)]
    pub(super) async fn count(&self, filter: Filter) -> Result<Option<Matched>> {
        let doing = while_doing("counting");
        let Some(budget) = self.count_budget else { return Ok(None) };
        let mut connection = self.pool.acquire().await.map_err(doing)?;
        let filter = &match filter.access {
            Access::Full => filter,
            _ => filter.with_collections_named(&mut connection).await.map_err(doing)?,
        };
        if let Some(count) = count_within(budget, filter, &mut connection).await.map_err(doing)? {
            return Ok(Some(Matched { count, exact: true }));
        }
        let plan = estimate(filter, &mut connection).await.map_err(doing)?;
        if plan.cost < QUICK_PLAN_COST && budget < SECOND_BUDGET {
            let count = count_within(SECOND_BUDGET, filter, &mut connection).await.map_err(doing)?;
            if let Some(count) = count {
                return Ok(Some(Matched { count, exact: true }));
            }
        }
        Ok(Some(Matched { count: plan.rows as u64, exact: false }))
    }
}

async fn count_within(budget: Duration, filter: &Filter, connection: &mut PgConnection) -> sqlx::Result<Option<u64>> {
    use sqlx::Connection;
    let mut transaction = connection.begin().await?;
    let limit = format!("SET LOCAL statement_timeout = {}", budget.as_millis().max(1));
    sqlx::raw_sql(AssertSqlSafe(limit)).execute(&mut *transaction).await?;
    let mut query = QueryBuilder::new("SELECT count(*) FROM items WHERE ");
    filter.push(&mut query);
    let counted = query.build_query_scalar::<i64>().fetch_one(&mut *transaction).await;
    transaction.rollback().await?;
    match counted {
        Ok(count) => Ok(Some(count.unsigned_abs())),
        Err(error) if code(&error).as_deref() == Some(QUERY_CANCELED) => Ok(None),
        Err(error) => Err(error),
    }
}

struct Plan {
    rows: f64,
    cost: f64,
}

/// What the planner expects.
async fn estimate(filter: &Filter, connection: &mut PgConnection) -> sqlx::Result<Plan> {
    let mut query = QueryBuilder::new("EXPLAIN (FORMAT JSON) SELECT 1 FROM items WHERE ");
    filter.push(&mut query);
    let Json(explained) = query.build_query_scalar::<Json<serde_json::Value>>().fetch_one(connection).await?;
    let number = |name: &str| explained[0]["Plan"][name].as_f64();
    Ok(Plan { rows: number("Plan Rows").unwrap_or(0.0), cost: number("Total Cost").unwrap_or(f64::INFINITY) })
}
