//! Collections that are added, changed and removed by callers of the API.

use ardent_model::{Collection, CollectionPolicy, Error as ModelError};
use serde_json::Value;
use sqlx::{FromRow, PgConnection, QueryBuilder};
use tracing::instrument;

use crate::collection::{COLUMNS, Row, storable};
use crate::error::while_doing;
use crate::item::is_text;
use crate::subject::text_of;
use crate::{Access, Catalog, DocumentVersion, Error, Preconditions, Result, StoredCollection, Terms};

/// Most items that are deleted at once while a collection is removed.
const REMOVED_AT_ONCE: i64 = 2000;

#[derive(FromRow)]
struct Held {
    #[sqlx(flatten)]
    row: Row,
    may_write: bool,
    owns: bool,
}

impl Held {
    /// Whether it may be changed: who may not is told so before the version is looked at.
    fn check(&self, is_allowed: bool, reason: &'static str, preconditions: &Preconditions) -> Result<()> {
        let id = &self.row.id;
        if !is_allowed {
            return Err(Error::NotOwner { collection: id.clone(), reason });
        }
        preconditions.check(&format!("collection `{id}`"), DocumentVersion::of(&self.row.document))
    }
}

impl Catalog {
    /// Adds collections with a policy: all of them, or none if one is there already, seen or not ([`Error::Exists`]).
    #[instrument(skip_all, fields(collections = collections.len()))]
    pub async fn create_collections(
        &self,
        collections: &[Collection],
        policy: &CollectionPolicy,
    ) -> Result<Vec<StoredCollection>> {
        let doing = while_doing("adding collections");
        policy.validate()?;
        let subjects = policy.subjects.iter().map(text_of).collect::<Result<Vec<_>>>()?;
        let owner = policy.owner.as_ref().map(text_of).transpose()?;
        let documents = collections.iter().map(storable).collect::<Result<Vec<_>>>()?;
        let ids: Vec<&str> = collections.iter().map(|collection| collection.id.as_str()).collect();
        let mut query = QueryBuilder::new(
            "INSERT INTO collections (id, document, visibility, subjects, owner) SELECT id, document, ",
        );
        query.push_bind(policy.visibility.name()).push(", ").push_bind(subjects).push("::text[], ").push_bind(owner);
        query.push("::text FROM unnest(").push_bind(&ids).push("::text[], ").push_bind(documents);
        query
            .push("::text[]) AS given (id, document) ORDER BY id COLLATE \"C\" ON CONFLICT (id) DO NOTHING RETURNING ");
        query.push(COLUMNS);
        let mut transaction = self.pool.begin().await.map_err(doing)?;
        let rows: Vec<Row> = query.build_query_as().fetch_all(&mut *transaction).await.map_err(doing)?;
        if rows.len() < ids.len() {
            let added = |id: &&str| rows.iter().any(|row| row.id == **id);
            let taken = ids.iter().filter(|id| !added(id)).map(ToString::to_string).collect();
            return Err(Error::Exists { what: "collections", ids: taken });
        }
        transaction.commit().await.map_err(doing)?;
        rows.into_iter().map(Row::into_stored).collect()
    }

