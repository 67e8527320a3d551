//! Who may do and see what: scopes, those they are granted to, and who sees a collection.

mod scope;
mod subject;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};
pub use scope::{Scope, Scopes};
pub use subject::{Subject, is_issuer_name};

/// Who may see a collection and its items. Its owner and admins always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everyone who may read at all.
    Public,
    /// Those whom the policy names.
    Groups,
    /// Its owner alone; admins alone, if it has none.
    Owner,
}

impl Visibility {
    /// Its name, as documents and the database have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Groups => "groups",
            Self::Owner => "owner",
        }
    }
}

/// Who may see a collection.
///
/// ```
/// use ardent_model::policy::{CollectionPolicy, Visibility};
/// let policy = CollectionPolicy::parse(br#"{"visibility": "groups", "subjects": ["group:rangers"]}"#).unwrap();
/// assert_eq!(policy.visibility, Visibility::Groups);
/// assert_eq!(policy.subjects.first().unwrap().to_string(), "group:rangers");
/// assert!(CollectionPolicy::parse(br#"{"visibility": "groups"}"#).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionPolicy {
    /// Who sees it.
    pub visibility: Visibility,
    /// Who sees it if its visibility is `groups`; empty otherwise.
    #[serde(default)]
    pub subjects: BTreeSet<Subject>,
    /// Whose it is, a `user:…`.
    #[serde(default)]
    pub owner: Option<Subject>,
}

impl Default for CollectionPolicy {
    fn default() -> Self {
        Self { visibility: Visibility::Public, subjects: BTreeSet::new(), owner: None }
    }
}

impl CollectionPolicy {
    /// Reads and validates the JSON form.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let policy: Self = serde_json::from_slice(json).map_err(|error| fault("policy", &error.to_string()))?;
        policy.validate()?;
        Ok(policy)
    }

    /// Whether it says one thing and not two.
    pub fn validate(&self) -> Result<()> {
        match self.visibility {
            Visibility::Groups if self.subjects.is_empty() => {
                return Err(fault("subjects", "it is empty; name who sees the collection, such as group:rangers"));
            }
            Visibility::Public | Visibility::Owner if !self.subjects.is_empty() => {
                return Err(fault("subjects", "they count only if visibility is groups; leave them out"));
            }
            _ => {}
        }
        match &self.owner {
            Some(owner) if !owner.is_user() => Err(fault("owner", "it is not one person; give user:… as /me tells it")),
            _ => Ok(()),
        }
    }
}

pub(crate) fn fault(field: &str, reason: &str) -> Error {
    Error::Policy { field: field.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_contradicts_itself_is_named_with_its_fix() {
        for (json, field, fix) in [
            (r#"{"visibility": "groups"}"#, "subjects", "group:rangers"),
            (r#"{"visibility": "public", "subjects": ["group:a"]}"#, "subjects", "leave them out"),
            (r#"{"visibility": "owner", "owner": "group:a"}"#, "owner", "user:"),
            (r#"{"visibility": "groups", "subjects": ["rangers"]}"#, "policy", "group:NAME"),
            (r#"{"visibility": "secret"}"#, "policy", "expected one of"),
            (r#"{"visibility": "public", "groups": []}"#, "policy", "unknown field"),
            ("[", "policy", "line 1"),
        ] {
            let message = CollectionPolicy::parse(json.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(field) && message.contains(fix), "{json}: {message}");
        }
    }

    #[test]
    fn policies_survive_their_json() {
        let json = r#"{"visibility":"groups","subjects":["group:a","role:b@partner"],"owner":"user:7"}"#;
        let policy = CollectionPolicy::parse(json.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&policy).unwrap(), json);
    }
}
