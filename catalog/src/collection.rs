//! Collections: adding and reading.

use ardent_model::{Collection, CollectionPolicy};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder};
use tracing::instrument;

use crate::error::while_doing;
use crate::extent::ExtentRow;
use crate::item::is_text;
use crate::new_item::{MAX_ID_BYTES, is_jsonb};
use crate::policy::PolicyRow;
use crate::{Access, Catalog, DocumentVersion, Error, Result};

/// A collection as stored.
#[derive(Debug, Clone)]
pub struct StoredCollection {
    /// The document with its live extent (bbox and interval of its items) and summaries, without links.
    pub collection: Collection,
    /// Who may see it.
    pub policy: CollectionPolicy,
    /// When it or its items last changed.
    pub updated: DateTime<Utc>,
    /// The version of its document; what its items cover does not count.
    pub version: DocumentVersion,
}

#[derive(Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) document: String,
    updated: DateTime<Utc>,
    #[sqlx(flatten)]
    policy: PolicyRow,
    #[sqlx(flatten)]
    extent: ExtentRow,
    live_summaries: Json<Map<String, Value>>,
}

impl Row {
    /// Bytes of the document.
    pub(crate) fn bytes(&self) -> usize {
        self.document.len()
    }

    pub(crate) fn into_stored(self) -> Result<StoredCollection> {
        let policy = self.policy.into_policy(&self.id)?;
        let version = DocumentVersion::of(&self.document);
        let read = serde_json::from_str(&self.document);
        let mut document: Value = read.map_err(|source| Error::Stored { id: self.id, source })?;
        self.extent.put_into(&mut document);
        put_summaries(&mut document, self.live_summaries.0);
        let collection = Collection::from_stac(document)?;
        Ok(StoredCollection { collection, policy, updated: self.updated, version })
    }
}

macro_rules! columns {
    ($summaries:literal) => {
        concat!(
            "id, document, updated, visibility, subjects, owner, south, north, western_min, western_max, ",
            "eastern_min, eastern_max, items_time, ",
            $summaries,
            " AS live_summaries"
        )
    };
}

/// The columns of a row.
pub(crate) const COLUMNS: &str = columns!("live_summaries(id)");
/// The same without live summaries, which take most of the time: for who wants to know what there is.
const PLAIN_COLUMNS: &str = columns!("'{}'::jsonb");

impl Catalog {
    /// Adds a collection or replaces its document; its policy (public at first, without owner) stays. True if it was new.
    #[instrument(skip_all, fields(collection.id = collection.id))]
    pub async fn put_collection(&self, collection: &Collection) -> Result<bool> {
        let document = storable(collection)?;
        // A document that is the same changes nothing, not even the time of the last change.
        let statement = "INSERT INTO collections AS stored (id, document) VALUES ($1, $2) \
             ON CONFLICT (id) DO UPDATE SET document = excluded.document, \
             updated = CASE WHEN stored.document = excluded.document THEN stored.updated ELSE now() END \
             WHERE stored.visibility <> 'removed' RETURNING xmax = 0";
        let query = sqlx::query_scalar(statement).bind(&collection.id).bind(document);
        let is_new = query.fetch_optional(&self.pool).await.map_err(while_doing("adding a collection"))?;
        is_new.ok_or_else(|| Error::BeingRemoved { collection: collection.id.clone() })
    }

    /// The collections one may see, by id.
    #[instrument(skip_all)]
    pub async fn collections(&self, access: &Access) -> Result<Vec<StoredCollection>> {
        self.collections_with(COLUMNS, access).await
    }

    /// The same without live summaries.
    #[instrument(skip_all)]
    pub async fn collections_without_summaries(&self, access: &Access) -> Result<Vec<StoredCollection>> {
        self.collections_with(PLAIN_COLUMNS, access).await
    }

    async fn collections_with(&self, columns: &str, access: &Access) -> Result<Vec<StoredCollection>> {
        let mut query = QueryBuilder::new("SELECT ");
        query.push(columns).push(" FROM collections WHERE ");
        access.of_collections(&mut query);
        query.push(" ORDER BY id");
        let rows: Vec<Row> =
            query.build_query_as().fetch_all(&self.settled).await.map_err(while_doing("reading the collections"))?;
        rows.into_iter().map(Row::into_stored).collect()
    }

    /// A collection, if it exists and one may see it.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn collection(&self, id: &str, access: &Access) -> Result<Option<StoredCollection>> {
        self.collection_with(COLUMNS, id, access).await
    }

    /// The same without live summaries.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn collection_without_summaries(&self, id: &str, access: &Access) -> Result<Option<StoredCollection>> {
        self.collection_with(PLAIN_COLUMNS, id, access).await
    }

    async fn collection_with(&self, columns: &str, id: &str, access: &Access) -> Result<Option<StoredCollection>> {
        if !is_text(id) {
            return Ok(None);
        }
        let mut query = QueryBuilder::new("SELECT ");
        query.push(columns).push(" FROM collections WHERE id = ").push_bind(id).push(" AND ");
        access.of_collections(&mut query);
        let row: Option<Row> =
            query.build_query_as().fetch_optional(&self.settled).await.map_err(while_doing("reading a collection"))?;
        row.map(Row::into_stored).transpose()
    }
}

/// Whether the catalogue can hold a collection.
pub fn check_collection(collection: &Collection) -> Result<()> {
    storable(collection).map(drop)
}

/// The document of a collection as it is stored, or why the database cannot hold it.
pub(crate) fn storable(collection: &Collection) -> Result<String> {
    let fault = |reason: &str| {
        Err(ardent_model::Error::Collection { collection: collection.id.clone(), reason: reason.to_owned() }.into())
    };
    if !is_text(&collection.id) {
        return fault("its id contains U+0000, which the database cannot hold");
    }
    if !is_jsonb(&collection.document) {
        return fault("a text in it contains U+0000, which the database cannot hold");
    }
    if collection.id.len() > MAX_ID_BYTES {
        return fault("its id is longer than 1024 bytes");
    }
    if collection.document.get("extent").is_some_and(|extent| !extent.is_object()) {
        return fault("`extent` is not an object");
    }
    Ok(without_links(collection.document.clone()).to_string())
}

/// A document as it is stored: links are made anew whenever it is handed out.
pub(crate) fn without_links(mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.remove("links");
    }
    document
}

/// Puts what the items have into a document; what its own summaries say stands.
fn put_summaries(document: &mut Value, live: Map<String, Value>) {
    let Some(members) = document.as_object_mut().filter(|_| !live.is_empty()) else { return };
    let Some(summaries) = members.entry("summaries").or_insert_with(|| json!({})).as_object_mut() else { return };
    for (name, summary) in live {
        summaries.entry(name).or_insert(summary);
    }
}