    /// Changes the document of a collection that one may write to. `change` is given the document as it is stored (with
    /// its own extent), while nobody else can change it, and gives what it becomes, with the same id. Items and policy
    /// stay.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn change_collection<E: From<Error>>(
        &self,
        id: &str,
        terms: &Terms,
        change: impl FnOnce(Value) -> std::result::Result<Collection, E>,
    ) -> std::result::Result<StoredCollection, E> {
        let doing = while_doing("changing a collection");
        let mut transaction = self.pool.begin().await.map_err(doing)?;
        let held = hold(id, &terms.access, &mut transaction).await?;
        held.check(held.may_write, "its owner and admins alone change it", &terms.preconditions)?;
        let stored = |source| Error::Stored { id: id.to_owned(), source };
        let collection = change(serde_json::from_str(&held.row.document).map_err(stored)?)?;
        if collection.id != id {
            let reason = "its id cannot change".to_owned();
            return Err(Error::from(ModelError::Collection { collection: id.to_owned(), reason }).into());
        }
        let mut query = QueryBuilder::new("UPDATE collections SET document = ");
        let document = storable(&collection)?;
        query.push_bind(&document).push(", updated = CASE WHEN document = ").push_bind(&document);
        query.push(" THEN updated ELSE now() END WHERE id = ").push_bind(id).push(" RETURNING ").push(COLUMNS);
        let row: Row = query.build_query_as().fetch_one(&mut *transaction).await.map_err(doing)?;
        transaction.commit().await.map_err(doing)?;
        Ok(row.into_stored()?)
    }

    /// Removes a collection that is one's own: from then on nobody sees it, and what is granted on it is forgotten.
    /// [`Catalog::empty_removed`] is to follow.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn remove_collection(&self, id: &str, terms: &Terms) -> Result<()> {
        let doing = while_doing("removing a collection");
        let mut transaction = self.pool.begin().await.map_err(doing)?;
        let held = hold(id, &terms.access, &mut transaction).await?;
        held.check(held.owns, "its owner and admins alone remove it", &terms.preconditions)?;
        let statement = "UPDATE collections SET visibility = 'removed', subjects = '{}', owner = NULL WHERE id = $1";
        sqlx::query(statement).bind(id).execute(&mut *transaction).await.map_err(doing)?;
        transaction.commit().await.map_err(doing)
    }

    /// The collections that are removed and still have items, or are just about to go.
    #[instrument(skip_all)]
    pub async fn removed_collections(&self) -> Result<Vec<String>> {
        let query = sqlx::query_scalar("SELECT id FROM collections WHERE visibility = 'removed' ORDER BY id");
        query.fetch_all(&self.pool).await.map_err(while_doing("reading the removed collections"))
    }

    /// Deletes the items of a removed collection, some at a time so that nobody waits long for it, and then itself.
    /// False if somebody else is at it, or still writes to it: to be tried again.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn empty_removed(&self, id: &str) -> Result<bool> {
        let doing = while_doing("deleting the items of a removed collection");
        let mut last = String::new();
        loop {
            let mut transaction = self.pool.begin().await.map_err(doing)?;
            // Writers hold the collection before its items, and write to it after them. So it is taken only when none
            // holds it: one that waited for it with items in its hands would be waited for by these deletions.
            let hold = "SELECT true FROM collections WHERE id = $1 AND visibility = 'removed' FOR UPDATE SKIP LOCKED";
            let held: Option<bool> =
                sqlx::query_scalar(hold).bind(id).fetch_optional(&mut *transaction).await.map_err(doing)?;
            if held.is_none() {
                let still = "SELECT EXISTS (SELECT FROM collections WHERE id = $1 AND visibility = 'removed')";
                let query = sqlx::query_scalar(still).bind(id);
                return query.fetch_one(&mut *transaction).await.map(|still: bool| !still).map_err(doing);
            }
            // Nobody who came before it was removed is left, and nobody comes: what is deleted stays so.
            let statement = "DELETE FROM items WHERE collection = $1 AND id = ANY \
                (ARRAY(SELECT id FROM items WHERE collection = $1 AND id > $2 ORDER BY id LIMIT $3)) RETURNING id";
            let query = sqlx::query_scalar(statement).bind(id).bind(&last).bind(REMOVED_AT_ONCE);
            let deleted: Vec<String> = query.fetch_all(&mut *transaction).await.map_err(doing)?;
            let is_empty = deleted.is_empty();
            if is_empty {
                let statement = "DELETE FROM collections WHERE id = $1 AND visibility = 'removed'";
                sqlx::query(statement).bind(id).execute(&mut *transaction).await.map_err(doing)?;
            }
            transaction.commit().await.map_err(doing)?;
            if is_empty {
                return Ok(true);
            }
            last = deleted.into_iter().max().unwrap_or(last);
        }
    }
}

/// Holds a collection that one sees.
async fn hold(id: &str, access: &Access, transaction: &mut PgConnection) -> Result<Held> {
    let missing = || Error::NoCollection { collection: id.to_owned() };
    if !is_text(id) {
        return Err(missing());
    }
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(", ");
    access.may_write(&mut query);
    query.push(" AS may_write, ");
    access.owns(&mut query);
    query.push(" AS owns FROM collections WHERE id = ").push_bind(id).push(" AND ");
    access.of_collections(&mut query);
    query.push(" FOR NO KEY UPDATE");
    let held: Option<Held> =
        query.build_query_as().fetch_optional(transaction).await.map_err(while_doing("reading a collection"))?;
    held.ok_or_else(missing)
}
