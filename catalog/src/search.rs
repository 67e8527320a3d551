//! Searching: one page at a time, in an order that never changes.

mod count;
mod cql2;
mod estimate;
mod filter;
mod token;

use ardent_model::Search;
use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use tracing::instrument;

use crate::error::while_doing;
use crate::{Access, Catalog, Result, StoredItem};
pub use count::Matched;
use filter::Filter;
pub(crate) use token::TokenKey;
use token::{Place, digest};

/// A page of a search.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its items, datetime descending, then collection and id.
    pub items: Vec<StoredItem>,
    /// Token of the next page; none on the last.
    pub next: Option<String>,
    /// How many there are in all; none if counting is switched off or there is no telling.
    pub matched: Option<Matched>,
}

#[derive(FromRow)]
struct Found {
    #[sqlx(flatten)]
    item: StoredItem,
    datetime: DateTime<Utc>,
}

impl Catalog {
    /// One page of a search. `search` is validated.
    #[instrument(skip_all, fields(limit = search.limit))]
    pub async fn search(&self, search: &Search, access: &Access) -> Result<Page> {
        search.validate()?;
        let key = self.token_key().await?;
        let digest = digest(search)?;
        let after = search.token.as_deref().map(|token| key.open(token, &digest)).transpose()?;
        let filter = Filter::prepare(search, access, &self.pool).await?;

        let mut query = QueryBuilder::new("SELECT collection, id, document, updated, datetime FROM items WHERE ");
        filter.push(&mut query);
        if let Some(place) = &after {
            push_after(&mut query, place);
        }
        // One more than asked for tells whether there is another page.
        let limit = i64::try_from(search.limit).unwrap_or(i64::MAX).saturating_add(1);
        query.push(" ORDER BY datetime DESC, collection, id LIMIT ").push_bind(limit);
        let found = query.build_query_as().fetch_all(&self.pool).await;
        let mut found: Vec<Found> = found.map_err(while_doing("searching"))?;

        let has_more = found.len() > search.limit;
        found.truncate(search.limit);
        let last = found.last().filter(|_| has_more);
        let next = last.map(|last| key.seal(&Place::of(&last.item, last.datetime), &digest));
        let matched = if after.is_none() && !has_more {
            Some(Matched { count: found.len() as u64, exact: true })
        } else {
            self.count(filter).await?
        };
        let matched = matched.filter(|_| self.count_budget.is_some());
        // An estimate may be less than what is there to be seen.
        let least = found.len() as u64 + u64::from(has_more);
        let matched = matched.map(|matched| Matched { count: matched.count.max(least), ..matched });
        Ok(Page { items: found.into_iter().map(|found| found.item).collect(), next, matched })
    }
}

/// What comes after a place in the order. The first condition alone bounds the index.
fn push_after(query: &mut QueryBuilder<Postgres>, place: &Place) {
    query.push(" AND datetime <= ").push_bind(place.datetime);
    query.push(" AND (datetime < ").push_bind(place.datetime);
    query.push(" OR (collection, id) > (").push_bind(place.collection.clone());
    query.push(", ").push_bind(place.id.clone()).push("))");
}
