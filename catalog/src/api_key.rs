//! API keys: what scripts and services show instead of a token.

mod secret;

use ardent_model::{Error as ModelError, Scope, Scopes, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::{FromRow, QueryBuilder};
use tracing::instrument;
use uuid::Uuid;

use crate::error::while_doing;
use crate::subject::{names_of, read, text_of, texts_of};
use crate::{Catalog, Error, Result};
pub use secret::ApiSecret;

/// Days that a key may live at most.
pub const MAX_KEY_DAYS: i64 = 366;
/// Keys of one owner that open something, at most.
const MAX_LIVE_KEYS: i64 = 100;
/// Characters of a label at most.
const MAX_LABEL: usize = 200;

/// A key to store.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it is for, in its owner's words: at most 200 characters on one line.
    pub label: String,
    /// Whose it is, a `user:…`.
    pub owner: Subject,
    /// What its owner is. Those that no policy can name are left out.
    pub subjects: Vec<Subject>,
    /// What may be done with it, as far as its subjects may.
    pub scopes: Scopes,
    /// When it ends, [`MAX_KEY_DAYS`] from now at the latest.
    pub expires: DateTime<Utc>,
    /// Of its secret ([`ApiSecret::hash`]).
    pub hash: [u8; 32],
}

/// A key as stored; its secret is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub label: String,
    /// Whose it is.
    pub owner: Subject,
    /// What its owner was when last seen, in order.
    pub subjects: Vec<Subject>,
    /// What may be done with it, as far as its subjects may.
    pub scopes: Scopes,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends.
    pub expires: DateTime<Utc>,
    /// When it was revoked, if it was.
    pub revoked: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    label: String,
    owner: String,
    subjects: Vec<String>,
    scopes: Vec<String>,
    created: DateTime<Utc>,
    expires: DateTime<Utc>,
    revoked: Option<DateTime<Utc>>,
}

impl Row {
    fn into_key(self) -> Result<ApiKey> {
        let id = self.id;
        let of = || format!("the key {id}");
        Ok(ApiKey {
            id,
            label: self.label,
            owner: self.owner.parse().map_err(|source| Error::Corrupt { what: of(), source })?,
            subjects: read(&self.subjects, of)?,
            scopes: read::<Scope, _>(&self.scopes, of)?,
            created: self.created,
            expires: self.expires,
            revoked: self.revoked,
        })
    }
}

const COLUMNS: &str = "id, label, owner, subjects, scopes, created, expires, revoked";
/// Condition on keys that open something.
const IS_LIVE: &str = "revoked IS NULL AND expires > now()";

impl NewKey {
    fn check(&self) -> Result<()> {
        let fault = |field: &str, reason: String| {
            Err(ModelError::Policy { field: field.to_owned(), reason: format!("{reason} of the key") }.into())
        };
        let label = self.label.trim();
        if label.is_empty() || label.chars().count() > MAX_LABEL || label.chars().any(char::is_control) {
            return fault("label", format!("give 1 to {MAX_LABEL} characters on one line as the label"));
        }
        if !self.owner.is_user() {
            return fault("owner", format!("`{}` is not one person; give user:… as the owner", self.owner));
        }
        if self.scopes.is_empty() {
            return fault("scopes", "there is none; give read, load, job, ingest or admin as scopes".to_owned());
        }
        let now = Utc::now();
        // A minute for clocks that differ.
        let latest = now + TimeDelta::days(MAX_KEY_DAYS) + TimeDelta::minutes(1);
        if self.expires <= now || self.expires > latest {
            return fault("expires", format!("give a time within {MAX_KEY_DAYS} days from now as the end"));
        }
        Ok(())
    }
}

impl Catalog {
    /// Stores a key. [`Error::Model`] names what is wrong with it.
    #[instrument(skip_all, fields(owner = %key.owner))]
    pub async fn add_key(&self, key: &NewKey) -> Result<ApiKey> {
        key.check()?;
        let mut query = QueryBuilder::new("SELECT count(*) FROM api_keys WHERE ");
        query.push(IS_LIVE).push(" AND ");
        push_owner(&mut query, Some(&key.owner));
        let live: i64 =
            query.build_query_scalar().fetch_one(&self.pool).await.map_err(while_doing("counting the keys"))?;
        if live >= MAX_LIVE_KEYS {
            let reason = format!("{} has {live} keys; revoke one, {MAX_LIVE_KEYS} are the most", key.owner);
            return Err(ModelError::Policy { field: "owner".to_owned(), reason }.into());
        }
        let mut query =
            QueryBuilder::new("INSERT INTO api_keys (hash, label, owner, subjects, scopes, expires) VALUES (");
        let mut values = query.separated(", ");
        values.push_bind(key.hash.to_vec()).push_bind(key.label.trim()).push_bind(text_of(&key.owner)?);
        values.push_bind(texts_of(&key.subjects)).push_bind(names_of(key.scopes)).push_bind(key.expires);
        query.push(") RETURNING ").push(COLUMNS);
        let row: Row = query.build_query_as().fetch_one(&self.pool).await.map_err(while_doing("storing a key"))?;
        row.into_key()
    }

