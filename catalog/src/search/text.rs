//! Free text: one of the terms must occur.

use ardent_model::FreeText;
use sqlx::{Postgres, QueryBuilder};

/// What the index of texts has; the condition must say the same as it does.
const HAS_TEXT: &str = "properties ?| '{title,description,keywords}'::text[]";

/// Appends the condition on rows of `items`, which the index of texts serves.
pub(super) fn push_items(query: &mut QueryBuilder<Postgres>, text: &FreeText) {
    if text.terms().is_empty() {
        return;
    }
    query.push(" AND ").push(HAS_TEXT).push(" AND words(properties) @@ ");
    push_terms(query, text);
}

/// Appends the condition on rows of `collection_records`, whose ids are texts too.
pub(super) fn push_collections(query: &mut QueryBuilder<Postgres>, text: &FreeText) {
    if text.terms().is_empty() {
        return;
    }
    query.push(" AND (words(properties) @@ ");
    push_terms(query, text);
    query.push(" OR to_tsvector('simple', plain_words(id)) @@ ");
    push_terms(query, text);
    query.push(")");
}

fn push_terms(query: &mut QueryBuilder<Postgres>, text: &FreeText) {
    let mut before = "(";
    for term in text.terms() {
        query.push(before).push("phraseto_tsquery('simple', plain_words(").push_bind(term.clone()).push("))");
        before = " || ";
    }
    query.push(")");
}
