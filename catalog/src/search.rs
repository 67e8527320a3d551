//! Searching: one page at a time, in an order that never changes.

mod count;
mod cql2;
mod estimate;
mod filter;
mod order;
mod reach;
mod token;

use ardent_model::Search;
use futures::TryStreamExt;
use sqlx::{FromRow, Postgres, QueryBuilder};
use tracing::instrument;

use crate::error::while_doing;
use crate::{Access, Catalog, Result, StoredItem};
pub use count::Matched;
use filter::Filter;
use order::Order;
pub(crate) use token::TokenKey;
use token::{Place, digest};

/// A page of a search.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its items, in the order of the search.
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
    place: Vec<Option<String>>,
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

        let order = Order::of(&search.sort);
        if search.limit == 0 {
            return Ok(Page { items: Vec::new(), next: None, matched: self.count(filter).await? });
        }

        let mut query = QueryBuilder::new("SELECT collection, id, document, updated, ");
        order.push_place(&mut query);
        query.push(" FROM items WHERE ");
        filter.push(&mut query);
        if let Some(place) = &after {
            order.push_after(&mut query, place)?;
        }
        order.push(&mut query);
        // One more than asked for tells whether there is another page.
        let limit = i64::try_from(search.limit).unwrap_or(i64::MAX).saturating_add(1);
        query.push(" LIMIT ").push_bind(limit);
        let (found, has_more) = self.read_page(query, search.limit).await?;
        let last = found.last().filter(|_| has_more);
        let next = last.map(|last| key.seal(&Place(last.place.clone()), &digest));
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

    /// The rows of a page, and whether there are more: it ends where it is full, or heavy.
    async fn read_page(&self, mut query: QueryBuilder<Postgres>, limit: usize) -> Result<(Vec<Found>, bool)> {
        let mut rows = query.build_query_as::<Found>().fetch(&self.pool);
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await.map_err(while_doing("searching"))? {
            if found.len() == limit || bytes >= self.page_bytes {
                return Ok((found, true));
            }
            bytes += row.item.document.len();
            found.push(row);
        }
        Ok((found, false))
    }
}
