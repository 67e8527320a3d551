//! Aggregations: one pass over the items that a search finds, whatever is asked about them.

mod key;

use std::time::Duration;

use ardent_model::Aggregate;
use ardent_model::aggregation::Aggregation;
use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Connection, FromRow, Postgres, QueryBuilder};
use tracing::instrument;

use super::filter::Filter;
use crate::error::while_doing;
use crate::{Access, Catalog, Error, Result};
use key::Key;

/// Most buckets of one aggregation.
pub const MAX_BUCKETS: usize = 10_000;

/// What an aggregation told.
#[derive(Debug, Clone, PartialEq)]
pub enum Aggregated {
    /// A number of items.
    Count(u64),
    /// A time; none without items.
    Time(Option<DateTime<Utc>>),
    /// Numbers of items by what they have.
    Buckets {
        /// The buckets: numbers and times in their order, others by their number of items.
        buckets: Vec<Bucket>,
        /// Items that are in none of them: those that lack the value, and those of rarer values if there are more than
        /// [`MAX_BUCKETS`].
        overflow: u64,
    },
}

/// Items that have the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// What they have.
    pub key: String,
    /// The least value in it; none: from the least there is, or it is no number.
    pub from: Option<f64>,
    /// The least value above it.
    pub to: Option<f64>,
    /// How many they are.
    pub frequency: u64,
}

#[derive(FromRow)]
struct Row {
    /// Which aggregation it is of; none: all items.
    place: Option<i32>,
    key: Option<String>,
    frequency: i64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

impl Catalog {
    /// What is asked about the items that a search finds, in the order in which it is asked. Numbers are exact. Takes no
    /// longer than the catalogue's budget: [`Error::Slow`].
    #[instrument(skip_all, fields(aggregations = asked.aggregations.len()))]
    pub async fn aggregate(&self, asked: &Aggregate, access: &Access) -> Result<Vec<Aggregated>> {
        asked.validate()?;
        if asked.aggregations.is_empty() {
            return Ok(Vec::new());
        }
        let filter = Filter::prepare(&asked.search, access, &self.settled).await?;
        let keys: Vec<Key> = asked.aggregations.iter().filter_map(|one| Key::of(*one, asked)).collect();
        let is_end = |one: &Aggregation| matches!(one, Aggregation::DatetimeMin | Aggregation::DatetimeMax);
        let rows = self.rows(&keys, asked.aggregations.iter().any(is_end), &filter).await?;
        let all = rows.iter().find(|row| row.place.is_none());
        let total = all.map_or(0, |row| row.frequency.unsigned_abs());
        let mut place = -1;
        Ok(asked
            .aggregations
            .iter()
            .map(|one| match one {
                Aggregation::TotalCount => Aggregated::Count(total),
                Aggregation::DatetimeMin => Aggregated::Time(all.and_then(|row| row.first)),
                Aggregation::DatetimeMax => Aggregated::Time(all.and_then(|row| row.last)),
                _ => {
                    place += 1;
                    let own = rows.iter().filter(|row| row.place == Some(place));
                    let own = own.filter_map(|row| Some((row.key.clone()?, row.frequency.unsigned_abs())));
                    let buckets = key::buckets(*one, own.collect());
                    let counted: u64 = buckets.iter().map(|bucket| bucket.frequency).sum();
                    Aggregated::Buckets { buckets, overflow: total.saturating_sub(counted) }
                }
            })
            .collect())
    }

    async fn rows(&self, keys: &[Key], has_ends: bool, filter: &Filter) -> Result<Vec<Row>> {
        let doing = while_doing("aggregating");
        let budget = self.aggregation_budget;
        let mut connection = self.pool.acquire().await.map_err(doing)?;
        let mut transaction = connection.begin().await.map_err(doing)?;
        // Counting in memory is several times as quick as sorting.
        let limit = format!("SET LOCAL statement_timeout = {}; SET LOCAL work_mem = '64MB'", budget.as_millis().max(1));
        sqlx::raw_sql(AssertSqlSafe(limit)).execute(&mut *transaction).await.map_err(doing)?;
        let rows = statement(keys, has_ends, filter).build_query_as().fetch_all(&mut *transaction).await;
        transaction.rollback().await.map_err(doing)?;
        rows.map_err(|error| match doing(error) {
            Error::Timeout { .. } => Error::Slow { budget },
            other => other,
        })
    }
}

/// The items with the middles of their footprints; few of these need the longer way.
const MIDDLE: &str = " FROM (SELECT *, CASE WHEN ST_XMin(geometry) > -180 OR ST_XMax(geometry) < 180 \
    THEN ST_Centroid(geometry) ELSE footprint_centroid(geometry) END AS middle FROM items WHERE ";

/// The statement that counts the items as a whole, and by each key.
fn statement(keys: &[Key], has_ends: bool, filter: &Filter) -> QueryBuilder<Postgres> {
    let has_middle = keys.iter().any(|key| key.is_of_middle());
    let names: Vec<String> = (0..keys.len()).map(|place| format!("key{place}")).collect();
    // Without keys there is nothing to choose from.
    let key = if names.is_empty() { "NULL::text".to_owned() } else { format!("coalesce({})", names.join(", ")) };
    let mut place = String::from("NULL::integer");
    if !names.is_empty() {
        let cases = names.iter().enumerate().map(|(place, name)| format!(" WHEN GROUPING({name}) = 0 THEN {place}"));
        place = format!("CASE{} END", cases.collect::<String>());
    }
    let sets: Vec<String> =
        std::iter::once("()".to_owned()).chain(names.iter().map(|name| format!("({name})"))).collect();
    let mut query = QueryBuilder::new("SELECT place, key, frequency, first, last FROM (SELECT ");
    let ends = if has_ends { ("min(first)", "max(last)") } else { ("NULL::timestamptz", "NULL::timestamptz") };
    query.push(format!(
        "{place} AS place, {key} AS key, count(*) AS frequency, {} AS first, {} AS last, ",
        ends.0, ends.1
    ));
    // The most frequent first, so that these are kept.
    query.push(format!(
        "row_number() OVER (PARTITION BY {place} ORDER BY {key} IS NULL, count(*) DESC, {key} COLLATE \"C\") AS rank "
    ));
    query.push("FROM (SELECT least(datetime, lower(time)) AS first, greatest(datetime, upper(time)) AS last");
    for (key, name) in keys.iter().zip(&names) {
        query.push(", ");
        key.push(&mut query);
        query.push(" AS ").push(name);
    }
    query.push(if has_middle { MIDDLE } else { " FROM items WHERE " });
    filter.push(&mut query, filter.plan(None));
    if has_middle {
        // Made once for all keys.
        query.push(" OFFSET 0) AS placed");
    }
    query.push(") AS found GROUP BY GROUPING SETS (").push(sets.join(", "));
    query.push(")) AS counted WHERE place IS NULL OR key IS NOT NULL AND rank <= ");
    query.push_bind(i64::try_from(MAX_BUCKETS).unwrap_or(i64::MAX));
    query
}

impl Catalog {
    /// How long aggregating may take.
    #[must_use]
    pub fn with_aggregation_budget(mut self, budget: Duration) -> Self {
        self.aggregation_budget = budget;
        self
    }
}
