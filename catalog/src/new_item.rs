//! Items on their way into the catalogue: checked, and written as they are stored.

use ardent_model::{Error as ModelError, Item};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::footprint::Footprint;
use crate::item::is_text;
use crate::{Error, Result};

/// Longest id: what an index can hold, with that of the collection.
pub(crate) const MAX_ID_BYTES: usize = 1024;

/// An item to store, with which nothing is wrong.
#[derive(Debug, Clone)]
pub struct NewItem {
    item: Item,
    document: String,
    pub(crate) properties: String,
    pub(crate) footprint: Footprint,
    pub(crate) hash: [u8; 32],
}

impl NewItem {
    /// Of what was understood of a document, and the document, whole; its links are not stored. An error says why the
    /// catalogue cannot hold it.
    pub fn new(item: Item, document: &Value) -> Result<Self> {
        let stored = Stored { document, collection: &item.collection };
        let text = serde_json::to_string(&stored).map_err(|source| Error::Stored { id: item.id.clone(), source })?;
        Self::with_text(item, document, text)
    }

    /// Of a document whose text is at hand as it is stored: an object without links, and with its collection. Of the
    /// rest of it, `members` need only have its `bbox`.
    pub fn with_text(item: Item, members: &Value, text: String) -> Result<Self> {
        check(&item, members)?;
        let footprint = Footprint::of(&item, members)?;
        let properties = serde_json::to_string(&item.properties);
        let properties = properties.map_err(|source| Error::Stored { id: item.id.clone(), source })?;
        let hash = Sha256::digest(&text).into();
        Ok(Self { item, document: text, properties, footprint, hash })
    }

    /// What was understood of it.
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// The document as it is stored.
    pub fn document(&self) -> &str {
        &self.document
    }
}

/// What the database cannot hold.
fn check(item: &Item, members: &Value) -> Result<()> {
    let fault = |reason: &str| Err(ModelError::Item { item: item.id.clone(), reason: reason.to_owned() }.into());
    if item.collection.is_empty() {
        return fault("it names no collection; set `collection`");
    }
    if !members.is_object() {
        return fault("its document is not an object");
    }
    let is_storable = item.properties.iter().all(|(key, value)| is_text(key) && is_jsonb(value));
    if !is_storable || !is_text(&item.id) || !is_text(&item.collection) {
        return fault("a text in it contains U+0000, which the database cannot hold");
    }
    if item.id.len() > MAX_ID_BYTES {
        return fault("its `id` is longer than 1024 bytes");
    }
    Ok(())
}

/// Whether PostgreSQL's `jsonb` can hold a value: it cannot hold U+0000.
pub(crate) fn is_jsonb(value: &Value) -> bool {
    match value {
        Value::String(text) => is_text(text),
        Value::Array(values) => values.iter().all(is_jsonb),
        Value::Object(members) => members.iter().all(|(key, value)| is_text(key) && is_jsonb(value)),
        _ => true,
    }
}

/// A document as it is stored: without links, and with its collection.
struct Stored<'a> {
    document: &'a Value,
    collection: &'a str,
}

impl Serialize for Stored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let named = self.document.get("collection").is_none().then_some(("collection", None));
        let members = self.document.as_object().into_iter().flatten().filter(|(name, _)| *name != "links");
        let members = members.map(|(name, value)| (name.as_str(), Some(value)));
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in members.chain(named) {
            match (name, value) {
                ("collection", _) | (_, None) => map.serialize_entry(name, self.collection)?,
                (name, Some(value)) => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}
