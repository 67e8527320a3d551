//! STAC items from their text in one pass: what is stored is written while it is read, so that assets, the largest part
//! of an item, are never built in memory.

#[cfg(test)]
mod tests;
mod transcript;

use ardent_catalog::NewItem;
use ardent_model::Item;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use url::Url;

use crate::{href, stac};
use transcript::{Members, Transcript};

/// The item in a document at `base`, the same that [`stac::ready`] makes of the parsed document. `None` if it is none,
/// or if there is anything wrong with it: what that is, the slower way says.
pub(crate) fn item(text: &str, base: &Url, collection: Option<&str>) -> Option<NewItem> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let reading = Reading { base, collection, capacity: text.len() };
    let read = reading.deserialize(&mut deserializer).ok().filter(|_| deserializer.end().is_ok())?;
    if read.members.get("type").and_then(Value::as_str) != Some("Feature") {
        return None;
    }
    let item = Item::without_assets(&read.members).ok()?;
    NewItem::with_text(item, &read.members, String::from_utf8(read.text).ok()?).ok()
}

/// A document that is being read.
struct Reading<'b> {
    base: &'b Url,
    /// Of an item that names none.
    collection: Option<&'b str>,
    capacity: usize,
}

/// What was read.
struct Read {
    /// All but links and assets.
    members: Value,
    /// All but links.
    text: Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Read;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Read;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an item")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let (mut members, mut text) = (Map::new(), Vec::with_capacity(self.capacity));
        let mut written = Members::begin(&mut text);
        while let Some(name) = written.next_name(&mut map)? {
            match &*name {
                "links" => drop(map.next_value::<IgnoredAny>()?),
                "assets" => {
                    written.name("assets", &mut text)?;
                    map.next_value_seed(Assets { base: self.base, text: &mut text })?;
                }
                _ => {
                    let mut value: Value = map.next_value()?;
                    if name == "properties" {
                        stac::times_in_utc(&mut value).map_err(A::Error::custom)?;
                    }
                    written.name(&name, &mut text)?;
                    transcript::write(&value, &mut text)?;
                    members.insert(name.into_owned(), value);
                }
            }
        }
        if !members.contains_key("collection")
            && let Some(collection) = self.collection
        {
            written.name("collection", &mut text)?;
            transcript::write(collection, &mut text)?;
            members.insert("collection".to_owned(), collection.into());
        }
        Members::end(&mut text);
        Ok(Read { members: Value::Object(members), text })
    }
}

/// The assets of a document, or (as a member of them) one asset.
struct Assets<'b> {
    base: &'b Url,
    text: &'b mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Assets<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Assets<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("assets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut written = Members::begin(self.text);
        while let Some(name) = written.next_name(&mut map)? {
            written.name(&name, self.text)?;
            map.next_value_seed(Asset { base: self.base, text: self.text })?;
        }
        Members::end(self.text);
        Ok(())
    }
}

/// One asset, whose href is made absolute.
struct Asset<'b> {
    base: &'b Url,
    text: &'b mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Asset<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Asset<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an asset")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut written, mut is_placed) = (Members::begin(self.text), false);
        while let Some(name) = written.next_name(&mut map)? {
            written.name(&name, self.text)?;
            if name == "href" {
                let transcript::Text(given) = map.next_value::<transcript::Text<'de>>()?;
                let logical = href::logical(&given, self.base).map_err(A::Error::custom)?;
                transcript::write(&*logical, self.text)?;
                is_placed = true;
            } else {
                map.next_value_seed(Transcript(self.text))?;
            }
        }
        Members::end(self.text);
        if is_placed { Ok(()) } else { Err(A::Error::missing_field("href")) }
    }
}
