//! Searching for collections (STAC API – Collection Search 1.0.0-rc.1), by the same conditions and orders as for items.

use ardent_model::{Search, SortKey};
use sqlx::QueryBuilder;
use tracing::instrument;

use super::count::Matched;
use super::filter::Filter;
use super::order::Order;
use super::read::Paging;
use super::token::digest_of_collections;
use crate::collection::{COLUMNS, Row};
use crate::error::while_doing;
use crate::{Access, Catalog, Result, StoredCollection};

/// A page of a search for collections.
#[derive(Debug, Clone)]
pub struct CollectionPage {
    /// Its collections, in the order of the search.
    pub collections: Vec<StoredCollection>,
    /// Token of the next page; none on the last.
    pub next: Option<String>,
    /// How many there are in all; none if counting is switched off.
    pub matched: Option<Matched>,
}

impl Catalog {
    /// One page of a search for collections, by id unless `search` says otherwise. Place and time are those that the
    /// collections are handed out with; properties are the members of the document and of its summaries.
    #[instrument(skip_all, fields(limit = search.limit))]
    pub async fn search_collections(&self, search: &Search, access: &Access) -> Result<CollectionPage> {
        search.validate()?;
        let key = self.token_key().await?;
        let digest = digest_of_collections(search)?;
        let after = search.token.as_deref().map(|token| key.open(token, &digest)).transpose()?;
        let is_first = after.is_none();
        let filter = Filter::prepare_collections(search, access, &self.pool).await?;
        let by_id = [SortKey::new("id", false)?];
        let order = Order::of_collections(if search.sort.is_empty() { &by_id } else { &search.sort });
        let paging =
            Paging { columns: COLUMNS, filter: &filter, order, after, limit: search.limit, bytes: self.page_bytes };
        let page = self.read_page::<Row>(&paging, Row::bytes).await?;
        let matched = match self.count_budget {
            Some(_) if is_first && page.next.is_none() && search.limit > 0 => Some(page.rows.len() as u64),
            Some(_) => Some(self.count_collections(&filter).await?),
            None => None,
        };
        Ok(CollectionPage {
            collections: page.rows.into_iter().map(Row::into_stored).collect::<Result<_>>()?,
            next: page.next.map(|place| key.seal(&place, &digest)),
            matched: matched.map(|count| Matched { count, exact: true }),
        })
    }

    async fn count_collections(&self, filter: &Filter) -> Result<u64> {
        let mut query = QueryBuilder::new("SELECT count(*) FROM ");
        query.push(filter.table()).push(" WHERE ");
        filter.push(&mut query, filter.plan(None));
        let count: i64 = query.build_query_scalar().fetch_one(&self.pool).await.map_err(while_doing("counting"))?;
        Ok(count.unsigned_abs())
    }
}
