//! What can go wrong, by what a caller can do about it.

use crate::cluster::ClusterError;

/// A failed request to the catalogue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be reached, or is going down: 503.
    #[error("the database cannot be reached; try again in a moment")]
    Unavailable {
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A statement took longer than it may.
    #[error("{doing} took longer than the database's time limit; ask for less at a time")]
    Timeout {
        /// What was being done.
        doing: &'static str,
    },
    /// Aggregating took longer than it may: 503.
    #[error(
        "aggregating took longer than {} ms; ask about fewer items (`collections`, `datetime`, `bbox`) or for fewer \
         aggregations",
        budget.as_millis()
    )]
    Slow {
        /// How long it may take.
        budget: std::time::Duration,
    },
    /// A page token that is not ours: 400.
    #[error("token: {reason}")]
    Token {
        /// What is wrong.
        reason: String,
    },
    /// Items for a collection that is not there: the caller's fault.
    #[error("collection `{collection}` does not exist; add it first (ardent product add)")]
    NoCollection {
        /// Its id.
        collection: String,
    },
    /// An item that is to be changed and is not there, or hidden.
    #[error("there is no item `{item}` in `{collection}`; search for the items there are")]
    NoItem {
        /// Id of its collection.
        collection: String,
        /// Its id.
        item: String,
    },
    /// What is to be added is there already: 409.
    #[error("{what} {} already; change what is there with PUT or PATCH", present(.ids))]
    Exists {
        /// What they are, such as `items`.
        what: &'static str,
        /// The ids that are taken.
        ids: Vec<String>,
    },
    /// A collection whose items are still being deleted: 409.
    #[error("collection `{collection}` is being removed; try again when its items are gone")]
    BeingRemoved {
        /// Its id.
        collection: String,
    },
    /// A document that is not at the version that a write asks for: 412.
    #[error("{what} is at the version {version}, which is not what the request asks for; read it again")]
    Changed {
        /// What it is.
        what: String,
        /// The version that it is at.
        version: crate::DocumentVersion,
    },
    /// A collection that one sees and may not write to: 403.
    #[error("collection `{collection}` is somebody else's; {reason}")]
    NotOwner {
        /// Its id.
        collection: String,
        /// Who may.
        reason: &'static str,
    },
    /// The schema is older than this program.
    #[error("the database's schema is at version {found}, this program needs {wanted}; run `ardent migrate`")]
    Schema {
        /// The version that is there; 0: none.
        found: i64,
        /// The version that is needed.
        wanted: i64,
    },
    /// A step of the schema could not be made.
    #[error("the schema could not be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A statement failed: 500.
    #[error("the database failed while {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A document in the database is not JSON any more: 500.
    #[error("the stored document of `{id}` cannot be read")]
    Stored {
        /// Id of the collection or item.
        id: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A geometry cannot be read from the database or written for it: 500.
    #[error("a geometry cannot be brought to the database, or from it")]
    Geometry {
        /// Why.
        #[source]
        source: geozero::error::GeozeroError,
    },
    /// A policy, a grant or a key in the database is not one any more: 500.
    #[error("{what} cannot be read from the database")]
    Corrupt {
        /// What it is, and whose.
        what: String,
        /// Why.
        #[source]
        source: ardent_model::Error,
    },
    /// The operating system gives no random numbers: 500.
    #[error("the operating system gives no random numbers")]
    Random {
        /// Why.
        #[source]
        source: getrandom::Error,
    },
    /// A private cluster cannot be had.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A value that the vocabulary refuses.
    #[error(transparent)]
    Model(#[from] ardent_model::Error),
}

/// How many ids a message lists.
const LISTED: usize = 20;

/// "`a`, `b` and 3 others are there".
fn present(ids: &[String]) -> String {
    let listed: Vec<String> = ids.iter().take(LISTED).map(|id| format!("`{id}`")).collect();
    let listed = listed.join(", ");
    match ids.len() {
        0 => "are there".to_owned(),
        1 => format!("{listed} is there"),
        count if count > LISTED => format!("{listed} and {} others are there", count - LISTED),
        _ => format!("{listed} are there"),
    }
}

/// SQLSTATE of a statement that was cancelled, by `statement_timeout` as far as we are concerned.
pub(crate) const QUERY_CANCELED: &str = "57014";

/// SQLSTATE of a statement that waited for another's lock for longer than `lock_timeout`.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Sorts the errors of the database by what a caller can do about them.
pub(crate) fn while_doing(doing: &'static str) -> impl Fn(sqlx::Error) -> Error + Copy {
    move |source| match code(&source).as_deref() {
        Some(QUERY_CANCELED | LOCK_NOT_AVAILABLE) => Error::Timeout { doing },
        _ if is_away(&source) => Error::Unavailable { source },
        _ => Error::Database { doing, source },
    }
}

/// SQLSTATE of an error.
pub(crate) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned)
}

/// Whether the database cannot be reached, or takes no more connections, or goes down.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        // 08: connection exceptions; 57P01 to 57P05: shut down, crashed, starting, dropped, idle; 53300: too many.
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P0") || code == "53300")
        }
        _ => false,
    }
}
