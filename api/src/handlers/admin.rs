//! What admins do over HTTP; `ardent policy`, `key` and `audit` do the same beside the database.

pub(crate) mod audit;
pub(crate) mod collection_policy;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod policies;
