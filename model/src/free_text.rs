//! Free text to search for (STAC API – Free-Text Search 1.0.0-rc.1, basic).

use crate::{Error, Result};

/// Most terms of one search.
const MAX_TERMS: usize = 100;
/// Most bytes of a term.
const MAX_TERM_BYTES: usize = 500;

/// Terms of which one must occur, whatever the case; several words in one term must follow each other.
///
/// ```
/// use ardent_model::FreeText;
/// assert_eq!(FreeText::parse("EO, Earth Observation").unwrap().terms(), ["EO", "Earth Observation"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FreeText(Vec<String>);

impl FreeText {
    /// From a list of terms; none: everything is found. [`Error::Search`] for a term without a word.
    pub fn new(terms: Vec<String>) -> Result<Self> {
        let fault = |reason: String| Err(Error::Search { parameter: "q".to_owned(), reason });
        if terms.len() > MAX_TERMS {
            return fault(format!("it has more than {MAX_TERMS} terms; leave some out"));
        }
        for term in &terms {
            if term.len() > MAX_TERM_BYTES {
                return fault(format!("a term is longer than {MAX_TERM_BYTES} bytes; shorten it"));
            }
            if !term.contains(char::is_alphanumeric) || term.contains('\0') {
                let term = term.escape_debug();
                return fault(format!("the term `{term}` has no word; write `sentinel,Earth Observation`, say"));
            }
        }
        Ok(Self(terms))
    }

    /// As GET writes them, with commas between.
    pub fn parse(text: &str) -> Result<Self> {
        Self::new(text.split(',').map(|term| term.trim().to_owned()).collect())
    }

    /// The terms, any of which must occur; none: everything is found.
    pub fn terms(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_has_a_word() {
        for text in ["", ",", "a,", "-", "a, ,b", "\u{0}a", "!?", &"x".repeat(501)] {
            let error = FreeText::parse(text).unwrap_err().to_string();
            assert!(error.contains("`q`"), "{text}: {error}");
        }
        assert_eq!(FreeText::parse("a,É b , 7").unwrap().terms(), ["a", "É b", "7"]);
        assert!(FreeText::parse(&["a"; 101].join(",")).is_err() && FreeText::parse(&["a"; 100].join(",")).is_ok());
        assert_eq!(FreeText::new(Vec::new()).unwrap(), FreeText::default());
    }
}
