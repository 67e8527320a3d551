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

use crate::stac;
use transcript::{Members, Part, Transcript};

/// The item in a document at `base`, the same that [`stac::ready`] makes of the parsed document. `None` if it is none,
/// or if there is anything wrong with it: what that is, the slower way says. (Links are dropped whatever is in them.)
pub(crate) fn item(text: &str, base: &Url, collection: Option<&str>) -> Option<NewItem> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let reading = Reading { base, collection, capacity: text.len() };
    let read = reading.deserialize(&mut deserializer).ok().filter(|_| deserializer.end().is_ok())?;
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
                // Of a collection of items, which is to be parsed only once.
                "features" => return Err(A::Error::custom("it is no item")),
                "assets" => {
                    Members::name("assets", &mut text)?;
                    map.next_value_seed(Transcript { part: Part::Assets(self.base), text: &mut text })?;
                }
                _ => {
                    let mut value: Value = map.next_value()?;
                    if name == "type" && value != "Feature" {
                        return Err(A::Error::custom("it is no item"));
                    }
                    if name == "properties" {
                        stac::times_in_utc(&mut value).map_err(A::Error::custom)?;
                    }
                    Members::name(&name, &mut text)?;
                    transcript::write(&value, &mut text)?;
                    members.insert(name.into_owned(), value);
                }
            }
        }
        if !members.contains_key("collection")
            && let Some(collection) = self.collection
        {
            Members::name("collection", &mut text)?;
            transcript::write(collection, &mut text)?;
            members.insert("collection".to_owned(), collection.into());
        }
        Members::end(&mut text);
        Ok(Read { members: Value::Object(members), text })
    }
}
