//! Which members of documents are handed out (STAC API – Fields 1.0.0).

use crate::{Error, Result};

/// Most names of one request.
const MAX_NAMES: usize = 200;
/// Most bytes of a name.
const MAX_NAME_BYTES: usize = 200;

/// Members that a caller wants beside the default ones, and members that it does not want, by names such as
/// `properties.eo:cloud_cover`. What is in both is left out.
///
/// ```
/// use ardent_model::Fields;
/// let fields = Fields::parse("id,-geometry,properties.eo:cloud_cover").unwrap();
/// assert_eq!(fields.include(), ["id", "properties.eo:cloud_cover"]);
/// assert_eq!(fields.exclude(), ["geometry"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Fields {
    /// From two lists of names. [`Error::Search`] for a name that can be none.
    pub fn new(include: Vec<String>, exclude: Vec<String>) -> Result<Self> {
        if include.len() + exclude.len() > MAX_NAMES {
            return Err(fault(format!("it has more than {MAX_NAMES} names; leave some out, or name a whole object")));
        }
        include.iter().chain(&exclude).try_for_each(|name| check(name))?;
        Ok(Self { include, exclude })
    }

    /// As GET writes them: `name`, `+name` or `-name`, with commas between; nothing: the default ones. A plus that was
    /// not encoded arrives as a blank.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut include, mut exclude) = (Vec::new(), Vec::new());
        for name in text.split(',').map(str::trim).filter(|_| !text.trim().is_empty()) {
            match name.strip_prefix('-') {
                Some(name) => exclude.push(name.to_owned()),
                None => include.push(name.strip_prefix('+').unwrap_or(name).to_owned()),
            }
        }
        Self::new(include, exclude)
    }

    /// What is wanted beside the default members.
    pub fn include(&self) -> &[String] {
        &self.include
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
            let fields = Fields::new(names(include), names(exclude)).unwrap();
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
        assert!(Fields::new(many(150), many(51)).is_err() && Fields::new(many(150), many(50)).is_ok());
    }
}
