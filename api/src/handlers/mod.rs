//! One file per resource. A handler reads a validated value, makes one call and writes the answer.

pub(crate) mod admin;
pub(crate) mod aggregate;
mod change;
pub(crate) mod children;
pub(crate) mod collection_queryables;
pub(crate) mod collection_transactions;
pub(crate) mod collections;
pub(crate) mod conformance;
pub(crate) mod dates;
pub(crate) mod documentation;
pub(crate) mod estimate;
pub(crate) mod export;
pub(crate) mod functions;
pub(crate) mod health;
pub(crate) mod item_transactions;
pub(crate) mod items;
pub(crate) mod keys;
pub(crate) mod landing;
pub(crate) mod load;
pub(crate) mod me;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod protected_resource;
pub(crate) mod queryables;
pub(crate) mod search;
pub(crate) mod sortables;
pub(crate) mod table;
