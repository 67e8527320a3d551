//! A filter as SQL, with its values as bind parameters. What is unknown is null, as SQL has it.

mod function;
mod scalar;
mod spatial;
mod temporal;

use ardent_model::filter::{ArrayRelation, Comparison, Condition, Kind, List, Property, Scalar};
use sqlx::types::Json;
use sqlx::{PgPool, Postgres, QueryBuilder};

use super::reach::Reach;
use crate::Result;
use scalar::{push_compare, push_cover_column, push_in, push_json, push_plain, push_value};
use spatial::{Areas, Places};

/// More boxes are looked for no longer one by one.
const MOST_BOXES: usize = 8;

/// A filter, and its geometries as the database has them.
#[derive(Debug)]
pub(super) struct Prepared {
    condition: Condition,
    areas: Vec<Areas>,
}

/// What appending a condition needs to know: the places of its spatial functions, in order, and how far the times of
/// items reach.
struct Known<'a> {
    places: Places<'a>,
    reach: Option<Reach>,
    /// Whether the place of the search finds so few items that no other index helps.
    by_place: bool,
}

impl Prepared {
    pub(super) async fn new(condition: &Condition, pool: &PgPool) -> Result<Self> {
        let areas = spatial::prepare(condition, pool).await?;
        Ok(Self { condition: condition.clone(), areas })
    }

    /// Appends the condition, knowing how far the times of items reach.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>, reach: Option<Reach>) {
        push(query, &self.condition, &mut Known { places: self.areas.iter(), reach, by_place: false });
    }

    /// Appends the condition, for few items, which the place of the search finds.
    pub(super) fn push_of_few(&self, query: &mut QueryBuilder<Postgres>) {
        push(query, &self.condition, &mut Known { places: self.areas.iter(), reach: None, by_place: true });
    }

    /// The boxes of which a footprint must touch one, where the condition says so.
    pub(super) fn sides(&self) -> Option<Vec<[f64; 4]>> {
        sides(&self.condition, &mut self.areas.iter())
    }

    /// Whether it is about cloud cover and places alone.
    pub(super) fn is_of_cover(&self) -> bool {
        covers(&self.condition).is_some()
    }

    /// Appends, for each comparison of such a condition, what the column of cloud cover says of it.
    pub(super) fn push_cover_columns(&self, query: &mut QueryBuilder<Postgres>) {
        for (comparison, cover) in covers(&self.condition).unwrap_or_default() {
            push_cover_column(query, " AND ", comparison, cover);
        }
    }
}

/// The boxes of which a footprint must touch one for the condition to hold.
fn sides(condition: &Condition, places: &mut Places<'_>) -> Option<Vec<[f64; 4]>> {
    // All are gone through, since each takes its places.
    match condition {
        Condition::And(all) => all.iter().map(|one| sides(one, places)).fold(None, Option::or),
        Condition::Or(all) => {
            let each: Vec<_> = all.iter().map(|one| sides(one, places)).collect();
            let each: Option<Vec<_>> = each.into_iter().collect();
            each.map(|each| each.concat()).filter(|sides| sides.len() <= MOST_BOXES)
        }
        Condition::Not(one) => {
            sides(one, places);
            None
        }
        Condition::Spatial(relation, ..) => {
            places.next().and_then(|areas| spatial::sides(*relation, areas)).filter(|sides| sides.len() <= MOST_BOXES)
        }
        _ => None,
    }
}

