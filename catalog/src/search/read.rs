//! Reading the rows of a page.

use futures::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::boxes;
use super::filter::{Filter, ITEMS};
use super::order::Order;
use super::plan::Plan;
use super::token::Place;
use crate::error::while_doing;
use crate::{Catalog, Result};

/// The document of a row that was found, read where it lies.
const LATE: &str = "(SELECT document FROM items AS whole WHERE whole.ctid = found.at) AS document";

/// Which rows make a page.
pub(super) struct Paging<'a> {
    /// Columns of the rows.
    pub(super) columns: &'static str,
    pub(super) filter: &'a Filter,
    pub(super) order: Order,
    /// Where the page before ended.
    pub(super) after: Option<Place>,
    pub(super) limit: usize,
    /// It ends once its rows have so many bytes.
    pub(super) bytes: usize,
}

/// Rows of a page.
#[derive(Debug)]
pub(super) struct Rows<T> {
    pub(super) rows: Vec<T>,
    /// Where the page ended, if another follows.
    pub(super) next: Option<Place>,
}

#[derive(FromRow)]
struct Placed<T> {
    #[sqlx(flatten)]
    row: T,
    place: Vec<Option<String>>,
}

/// The columns, with something else instead of the document.
fn replaced(columns: &str, document: &str) -> String {
    let names = columns.split(", ").map(|name| if name == "document" { document } else { name });
    names.collect::<Vec<_>>().join(", ")
}

