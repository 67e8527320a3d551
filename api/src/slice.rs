//! `fields`: members are cut out of the text of a document, and the rest of it is neither built nor written again.

use std::borrow::Cow;

use ardent_model::Fields;
use serde::{
    Deserialize, Deserializer as _,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Deserializer, value::RawValue};

/// What a valid item needs, and so what comes unless it is excluded.
const ITEM_DEFAULT: [&str; 11] = [
    "id",
    "type",
    "stac_version",
    "collection",
    "geometry",
    "bbox",
    "links",
    "assets",
    "properties.datetime",
    "properties.start_datetime",
    "properties.end_datetime",
];
/// Members of an item; other names may be those of properties.
const ITEM_MEMBERS: [&str; 10] = [
    "id",
    "type",
    "stac_version",
    "stac_extensions",
    "collection",
    "geometry",
    "bbox",
    "links",
    "assets",
    "properties",
];
/// What a valid collection needs, and its title.
const COLLECTION_DEFAULT: [&str; 8] =
    ["id", "type", "stac_version", "title", "description", "license", "extent", "links"];

/// Names of the members that are handed out of one kind of document.
#[derive(Debug)]
pub(crate) struct Slice {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Slice {
    /// Of items, whose properties may be named without `properties.`.
    pub(crate) fn of_items(fields: &Fields) -> Self {
        let with_properties = |names: &[String]| {
            let of_property = |name: &&String| !ITEM_MEMBERS.contains(&name.split('.').next().unwrap_or_default());
            let properties: Vec<_> =
                names.iter().filter(of_property).map(|name| format!("properties.{name}")).collect();
            names.iter().cloned().chain(properties).collect::<Vec<_>>()
        };
        let default = ITEM_DEFAULT.iter().map(ToString::to_string);
        let include = default.chain(with_properties(fields.include())).collect();
        Self { include, exclude: with_properties(fields.exclude()) }
    }

    /// Of collections.
    pub(crate) fn of_collections(fields: &Fields) -> Self {
        let default = COLLECTION_DEFAULT.iter().map(ToString::to_string);
        let include = default.chain(fields.include().iter().cloned()).collect();
        Self { include, exclude: fields.exclude().to_vec() }
    }

    fn names(&self) -> Names<'_> {
        fn borrowed(names: &[String]) -> Vec<&str> {
            names.iter().map(String::as_str).collect()
        }
        Names { include: Some(borrowed(&self.include)), exclude: borrowed(&self.exclude) }
    }

    /// Appends what is wanted of `object`, the text of a JSON object, and of its links, which are asked for only if
    /// they are wanted.
    pub(crate) fn write(
        &self,
        out: &mut String,
        object: &str,
        links: impl FnOnce() -> serde_json::Result<String>,
    ) -> serde_json::Result<()> {
        let names = self.names();
        out.push('{');
        let mut cut = Cut { out, names: &names, is_first: true };
        Deserializer::from_str(object).deserialize_map(&mut cut)?;
        if names.below("links").is_some() {
            cut.member("links", &links()?)?;
        }
        out.push('}');
        Ok(())
    }
}

/// Names as they go on below some member.
#[derive(Debug)]
struct Names<'a> {
    /// `None`: everything.
    include: Option<Vec<&'a str>>,
    exclude: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// What is wanted of the member called `key`; `None`: nothing. A name may have dots of its own.
    fn below(&self, key: &str) -> Option<Self> {
        fn rest<'a>(name: &&'a str, key: &str) -> Option<&'a str> {
            name.strip_prefix(key)?.strip_prefix('.')
        }
        if self.exclude.contains(&key) {
            return None;
        }
        let include = match &self.include {
            Some(names) if !names.contains(&key) => {
                let below: Vec<&'a str> = names.iter().filter_map(|name| rest(name, key)).collect();
                Some(below).filter(|below| !below.is_empty()).map(Some)?
            }
            _ => None,
        };
        Some(Self { include, exclude: self.exclude.iter().filter_map(|name| rest(name, key)).collect() })
    }

    fn is_everything(&self) -> bool {
        self.include.is_none() && self.exclude.is_empty()
    }
}

/// Writes what is wanted of an object or a list.
struct Cut<'o, 'n, 'a> {
    out: &'o mut String,
    names: &'n Names<'a>,
    is_first: bool,
}

impl Cut<'_, '_, '_> {
    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
    }

    /// A member of an object.
    fn member(&mut self, key: &str, value: &str) -> serde_json::Result<()> {
        let Some(names) = self.names.below(key).filter(|names| names.reach_into(value)) else { return Ok(()) };
        self.separate();
        self.out.push_str(&serde_json::to_string(key)?);
        self.out.push(':');
        write_value(self.out, value, &names)
    }
}

impl Names<'_> {
    /// Whether there is anything of a value to write: a part of what has no parts is nothing.
    fn reach_into(&self, value: &str) -> bool {
        self.include.is_none() || value.starts_with(['{', '['])
    }
}

fn write_value(out: &mut String, value: &str, names: &Names<'_>) -> serde_json::Result<()> {
    let (open, close) = match value.as_bytes().first() {
        Some(b'{') if !names.is_everything() => ('{', '}'),
        Some(b'[') if !names.is_everything() => ('[', ']'),
        _ => {
            out.push_str(value);
            return Ok(());
        }
    };
    out.push(open);
    Deserializer::from_str(value).deserialize_any(&mut Cut { out, names, is_first: true })?;
    out.push(close);
    Ok(())
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for &mut Cut<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = members.next_key()? {
            if self.names.below(&key).is_some() {
                let value: &RawValue = members.next_value()?;
                self.member(&key, value.get()).map_err(A::Error::custom)?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    /// What is wanted of each element.
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(value) = elements.next_element::<&RawValue>()? {
            if self.names.reach_into(value.get()) {
                self.separate();
                write_value(self.out, value.get(), self.names).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
