//! CQL2 text into CQL2 JSON.

mod geometry;
mod grammar;
mod token;

use serde_json::Value;

use super::{MAX_TEXT_BYTES, too_large};
use crate::Result;

/// The text as JSON. What its operators take is checked later.
pub(super) fn parse(text: &str) -> Result<Value> {
    if text.len() > MAX_TEXT_BYTES {
        return too_large(format!("it is longer than {MAX_TEXT_BYTES} bytes; ask for less"));
    }
    grammar::Parser::new(token::tokens(text)?).whole()
}
