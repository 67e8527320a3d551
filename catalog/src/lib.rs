#![doc = include_str!("../README.md")]

pub mod cluster;

mod access;
mod api_key;
mod audit;
mod collection;
mod collection_write;
mod error;
mod extent;
mod footprint;
mod grant;
mod ingest;
mod item;
mod item_write;
mod new_item;
mod policy;
mod pool;
mod property;
mod reproject;
mod search;
mod subject;
mod usage;
mod version;
mod wkb;

pub use access::Access;
pub use api_key::{ApiKey, ApiSecret, MAX_KEY_DAYS, NewKey};
pub use audit::{AuditEntry, AuditQuery, StoredAudit};
pub use collection::{StoredCollection, check_collection};
pub use error::Error;
pub use ingest::Counts;
pub use item::StoredItem;
pub use item_write::ItemName;
pub use new_item::NewItem;
pub use pool::Catalog;
pub use property::{PropertyDomain, ValueKind};
pub use search::{Aggregated, Bucket, CollectionPage, DayPage, DayQuery, MAX_BUCKETS, Matched, Page};
pub use usage::Charge;
pub use version::{DocumentVersion, NoVersion, Preconditions, Terms, Versions};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
