//! The order of a search: the columns it sorts by, and what comes after a place in it.
//!
//! Each column is total and puts what is missing last, in both directions. A property is two columns, its number and
//! then its text, so that one that is a number here and a text there neither fails nor loses an item.

use ardent_model::SortKey;
use sqlx::{Postgres, QueryBuilder};

use super::token::Place;
use crate::{Error, Result};

/// Texts are sorted by so many of their first characters, which bounds the tokens.
const TEXT_CHARACTERS: u32 = 256;

/// The columns that a search sorts by, the last of them being those of the primary key.
#[derive(Debug, Clone)]
pub(super) struct Order(Vec<Column>);

#[derive(Debug, Clone, PartialEq)]
struct Column {
    value: Expression,
    is_descending: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Datetime,
    /// That of a collection, which may have none.
    Start,
    Collection,
    Id,
    /// Without one, the far end of the order, so that an index alone finds what comes after a place.
    CloudCover,
    Number(String),
    Text(String),
}

impl Order {
    /// That of collections.
    pub(super) fn of_collections(keys: &[SortKey]) -> Self {
        let mut order = Self::of(keys);
        for column in &mut order.0 {
            if column.value == Expression::Datetime {
                column.value = Expression::Start;
            }
        }
        order
    }

    /// That of these keys; without any, latest first.
    pub(super) fn of(keys: &[SortKey]) -> Self {
        let mut columns = Vec::new();
        for key in keys {
            let is_descending = key.is_descending();
            let values = match key.field() {
                "datetime" => vec![Expression::Datetime],
                "collection" => vec![Expression::Collection],
                "id" => vec![Expression::Id],
                "eo:cloud_cover" => vec![Expression::CloudCover],
                name => vec![Expression::Number(name.to_owned()), Expression::Text(name.to_owned())],
            };
            columns.extend(values.into_iter().map(|value| Column { value, is_descending }));
        }
        if keys.is_empty() {
            columns.push(Column { value: Expression::Datetime, is_descending: true });
        }
        for value in [Expression::Collection, Expression::Id] {
            if columns.iter().all(|column| column.value != value) {
                columns.push(Column { value, is_descending: false });
            }
        }
        Self(columns)
    }

    /// Whether the indexes of time have all that it sorts by.
    pub(super) fn is_indexed_with_time(&self) -> bool {
        self.0.iter().all(|column| {
            use Expression::{CloudCover, Collection, Datetime, Id};
            matches!(column.value, Datetime | Collection | Id | CloudCover)
        })
    }

    /// Whether time comes first.
    pub(super) fn is_by_time(&self) -> bool {
        self.0.first().is_some_and(|column| column.value == Expression::Datetime)
    }

    /// Whether cloud cover comes first.
    pub(super) fn is_by_cover(&self) -> bool {
        self.0.first().is_some_and(|column| column.value == Expression::CloudCover)
    }

    /// Whether the cloudiest come first, for which there is no index.
    pub(super) fn is_cloudiest_first(&self) -> bool {
        self.is_by_cover() && self.0.first().is_some_and(|column| column.is_descending)
    }

    /// The names of the keys that are a row's collection and its id.
    pub(super) fn name_keys(&self) -> [String; 2] {
        [Expression::Collection, Expression::Id].map(|value| {
            let number = self.0.iter().position(|column| column.value == value);
            format!("key_{}", number.unwrap_or(self.0.len()))
        })
    }

    /// Appends the columns `key_0`, `key_1`, …: what is sorted by.
    pub(super) fn push_keys(&self, query: &mut QueryBuilder<Postgres>) {
        let mut between = "";
        for (number, column) in self.0.iter().enumerate() {
            column.push(query.push(between));
            query.push(format!(" AS key_{number}"));
            between = ", ";
        }
    }

    /// Appends the column `place`: where a row lies in the order, of rows that have the keys.
    pub(super) fn push_place(&self, query: &mut QueryBuilder<Postgres>) {
        let keys: Vec<String> = (0..self.0.len()).map(|number| format!("key_{number}::text")).collect();
        query.push(format!("ARRAY[{}] AS place", keys.join(", ")));
    }

