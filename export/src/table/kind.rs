//! What kind of values a column has, from the values.

use std::{collections::BTreeMap, sync::Arc};

use arrow_schema::{DataType, Field, Fields, TimeUnit, extension::Json};
use serde_json::{Number, Value};

use crate::{Error, Result};

/// Most fields of a table, nested ones included: each costs memory while a row group is written.
const MOST_FIELDS: usize = 4000;

/// How many more fields there may be.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(MOST_FIELDS)
    }
}

impl Room {
    pub(super) fn take(&mut self) -> Result<()> {
        self.0 = self.0.checked_sub(1).ok_or(Error::TooManyFields { allowed: MOST_FIELDS })?;
        Ok(())
    }
}

/// What values have in common so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Kind {
    /// They are all missing or null.
    #[default]
    Nothing,
    Boolean,
    /// Whole numbers; whether each of them is a float, too.
    Integer {
        is_float: bool,
    },
    Float,
    Text,
    List(Box<Kind>),
    Struct(BTreeMap<String, Kind>),
    /// Nothing but being JSON.
    Any,
}

impl Kind {
    /// Takes another value into account.
    pub(super) fn observe(&mut self, value: &Value, room: &mut Room) -> Result<()> {
        if *self == Self::Nothing {
            *self = Self::first(value);
        }
        let fits = match (&mut *self, value) {
            (_, Value::Null) | (Self::Any, _) | (Self::Boolean, Value::Bool(_)) | (Self::Text, Value::String(_)) => {
                true
            }
            (kind, Value::Number(number)) => kind.observe_number(number),
            (Self::List(kind), Value::Array(values)) => {
                values.iter().try_for_each(|value| kind.observe(value, room))?;
                true
            }
            (Self::Struct(fields), Value::Object(members)) => {
                for (name, value) in members {
                    if !fields.contains_key(name) {
                        room.take()?;
                        fields.insert(name.clone(), Self::Nothing);
                    }
                    if let Some(kind) = fields.get_mut(name) {
                        kind.observe(value, room)?;
                    }
                }
                true
            }
            _ => false,
        };
        if !fits {
            *self = Self::Any;
        }
        Ok(())
    }

    fn first(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Float,
            Value::Number(_) => Self::Integer { is_float: true },
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List(Box::default()),
            Value::Object(_) => Self::Struct(BTreeMap::new()),
        }
    }

    fn observe_number(&mut self, number: &Number) -> bool {
        // A float has 53 bits.
        let fits_float = number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= 1 << 53);
        match self {
            Self::Integer { is_float } if number.is_i64() => *is_float &= fits_float,
            Self::Integer { is_float: true } if number.is_f64() => *self = Self::Float,
            Self::Float if number.is_f64() || fits_float => {}
            _ => return false,
        }
        true
    }

    /// As columns have it. What was never seen is text, and a struct without fields, which Parquet has not, is JSON.
    pub(super) fn into_form(self) -> Form {
        match self {
            Self::Nothing | Self::Text => Form::Text,
            Self::Boolean => Form::Boolean,
            Self::Integer { .. } => Form::Integer,
            Self::Float => Form::Float,
            Self::List(kind) => Form::List(Box::new(kind.into_form())),
            Self::Struct(fields) if !fields.is_empty() => {
                Form::Struct(fields.into_iter().map(|(name, kind)| (name, kind.into_form())).collect())
            }
            Self::Struct(_) | Self::Any => Form::Json,
        }
    }
}

/// What a column, or a part of one, holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    Boolean,
    Integer,
    Float,
    Text,
    /// JSON text, marked as such: values of no common kind.
    Json,
    Time(TimeUnit),
    /// WKB.
    Geometry,
    List(Box<Form>),
    Struct(Vec<(String, Form)>),
}

impl Form {
    /// The field of that name.
    pub(super) fn field(&self, name: &str) -> Field {
        let field = Field::new(name, self.data_type(), true);
        if *self == Self::Json { field.with_extension_type(Json::default()) } else { field }
    }

    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Text | Self::Json => DataType::Utf8,
            Self::Time(unit) => DataType::Timestamp(*unit, Some("UTC".into())),
            Self::Geometry => DataType::Binary,
            Self::List(element) => DataType::List(Arc::new(element.field("element"))),
            Self::Struct(fields) => DataType::Struct(Self::fields(fields)),
        }
    }

    /// Those of a struct.
    pub(super) fn fields(fields: &[(String, Self)]) -> Fields {
        fields.iter().map(|(name, form)| form.field(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form_of(values: &Value) -> Form {
        let mut kind = Kind::default();
        for value in values.as_array().unwrap() {
            kind.observe(value, &mut Room::default()).unwrap();
        }
        kind.into_form()
    }

    #[test]
    fn a_form_holds_every_value_exactly() {
        let list = |form| Form::List(Box::new(form));
        let both = Form::Struct(vec![("a".to_owned(), Form::Integer), ("b".to_owned(), Form::Text)]);
        for (values, form) in [
            (json!([null, true]), Form::Boolean),
            (json!([1, null, -9_007_199_254_740_993_i64]), Form::Integer),
            (json!([1, 1.5]), Form::Float),
            (json!([1.5, 1]), Form::Float),
            (json!([1.5, 9_007_199_254_740_993_i64]), Form::Json),
            (json!([9_007_199_254_740_993_i64, 1.5]), Form::Json),
            (json!([u64::MAX]), Form::Json),
            (json!(["a", 1]), Form::Json),
            (json!([null]), Form::Text),
            (json!([[], null]), list(Form::Text)),
            (json!([[], [1]]), list(Form::Integer)),
            (json!([[1], ["a"]]), list(Form::Json)),
            (json!([[[1.5]], [1]]), list(Form::Json)),
            (json!([{"a": 1}, {"b": "x"}]), both),
            (json!([{}]), Form::Json),
            (json!([{"a": 1}, [1]]), Form::Json),
        ] {
            assert_eq!(form_of(&values), form, "{values}");
        }
    }

    #[test]
    fn too_many_fields_are_refused() {
        let object: serde_json::Map<_, _> = (0..=MOST_FIELDS).map(|index| (format!("{index}"), json!(1))).collect();
        let error = Kind::default().observe(&Value::Object(object), &mut Room::default()).unwrap_err();
        assert!(error.to_string().contains("4000 different fields"), "{error}");
    }
}
