//! The catalogue (interface stub: the catalog work replaces every body and splits it into files).
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unimplemented,
    unused_variables,
    clippy::allow_attributes_without_reason,
    clippy::allow_attributes
)]

use ardent_model::{Collection, Item, Search};
use chrono::{DateTime, Utc};

pub mod cluster {
    //! A private PostgreSQL cluster.
    use std::path::Path;
    /// A running private cluster; stopped by `stop` (and on drop as a last resort).
    #[derive(Debug)]
    pub struct Cluster {}
    impl Cluster {
        /// Creates the cluster in `data_folder` if it is not there, starts it, makes the database `ardent` with PostGIS.
        pub async fn start(data_folder: &Path) -> crate::Result<Self> {
            unimplemented!()
        }
        /// `postgres://` URL of its database, over the unix socket.
        pub fn url(&self) -> secrecy::SecretString {
            unimplemented!()
        }
        /// Stops it (fast shutdown) and waits.
        pub async fn stop(self) -> crate::Result<()> {
            unimplemented!()
        }
    }
}

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be reached, or is going down: 503.
    #[error("the database is away")]
    Unavailable {
        /// Why.
        #[source]
        source: sqlx::Error,
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
    /// A statement failed: 500.
    #[error("the database failed while {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A value that the vocabulary refuses.
    #[error(transparent)]
    Model(#[from] ardent_model::Error),
}

/// Who may see a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everyone.
    Public,
    /// Only those with full access.
    Private,
}

/// What the caller may see; a row filter in every query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Public collections only.
    Public,
    /// Everything (the command line, admins).
    Full,
}

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

/// An item to store.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// What was understood of it.
    pub item: Item,
    /// The document, whole; links are dropped when it is stored.
    pub document: serde_json::Value,
}

/// An item as stored.
#[derive(Debug, Clone)]
pub struct StoredItem {
    /// Id of its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
    /// The document as JSON text, without links.
    pub document: String,
    /// When it last changed.
    pub updated: DateTime<Utc>,
}

/// How many items a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// The number.
    pub count: u64,
    /// False: an estimate, since counting took too long.
    pub exact: bool,
}

/// A page of a search.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its items, datetime descending, then collection and id.
    pub items: Vec<StoredItem>,
    /// Token of the next page; none on the last.
    pub next: Option<String>,
    /// How many there are in all.
    pub matched: Option<Matched>,
}

/// What became of a batch of items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// New.
    pub inserted: u64,
    /// There, and different.
    pub updated: u64,
    /// There, and the same.
    pub unchanged: u64,
}

/// The catalogue: a pool of connections to PostGIS. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalog {}

impl Catalog {
    /// Connects; fails if the database cannot be reached.
    pub async fn connect(url: &secrecy::SecretString) -> Result<Self> {
        unimplemented!()
    }
    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<()> {
        unimplemented!()
    }
    /// Whether the database answers and its schema is current.
    pub async fn ping(&self) -> Result<()> {
        unimplemented!()
    }
    /// Closes every connection.
    pub async fn close(&self) {
        unimplemented!()
    }
    /// Adds a collection or replaces its document; its visibility (public at first) stays. True if it was new.
    pub async fn put_collection(&self, collection: &Collection) -> Result<bool> {
        unimplemented!()
    }
    /// Changes who may see a collection.
    pub async fn set_visibility(&self, id: &str, visibility: Visibility) -> Result<()> {
        unimplemented!()
    }
    /// The collections one may see, by id.
    pub async fn collections(&self, access: Access) -> Result<Vec<StoredCollection>> {
        unimplemented!()
    }
    /// A collection, if it exists and one may see it.
    pub async fn collection(&self, id: &str, access: Access) -> Result<Option<StoredCollection>> {
        unimplemented!()
    }
    /// Adds or replaces items, all in one transaction; items name their collections. The last of equal ids wins.
    pub async fn put_items(&self, items: Vec<NewItem>) -> Result<Counts> {
        unimplemented!()
    }
    /// One page of a search. `search` is validated.
    pub async fn search(&self, search: &Search, access: Access) -> Result<Page> {
        unimplemented!()
    }
    /// An item, if it exists and one may see its collection.
    pub async fn item(&self, collection: &str, id: &str, access: Access) -> Result<Option<StoredItem>> {
        unimplemented!()
    }
}