    /// Appends `ORDER BY`.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>) {
        let mut between = " ORDER BY ";
        for column in &self.0 {
            column.push(query.push(between));
            query.push(column.direction());
            between = ", ";
        }
    }

    /// Appends `ORDER BY`, of rows that have the keys.
    pub(super) fn push_by_keys(&self, query: &mut QueryBuilder<Postgres>) {
        let keys = self.0.iter().enumerate().map(|(number, column)| format!("key_{number}{}", column.direction()));
        query.push(" ORDER BY ").push(keys.collect::<Vec<_>>().join(", "));
    }

    /// Appends the condition that a row comes after a place.
    pub(super) fn push_after(&self, query: &mut QueryBuilder<Postgres>, place: &Place) -> Result<()> {
        if place.0.len() != self.0.len() {
            return Err(Error::Token { reason: "it cannot be read; follow the `next` link as it is".to_owned() });
        }
        let columns: Vec<(&Column, Option<&str>)> = self.0.iter().zip(place.0.iter().map(Option::as_deref)).collect();
        // Where all go one way and none is missing, one condition says it, and an index finds the place at once.
        let is_plain = |(column, value): &(&Column, Option<&str>)| !column.is_nullable() && value.is_some();
        let goes_down = |(column, _): &(&Column, Option<&str>)| column.goes_down();
        if columns.iter().all(is_plain) && columns.iter().all(|column| goes_down(column) == goes_down(&columns[0])) {
            push_row(query.push(" AND "), &columns);
            return Ok(());
        }
        // This first condition alone bounds the index.
        if let Some((first, Some(value))) = columns.first().filter(|(column, _)| !column.is_nullable()) {
            first.push(query.push(" AND "));
            first.push_value(query.push(if first.goes_down() { " <= " } else { " >= " }), value);
        }
        query.push(" AND (");
        for (index, (column, value)) in columns.iter().enumerate() {
            if index > 0 {
                query.push(" OR ");
            }
            query.push("(");
            for (earlier, value) in &columns[..index] {
                earlier.push_equal(query, *value);
                query.push(" AND ");
            }
            column.push_beyond(query, *value);
            query.push(")");
        }
        query.push(")");
        Ok(())
    }
}

/// Appends that a row comes after a place, all of whose columns go one way.
fn push_row(query: &mut QueryBuilder<Postgres>, columns: &[(&Column, Option<&str>)]) {
    let mut between = "(";
    for (column, _) in columns {
        column.push(query.push(between));
        between = ", ";
    }
    let is_down = columns.first().is_some_and(|(column, _)| column.goes_down());
    between = if is_down { ") < (" } else { ") > (" };
    for (column, value) in columns {
        column.push_value(query.push(between), value.unwrap_or_default());
        between = ", ";
    }
    query.push(")");
}

impl Column {
    /// Whether its SQL is sorted downwards: the cloudiest come first by a number that goes up.
    fn goes_down(&self) -> bool {
        self.is_descending && self.value != Expression::CloudCover
    }

    fn push(&self, query: &mut QueryBuilder<Postgres>) {
        match &self.value {
            Expression::Datetime | Expression::Start => query.push("datetime"),
            Expression::Collection => query.push("collection"),
            Expression::Id => query.push("id"),
            Expression::CloudCover if self.is_descending => query.push("(- coalesce(cloud_cover, '-infinity'::real))"),
            Expression::CloudCover => query.push("coalesce(cloud_cover, 'infinity'::real)"),
            Expression::Number(name) => {
                query.push("(CASE WHEN jsonb_typeof(properties -> ").push_bind(name.clone());
                query.push(") = 'number' THEN (properties -> ").push_bind(name.clone()).push(")::numeric END)")
            }
            Expression::Text(name) => {
                query.push("(CASE WHEN jsonb_typeof(properties -> ").push_bind(name.clone());
                query.push(") NOT IN ('number', 'null') THEN left(properties ->> ").push_bind(name.clone());
                query.push(format!(", {TEXT_CHARACTERS}) END COLLATE \"C\")"))
            }
        };
    }

    fn direction(&self) -> &'static str {
        match (self.goes_down(), self.is_nullable()) {
            (false, _) => "",
            (true, false) => " DESC",
            (true, true) => " DESC NULLS LAST",
        }
    }

    fn is_nullable(&self) -> bool {
        matches!(self.value, Expression::Start | Expression::Number(_) | Expression::Text(_))
    }

    fn push_value(&self, query: &mut QueryBuilder<Postgres>, value: &str) {
        query.push_bind(value.to_owned()).push(match self.value {
            Expression::Datetime | Expression::Start => "::timestamptz",
            Expression::CloudCover => "::real",
            Expression::Number(_) => "::numeric",
            Expression::Collection | Expression::Id | Expression::Text(_) => "",
        });
    }

    fn push_equal(&self, query: &mut QueryBuilder<Postgres>, value: Option<&str>) {
        self.push(query);
        match value {
            Some(value) => self.push_value(query.push(" = "), value),
            None => drop(query.push(" IS NULL")),
        }
    }

    /// Nothing comes after what is missing.
    fn push_beyond(&self, query: &mut QueryBuilder<Postgres>, value: Option<&str>) {
        let Some(value) = value else {
            query.push("false");
            return;
        };
        self.push(query.push("("));
        self.push_value(query.push(if self.goes_down() { " < " } else { " > " }), value);
        if self.is_nullable() {
            self.push(query.push(" OR "));
            query.push(" IS NULL");
        }
        query.push(")");
    }
}
