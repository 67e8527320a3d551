//! Who calls.

use ardent_model::Subject;
use chrono::{DateTime, Utc};

/// A person or service whose token is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who it is: `user:` and the token's `sub`.
    pub user: Subject,
    /// What it is called, for people: nothing may depend on it.
    pub name: String,
    /// Everything that policies may call it: itself, everyone authenticated, its groups and roles. Sorted.
    pub subjects: Vec<Subject>,
    /// The client that got the token.
    pub client: Option<String>,
    /// When the token ends.
    pub expires: DateTime<Utc>,
}