    /// The key of a secret's hash, if it has neither ended nor been revoked.
    #[instrument(skip_all)]
    pub async fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>> {
        let mut query = QueryBuilder::new("SELECT ");
        query.push(COLUMNS).push(" FROM api_keys WHERE hash = ").push_bind(hash.to_vec());
        query.push(" AND ").push(IS_LIVE);
        let row = query.build_query_as().fetch_optional(&self.pool).await;
        row.map_err(while_doing("looking a key up"))?.map(Row::into_key).transpose()
    }

    /// The keys of an owner, or all: the newest first, those that have ended or been revoked among them.
    #[instrument(skip_all)]
    pub async fn keys(&self, owner: Option<&Subject>) -> Result<Vec<ApiKey>> {
        let mut query = QueryBuilder::new("SELECT ");
        query.push(COLUMNS).push(" FROM api_keys WHERE ");
        push_owner(&mut query, owner);
        query.push(" ORDER BY created DESC, id");
        let rows: Vec<Row> =
            query.build_query_as().fetch_all(&self.pool).await.map_err(while_doing("reading the keys"))?;
        rows.into_iter().map(Row::into_key).collect()
    }

    /// Revokes a key, from the next query on. False if there is none of this id; with an owner, the keys of others are
    /// not there. A key that was revoked before stays as it is.
    #[instrument(skip_all, fields(key.id = %id))]
    pub async fn revoke_key(&self, id: Uuid, owner: Option<&Subject>) -> Result<bool> {
        let mut query = QueryBuilder::new("UPDATE api_keys SET revoked = coalesce(revoked, now()) WHERE id = ");
        query.push_bind(id).push(" AND ");
        push_owner(&mut query, owner);
        let changed = query.build().execute(&self.pool).await.map_err(while_doing("revoking a key"))?;
        Ok(changed.rows_affected() > 0)
    }

    /// Forgets the keys that ended before a time. Returns how many that were.
    #[instrument(skip_all)]
    pub async fn prune_keys(&self, before: DateTime<Utc>) -> Result<u64> {
        let query = sqlx::query("DELETE FROM api_keys WHERE expires < $1").bind(before);
        let pruned = query.execute(&self.pool).await.map_err(while_doing("pruning the keys"))?;
        Ok(pruned.rows_affected())
    }

    /// Revokes the keys of an owner. Returns how many there were.
    #[instrument(skip_all, fields(%owner))]
    pub async fn revoke_keys_of(&self, owner: &Subject) -> Result<u64> {
        let mut query = QueryBuilder::new("UPDATE api_keys SET revoked = now() WHERE revoked IS NULL AND ");
        push_owner(&mut query, Some(owner));
        let changed = query.build().execute(&self.pool).await.map_err(while_doing("revoking keys"))?;
        Ok(changed.rows_affected())
    }

    /// Takes from the keys of an owner what it is no more: a key is never worth more than its owner's last token, nor
    /// more than it was made for. Returns how many keys that changed.
    #[instrument(skip_all, fields(%owner))]
    pub async fn refresh_keys(&self, owner: &Subject, subjects: &[Subject]) -> Result<u64> {
        let subjects = texts_of(subjects);
        let mut query = QueryBuilder::new(
            "UPDATE api_keys SET subjects = ARRAY(SELECT one FROM unnest(subjects) AS one WHERE one = ANY (",
        );
        query.push_bind(subjects.clone()).push("::text[])) WHERE NOT subjects <@ ").push_bind(subjects).push(" AND ");
        push_owner(&mut query, Some(owner));
        query.push(" AND ").push(IS_LIVE);
        let changed = query.build().execute(&self.pool).await.map_err(while_doing("refreshing keys"))?;
        Ok(changed.rows_affected())
    }
}

/// Appends the condition on keys of an owner. One that cannot be stored has none.
fn push_owner(query: &mut QueryBuilder<sqlx::Postgres>, owner: Option<&Subject>) {
    match owner.map(text_of) {
        None => query.push("true"),
        Some(Ok(owner)) => query.push("owner = ").push_bind(owner.to_owned()),
        Some(Err(_)) => query.push("false"),
    };
}
