#![doc = include_str!("../README.md")]

pub mod cluster;

mod access;
mod collection;
mod error;
mod extent;
mod footprint;
mod ingest;
mod item;
mod pool;
mod search;
mod wkb;

pub use access::{Access, Visibility};
pub use collection::StoredCollection;
pub use error::Error;
pub use ingest::{Counts, NewItem};
pub use item::StoredItem;
pub use pool::Catalog;
pub use search::{Matched, Page};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
