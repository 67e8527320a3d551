//! The order of a search (STAC API – Sort).

use std::fmt;

use crate::{Error, Result};

/// Most keys of one order.
pub const MAX_SORT_KEYS: usize = 8;
/// Most bytes of a field's name.
const MAX_FIELD_BYTES: usize = 200;

/// One key of an order: a field, and which end comes first. Items that lack the field come last either way.
///
/// ```
/// use ardent_model::SortKey;
/// let key = SortKey::parse("-properties.eo:cloud_cover").unwrap();
/// assert_eq!((key.field(), key.is_descending()), ("eo:cloud_cover", true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    field: String,
    is_descending: bool,
}

impl SortKey {
    /// By a field: `id`, `collection`, or the name of a property, with or without `properties.` before it.
    pub fn new(field: &str, is_descending: bool) -> Result<Self> {
        let field = field.strip_prefix("properties.").unwrap_or(field);
        if field.is_empty() || field.starts_with(['+', '-']) || field.contains(char::is_control) {
            return Err(fault(format!("`{}` is no field; write `-eo:cloud_cover`, say", field.escape_default())));
        }
        if field.len() > MAX_FIELD_BYTES {
            return Err(fault(format!("a field's name is longer than {MAX_FIELD_BYTES} bytes; shorten it")));
        }
        Ok(Self { field: field.to_owned(), is_descending })
    }

    /// As GET writes it: `+field`, `field` or `-field`. A plus that was not encoded arrives as a blank.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        match text.strip_prefix('-') {
            Some(field) => Self::new(field.trim_start(), true),
            None => Self::new(text.strip_prefix('+').unwrap_or(text), false),
        }
    }

    /// The field, without `properties.`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Whether the greatest comes first.
    pub fn is_descending(&self) -> bool {
        self.is_descending
    }

    /// Whether an order can be followed: no field twice, and not too many.
    pub(crate) fn validate_all(keys: &[Self]) -> Result<()> {
        if keys.len() > MAX_SORT_KEYS {
            return Err(fault(format!("it has more than {MAX_SORT_KEYS} fields; leave some out")));
        }
        for (index, key) in keys.iter().enumerate() {
            if keys[..index].iter().any(|earlier| earlier.field == key.field) {
                return Err(fault(format!("`{}` is in it twice; leave one out", key.field)));
            }
        }
        Ok(())
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_descending { '-' } else { '+' }, self.field)
    }
}

fn fault(reason: String) -> Error {
    Error::Search { parameter: "sortby".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_key_is_the_same_key() {
        for (text, canonical) in [
            ("datetime", "+datetime"),
            ("+datetime", "+datetime"),
            (" datetime", "+datetime"),
            ("-properties.a.b", "-a.b"),
            ("+properties.eo:cloud_cover", "+eo:cloud_cover"),
        ] {
            assert_eq!(SortKey::parse(text).unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_by_name() {
        for text in ["", "-", "+", "--a", "+-a", "properties.", "a\u{0}", &"x".repeat(201)] {
            let error = SortKey::parse(text).unwrap_err().to_string();
            assert!(error.contains("sortby"), "{text}: {error}");
        }
        let key = |text: &str| SortKey::parse(text).unwrap();
        let error = SortKey::validate_all(&[key("a"), key("-properties.a")]).unwrap_err().to_string();
        assert!(error.contains("`a` is in it twice"), "{error}");
        let many: Vec<SortKey> = (0..9).map(|number| key(&format!("p{number}"))).collect();
        assert!(SortKey::validate_all(&many).is_err() && SortKey::validate_all(&many[..8]).is_ok());
    }
}
