//! Which members of documents are handed out (STAC API – Fields 1.0.0).

use crate::{Error, Result};

/// Most names of one request.
const MAX_NAMES: usize = 200;
/// Most bytes of a name.
const MAX_NAME_BYTES: usize = 200;

/// Members that a caller wants, and members that it does not want, by names such as `properties.eo:cloud_cover`. Of two
/// names that both concern a member, the longer one counts, and of the same name on both sides the wanted one.
///
/// ```
/// use ardent_model::Fields;
/// let fields = Fields::parse("id,-geometry,properties.eo:cloud_cover").unwrap();
/// assert_eq!(fields.include().unwrap(), ["id", "properties.eo:cloud_cover"]);
/// assert_eq!(fields.exclude(), ["geometry"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    include: Option<Vec<String>>,
    exclude: Vec<String>,
}

impl Fields {
    /// From two lists of names; no list of what is wanted is not the same as an empty one. [`Error::Search`] for a name
    /// that can be none.
    pub fn new(include: Option<Vec<String>>, exclude: Vec<String>) -> Result<Self> {
        let names = include.iter().flatten().chain(&exclude);
        if names.clone().count() > MAX_NAMES {
            return Err(fault(format!("it has more than {MAX_NAMES} names; leave some out, or name a whole object")));
        }
        names.clone().try_for_each(|name| check(name))?;
        Ok(Self { include, exclude })
    }

    /// As GET writes them: `name`, `+name` or `-name`, with commas between. A plus that was not encoded arrives as a
    /// blank.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut include, mut exclude) = (Vec::new(), Vec::new());
        for name in text.split(',').map(str::trim).filter(|_| !text.trim().is_empty()) {
            match name.strip_prefix('-') {
                Some(name) => exclude.push(name.to_owned()),
                None => include.push(name.strip_prefix('+').unwrap_or(name).to_owned()),
            }
        }
        Self::new(Some(include), exclude)
    }

    /// What is wanted. Empty: the default members; `None` beside names that are not wanted: all the others.
    pub fn include(&self) -> Option<&[String]> {
        self.include.as_deref()
    }

    /// What is not wanted.
    pub fn exclude(&self) -> &[String] {
        &self.exclude
    }
}

fn check(name: &str) -> Result<()> {
    if name.len() > MAX_NAME_BYTES {
        return Err(fault(format!("a name is longer than {MAX_NAME_BYTES} bytes; shorten it")));
    }
    let is_name = !name.starts_with(['+', '-', ' ']) && !name.contains(char::is_control) && name.trim() == name;
    if !is_name || name.split('.').any(str::is_empty) {
        let name = name.escape_debug();
        return Err(fault(format!("`{name}` is no name; write `id,-geometry,properties.eo:cloud_cover`, say")));
    }
    Ok(())
}

fn fault(reason: String) -> Error {
    Error::Search { parameter: "fields".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (text, include, exclude) in [
            ("", &[][..], &[][..]),
            (" ", &[], &[]),
            ("id", &["id"], &[]),
            ("+id, properties.a b,-assets.red.href", &["id", "properties.a b"], &["assets.red.href"]),
            (" id,-id", &["id"], &["id"]),
        ] {
            let fields = Fields::new(Some(names(include)), names(exclude)).unwrap();
            assert_eq!(Fields::parse(text).unwrap(), fields, "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["a,,b", ",", "-", "+", "--a", "-+a", ".a", "a.", "a..b", "a\u{0}", &"x".repeat(201)] {
            let error = Fields::parse(text).unwrap_err().to_string();
            assert!(error.contains("fields"), "{text}: {error}");
        }
        let many = |count| vec!["a".to_owned(); count];
        assert!(Fields::new(Some(many(150)), many(51)).is_err());
        assert!(Fields::new(Some(many(150)), many(50)).is_ok() && Fields::new(None, many(201)).is_err());
    }
}
