//! Items that are added, changed and removed one by one, or a few at once, by callers of the API. Each write is one
//! transaction that holds, in this order: the collection, the items, and what the collection keeps of them.

use serde_json::Value;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder, Transaction};
use tracing::instrument;

use crate::error::while_doing;
use crate::extent::forget_if_empty;
use crate::ingest::{Batch, be_patient};
use crate::item::{ITEM_COLUMNS, is_text};
use crate::{Access, Catalog, Counts, DocumentVersion, Error, NewItem, Result, StoredItem, Terms};

/// An item to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemName {
    /// Id of its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
}

#[derive(FromRow)]
struct Held {
    document: String,
    #[sqlx(rename = "hash", try_from = "[u8; 32]")]
    version: DocumentVersion,
}

impl Catalog {
    /// Adds an item to a collection that one may write to, if it is not there yet ([`Error::Exists`]).
    #[instrument(skip_all, fields(collection.id = new.item().collection, item.id = new.item().id))]
    pub async fn create_item(&self, new: NewItem, access: &Access) -> Result<StoredItem> {
        let name = ItemName { collection: new.item().collection.clone(), id: new.item().id.clone() };
        let (mut transaction, _) = self.create(&name.collection, vec![new], access).await?;
        let item = read(&name, &mut transaction).await?;
        transaction.commit().await.map_err(while_doing("adding an item"))?;
        Ok(item)
    }

    /// Adds items to a collection that one may write to: all of them, or none if one is there already
    /// ([`Error::Exists`]). They are items of `collection`.
    #[instrument(skip_all, fields(collection.id = collection, items = items.len()))]
    pub async fn create_items(&self, collection: &str, items: Vec<NewItem>, access: &Access) -> Result<Counts> {
        let (transaction, counts) = self.create(collection, items, access).await?;
        transaction.commit().await.map_err(while_doing("adding items"))?;
        Ok(counts)
    }

    async fn create(
        &self,
        collection: &str,
        items: Vec<NewItem>,
        access: &Access,
    ) -> Result<(Transaction<'static, Postgres>, Counts)> {
        let doing = while_doing("adding items");
        let batch = Batch::of(items);
        let ids = batch.ids();
        let mut transaction = self.pool.begin().await.map_err(doing)?;
        be_patient(&mut transaction).await?;
        hold_for_writing(collection, access, &mut transaction).await?;
        exist_not(collection, &ids, &mut transaction).await?;
        let counts = batch.store(&mut transaction).await?;
        if counts.inserted == ids.len() as u64 {
            return Ok((transaction, counts));
        }
        // Somebody else has added one of them in the meantime.
        transaction.rollback().await.map_err(doing)?;
        let mut connection = self.pool.acquire().await.map_err(doing)?;
        exist_not(collection, &ids, &mut connection).await?;
        Err(Error::Exists { what: "items", ids: Vec::new() })
    }

    /// Changes an item of a collection that one may write to. `change` is given the document as it is stored, while
    /// nobody else can change it, and gives the item that it becomes, which keeps its id and collection.
    #[instrument(skip_all, fields(collection.id = name.collection, item.id = name.id))]
    pub async fn change_item<E: From<Error>>(
        &self,
        name: &ItemName,
        terms: &Terms,
        change: impl FnOnce(Value) -> std::result::Result<NewItem, E>,
    ) -> std::result::Result<StoredItem, E> {
        let doing = while_doing("changing an item");
        let mut transaction = self.pool.begin().await.map_err(doing)?;
        let held = hold(name, terms, &mut transaction).await?;
        let stored = |source| Error::Stored { id: name.id.clone(), source };
        let new = change(serde_json::from_str(&held.document).map_err(stored)?)?;
        if (&new.item().collection, &new.item().id) != (&name.collection, &name.id) {
            let reason = "its id and collection cannot change".to_owned();
            let error = ardent_model::Error::Item { item: name.id.clone(), reason };
            return Err(Error::from(error).into());
        }
        Batch::of(vec![new]).store(&mut transaction).await?;
        let item = read(name, &mut transaction).await?;
        transaction.commit().await.map_err(doing)?;
        Ok(item)
    }

