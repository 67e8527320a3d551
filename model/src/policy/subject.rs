//! Whom a policy speaks of.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::fault;
use crate::{Error, Result};

/// Whom a policy speaks of: a group, a role, one person, or everyone who has signed in. Its text form is what the
/// command line, `/admin/policies` and the database have.
///
/// Names belong to the issuer that vouches for them. The issuer that has a name adds it, so that a partner's `admins`
/// are not ours: `group:admins@partner`. In the names themselves `%`, `@` and, in a client's id, `/` are written
/// `%25`, `%40` and `%2F`.
///
/// ```
/// use ardent_model::policy::Subject;
/// let subject: Subject = "client-role:notebooks/editor@partner".parse().unwrap();
/// assert_eq!(subject, Subject::client_role("notebooks", "editor").of(Some("partner")));
/// assert_eq!(Subject::group("/rangers/north").to_string(), "group:rangers/north");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subject(String);

const AUTHENTICATED: &str = "authenticated";
const KINDS: [&str; 4] = ["group", "role", "client-role", "user"];

impl Subject {
    /// Everyone with a token or key that is good, of whichever issuer.
    pub fn authenticated() -> Self {
        Self(AUTHENTICATED.to_owned())
    }

    /// A group, by its path; the slash that Keycloak puts before it does not count.
    pub fn group(path: &str) -> Self {
        Self::named("group", &escape(path.strip_prefix('/').unwrap_or(path), false))
    }

    /// A role of the realm.
    pub fn role(name: &str) -> Self {
        Self::named("role", &escape(name, false))
    }

    /// A role of a client.
    pub fn client_role(client: &str, name: &str) -> Self {
        Self::named("client-role", &format!("{}/{}", escape(client, true), escape(name, false)))
    }

    /// One person or service, by the `sub` of its tokens.
    pub fn user(sub: &str) -> Self {
        Self::named("user", &escape(sub, false))
    }

    fn named(kind: &str, name: &str) -> Self {
        Self(format!("{kind}:{name}"))
    }

    /// The same, vouched for by the issuer of this name.
    #[must_use]
    pub fn of(self, issuer: Option<&str>) -> Self {
        match issuer {
            Some(issuer) if self.0 != AUTHENTICATED => Self(format!("{}@{issuer}", self.0)),
            _ => self,
        }
    }

    /// Whether it is one person or service.
    pub fn is_user(&self) -> bool {
        self.0.starts_with("user:")
    }

    /// Its text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text can be the name of an issuer.
pub fn is_issuer_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn escape(name: &str, is_client: bool) -> String {
    let name = name.replace('%', "%25").replace('@', "%40");
    if is_client { name.replace('/', "%2F") } else { name }
}

impl FromStr for Subject {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = || {
            let known = "give authenticated, group:NAME, role:NAME, client-role:CLIENT/NAME or user:SUB, \
                         each followed by @ISSUER if the issuer has a name";
            fault("subject", &format!("`{text}` is none; {known}"))
        };
        if text == AUTHENTICATED {
            return Ok(Self::authenticated());
        }
        let (kind, rest) = text.split_once(':').ok_or_else(refuse)?;
        let (name, issuer) = rest.split_once('@').map_or((rest, None), |(name, issuer)| (name, Some(issuer)));
        let is_whole = KINDS.contains(&kind) && !name.is_empty() && !text.chars().any(char::is_control);
        let is_client =
            kind != "client-role" || name.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
        if !is_whole || !is_client || !is_escaped(name) || !issuer.is_none_or(is_issuer_name) {
            return Err(refuse());
        }
        let name = if kind == "group" { name.strip_prefix('/').unwrap_or(name) } else { name };
        Ok(Self::named(kind, name).of(issuer))
    }
}

/// Whether every `%` begins one of the three codes, so that a subject has one text form.
fn is_escaped(name: &str) -> bool {
    name.match_indices('%').all(|(at, _)| matches!(name.get(at..at + 3), Some("%25" | "%40" | "%2F")))
}

impl TryFrom<String> for Subject {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_issuer_can_speak_for_another() {
        // A group that calls itself after another issuer stays its own issuer's.
        let forged = Subject::group("admins@partner");
        assert_eq!(forged.to_string(), "group:admins%40partner");
        assert_ne!(forged, Subject::group("admins").of(Some("partner")));
        assert_ne!(Subject::group("x").of(Some("a")), Subject::group("x"));
        // Nor is a client's role another client's.
        assert_ne!(Subject::client_role("a/b", "c"), Subject::client_role("a", "b/c"));
    }

    #[test]
    fn every_subject_is_read_back() {
        for subject in [
            Subject::authenticated(),
            Subject::group("/a/b"),
            Subject::group("50% @home").of(Some("partner")),
            Subject::role("uma_authorization"),
            Subject::client_role("http://a.b/c", "x/y"),
            Subject::user("f:0b1e:alice@example.org").of(Some("p-2")),
        ] {
            assert_eq!(subject.to_string().parse::<Subject>().unwrap(), subject);
        }
        assert_eq!("group:/a".parse::<Subject>().unwrap(), Subject::group("a"));
    }

    #[test]
    fn what_is_none_is_refused_with_what_would_pass() {
        for text in
            ["", "rangers", "team:x", "group:", "group:a@", "group:a@b@c", "group:50%", "client-role:x", "role:a\n"]
        {
            let message = text.parse::<Subject>().unwrap_err().to_string();
            assert!(message.contains("group:NAME"), "{text}: {message}");
        }
    }
}
