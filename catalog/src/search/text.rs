//! Free text: one of the terms must occur.

use ardent_model::FreeText;
use sqlx::{Postgres, QueryBuilder};

/// Appends the condition on the column of words, which an index of items serves.
pub(super) fn push(query: &mut QueryBuilder<Postgres>, text: &FreeText) {
    let mut before = " AND words @@ (";
    for term in text.terms() {
        query.push(before).push("phraseto_tsquery('simple', plain_words(").push_bind(term.clone()).push("))");
        before = " || ";
    }
    if !text.terms().is_empty() {
        query.push(")");
    }
}
