//! Searches walked to their end. Between two pages nothing is held: neither a connection nor a transaction, however slow
//! the reader is; a page is sought by where the last one ended.

use ardent_model::{OfferedCrs, Search};
use futures::{Stream, stream};

use super::filter::Filter;
use super::order::Order;
use super::read::Paging;
use super::token::{Place, digest};
use crate::item::ITEM_COLUMNS;
use crate::{Access, Catalog, Result, StoredItem};

/// Items of the first page, whose sizes are not known yet, and most of any other.
const FIRST_ITEMS: usize = 100;
const MOST_ITEMS: usize = 1000;
/// Bytes of documents of a page.
const PAGE_BYTES: usize = 4 << 20;

/// Where a walk stands.
struct Walk {
    catalog: Catalog,
    filter: Filter,
    order: Order,
    /// Where the last page ended.
    after: Option<Place>,
    /// How many items may still come.
    left: u64,
    /// What the footprints are given in.
    crs: OfferedCrs,
    page_items: usize,
    page_bytes: usize,
}

impl Catalog {
    /// Every item of a search, in its order, page by page; `most` bounds their number, and `search.limit` does not
    /// count. Each page is of the moment it is read: an item that is moved within the order meanwhile may be missed or
    /// come twice, and a collection that is hidden meanwhile comes no more.
    pub fn walk(
        &self,
        search: Search,
        access: Access,
        most: Option<u64>,
    ) -> impl Stream<Item = Result<Vec<StoredItem>>> + Send + use<> {
        enum Step {
            Begin(Catalog, Box<Search>, Access),
            Next(Box<Walk>),
            End,
        }
        let begin = Step::Begin(self.clone(), Box::new(search), access);
        stream::try_unfold(begin, move |step| async move {
            let mut walk = match step {
                Step::Begin(catalog, search, access) => Box::new(catalog.begin_walk(&search, &access, most).await?),
                Step::Next(walk) => walk,
                Step::End => return Ok(None),
            };
            let (page, has_more) = walk.page().await?;
            let next = if has_more { Step::Next(walk) } else { Step::End };
            Ok((!page.is_empty()).then_some((page, next)))
        })
    }

    async fn begin_walk(&self, search: &Search, access: &Access, most: Option<u64>) -> Result<Walk> {
        search.validate()?;
        let digest = digest(search)?;
        let after = match &search.token {
            Some(token) => Some(self.token_key().await?.open(token, &digest)?),
            None => None,
        };
        let page_bytes = self.page_bytes.min(PAGE_BYTES);
        Ok(Walk {
            filter: Filter::prepare(search, access, &self.settled).await?,
            order: Order::of(&search.sort),
            catalog: self.clone(),
            after,
            left: most.unwrap_or(u64::MAX),
            crs: search.crs,
            page_items: FIRST_ITEMS,
            page_bytes,
        })
    }
}

impl Walk {
    /// The next page, and whether there are more.
    async fn page(&mut self) -> Result<(Vec<StoredItem>, bool)> {
        let limit = self.page_items.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if limit == 0 {
            return Ok((Vec::new(), false));
        }
        let (order, after, bytes) = (self.order.clone(), self.after.take(), self.page_bytes);
        let paging = Paging { columns: ITEM_COLUMNS, filter: &self.filter, order, after, limit, bytes };
        let page = self.catalog.read_page(&paging, |item: &StoredItem| item.document.len()).await?;
        self.after = page.next;
        self.left -= page.rows.len() as u64;
        let read: usize = page.rows.iter().map(|item| item.document.len()).sum();
        // What is read beyond the page's bytes is read in vain.
        self.page_items = (bytes * page.rows.len() / read.max(1)).clamp(1, MOST_ITEMS);
        let items = self.catalog.in_crs(page.rows, self.crs).await?;
        Ok((items, self.after.is_some() && self.left > 0))
    }
}
