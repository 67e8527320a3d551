#![doc = include_str!("../README.md")]

pub mod error;
pub mod object;
mod plain_http;
pub mod profile;
pub mod stores;

pub use error::Error;
pub use object::{Object, Version};
pub use object_store;
pub use profile::{Profiles, StoreProfile};
pub use stores::Stores;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
