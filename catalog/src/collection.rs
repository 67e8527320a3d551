//! Collections: adding, reading, hiding.

use ardent_model::Collection;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{AssertSqlSafe, FromRow};
use tracing::instrument;

use crate::error::while_doing;
use crate::extent::ExtentRow;
use crate::item::is_text;
use crate::{Access, Catalog, Error, Result, Visibility};

/// A collection as stored.
#[derive(Debug, Clone)]
pub struct StoredCollection {
    /// The document with its live extent (bbox and interval of its items), without links.
    pub collection: Collection,
    /// Who may see it.
    pub visibility: Visibility,
    /// When it or its items last changed.
    pub updated: DateTime<Utc>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    document: String,
    visibility: String,
    updated: DateTime<Utc>,
    #[sqlx(flatten)]
    extent: ExtentRow,
}

impl Row {
    fn into_stored(self) -> Result<StoredCollection> {
        let read = serde_json::from_str(&self.document);
        let mut document: Value = read.map_err(|source| Error::Stored { id: self.id, source })?;
        self.extent.put_into(&mut document);
        let collection = Collection::from_stac(document)?;
        Ok(StoredCollection {
            collection,
            visibility: Visibility::from_stored(&self.visibility),
            updated: self.updated,
        })
    }
}

const COLUMNS: &str = "id, document, visibility, updated, south, north, western_min, western_max, eastern_min, \
                       eastern_max, items_time";

impl Catalog {
    /// Adds a collection or replaces its document; its visibility (public at first) stays. True if it was new.
    #[instrument(skip_all, fields(collection.id = collection.id))]
    pub async fn put_collection(&self, collection: &Collection) -> Result<bool> {
        let fault = |reason: &str| ardent_model::Error::Collection {
            collection: collection.id.clone(),
            reason: reason.to_owned(),
        };
        if !is_text(&collection.id) {
            return Err(fault("its id contains U+0000, which the database cannot hold").into());
        }
        if collection.document.get("extent").is_some_and(|extent| !extent.is_object()) {
            return Err(fault("`extent` is not an object").into());
        }
        let document = without_links(collection.document.clone()).to_string();
        // A document that is the same changes nothing, not even the time of the last change.
        let statement = "INSERT INTO collections AS stored (id, document) VALUES ($1, $2) \
             ON CONFLICT (id) DO UPDATE SET document = excluded.document, \
             updated = CASE WHEN stored.document = excluded.document THEN stored.updated ELSE now() END \
             RETURNING xmax = 0";
        let query = sqlx::query_scalar(statement).bind(&collection.id).bind(document);
        query.fetch_one(&self.pool).await.map_err(while_doing("adding a collection"))
    }

    /// Changes who may see a collection.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn set_visibility(&self, id: &str, visibility: Visibility) -> Result<()> {
        let missing = || Error::NoCollection { collection: id.to_owned() };
        if !is_text(id) {
            return Err(missing());
        }
        let query = sqlx::query("UPDATE collections SET visibility = $2, updated = now() WHERE id = $1");
        let changed = query.bind(id).bind(visibility.as_str()).execute(&self.pool).await;
        match changed.map_err(while_doing("changing a collection's visibility"))?.rows_affected() {
            0 => Err(missing()),
            _ => Ok(()),
        }
    }

    /// The collections one may see, by id.
    #[instrument(skip_all)]
    pub async fn collections(&self, access: Access) -> Result<Vec<StoredCollection>> {
        let statement = format!("SELECT {COLUMNS} FROM collections WHERE {} ORDER BY id", access.of_collections());
        let rows = sqlx::query_as(AssertSqlSafe(statement)).fetch_all(&self.pool).await;
        rows.map_err(while_doing("reading the collections"))?.into_iter().map(Row::into_stored).collect()
    }

    /// A collection, if it exists and one may see it.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn collection(&self, id: &str, access: Access) -> Result<Option<StoredCollection>> {
        if !is_text(id) {
            return Ok(None);
        }
        let statement = format!("SELECT {COLUMNS} FROM collections WHERE id = $1 AND {}", access.of_collections());
        let row: Option<Row> = sqlx::query_as(AssertSqlSafe(statement))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(while_doing("reading a collection"))?;
        row.map(Row::into_stored).transpose()
    }
}

/// A document as it is stored: links are made anew whenever it is handed out.
pub(crate) fn without_links(mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.remove("links");
    }
    document
}
