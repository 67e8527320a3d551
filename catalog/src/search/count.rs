//! How many items a search finds: exactly if that is quick, else about.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, Postgres, QueryBuilder};
use tracing::instrument;

use super::estimate;
use super::filter::Filter;
use crate::error::{QUERY_CANCELED, code, while_doing};
use crate::{Catalog, Result};

/// A plan that costs less (in the planner's units) is quick: if it was not, the machine was busy or the cache cold, and
/// it is worth another try.
const QUICK_PLAN_COST: f64 = 2000.0;
/// The longest that other try may take, and a sample.
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
    /// Counts what a filter lets through; `None` if counting is switched off or there is no telling.
    #[instrument(skip_all)]
    pub(super) async fn count(&self, filter: Filter) -> Result<Option<Matched>> {
        let Some(budget) = self.count_budget else { return Ok(None) };
        let doing = while_doing("counting");
        let mut connection = self.pool.acquire().await.map_err(doing)?;
        count(budget, filter, &mut connection).await.map_err(doing)
    }
}

async fn count(budget: Duration, filter: Filter, connection: &mut PgConnection) -> sqlx::Result<Option<Matched>> {
    let exactly = |count: i64| Matched { count: count.unsigned_abs(), exact: true };
    let about = |count| Matched { count, exact: false };
    let (filter, sees_all) = filter.with_collections_named(connection).await?;
    if let Some((count,)) = within(budget, counting(&filter), connection).await? {
        return Ok(Some(exactly(count)));
    }
    let plan = estimate::plan(&filter, connection).await?;
    // The planner knows the times and places of all items, not of those that the caller may see.
    let sample = if sees_all { None } else { Some(estimate::sample(&filter, connection).await?) };
    let is_quick = plan.cost < QUICK_PLAN_COST || sample.as_ref().is_some_and(estimate::Sample::is_whole);
    if is_quick
        && budget < SECOND_BUDGET
        && let Some((count,)) = within(SECOND_BUDGET, counting(&filter), connection).await?
    {
        return Ok(Some(exactly(count)));
    }
    let Some(sample) = sample else { return Ok(Some(about(plan.rows as u64))) };
    let counted = within(SECOND_BUDGET, sample.counting(&filter), connection).await?;
    Ok(counted.and_then(|(seen, found)| sample.estimate(seen, found)).map(about))
}

fn counting(filter: &Filter) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM items WHERE ");
    filter.push(&mut query, filter.plan(None));
    query
}

/// What a query counts, unless it takes longer.
async fn within<T>(
    budget: Duration,
    mut query: QueryBuilder<Postgres>,
    connection: &mut PgConnection,
) -> sqlx::Result<Option<T>>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    use sqlx::Connection;
    let mut transaction = connection.begin().await?;
    let limit = format!("SET LOCAL statement_timeout = {}", budget.as_millis().max(1));
    sqlx::raw_sql(AssertSqlSafe(limit)).execute(&mut *transaction).await?;
    let counted = query.build_query_as().fetch_one(&mut *transaction).await;
    transaction.rollback().await?;
    match counted {
        Ok(counted) => Ok(Some(counted)),
        Err(error) if code(&error).as_deref() == Some(QUERY_CANCELED) => Ok(None),
        Err(error) => Err(error),
    }
}
