//! Who may see each collection.

use std::collections::BTreeMap;

use ardent_model::{CollectionPolicy, Error as ModelError, Subject, Visibility};
use sqlx::FromRow;
use tracing::instrument;

use crate::error::while_doing;
use crate::item::is_text;
use crate::subject::{read, text_of};
use crate::{Catalog, Error, Result};

/// The columns of `collections` that hold a policy.
#[derive(Debug, FromRow)]
pub(crate) struct PolicyRow {
    visibility: String,
    subjects: Vec<String>,
    owner: Option<String>,
}

impl PolicyRow {
    /// The policy of the collection called `id`.
    pub(crate) fn into_policy(self, id: &str) -> Result<CollectionPolicy> {
        let of = || format!("the policy of `{id}`");
        let known = [Visibility::Public, Visibility::Groups, Visibility::Owner];
        let visibility = known.into_iter().find(|one| one.name() == self.visibility).ok_or_else(|| {
            let reason = format!("`{}` is none", self.visibility);
            Error::Corrupt { what: of(), source: ModelError::Policy { field: "visibility".to_owned(), reason } }
        })?;
        let owner: Vec<Subject> = read(self.owner.as_slice(), of)?;
        Ok(CollectionPolicy { visibility, subjects: read(&self.subjects, of)?, owner: owner.into_iter().next() })
    }
}

#[derive(FromRow)]
struct Row {
    id: String,
    #[sqlx(flatten)]
    policy: PolicyRow,
}

impl Catalog {
    /// Who may see a collection; `None` if there is none of this id.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn collection_policy(&self, id: &str) -> Result<Option<CollectionPolicy>> {
        if !is_text(id) {
            return Ok(None);
        }
        let query = sqlx::query_as(
            "SELECT visibility, subjects, owner FROM collections WHERE id = $1 AND visibility <> 'removed'",
        )
        .bind(id);
        let row: Option<PolicyRow> =
            query.fetch_optional(&self.pool).await.map_err(while_doing("reading a collection's policy"))?;
        row.map(|row| row.into_policy(id)).transpose()
    }

    /// Who may see each collection, by its id.
    #[instrument(skip_all)]
    pub async fn collection_policies(&self) -> Result<BTreeMap<String, CollectionPolicy>> {
        let query =
            sqlx::query_as("SELECT id, visibility, subjects, owner FROM collections WHERE visibility <> 'removed'");
        let rows: Vec<Row> =
            query.fetch_all(&self.pool).await.map_err(while_doing("reading the collections' policies"))?;
        let with_id = |row: Row| row.policy.into_policy(&row.id).map(|policy| (row.id, policy));
        rows.into_iter().map(with_id).collect()
    }

    /// Changes who may see a collection, from the next query on. [`Error::NoCollection`] if there is none of this id,
    /// [`Error::Model`] for a policy that contradicts itself.
    #[instrument(skip_all, fields(collection.id = id))]
    pub async fn set_collection_policy(&self, id: &str, policy: &CollectionPolicy) -> Result<()> {
        let missing = || Error::NoCollection { collection: id.to_owned() };
        policy.validate()?;
        let subjects = policy.subjects.iter().map(text_of).collect::<Result<Vec<_>>>()?;
        let owner = policy.owner.as_ref().map(text_of).transpose()?;
        if !is_text(id) {
            return Err(missing());
        }
        let statement = "UPDATE collections SET visibility = $2, subjects = $3, owner = $4, updated = now() \
             WHERE id = $1 AND visibility <> 'removed'";
        let query = sqlx::query(statement).bind(id).bind(policy.visibility.name()).bind(subjects).bind(owner);
        let changed = query.execute(&self.pool).await.map_err(while_doing("changing a collection's policy"))?;
        if changed.rows_affected() == 0 { Err(missing()) } else { Ok(()) }
    }
}
