//! Subjects and scopes as the database has them: as texts.

use std::collections::BTreeSet;

use ardent_model::{Error as ModelError, Scope, Scopes, Subject};

use crate::item::is_text;
use crate::{Error, Result};

/// What the database has for a subject; an error if it would not be read back as the same.
pub(crate) fn text_of(subject: &Subject) -> Result<&str> {
    if subject.as_str().parse::<Subject>()? == *subject {
        return Ok(subject.as_str());
    }
    let reason = format!("`{subject}` has another text form; write it without the second `/`");
    Err(ModelError::Policy { field: "subject".to_owned(), reason }.into())
}

/// What the database has for some subjects, in order and each once. Those that no policy can name are left out.
pub(crate) fn texts_of<'a>(subjects: impl IntoIterator<Item = &'a Subject>) -> Vec<String> {
    let texts: BTreeSet<&str> = subjects.into_iter().filter_map(|subject| text_of(subject).ok()).collect();
    texts.into_iter().map(str::to_owned).collect()
}

/// What the database has for scopes.
pub(crate) fn names_of(scopes: Scopes) -> Vec<&'static str> {
    scopes.iter().map(Scope::name).collect()
}

/// Texts of the database, as what they were; `of` is whose they are.
pub(crate) fn read<T, C>(texts: &[String], of: impl FnOnce() -> String) -> Result<C>
where
    T: std::str::FromStr<Err = ModelError>,
    C: FromIterator<T>,
{
    let read: std::result::Result<C, ModelError> = texts.iter().map(|text| text.parse()).collect();
    read.map_err(|source| Error::Corrupt { what: of(), source })
}

/// A text that came with a request, as far as the database can hold it.
pub(crate) fn holdable(text: &str) -> String {
    if is_text(text) { text.to_owned() } else { text.replace('\0', "\u{fffd}") }
}
