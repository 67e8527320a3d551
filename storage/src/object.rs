//! One object of a store.

use std::{fmt, ops::Range, sync::Arc};

use bytes::Bytes;
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, path::Path};

use crate::{Error, Result};

/// An object: a store, and a path in it. Cheap to clone.
#[derive(Clone)]
pub struct Object {
    /// Its logical href, for messages and as a cache key.
    pub href: Arc<str>,
    /// The store it is in.
    pub store: Arc<dyn ObjectStore>,
    /// Where in the store.
    pub path: Path,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.href).finish()
    }
}

/// What tells versions of an object apart: its ETag or, in stores without ETags, its size and date.
///
/// ```
/// use ardent_storage::Version;
/// use ardent_storage::object_store::{ObjectMeta, path::Path};
/// let version = |e_tag: Option<&str>, size, date: &str| Version::of(&ObjectMeta {
///     location: Path::from("a"), last_modified: date.parse().unwrap(), size, e_tag: e_tag.map(str::to_owned), version: None,
/// });
/// let (then, later) = ("2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z");
/// assert!(version(Some("1"), 5, then).is(&version(Some("1"), 5, later)));
/// assert!(!version(Some("1"), 5, then).is(&version(Some("2"), 5, then)));
/// assert!(version(None, 5, then).is(&version(None, 5, then)));
/// assert!(!version(None, 5, then).is(&version(None, 6, then)) && !version(None, 5, then).is(&version(None, 5, later)));
/// ```
#[derive(Debug, Clone)]
pub struct Version(ObjectMeta);

impl Version {
    /// Of an object, as the store has it now.
    pub fn of(meta: &ObjectMeta) -> Self {
        Self(meta.clone())
    }

    /// Its ETag, if the store has such.
    pub fn etag(&self) -> Option<&str> {
        self.0.e_tag.as_deref()
    }

    /// Whether both are the same. Dates of web servers are in whole seconds.
    pub fn is(&self, other: &Self) -> bool {
        match (self.etag(), other.etag()) {
            (Some(one), Some(two)) => one == two,
            _ => self.0.size == other.0.size && self.0.last_modified == other.0.last_modified,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.etag() {
            Some(etag) => write!(f, "ETag {etag}"),
            None => write!(f, "{} bytes of {}", self.0.size, self.0.last_modified.to_rfc3339()),
        }
    }
}

impl Object {
    fn failed(&self) -> impl Fn(object_store::Error) -> Error + '_ {
        |source| Error::from_store(&self.href, source)
    }

    /// Size, ETag and date.
    pub async fn head(&self) -> Result<ObjectMeta> {
        self.store.head(&self.path).await.map_err(self.failed())
    }

    /// All of it.
    pub async fn get(&self) -> Result<Bytes> {
        let answer = self.store.get(&self.path).await.map_err(self.failed())?;
        answer.bytes().await.map_err(self.failed())
    }

    /// The bytes of `range`; fewer than that is [`Error::Truncated`].
    pub async fn get_range(&self, range: Range<u64>) -> Result<Bytes> {
        let bytes = self.store.get_range(&self.path, range.clone()).await.map_err(self.failed())?;
        self.whole(range, bytes)
    }

    /// The first `length_bytes`, or all there are, with the object's size and ETag.
    pub async fn get_head(&self, length_bytes: u64) -> Result<(Bytes, ObjectMeta)> {
        let options = GetOptions { range: Some((0..length_bytes).into()), ..GetOptions::default() };
        let answer = self.store.get_opts(&self.path, options).await.map_err(self.failed())?;
        let meta = answer.meta.clone();
        Ok((answer.bytes().await.map_err(self.failed())?, meta))
    }

    /// The bytes of `range` of this version; [`Error::Changed`] if the object is another by now.
    pub async fn get_range_of(&self, range: Range<u64>, version: &Version) -> Result<Bytes> {
        // A weak ETag never matches a condition (RFC 9110 §13.1.1); it is compared afterwards like the others.
        let condition = version.etag().filter(|etag| !etag.starts_with("W/")).map(str::to_owned);
        let options = GetOptions { range: Some(range.clone().into()), if_match: condition, ..GetOptions::default() };
        let answer = self.store.get_opts(&self.path, options).await.map_err(self.failed())?;
        // Some stores ignore the condition, and some have no ETags.
        self.compare(version, &answer.meta)?;
        let bytes = answer.bytes().await.map_err(self.failed())?;
        self.whole(range, bytes)
    }

    /// [`Error::Changed`] if the object is not this version any more.
    pub async fn check(&self, version: &Version) -> Result<()> {
        self.compare(version, &self.head().await?)
    }

    fn compare(&self, wanted: &Version, meta: &ObjectMeta) -> Result<()> {
        let found = Version::of(meta);
        if wanted.is(&found) {
            return Ok(());
        }
        let source = format!("it was {wanted} and is {found}").into();
        Err(self.failed()(object_store::Error::Precondition { path: self.path.to_string(), source }))
    }

    /// The bytes of each of `ranges`; neighbours are fetched together.
    pub async fn get_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let parts = self.store.get_ranges(&self.path, ranges).await.map_err(self.failed())?;
        ranges.iter().zip(parts).map(|(range, bytes)| self.whole(range.clone(), bytes)).collect()
    }

    /// Writes all of it.
    pub async fn put(&self, bytes: Bytes) -> Result<()> {
        self.store.put(&self.path, PutPayload::from_bytes(bytes)).await.map_err(self.failed()).map(|_| ())
    }

    fn whole(&self, range: Range<u64>, bytes: Bytes) -> Result<Bytes> {
        let wanted_bytes = range.end.saturating_sub(range.start);
        if bytes.len() as u64 == wanted_bytes {
            return Ok(bytes);
        }
        let got_bytes = bytes.len() as u64;
        Err(Error::Truncated { href: self.href.to_string(), offset_bytes: range.start, wanted_bytes, got_bytes })
    }
}
