//! Searching: one page at a time, in an order that never changes.

mod aggregate;
mod area;
mod boxes;
mod browse;
mod collections;
mod count;
mod cql2;
mod estimate;
mod filter;
mod order;
mod plan;
mod reach;
mod read;
mod survey;
mod text;
mod token;
mod walk;

use ardent_model::Search;
use tracing::instrument;

use crate::item::ITEM_COLUMNS;
use crate::{Access, Catalog, Result, StoredItem};
pub use aggregate::{Aggregated, Bucket, MAX_BUCKETS};
pub use browse::{DayPage, DayQuery};
pub use collections::CollectionPage;
pub use count::Matched;
use filter::Filter;
use order::Order;
use read::Paging;
pub(crate) use token::TokenKey;
use token::digest;

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

impl Catalog {
    /// One page of a search. `search` is validated.
    #[instrument(skip_all, fields(limit = search.limit))]
    pub async fn search(&self, search: &Search, access: &Access) -> Result<Page> {
        search.validate()?;
        let key = self.token_key().await?;
        let digest = digest(search)?;
        let after = search.token.as_deref().map(|token| key.open(token, &digest)).transpose()?;
        let filter = Filter::prepare(search, access, &self.settled).await?;

        if search.limit == 0 {
            return Ok(Page { items: Vec::new(), next: None, matched: self.count(filter).await? });
        }
        let (is_first, order) = (after.is_none(), Order::of(&search.sort));
        let columns = ITEM_COLUMNS;
        let paging = Paging { columns, filter: &filter, order, after, limit: search.limit, bytes: self.page_bytes };
        let page = self.read_page(&paging, |item: &StoredItem| item.document.len()).await?;
        let (found, has_more) = (page.rows.len() as u64, page.next.is_some());
        let matched = if is_first && !has_more {
            Some(Matched { count: found, exact: true })
        } else {
            self.count(filter).await?
        };
        let matched = matched.filter(|_| self.count_budget.is_some());
        // An estimate may be less than what is there to be seen.
        let least = found + u64::from(has_more);
        let matched = matched.map(|matched| Matched { count: matched.count.max(least), ..matched });
        let next = page.next.map(|place| key.seal(&place, &digest));
        Ok(Page { items: self.in_crs(page.rows, search.crs).await?, next, matched })
    }
}
