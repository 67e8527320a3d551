#![doc = include_str!("../README.md")]

pub mod cluster;

mod access;
mod api_key;
mod audit;
mod collection;
mod error;
mod extent;
mod footprint;
mod grant;
mod ingest;
mod item;
mod policy;
mod pool;
mod search;
mod subject;
mod usage;
mod wkb;

pub use access::Access;
pub use api_key::{ApiKey, ApiSecret, MAX_KEY_DAYS, NewKey};
pub use audit::{AuditEntry, AuditQuery, StoredAudit};
pub use collection::StoredCollection;
pub use error::Error;
pub use ingest::{Counts, NewItem};
pub use item::StoredItem;
pub use pool::Catalog;
pub use search::{CollectionPage, DayPage, DayQuery, Matched, Page};
pub use usage::Charge;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
