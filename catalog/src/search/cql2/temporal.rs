//! Temporal functions.

use ardent_model::filter::{Edge, Kind, Scalar, Span, TemporalRelation};
use chrono::{DateTime, Utc};
use sqlx::{Postgres, QueryBuilder};

use super::super::reach::Reach;
use super::scalar::push_value;
use crate::extent::time_range;

/// An end of the first or the second time.
#[derive(Clone, Copy)]
enum End {
    Start1,
    End1,
    Start2,
    End2,
}

/// How the ends compare; all must, or any for `disjoint`.
fn comparisons(relation: TemporalRelation) -> &'static [(End, &'static str, End)] {
    use End::{End1, End2, Start1, Start2};
    match relation {
        TemporalRelation::After => &[(Start1, " > ", End2)],
        TemporalRelation::Before => &[(End1, " < ", Start2)],
        TemporalRelation::Contains => &[(Start1, " < ", Start2), (End1, " > ", End2)],
        TemporalRelation::Disjoint => &[(End1, " < ", Start2), (Start1, " > ", End2)],
        TemporalRelation::During => &[(Start1, " > ", Start2), (End1, " < ", End2)],
        TemporalRelation::Equals => &[(Start1, " = ", Start2), (End1, " = ", End2)],
        TemporalRelation::FinishedBy => &[(Start1, " < ", Start2), (End1, " = ", End2)],
        TemporalRelation::Finishes => &[(Start1, " > ", Start2), (End1, " = ", End2)],
        TemporalRelation::Intersects => &[(Start1, " <= ", End2), (End1, " >= ", Start2)],
        TemporalRelation::Meets => &[(End1, " = ", Start2)],
        TemporalRelation::MetBy => &[(Start1, " = ", End2)],
        TemporalRelation::OverlappedBy => &[(Start1, " > ", Start2), (Start1, " < ", End2), (End1, " > ", End2)],
        TemporalRelation::Overlaps => &[(Start1, " < ", Start2), (End1, " > ", Start2), (End1, " < ", End2)],
        TemporalRelation::StartedBy => &[(Start1, " = ", Start2), (End1, " > ", End2)],
        TemporalRelation::Starts => &[(Start1, " = ", Start2), (End1, " < ", End2)],
    }
}

/// Appends a temporal function.
pub(super) fn push(
    query: &mut QueryBuilder<Postgres>,
    relation: TemporalRelation,
    (left, right): (&Span, &Span),
    reach: Option<Reach>,
) {
    query.push("(");
    push_index(query, relation, (left, right), reach);
    let joint = if relation == TemporalRelation::Disjoint { " OR " } else { " AND " };
    for (index, (one, sign, two)) in comparisons(relation).iter().enumerate() {
        query.push(if index == 0 { "" } else { joint });
        push_end(query, *one, left, right);
        query.push(*sign);
        push_end(query, *two, left, right);
    }
    query.push(")");
}

/// Appends what follows from the function for the columns that have an index, where a given time bounds the item's.
fn push_index(
    query: &mut QueryBuilder<Postgres>,
    relation: TemporalRelation,
    (left, right): (&Span, &Span),
    reach: Option<Reach>,
) {
    let (start, end, is_item_first) = match (left, right) {
        (Span::Item, Span::Between(start, end)) => (start, end, true),
        (Span::Between(start, end), Span::Item) => (start, end, false),
        _ => return,
    };
    if [start, end].into_iter().any(|edge| matches!(edge, Edge::Property(_))) {
        return;
    }
    // Between which instants the item must be at some time.
    let (from, to) = match relation {
        TemporalRelation::Disjoint => return,
        TemporalRelation::After if is_item_first => (instant(end), None),
        TemporalRelation::Before if is_item_first => (None, instant(start)),
        TemporalRelation::After => (None, instant(start)),
        TemporalRelation::Before => (instant(end), None),
        _ => (instant(start), instant(end)),
    };
    let first = from.zip(reach).and_then(|(at, reach)| reach.first(at));
    let last = to.zip(reach).and_then(|(at, reach)| reach.last(at));
    // One bound is a part of the order; looking for it in two indexes only costs.
    if from.is_some() == to.is_some() || reach.is_some() && first.or(last).is_none() {
        query.push("time && ").push_bind(time_range(from, to)).push(" AND ");
    }
    for (sign, bound) in [(" >= ", first), (" <= ", last)] {
        if let Some(at) = bound {
            query.push("datetime").push(sign).push_bind(at).push(" AND ");
        }
    }
}

/// An end that is given; `None` if it is open.
fn instant(edge: &Edge) -> Option<DateTime<Utc>> {
    if let Edge::At(at) = edge { Some(*at) } else { None }
}

fn push_end(query: &mut QueryBuilder<Postgres>, end: End, left: &Span, right: &Span) {
    let (span, is_start) = match end {
        End::Start1 => (left, true),
        End::End1 => (left, false),
        End::Start2 => (right, true),
        End::End2 => (right, false),
    };
    match span {
        Span::Item if is_start => {
            query.push("coalesce(lower(time), '-infinity')");
        }
        Span::Item => {
            query.push("coalesce(upper(time), 'infinity')");
        }
        Span::Between(start, end) => match if is_start { start } else { end } {
            Edge::Open if is_start => {
                query.push("'-infinity'::timestamptz");
            }
            Edge::Open => {
                query.push("'infinity'::timestamptz");
            }
            Edge::At(at) => {
                query.push_bind(*at);
            }
            Edge::Property(property) => push_value(query, &Scalar::Property(property.clone()), Kind::Time),
        },
    }
}
