//! JSON written as it is read: what `serde_json` writes of a parsed value, without the value.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::Serialize;

/// Where a value is written that is read.
pub(super) struct Transcript<'b>(pub(super) &'b mut Vec<u8>);

/// A text, borrowed where nothing in it is escaped.
#[derive(serde::Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The names of an object that is being written. One that comes twice is an error: which of the two counts is not for a
/// transcript to say.
pub(super) struct Members<'de> {
    names: Vec<Cow<'de, str>>,
    is_first: bool,
}

impl<'de> Members<'de> {
    /// Of an object that begins.
    pub(super) fn begin(text: &mut Vec<u8>) -> Self {
        text.push(b'{');
        Self { names: Vec::new(), is_first: true }
    }

    /// The name that comes next.
    pub(super) fn next_name<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
        let Some(Text(name)) = map.next_key::<Text<'de>>()? else { return Ok(None) };
        if self.names.contains(&name) {
            return Err(A::Error::custom("a name comes twice"));
        }
        self.names.push(name.clone());
        Ok(Some(name))
    }

    /// Writes a name.
    pub(super) fn name<E: serde::de::Error>(&mut self, name: &str, text: &mut Vec<u8>) -> Result<(), E> {
        if !std::mem::take(&mut self.is_first) {
            text.push(b',');
        }
        write(name, text)?;
        text.push(b':');
        Ok(())
    }

    /// The object ends.
    pub(super) fn end(text: &mut Vec<u8>) {
        text.push(b'}');
    }
}

/// Writes a value.
pub(super) fn write<E: serde::de::Error>(value: &(impl Serialize + ?Sized), text: &mut Vec<u8>) -> Result<(), E> {
    serde_json::to_writer(text, value).map_err(E::custom)
}

impl<'de> DeserializeSeed<'de> for Transcript<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Transcript<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        write(&(), self.0)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        write(&value, self.0)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        write(&value, self.0)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        write(&value, self.0)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        write(&value, self.0)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        write(value, self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        let mut is_first = true;
        while elements.next_element_seed(Element { text: self.0, is_first })?.is_some() {
            is_first = false;
        }
        self.0.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut written = Members::begin(self.0);
        while let Some(name) = written.next_name(&mut map)? {
            written.name(&name, self.0)?;
            map.next_value_seed(Transcript(self.0))?;
        }
        Members::end(self.0);
        Ok(())
    }
}

/// An element of a list.
struct Element<'b> {
    text: &'b mut Vec<u8>,
    is_first: bool,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if !self.is_first {
            self.text.push(b',');
        }
        Transcript(self.text).deserialize(deserializer)
    }
}
