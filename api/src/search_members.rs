//! Members of a search's body that have a form of their own: lists of ids, and `q` and `fields` (STAC API – Free-Text
//! Search, and Fields).

use std::{fmt, marker::PhantomData};

use ardent_model::{Error, Fields, FreeText};
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;

use crate::problem::Problem;

/// `fields` of the body. An `include` that is null is an empty one, which is not the same as none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    #[serde(default, deserialize_with = "some")]
    #[expect(clippy::option_option, reason = "none, null and a list are three things")]
    include: Option<Option<Vec<String>>>,
    #[serde(default)]
    exclude: Option<Vec<String>>,
}

impl Chosen {
    /// As the catalogue knows them.
    pub(crate) fn into_fields(self) -> Result<Fields, Problem> {
        Ok(Fields::new(self.include.map(Option::unwrap_or_default), self.exclude.unwrap_or_default())?)
    }
}

/// What is written as a JSON object: serde would take a list of the members' values for one.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(given: D) -> Result<Self, D::Error> {
        given.deserialize_map(Members::called("an object")).map(Self)
    }
}

/// Reads the members of an object, and nothing else.
pub(crate) struct Members<T> {
    /// What was expected, for whoever sent something else.
    name: &'static str,
    kind: PhantomData<T>,
}

impl<T> Members<T> {
    /// Of what is called so.
    pub(crate) fn called(name: &'static str) -> Self {
        Self { name, kind: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// A member that is there, be it null.
pub(crate) fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(given: D) -> Result<Option<T>, D::Error> {
    T::deserialize(given).map(Some)
}

/// Ids: a list, or the only one as a text, as some clients write it.
pub(crate) fn ids<'de, D: Deserializer<'de>>(given: D) -> Result<Vec<String>, D::Error> {
    given.deserialize_any(Ids)
}

struct Ids;

impl<'de> Visitor<'de> for Ids {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of ids")
    }

    fn visit_str<E>(self, id: &str) -> Result<Self::Value, E> {
        Ok(vec![id.to_owned()])
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, ids: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(ids))
    }
}

/// `q` of the body: a list of terms, or a text as GET has it.
pub(crate) fn text(given: Option<Value>) -> Result<FreeText, Problem> {
    let wanted = || {
        let reason = "it is no list of texts; write [\"sentinel\", \"Earth Observation\"], say".to_owned();
        Problem::from(Error::Search { parameter: "q".to_owned(), reason })
    };
    let term = |term: Value| if let Value::String(term) = term { Ok(term) } else { Err(wanted()) };
    match given {
        None => Ok(FreeText::default()),
        Some(Value::String(text)) => Ok(FreeText::parse(&text)?),
        Some(Value::Array(terms)) => Ok(FreeText::new(terms.into_iter().map(term).collect::<Result<_, _>>()?)?),
        Some(_) => Err(wanted()),
    }
}
