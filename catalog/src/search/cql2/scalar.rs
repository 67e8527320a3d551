//! Single values, and comparisons of them.

use ardent_model::filter::{Arithmetic, Comparison, Fold, Kind, Property, Scalar};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use sqlx::{Postgres, QueryBuilder};

use super::function::push_call;

/// Appends what the document has.
pub(super) fn push_json(query: &mut QueryBuilder<Postgres>, property: &Property) {
    query.push("(properties -> ").push_bind(property.name().to_owned()).push(")");
}

/// Appends a value as one of that kind, or null.
pub(super) fn push_value(query: &mut QueryBuilder<Postgres>, value: &Scalar, kind: Kind) {
    match value {
        Scalar::Property(Property::Id) => {
            query.push("id");
        }
        Scalar::Property(Property::Collection) => {
            query.push("collection");
        }
        Scalar::Property(Property::Datetime) => {
            query.push("datetime");
        }
        Scalar::Property(property) => {
            let (function, end) = match kind {
                Kind::Number => ("json_number(", ")"),
                Kind::Boolean => ("json_boolean(", ")"),
                Kind::Time => ("json_instant(", ")"),
                Kind::Text | Kind::Geometry => ("(json_text(", ") COLLATE \"C\")"),
            };
            query.push(function);
            push_json(query, property);
            query.push(end);
        }
        Scalar::Text(text) => {
            query.push("(").push_bind(text.clone()).push(" COLLATE \"C\")");
        }
        Scalar::Number(number) => {
            query.push_bind(*number);
        }
        Scalar::Boolean(value) => {
            query.push_bind(*value);
        }
        Scalar::Instant(at) => {
            query.push_bind(*at);
        }
        Scalar::Date(date) => {
            query.push_bind(day(*date).0);
        }
        Scalar::Folded(fold, text) => {
            query.push(match fold {
                Fold::Case => "(fold_case(",
                Fold::Accent => "(fold_accent(",
            });
            push_value(query, text, Kind::Text);
            query.push(") COLLATE \"C\")");
        }
        Scalar::Computed(left, operator, right) => push_computed(query, left, *operator, right),
        Scalar::Call(function, arguments) => push_call(query, function, arguments),
    }
}

fn push_computed(query: &mut QueryBuilder<Postgres>, left: &Scalar, operator: Arithmetic, right: &Scalar) {
    query.push("computed('").push(operator.sign()).push("', ");
    push_value(query, left, Kind::Number);
    query.push(", ");
    push_value(query, right, Kind::Number);
    query.push(")");
}

/// Appends a comparison.
pub(super) fn push_compare(query: &mut QueryBuilder<Postgres>, left: &Scalar, comparison: Comparison, right: &Scalar) {
    match (left, right) {
        (left, Scalar::Date(date)) => push_dated(query, left, comparison, *date),
        (Scalar::Date(date), right) => push_dated(query, right, comparison.flipped(), *date),
        (Scalar::Property(Property::CloudCover), Scalar::Number(cover)) => push_cover(query, comparison, *cover),
        (Scalar::Number(cover), Scalar::Property(Property::CloudCover)) => {
            push_cover(query, comparison.flipped(), *cover);
        }
        _ => push_plain(query, left, comparison, right),
    }
}

/// Appends a comparison of what the document has.
pub(super) fn push_plain(query: &mut QueryBuilder<Postgres>, left: &Scalar, comparison: Comparison, right: &Scalar) {
    query.push("(");
    match (left.kind().or_else(|| right.kind()), left, right) {
        (None, Scalar::Property(left), Scalar::Property(right)) => {
            query.push("json_compare(");
            push_json(query, left);
            query.push(", ");
            push_json(query, right);
            query.push(") ").push(comparison.sign()).push(" 0");
        }
        (kind, left, right) => {
            let kind = kind.unwrap_or(Kind::Text);
            push_value(query, left, kind);
            query.push(" ").push(comparison.sign()).push(" ");
            push_value(query, right, kind);
        }
    }
    query.push(")");
}

/// The column has half the digits of the document; it lets an index find what the document then decides.
fn push_cover(query: &mut QueryBuilder<Postgres>, comparison: Comparison, cover: f64) {
    query.push("(");
    let between = if push_cover_column(query, "", comparison, cover) { " AND " } else { "" };
    query.push(between);
    push_plain(query, &Scalar::Property(Property::CloudCover), comparison, &Scalar::Number(cover));
    query.push(")");
}

