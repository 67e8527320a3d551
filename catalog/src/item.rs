//! Items as they are handed out.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder};
use tracing::instrument;

use crate::error::while_doing;
use crate::{Access, Catalog, DocumentVersion, Result};

/// An item as stored.
#[derive(Debug, Clone, FromRow)]
pub struct StoredItem {
    /// Id of its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
    /// The document as JSON text, without links.
    pub document: String,
    /// When it last changed.
    pub updated: DateTime<Utc>,
    /// Its version, which changes with the document.
    #[sqlx(rename = "hash", try_from = "[u8; 32]")]
    pub version: DocumentVersion,
}

/// The columns of `items` that a [`StoredItem`] is read from.
pub(crate) const ITEM_COLUMNS: &str = "collection, id, document, updated, hash";

impl Catalog {
    /// An item, if it exists and one may see its collection.
    #[instrument(skip_all, fields(collection.id = collection, item.id = id))]
    pub async fn item(&self, collection: &str, id: &str, access: &Access) -> Result<Option<StoredItem>> {
        if !is_text(collection) || !is_text(id) {
            return Ok(None);
        }
        let mut query = QueryBuilder::new("SELECT ");
        query
            .push(ITEM_COLUMNS)
            .push(" FROM items WHERE id = ")
            .push_bind(id)
            // By id: the index of a collection by time would be no worse while the table is small, and the plan is kept.
            .push(" AND (collection = ")
            .push_bind(collection)
            .push(") IS TRUE AND ");
        access.of_items(&mut query);
        query.build_query_as().fetch_optional(&self.settled).await.map_err(while_doing("reading an item"))
    }
}

/// Whether PostgreSQL can hold a text: it cannot hold U+0000, so nothing is called that.
pub(crate) fn is_text(text: &str) -> bool {
    !text.contains('\0')
}
