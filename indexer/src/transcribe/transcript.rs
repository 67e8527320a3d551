//! JSON written as it is read: what `serde_json` writes of a parsed value, without the value.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::Serialize;
use url::Url;

use crate::href;

/// Most names of one object, since each is looked for among those before it.
const MOST_NAMES: usize = 256;

/// Where a value is written that is read.
pub(super) struct Transcript<'b> {
    /// Which part of an item it is.
    pub(super) part: Part<'b>,
    /// What is written so far.
    pub(super) text: &'b mut Vec<u8>,
}

/// A part of an item.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'b> {
    /// Its assets, in a document at this address.
    Assets(&'b Url),
    /// One of them, whose href becomes absolute.
    Asset(&'b Url),
    /// Any value.
    Value,
}

/// A text, borrowed where nothing in it is escaped.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The names of an object that is being written. One that comes twice is an error: which of the two counts is not for a
/// transcript to say.
pub(super) struct Members<'de>(Vec<Cow<'de, str>>);

impl<'de> Members<'de> {
    /// Of an object that begins.
    pub(super) fn begin(text: &mut Vec<u8>) -> Self {
        text.push(b'{');
        Self(Vec::new())
    }

    /// The name that comes next.
    pub(super) fn next_name<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
        let Some(Text(name)) = map.next_key::<Text<'de>>()? else { return Ok(None) };
        if self.0.len() == MOST_NAMES || self.0.contains(&name) {
            return Err(A::Error::custom("a name comes twice, or there are too many to tell"));
        }
        self.0.push(name.clone());
        Ok(Some(name))
    }

    /// Writes a name.
    pub(super) fn name<E: serde::de::Error>(name: &str, text: &mut Vec<u8>) -> Result<(), E> {
        separate(text);
        write(name, text)?;
        text.push(b':');
        Ok(())
    }

    /// The object ends.
    pub(super) fn end(text: &mut Vec<u8>) {
        text.push(b'}');
    }
}

/// Writes the comma before what is not the first of an object or a list: behind a value comes no opening bracket.
fn separate(text: &mut Vec<u8>) {
    if !text.ends_with(b"{") && !text.ends_with(b"[") {
        text.push(b',');
    }
}

/// Writes a value.
pub(super) fn write<E: serde::de::Error>(value: &(impl Serialize + ?Sized), text: &mut Vec<u8>) -> Result<(), E> {
    serde_json::to_writer(text, value).map_err(E::custom)
}

impl<'de> DeserializeSeed<'de> for Transcript<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.part {
            Part::Assets(_) | Part::Asset(_) => deserializer.deserialize_map(self),
            Part::Value => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Transcript<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        write(&(), self.text)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        write(&value, self.text)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        write(&value, self.text)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        write(&value, self.text)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        write(&value, self.text)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        write(value, self.text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.text.push(b'[');
        while elements.next_element_seed(Element(self.text))?.is_some() {}
        self.text.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { part, text } = self;
        let (mut written, mut is_placed) = (Members::begin(text), false);
        while let Some(name) = written.next_name(&mut map)? {
            Members::name(&name, text)?;
            let part = match part {
                Part::Asset(base) if name == "href" => {
                    let Text(given) = map.next_value::<Text<'de>>()?;
                    write(&*href::logical(&given, base).map_err(A::Error::custom)?, text)?;
                    is_placed = true;
                    continue;
                }
                Part::Assets(base) => Part::Asset(base),
                Part::Asset(_) | Part::Value => Part::Value,
            };
            map.next_value_seed(Transcript { part, text })?;
        }
        Members::end(text);
        match part {
            Part::Asset(_) if !is_placed => Err(A::Error::missing_field("href")),
            _ => Ok(()),
        }
    }
}

/// An element of a list.
struct Element<'b>(&'b mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        separate(self.0);
        Transcript { part: Part::Value, text: self.0 }.deserialize(deserializer)
    }
}