/// Appends what the column of cloud cover says of a comparison, if it says anything.
pub(super) fn push_cover_column(
    query: &mut QueryBuilder<Postgres>,
    before: &str,
    comparison: Comparison,
    cover: f64,
) -> bool {
    let sign = match comparison {
        Comparison::Less | Comparison::LessOrEqual => "<=",
        Comparison::Greater | Comparison::GreaterOrEqual => ">=",
        Comparison::Equal => "=",
        Comparison::NotEqual => return false,
    };
    query.push(before).push("cloud_cover ").push(sign).push(" ").push_bind(cover as f32);
    true
}

/// A comparison with a day, which every time in it is equal to.
fn push_dated(query: &mut QueryBuilder<Postgres>, value: &Scalar, comparison: Comparison, date: NaiveDate) {
    let (first, next) = day(date);
    let mut bound = |before: &str, sign: &str, at: DateTime<Utc>| {
        query.push(before);
        push_value(query, value, Kind::Time);
        query.push(sign).push_bind(at);
    };
    match comparison {
        Comparison::Less => bound("(", " < ", first),
        Comparison::LessOrEqual => bound("(", " < ", next),
        Comparison::Greater => bound("(", " >= ", next),
        Comparison::GreaterOrEqual => bound("(", " >= ", first),
        Comparison::Equal => {
            bound("(", " >= ", first);
            bound(" AND ", " < ", next);
        }
        Comparison::NotEqual => {
            bound("(", " < ", first);
            bound(" OR ", " >= ", next);
        }
    }
    query.push(")");
}

/// The first instants of a day and of the next one.
fn day(date: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    (start(date), start(date.checked_add_days(Days::new(1)).unwrap_or(date)))
}

/// So few days of a list are asked about one by one, which an index can answer.
const FEW_DAYS: usize = 8;

/// Appends that a value is one of a list: the literals of each kind are one parameter.
pub(super) fn push_in(query: &mut QueryBuilder<Postgres>, value: &Scalar, list: &[Scalar]) {
    let mut literals = Literals::default();
    let mut rest: Vec<&Scalar> = list.iter().filter(|one| !literals.take(one)).collect();
    if literals.days.len() <= FEW_DAYS {
        literals.days.clear();
        rest.extend(list.iter().filter(|one| matches!(one, Scalar::Date(_))));
    }
    let mut between = "(";
    let mut any_of = |query: &mut QueryBuilder<Postgres>, kind: Kind, after: &str| {
        query.push(between).push("(");
        between = " OR ";
        push_value(query, value, kind);
        query.push(after).push(" = ANY (");
    };
    if !literals.texts.is_empty() {
        any_of(query, Kind::Text, ")");
        query.push_bind(literals.texts).push(")");
    }
    if !literals.numbers.is_empty() {
        any_of(query, Kind::Number, ")");
        query.push_bind(literals.numbers).push(")");
    }
    if !literals.truths.is_empty() {
        any_of(query, Kind::Boolean, ")");
        query.push_bind(literals.truths).push(")");
    }
    if !literals.times.is_empty() {
        any_of(query, Kind::Time, ")");
        query.push_bind(literals.times).push(")");
    }
    if !literals.days.is_empty() {
        any_of(query, Kind::Time, " AT TIME ZONE 'UTC')::date");
        query.push_bind(literals.days).push(")");
    }
    for one in rest {
        query.push(between);
        between = " OR ";
        push_compare(query, value, Comparison::Equal, one);
    }
    query.push(")");
}

/// The literals of a list, by their kind.
#[derive(Default)]
struct Literals {
    texts: Vec<String>,
    numbers: Vec<f64>,
    truths: Vec<bool>,
    times: Vec<DateTime<Utc>>,
    days: Vec<NaiveDate>,
}

impl Literals {
    /// Whether it is one.
    fn take(&mut self, value: &Scalar) -> bool {
        match value {
            Scalar::Text(text) => self.texts.push(text.clone()),
            Scalar::Number(number) => self.numbers.push(*number),
            Scalar::Boolean(truth) => self.truths.push(*truth),
            Scalar::Instant(at) => self.times.push(*at),
            Scalar::Date(date) => self.days.push(*date),
            _ => return false,
        }
        true
    }
}
