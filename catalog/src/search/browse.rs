//! The items of a collection by the calendar: which periods have any, and which items a day has. Each answer costs a
//! look into an index per line.

use ardent_model::filter::{Comparison, Condition, Property, Scalar};
use ardent_model::{Period, Search};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use tracing::instrument;

use super::filter::Filter;
use super::order::Order;
use super::read::Paging;
use super::token::digest_of_day;
use crate::error::while_doing;
use crate::item::is_text;
use crate::{Access, Catalog, Result};

/// Some items of a day.
#[derive(Debug, Clone)]
pub struct DayPage {
    /// Their ids, the latest first.
    pub ids: Vec<String>,
    /// Token of the next page; none on the last.
    pub next: Option<String>,
}

/// A day of a collection, and which page of it.
#[derive(Debug, Clone, Copy)]
pub struct DayQuery<'a> {
    /// Id of the collection.
    pub collection: &'a str,
    /// The day, of UTC.
    pub day: NaiveDate,
    /// Items per page.
    pub limit: usize,
    /// Where to go on.
    pub token: Option<&'a str>,
}

#[derive(FromRow)]
struct Id {
    id: String,
}

impl Catalog {
    /// The parts of `period` in which the collection has items, the latest first; none if one may not see it. An item
    /// belongs to the period of its datetime.
    #[instrument(skip_all, fields(collection.id = collection))]
    pub async fn periods(&self, collection: &str, period: Period, access: &Access) -> Result<Vec<Period>> {
        let unit = match period {
            Period::All => "year",
            Period::Year(_) => "month",
            Period::Month(_) => "day",
            Period::Day(_) => return Ok(Vec::new()),
        };
        if !is_text(collection) {
            return Ok(Vec::new());
        }
        let bounds = period.bounds();
        let mut query = QueryBuilder::new("WITH RECURSIVE seen AS (SELECT id FROM collections WHERE id = ");
        query.push_bind(collection).push(" AND ");
        access.of_collections(&mut query);
        query.push("), found (first) AS ((");
        push_latest(&mut query, unit, bounds.map(|(first, _)| first));
        if let Some((_, next)) = bounds {
            query.push(" AND datetime < ").push_bind(next);
        }
        // Each step looks for the latest item before the period that was found last.
        query.push(" ORDER BY datetime DESC LIMIT 1) UNION ALL SELECT (");
        push_latest(&mut query, unit, bounds.map(|(first, _)| first));
        query.push(
            " AND datetime < found.first ORDER BY datetime DESC LIMIT 1) FROM found WHERE found.first IS NOT NULL) \
            SELECT first FROM found WHERE first IS NOT NULL",
        );
        let found: Vec<DateTime<Utc>> =
            query.build_query_scalar().fetch_all(&self.pool).await.map_err(while_doing("listing periods"))?;
        Ok(found.into_iter().filter_map(|first| period.part(first.date_naive())).collect())
    }

    /// Items of a day.
    #[instrument(skip_all, fields(collection.id = query.collection))]
    pub async fn items_of_day(&self, query: DayQuery<'_>, access: &Access) -> Result<DayPage> {
        let of_day =
            Condition::Compare(Scalar::Property(Property::Datetime), Comparison::Equal, Scalar::Date(query.day));
        let search =
            Search { collections: vec![query.collection.to_owned()], filter: Some(of_day), ..Search::default() };
        let key = self.token_key().await?;
        let digest = digest_of_day(&search)?;
        let after = query.token.map(|token| key.open(token, &digest)).transpose()?;
        let filter = Filter::prepare(&search, access, &self.settled).await?;
        let (order, bytes) = (Order::of(&[]), self.page_bytes);
        let paging = Paging { columns: "id", filter: &filter, order, after, limit: query.limit, bytes };
        let page = self.read_page(&paging, |_: &Id| 0).await?;
        let ids = page.rows.into_iter().map(|row| row.id).collect();
        Ok(DayPage { ids, next: page.next.map(|place| key.seal(&place, &digest)) })
    }
}

/// Appends the start of a query for the latest item that is not before `first`: the start of its unit of time.
fn push_latest(query: &mut QueryBuilder<Postgres>, unit: &str, first: Option<DateTime<Utc>>) {
    query.push("SELECT date_trunc('").push(unit).push("', datetime, 'UTC') FROM items WHERE ");
    query.push("collection = (SELECT id FROM seen)");
    if let Some(first) = first {
        query.push(" AND datetime >= ").push_bind(first);
    }
}