/// Appends a condition.
fn push(query: &mut QueryBuilder<Postgres>, condition: &Condition, known: &mut Known<'_>) {
    match condition {
        Condition::Constant(value) => {
            query.push(if *value { "true" } else { "false" });
        }
        Condition::Flag(property) => push_value(query, &Scalar::Property(property.clone()), Kind::Boolean),
        Condition::And(all) => push_joined(query, all, " AND ", known),
        Condition::Or(all) => push_joined(query, all, " OR ", known),
        Condition::Not(one) => {
            query.push("(NOT ");
            push(query, one, known);
            query.push(")");
        }
        Condition::Compare(left, comparison, right) if known.by_place && is_of_cover(left, right) => {
            push_plain(query, left, *comparison, right);
        }
        Condition::Compare(left, comparison, right) => push_compare(query, left, *comparison, right),
        Condition::In(value, list) => push_in(query, value, list),
        Condition::Like(text, pattern) => {
            query.push("(");
            push_value(query, text, Kind::Text);
            query.push(" LIKE ");
            push_value(query, pattern, Kind::Text);
            query.push(")");
        }
        Condition::IsNull(value) => push_is_null(query, value),
        Condition::Spatial(relation, ..) => spatial::push(query, *relation, known.places.next()),
        Condition::Temporal(relation, left, right) => temporal::push(query, *relation, (left, right), known.reach),
        Condition::Array(relation, left, right) => push_array(query, *relation, left, right),
    }
}

/// The comparisons of cloud cover that all must hold, if there is nothing else but places that the condition is about.
fn covers(condition: &Condition) -> Option<Vec<(Comparison, f64)>> {
    match condition {
        Condition::And(all) => Some(all.iter().map(covers).collect::<Option<Vec<_>>>()?.concat()),
        Condition::Compare(Scalar::Property(Property::CloudCover), comparison, Scalar::Number(cover)) => {
            Some(vec![(*comparison, *cover)])
        }
        Condition::Compare(Scalar::Number(cover), comparison, Scalar::Property(Property::CloudCover)) => {
            Some(vec![(comparison.flipped(), *cover)])
        }
        Condition::Spatial(..) => Some(Vec::new()),
        _ => None,
    }
}

fn is_of_cover(left: &Scalar, right: &Scalar) -> bool {
    [left, right].into_iter().any(|one| matches!(one, Scalar::Property(Property::CloudCover)))
        && [left, right].into_iter().any(|one| matches!(one, Scalar::Number(_)))
}

fn push_joined(query: &mut QueryBuilder<Postgres>, all: &[Condition], joint: &str, known: &mut Known<'_>) {
    // Nothing to hold, or none to choose from.
    if all.is_empty() {
        query.push(if joint == " AND " { "true" } else { "false" });
        return;
    }
    let mut before = "(";
    for one in all {
        query.push(before);
        push(query, one, known);
        before = joint;
    }
    query.push(")");
}

fn push_is_null(query: &mut QueryBuilder<Postgres>, value: &Scalar) {
    match value {
        Scalar::Property(Property::Id | Property::Collection | Property::Geometry) => {
            query.push("false");
        }
        Scalar::Property(property) => {
            query.push("(coalesce(jsonb_typeof(");
            push_json(query, property);
            query.push("), 'null') = 'null')");
        }
        computed => {
            query.push("(");
            // A kind of its own has all but a property.
            push_value(query, computed, computed.kind().unwrap_or(Kind::Text));
            query.push(" IS NULL)");
        }
    }
}

fn push_array(query: &mut QueryBuilder<Postgres>, relation: ArrayRelation, left: &List, right: &List) {
    let mut call = |before: &str, function: &str, one: &List, two: &List| {
        query.push(before).push(function).push("(");
        push_list(query, one);
        query.push(", ");
        push_list(query, two);
        query.push(")");
    };
    match relation {
        ArrayRelation::Contains => call("", "json_contains", left, right),
        ArrayRelation::ContainedBy => call("", "json_contains", right, left),
        ArrayRelation::Overlaps => call("", "json_overlaps", left, right),
        ArrayRelation::Equals => {
            call("(", "json_contains", left, right);
            call(" AND ", "json_contains", right, left);
            query.push(")");
        }
    }
}

fn push_list(query: &mut QueryBuilder<Postgres>, list: &List) {
    match list {
        List::Property(property) => push_json(query, property),
        List::Values(values) => {
            query.push_bind(Json(values.clone()));
        }
    }
}