    /// Removes an item from a collection that one may write to. What the collection says it covers stays as wide as it
    /// was, unless no item is left.
    #[instrument(skip_all, fields(collection.id = name.collection, item.id = name.id))]
    pub async fn remove_item(&self, name: &ItemName, terms: &Terms) -> Result<()> {
        let doing = while_doing("removing an item");
        let mut transaction = self.pool.begin().await.map_err(doing)?;
        hold(name, terms, &mut transaction).await?;
        let query = sqlx::query("DELETE FROM items WHERE collection = $1 AND id = $2");
        query.bind(&name.collection).bind(&name.id).execute(&mut *transaction).await.map_err(doing)?;
        forget_if_empty(&name.collection, &mut transaction).await.map_err(doing)?;
        transaction.commit().await.map_err(doing)
    }
}

/// An item that is held, so that it is there.
async fn read(name: &ItemName, transaction: &mut PgConnection) -> Result<StoredItem> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(ITEM_COLUMNS).push(" FROM items WHERE collection = ").push_bind(&name.collection);
    query.push(" AND id = ").push_bind(&name.id);
    query.build_query_as().fetch_one(transaction).await.map_err(while_doing("reading an item"))
}

/// Holds an item that one may change, if it is at a version that the preconditions ask for.
async fn hold(name: &ItemName, terms: &Terms, transaction: &mut PgConnection) -> Result<Held> {
    let ItemName { collection, id } = name;
    hold_for_writing(collection, &terms.access, transaction).await?;
    let missing = || Error::NoItem { collection: collection.clone(), item: id.clone() };
    if !is_text(id) {
        return Err(missing());
    }
    let statement = "SELECT document, hash FROM items WHERE collection = $1 AND id = $2 FOR NO KEY UPDATE";
    let query = sqlx::query_as(statement).bind(collection).bind(id);
    let held: Option<Held> = query.fetch_optional(transaction).await.map_err(while_doing("reading an item"))?;
    let held = held.ok_or_else(missing)?;
    terms.preconditions.check(&format!("item `{id}`"), held.version)?;
    Ok(held)
}

/// Sees that one may write to a collection, and that it stays until the transaction ends. One that is hidden is not
/// there ([`Error::NoCollection`]).
async fn hold_for_writing(collection: &str, access: &Access, transaction: &mut PgConnection) -> Result<()> {
    let missing = || Error::NoCollection { collection: collection.to_owned() };
    if !is_text(collection) {
        return Err(missing());
    }
    let mut query = QueryBuilder::new("SELECT ");
    access.may_write(&mut query);
    query.push(" FROM collections WHERE id = ").push_bind(collection).push(" AND ");
    access.of_collections(&mut query);
    query.push(" FOR KEY SHARE");
    let may_write: Option<bool> =
        query.build_query_scalar().fetch_optional(transaction).await.map_err(while_doing("reading a collection"))?;
    if may_write.ok_or_else(missing)? {
        return Ok(());
    }
    let reason = "its owner and admins alone write to it";
    Err(Error::NotOwner { collection: collection.to_owned(), reason })
}

/// [`Error::Exists`] if a collection has an item with one of these ids.
async fn exist_not(collection: &str, ids: &[String], connection: &mut PgConnection) -> Result<()> {
    let query = sqlx::query_scalar("SELECT id FROM items WHERE collection = $1 AND id = ANY ($2) ORDER BY id");
    let query = query.bind(collection).bind(ids);
    let present: Vec<String> = query.fetch_all(connection).await.map_err(while_doing("reading items"))?;
    if present.is_empty() { Ok(()) } else { Err(Error::Exists { what: "items", ids: present }) }
}