impl Paging<'_> {
    /// The query, and whether one plan is good whatever its values.
    fn query(&self) -> Result<(QueryBuilder<Postgres>, bool)> {
        match self.filter.plan(Some((&self.order, self.limit))) {
            plan @ (Plan::Times | Plan::Boxes) => Ok((self.skimming(plan)?, self.has_one_walk(plan))),
            plan @ (Plan::Ids | Plan::Rows { is_settled: true }) => Ok((self.reading(plan)?, true)),
            plan @ (Plan::Rows { is_settled: false } | Plan::RowsInBoxes { .. }) => Ok((self.reading(plan)?, false)),
        }
    }

    /// Whether one index is the best to be looked into, whatever the values: in time, not if collections are named, which
    /// may be small, nor by cloud cover, which has an index of its own to be walked instead of sorting an interval.
    fn has_one_walk(&self, plan: Plan) -> bool {
        plan == Plan::Boxes || !self.filter.names_collections() && !self.order.is_by_cover()
    }

    /// Finds rows by what an index has of them, and reads those alone that may be of the page.
    fn skimming(&self, plan: Plan) -> Result<QueryBuilder<Postgres>> {
        let columns: Vec<String> = self.columns.split(", ").map(|name| format!("found.{name}")).collect();
        let mut query = QueryBuilder::new("SELECT ");
        query.push(columns.join(", ")).push(", ");
        self.order.push_place(&mut query);
        query.push(" FROM (");
        match plan {
            Plan::Boxes => self.push_found_in_boxes(&mut query)?,
            _ => self.push_walked(&mut query)?,
        }
        query.push(") AS skimmed, LATERAL (SELECT ").push(self.columns);
        let [collection, id] = self.order.name_keys();
        // By id: the index of a collection by time would be no worse while the table is small, and the plan is kept.
        query.push(format!(" FROM items WHERE items.id = skimmed.{id}"));
        query.push(format!(" AND (items.collection = skimmed.{collection}) IS TRUE"));
        self.filter.push_not_indexed(&mut query);
        query.push(" OFFSET 0) AS found");
        if let Some(only) = self.filter.only_collection() {
            // It is known already; said here, it need not be sorted by.
            query.push(format!(" WHERE skimmed.{collection} = ")).push_bind(only.to_owned());
        }
        self.order.push_by_keys(&mut query);
        self.push_limit(&mut query);
        Ok(query)
    }

    /// Appends the query for the keys of what the indexes of time have, in their order.
    fn push_walked(&self, query: &mut QueryBuilder<Postgres>) -> Result<()> {
        self.push_keys(query);
        self.push_indexed(query)?;
        if !self.filter.boxes().is_empty() {
            // Hidden from the planner, who would look for the boxes first.
            boxes::push_any(query.push(" AND ("), self.filter.boxes());
            query.push(") IS TRUE");
        }
        self.order.push(query);
        if self.filter.is_indexed() {
            self.push_limit(query);
        } else {
            query.push(" OFFSET 0");
        }
        Ok(())
    }

    /// Appends the query for the keys of what the index of boxes has, each once, in their order.
    fn push_found_in_boxes(&self, query: &mut QueryBuilder<Postgres>) -> Result<()> {
        let boxes = self.filter.boxes();
        query.push("SELECT * FROM (");
        for (number, wanted) in boxes.iter().enumerate() {
            self.push_keys(query.push(if number > 0 { " UNION ALL " } else { "" }));
            wanted.push(query);
            for earlier in &boxes[..number] {
                earlier.push(query.push(" AND NOT "));
            }
            // The rest is hidden from the planner, who would take any index for it before that of boxes.
            query.push(" AND (");
            self.push_indexed(query)?;
            query.push(") IS TRUE");
        }
        if boxes.is_empty() {
            self.push_keys(query);
            query.push("false");
        }
        query.push(") AS boxed");
        self.order.push_by_keys(query);
        query.push(" OFFSET 0");
        Ok(())
    }

    /// Appends the beginning of a query for keys.
    fn push_keys(&self, query: &mut QueryBuilder<Postgres>) {
        query.push("SELECT ");
        self.order.push_keys(query);
        query.push(" FROM items WHERE ");
    }

    /// Appends the conditions, as far as the indexes tell, on what comes after the page before.
    fn push_indexed(&self, query: &mut QueryBuilder<Postgres>) -> Result<()> {
        self.filter.push_indexed(query);
        self.after.as_ref().map_or(Ok(()), |place| self.order.push_after(query, place))
    }

    /// One more than asked for tells whether there is another page.
    fn push_limit(&self, query: &mut QueryBuilder<Postgres>) {
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1);
        query.push(" LIMIT ").push_bind(limit);
    }

    fn reading(&self, plan: Plan) -> Result<QueryBuilder<Postgres>> {
        // Places, and the documents of items, are those of the page's rows alone, not of all that are sorted.
        let has_documents = self.columns.split(", ").any(|name| name == "document");
        let (early, late) = if has_documents && self.filter.table() == ITEMS {
            (replaced(self.columns, "ctid AS at"), replaced(self.columns, LATE))
        } else {
            (self.columns.to_owned(), self.columns.to_owned())
        };
        let mut query = QueryBuilder::new("SELECT ");
        query.push(late).push(", ");
        self.order.push_place(&mut query);
        // Ids come before any order, which an index has, too.
        let is_by_id = plan == Plan::Ids;
        query.push(if is_by_id { " FROM (SELECT * FROM (SELECT " } else { " FROM (SELECT " }).push(early).push(", ");
        self.order.push_keys(&mut query);
        query.push(" FROM ").push(self.filter.table()).push(" WHERE ");
        self.filter.push(&mut query, plan);
        if let Some(place) = &self.after {
            self.order.push_after(&mut query, place)?;
        }
        if is_by_id {
            query.push(" OFFSET 0) AS named");
            self.order.push_by_keys(&mut query);
        } else {
            self.order.push(&mut query);
        }
        self.push_limit(&mut query);
        query.push(") AS found");
        Ok(query)
    }
}

impl Catalog {
    /// The rows of a page, which ends where it is full, or heavy.
    pub(super) async fn read_page<T>(&self, paging: &Paging<'_>, bytes_of: impl Fn(&T) -> usize) -> Result<Rows<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let (mut query, is_settled) = paging.query()?;
        let pool = if is_settled { &self.settled } else { &self.pool };
        let mut found = query.build_query_as::<Placed<T>>().fetch(pool);
        let (mut rows, mut bytes, mut last) = (Vec::new(), 0, None);
        while let Some(Placed { row, place }) = found.try_next().await.map_err(while_doing("searching"))? {
            if rows.len() == paging.limit || bytes >= paging.bytes {
                return Ok(Rows { rows, next: last });
            }
            bytes += bytes_of(&row);
            rows.push(row);
            last = Some(Place(place));
        }
        Ok(Rows { rows, next: None })
    }
}
