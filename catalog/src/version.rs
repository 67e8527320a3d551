//! Versions of documents, and what a write asks of the one that is there.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::{Access, Error, Result};

/// The version of an item or a collection: the SHA-256 of its stored document, links apart. It changes with the
/// document and with nothing else, so whoever keeps it can tell later whether the document is still the same. Its text
/// form is 64 hexadecimal digits.
///
/// ```
/// use ardent_catalog::DocumentVersion;
/// let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// let version: DocumentVersion = text.parse().unwrap();
/// assert_eq!(version.to_string(), text);
/// assert!("e3b0c442".parse::<DocumentVersion>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentVersion([u8; 32]);

impl DocumentVersion {
    /// That of a document as it is stored.
    pub(crate) fn of(document: &str) -> Self {
        Self(Sha256::digest(document).into())
    }
}

impl From<[u8; 32]> for DocumentVersion {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for DocumentVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is 64 hexadecimal digits")]
pub struct NoVersion;

impl FromStr for DocumentVersion {
    type Err = NoVersion;

    fn from_str(text: &str) -> std::result::Result<Self, NoVersion> {
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NoVersion);
        }
        let mut digest = [0; 32];
        for (index, byte) in digest.iter_mut().enumerate() {
            let digits = text.get(2 * index..2 * index + 2).ok_or(NoVersion)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NoVersion)?;
        }
        Ok(Self(digest))
    }
}

impl Serialize for DocumentVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Versions that a condition speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// Whichever there is.
    Any,
    /// One of these.
    These(Vec<DocumentVersion>),
}

impl Versions {
    fn cover(&self, version: DocumentVersion) -> bool {
        match self {
            Self::Any => true,
            Self::These(versions) => versions.contains(&version),
        }
    }
}

/// What must be so for a document to be changed (RFC 9110, `If-Match` and `If-None-Match`). By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// Its version must be one of these.
    pub only: Option<Versions>,
    /// Its version must be none of these.
    pub never: Option<Versions>,
}

impl Preconditions {
    /// Whether they hold for a document of this version; [`Error::Changed`] if not.
    pub(crate) fn check(&self, what: &str, version: DocumentVersion) -> Result<()> {
        let is_wanted = self.only.as_ref().is_none_or(|only| only.cover(version));
        let is_unwanted = self.never.as_ref().is_some_and(|never| never.cover(version));
        if is_wanted && !is_unwanted { Ok(()) } else { Err(Error::Changed { what: what.to_owned(), version }) }
    }
}

/// On which terms a document is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What the one who changes it sees and owns.
    pub access: Access,
    /// At which versions.
    pub preconditions: Preconditions,
}

impl Terms {
    /// Whatever the version.
    pub fn always(access: Access) -> Self {
        Self { access, preconditions: Preconditions::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_version_is_refused() {
        for text in ["", "12", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65), &format!("+{}", "0".repeat(63))] {
            assert!(text.parse::<DocumentVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn preconditions_hold_for_the_versions_they_name() {
        let (one, other) = (DocumentVersion::of("one"), DocumentVersion::of("other"));
        let these = |versions: &[DocumentVersion]| Some(Versions::These(versions.to_vec()));
        for (only, never, holds) in [
            (None, None, true),
            (these(&[other, one]), None, true),
            (these(&[other]), None, false),
            (these(&[]), None, false),
            (Some(Versions::Any), None, true),
            (None, Some(Versions::Any), false),
            (None, these(&[other]), true),
            (these(&[one]), these(&[one]), false),
        ] {
            let conditions = Preconditions { only, never };
            assert_eq!(conditions.check("it", one).is_ok(), holds, "{conditions:?}");
        }
    }
}
