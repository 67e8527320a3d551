//! What a caller may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::fault;
use crate::{Error, Result};

/// One kind of thing that a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Search, and read documents.
    Read,
    /// Load cubes.
    Load,
    /// Run jobs.
    Job,
    /// Add and change items and collections.
    Ingest,
    /// Everything, policies included; sees every collection.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Read, Self::Load, Self::Job, Self::Ingest, Self::Admin];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Load => "load",
            Self::Job => "job",
            Self::Ingest => "ingest",
            Self::Admin => "admin",
        }
    }

    /// What comes with it: who may run jobs may load, who may load may read.
    const fn implied(self) -> &'static [Self] {
        match self {
            Self::Read => &[Self::Read],
            Self::Load => &[Self::Read, Self::Load],
            Self::Job => &[Self::Read, Self::Load, Self::Job],
            Self::Ingest => &[Self::Read, Self::Ingest],
            Self::Admin => &Self::ALL,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|scope| scope.name() == text);
        found.ok_or_else(|| fault("scope", &format!("`{text}` is none; give read, load, job, ingest or admin")))
    }
}

/// A set of scopes, with all that comes with them.
///
/// ```
/// use ardent_model::policy::{Scope, Scopes};
/// let scopes = Scopes::from_iter([Scope::Load]);
/// assert!(scopes.allows(Scope::Read) && !scopes.allows(Scope::Admin));
/// assert_eq!(scopes.to_string(), "read load");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether a thing of this kind may be done.
    pub const fn allows(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.allows(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        let bit = |scope: &Scope| 1 << *scope as u8;
        Self(scopes.into_iter().flat_map(Scope::implied).fold(0, |bits, scope| bits | bit(scope)))
    }
}

impl fmt::Display for Scopes {
    /// Names with blanks between, as OAuth has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(" "))
    }
}

impl Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Ok(Vec::<Scope>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_brings_what_it_needs_and_no_more() {
        for (scope, expected) in [
            (Scope::Read, "read"),
            (Scope::Load, "read load"),
            (Scope::Job, "read load job"),
            (Scope::Ingest, "read ingest"),
            (Scope::Admin, "read load job ingest admin"),
        ] {
            assert_eq!(Scopes::from_iter([scope]).to_string(), expected);
            assert_eq!(scope.name().parse::<Scope>().unwrap(), scope);
        }
        assert!("write".parse::<Scope>().unwrap_err().to_string().contains("`write` is none; give read"));
    }

    #[test]
    fn sets_join_and_meet() {
        let (load, ingest) = (Scopes::from_iter([Scope::Load]), Scopes::from_iter([Scope::Ingest]));
        assert_eq!(load.union(ingest).to_string(), "read load ingest");
        assert_eq!(load.intersection(ingest).to_string(), "read");
        assert!(Scopes::NONE.is_empty() && !load.is_empty());
        assert_eq!(serde_json::to_string(&load).unwrap(), r#"["read","load"]"#);
        assert_eq!(serde_json::from_str::<Scopes>(r#"["load"]"#).unwrap(), load);
    }
}
