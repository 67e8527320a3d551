//! Who did what.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, QueryBuilder};
use tracing::instrument;

use crate::error::while_doing;
use crate::subject::holdable;
use crate::{Catalog, Result};

/// Something that somebody did, or tried to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct AuditEntry {
    /// When; the last time of several.
    pub at: DateTime<Utc>,
    /// Who: a subject, or `cli:` and the name of a user of the machine. None: not known.
    pub actor: Option<String>,
    /// Where from.
    pub address: Option<String>,
    /// What was done, such as `policy.set`.
    pub action: String,
    /// What it was done to.
    pub target: Option<String>,
    /// What became of it, such as `done` or `refused`.
    pub outcome: String,
    /// Of the request that did it.
    pub request_id: Option<String>,
    /// What else there is to know. Never a secret.
    pub detail: Option<String>,
    /// How many times, where the same is told once; at least 1.
    #[sqlx(try_from = "i32")]
    pub count: u32,
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct StoredAudit {
    /// Its number, greater than those of entries recorded before it.
    pub id: i64,
    /// What it says.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub entry: AuditEntry,
}

/// Which entries to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// None before this.
    pub since: Option<DateTime<Utc>>,
    /// None at this or after.
    pub until: Option<DateTime<Utc>>,
    /// By this actor only.
    pub actor: Option<String>,
    /// Of this action only.
    pub action: Option<String>,
    /// Recorded before the entry of this number: the last of a page continues with the next.
    pub before_id: Option<i64>,
    /// How many at most.
    pub limit: u32,
}

impl Default for AuditQuery {
    /// The newest hundred.
    fn default() -> Self {
        Self { since: None, until: None, actor: None, action: None, before_id: None, limit: 100 }
    }
}

/// Numbers go up in the order of the entries.
const RECORD: &str = "
INSERT INTO audit (at, actor, address, action, target, outcome, request_id, detail, count)
SELECT at, actor, address, action, target, outcome, request_id, detail, count
FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::integer[])
    WITH ORDINALITY AS given (at, actor, address, action, target, outcome, request_id, detail, count, position)
ORDER BY position";

impl Catalog {
    /// Records entries, all of them or none. U+0000, which the database cannot hold, becomes U+FFFD.
    #[instrument(skip_all, fields(entries = entries.len()))]
    pub async fn record(&self, entries: &[AuditEntry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let texts = |of: fn(&AuditEntry) -> &str| entries.iter().map(|one| holdable(of(one))).collect::<Vec<_>>();
        let options = |of: fn(&AuditEntry) -> Option<&str>| {
            entries.iter().map(|one| of(one).map(holdable)).collect::<Vec<Option<String>>>()
        };
        let count = |one: &AuditEntry| i32::try_from(one.count.max(1)).unwrap_or(i32::MAX);
        let query = sqlx::query(RECORD)
            .bind(entries.iter().map(|one| one.at).collect::<Vec<_>>())
            .bind(options(|one| one.actor.as_deref()))
            .bind(options(|one| one.address.as_deref()))
            .bind(texts(|one| &one.action))
            .bind(options(|one| one.target.as_deref()))
            .bind(texts(|one| &one.outcome))
            .bind(options(|one| one.request_id.as_deref()))
            .bind(options(|one| one.detail.as_deref()))
            .bind(entries.iter().map(count).collect::<Vec<_>>());
        query.execute(&self.pool).await.map(drop).map_err(while_doing("recording the audit"))
    }

    /// Entries, the one recorded last first.
    #[instrument(skip_all)]
    pub async fn audit(&self, wanted: &AuditQuery) -> Result<Vec<StoredAudit>> {
        let mut query = QueryBuilder::new(
            "SELECT id, at, actor, address, action, target, outcome, request_id, detail, count FROM audit WHERE true",
        );
        if let Some(since) = wanted.since {
            query.push(" AND at >= ").push_bind(since);
        }
        if let Some(until) = wanted.until {
            query.push(" AND at < ").push_bind(until);
        }
        if let Some(actor) = &wanted.actor {
            query.push(" AND actor = ").push_bind(holdable(actor));
        }
        if let Some(action) = &wanted.action {
            query.push(" AND action = ").push_bind(holdable(action));
        }
        if let Some(id) = wanted.before_id {
            query.push(" AND id < ").push_bind(id);
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(wanted.limit));
        query.build_query_as().fetch_all(&self.pool).await.map_err(while_doing("reading the audit"))
    }

    /// Forgets the entries from before a time. Returns how many that were.
    #[instrument(skip_all)]
    pub async fn prune_audit(&self, before: DateTime<Utc>) -> Result<u64> {
        let query = sqlx::query("DELETE FROM audit WHERE at < $1").bind(before);
        let pruned = query.execute(&self.pool).await.map_err(while_doing("pruning the audit"))?;
        Ok(pruned.rows_affected())
    }
}
