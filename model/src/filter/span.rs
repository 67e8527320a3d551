//! Times, and how two of them lie to each other.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::Value;

use super::read::{Node, node, wrong_operator};
use super::scalar::time;
use super::{Condition, Kind, Property, Scalar, fault};
use crate::Result;

/// How two times lie to each other, an instant being a time whose ends are the same (OGC CQL2 §7.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the predicate of its name")]
pub enum TemporalRelation {
    After,
    Before,
    Contains,
    Disjoint,
    During,
    Equals,
    FinishedBy,
    Finishes,
    Intersects,
    Meets,
    MetBy,
    OverlappedBy,
    Overlaps,
    StartedBy,
    Starts,
}

/// A time, both ends included.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    /// The item's: its datetime, or from its start to its end.
    Item,
    /// From one end to the other.
    Between(Edge, Edge),
}

/// An end of a time.
#[derive(Debug, Clone, PartialEq)]
pub enum Edge {
    /// None: before or after everything.
    Open,
    /// An instant.
    At(DateTime<Utc>),
    /// What the item has; unknown where it has none.
    Property(Property),
}

/// A temporal function.
pub(super) fn temporal(name: &str, left: &Value, right: &Value) -> Result<Condition> {
    use TemporalRelation as Of;
    let relation = match name {
        "t_after" => Of::After,
        "t_before" => Of::Before,
        "t_contains" => Of::Contains,
        "t_disjoint" => Of::Disjoint,
        "t_during" => Of::During,
        "t_equals" => Of::Equals,
        "t_finishedby" => Of::FinishedBy,
        "t_finishes" => Of::Finishes,
        "t_intersects" => Of::Intersects,
        "t_meets" => Of::Meets,
        "t_metby" => Of::MetBy,
        "t_overlappedby" => Of::OverlappedBy,
        "t_overlaps" => Of::Overlaps,
        "t_startedby" => Of::StartedBy,
        "t_starts" => Of::Starts,
        _ => return wrong_operator(name, 2),
    };
    Ok(Condition::Temporal(relation, span(name, left)?, span(name, right)?))
}

fn span(user: &str, json: &Value) -> Result<Span> {
    match node(json)? {
        Node::Property(name) => match Property::named(name)? {
            Property::Datetime => Ok(Span::Item),
            property => {
                let edge = Edge::Property(timed(user, property)?);
                Ok(Span::Between(edge.clone(), edge))
            }
        },
        Node::Interval([start, end]) => {
            let (start, end) = (edge(user, start, false)?, edge(user, end, true)?);
            match (&start, &end) {
                (Edge::At(first), Edge::At(last)) if first > last => {
                    fault(format!("`{user}`: an interval ends before it starts; exchange the two"))
                }
                _ => Ok(Span::Between(start, end)),
            }
        }
        Node::Interval(ends) => fault(format!("`{user}`: an interval has 2 ends, not {}", ends.len())),
        Node::Timestamp(text) | Node::Date(text) | Node::Text(text) => {
            // Reading it as a value tells a date from a timestamp.
            let at = if let Node::Text(_) = node(json)? { time(text)? } else { super::scalar::scalar(json)? };
            Ok(Span::Between(Edge::At(instant(&at, false)?), Edge::At(instant(&at, true)?)))
        }
        _ => fault(format!(
            "`{user}` wants times; give a timestamp, a date, an interval or a property such as `datetime`"
        )),
    }
}

fn edge(user: &str, json: &Value, is_end: bool) -> Result<Edge> {
    match node(json)? {
        Node::Text("..") => Ok(Edge::Open),
        Node::Text(text) => instant(&time(text)?, is_end).map(Edge::At),
        Node::Property(name) => timed(user, Property::named(name)?).map(Edge::Property),
        Node::Timestamp(_) | Node::Date(_) => instant(&super::scalar::scalar(json)?, is_end).map(Edge::At),
        _ => fault(format!("`{user}`: an end of an interval is a time, a date, a property or '..'")),
    }
}

fn timed(user: &str, property: Property) -> Result<Property> {
    match Scalar::Property(property).of_kind(Kind::Time, user)? {
        Scalar::Property(property) => Ok(property),
        other => fault(format!("`{user}`: {} is no property", other.shown())),
    }
}

/// The instant, or the first or last microsecond of the day.
fn instant(at: &Scalar, is_end: bool) -> Result<DateTime<Utc>> {
    match at {
        Scalar::Instant(at) => Ok(*at),
        Scalar::Date(date) => {
            let (first, next) = day(*date);
            Ok(if is_end { next - TimeDelta::microseconds(1) } else { first })
        }
        other => fault(format!("{} is no time", other.shown())),
    }
}

/// The first instants of a day and of the next one.
fn day(date: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    (start(date), start(date.checked_add_days(Days::new(1)).unwrap_or(date)))
}
