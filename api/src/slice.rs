//! `fields`: members are cut out of the text of a document, and the rest of it is neither built nor written again.

use std::borrow::Cow;

use ardent_model::Fields;
use serde::{
    Deserialize, Deserializer as _,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Deserializer, value::RawValue};

/// What a valid item needs, and so what comes if nothing is asked for by name.
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
/// What comes beside whatever is asked for by name, so that it is clear what it is.
const IDENTITY: [&str; 4] = ["id", "type", "stac_version", "collection"];
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
const COLLECTION_DEFAULT: [&str; 10] = [
    "id",
    "type",
    "stac_version",
    "stac_extensions",
    "title",
    "description",
    "license",
    "extent",
    "links",
    // What links refer to.
    "auth:schemes",
];

/// Names of the members that are handed out of one kind of document.
#[derive(Debug)]
pub(crate) struct Slice {
    is_wanted: bool,
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
        Self::new(fields.include().map(with_properties), with_properties(fields.exclude()), &ITEM_DEFAULT)
    }

    /// Of collections.
    pub(crate) fn of_collections(fields: &Fields) -> Self {
        Self::new(fields.include().map(<[String]>::to_vec), fields.exclude().to_vec(), &COLLECTION_DEFAULT)
    }

    /// As the table of the extension has it.
    fn new(include: Option<Vec<String>>, exclude: Vec<String>, default: &[&str]) -> Self {
        match include {
            None if !exclude.is_empty() => Self { is_wanted: true, include: Vec::new(), exclude },
            include => {
                let include = include.unwrap_or_default();
                let beside = if include.is_empty() { default } else { &IDENTITY };
                let is_kept = |name: &&&str| !exclude.iter().any(|gone| starts_with(name, gone));
                let beside = beside.iter().filter(is_kept).map(ToString::to_string);
                Self { is_wanted: false, include: beside.chain(include.iter().cloned()).collect(), exclude }
            }
        }
    }

    fn names(&self) -> Names<'_> {
        fn borrowed(names: &[String]) -> Vec<&str> {
            names.iter().map(String::as_str).collect()
        }
        Names { is_wanted: self.is_wanted, include: borrowed(&self.include), exclude: borrowed(&self.exclude) }
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
        let mut cut = Cut { out, names: &names, is_first: true, missing: names.members() };
        let read = Deserializer::from_str(object).deserialize_map(&mut cut);
        // What comes after all that is wanted is not read: of most items, their assets.
        if !cut.is_complete() {
            read?;
        }
        if let Some(names) = names.below("links") {
            cut.member("links", &links()?, &names)?;
        }
        out.push('}');
        Ok(())
    }
}

/// Whether a name is another, or leads inside it.
fn starts_with(name: &str, other: &str) -> bool {
    name.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Names as they go on below some member.
#[derive(Debug)]
struct Names<'a> {
    /// What holds for members of which no name speaks.
    is_wanted: bool,
    include: Vec<&'a str>,
    exclude: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// What is wanted of the member called `key`; `None`: nothing. A name may have dots of its own.
    fn below(&self, key: &str) -> Option<Self> {
        let rest = |names: &[&'a str]| -> Vec<&'a str> {
            names.iter().filter_map(|name| name.strip_prefix(key)?.strip_prefix('.')).collect()
        };
        let is_wanted = self.include.contains(&key) || (self.is_wanted && !self.exclude.contains(&key));
        let include = rest(&self.include);
        (is_wanted || !include.is_empty()).then(|| Self { is_wanted, include, exclude: rest(&self.exclude) })
    }

    /// The members of an item that they are about, but for links, which no stored document has; `None`: there may be any.
    fn members(&self) -> Option<Vec<&'a str>> {
        let members = self.include.iter().map(|name| name.split('.').next().unwrap_or_default());
        let members = members.filter(|member| *member != "links").collect::<Vec<_>>();
        let are_known = members.iter().all(|member| ITEM_MEMBERS.contains(member));
        (!self.is_wanted && are_known).then_some(members)
    }

    fn is_everything(&self) -> bool {
        self.is_wanted && self.exclude.is_empty()
    }
}

/// Writes what is wanted of an object or a list.
struct Cut<'o, 'n, 'a> {
    out: &'o mut String,
    names: &'n Names<'a>,
    is_first: bool,
    /// Members of the object that have not come yet; none: any may be wanted.
    missing: Option<Vec<&'a str>>,
}

impl Cut<'_, '_, '_> {
    /// Whether nothing is wanted of what follows.
    fn is_complete(&self) -> bool {
        self.missing.as_ref().is_some_and(Vec::is_empty)
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
    }

    /// A member of an object, of which `names` are wanted.
    fn member(&mut self, key: &str, value: &str, names: &Names<'_>) -> serde_json::Result<()> {
        if !names.reach_into(value) {
            return Ok(());
        }
        self.separate();
        self.out.push_str(&serde_json::to_string(key)?);
        self.out.push(':');
        write_value(self.out, value, names)
    }
}

impl Names<'_> {
    /// Whether there is anything of a value to write: a part of what has no parts is nothing.
    fn reach_into(&self, value: &str) -> bool {
        self.is_wanted || value.starts_with(['{', '['])
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
    Deserializer::from_str(value).deserialize_any(&mut Cut { out, names, is_first: true, missing: None })?;
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
            if let Some(names) = self.names.below(&key) {
                let value: &RawValue = members.next_value()?;
                self.member(&key, value.get(), &names).map_err(A::Error::custom)?;
                if let Some(missing) = &mut self.missing {
                    missing.retain(|member| *member != key);
                    if missing.is_empty() {
                        return Ok(());
                    }
                }
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
