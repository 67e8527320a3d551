//! Spatial functions.

use ardent_model::filter::{Condition, Place, SpatialRelation};
use geo_types::{Geometry, GeometryCollection};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};

use super::super::area::{Sides, box_geometry, encode, split_areas};
use crate::Result;
use crate::error::while_doing;
use crate::wkb::Ewkb;

/// What spatial functions compare, in the order of the condition.
pub(super) type Places<'a> = std::slice::Iter<'a, Areas>;

/// The operands of a spatial function. Several areas are one place.
#[derive(Debug, Default)]
pub(super) struct Areas {
    left: Vec<Area>,
    right: Vec<Area>,
}

#[derive(Debug)]
enum Area {
    Footprint,
    /// The geometry, and its sides; none if it is empty.
    Given(Ewkb, Option<[f64; 4]>),
}

/// A geometry as the database made it.
#[derive(FromRow)]
struct Made {
    area: Vec<u8>,
    #[sqlx(flatten)]
    sides: Sides,
}

/// Makes the geometries of a condition valid and brings them within ±180 degrees.
pub(super) async fn prepare(condition: &Condition, pool: &PgPool) -> Result<Vec<Areas>> {
    let mut functions = Vec::new();
    collect(condition, &mut functions);
    let (mut given, mut whole) = (Vec::new(), Vec::new());
    for (relation, left, right) in &functions {
        for place in [left, right] {
            for geometry in parts(*relation, place) {
                given.push(encode(&geometry)?);
                whole.push(!finds_parts(*relation));
            }
        }
    }
    let mut made = if given.is_empty() { Vec::new() } else { normalise(given, whole, pool).await? }.into_iter();
    let mut areas = |relation, place: &Place| match place {
        Place::Footprint => vec![Area::Footprint],
        place => {
            let made = made.by_ref().take(parts(relation, place).len());
            made.map(|Made { area, sides }| Area::Given(Ewkb::from_bytes(area), sides.all())).collect()
        }
    };
    Ok(functions
        .into_iter()
        .map(|(relation, left, right)| {
            let left = areas(relation, left);
            Areas { left, right: areas(relation, right) }
        })
        .collect())
}

async fn normalise(given: Vec<Ewkb>, whole: Vec<bool>, pool: &PgPool) -> Result<Vec<Made>> {
    let query = sqlx::query_as(
        "SELECT ST_AsEWKB(CASE WHEN whole THEN plain_footprint(valid) ELSE valid END) AS area, \
        ST_XMin(valid) AS west, ST_YMin(valid) AS south, ST_XMax(valid) AS east, ST_YMax(valid) AS north \
        FROM unnest($1::bytea[], $2::boolean[]) WITH ORDINALITY AS given (area, whole, place), \
        normal_footprint(ST_GeomFromEWKB(area)) AS valid ORDER BY place",
    );
    query.bind(given).bind(whole).fetch_all(pool).await.map_err(while_doing("reading `filter`"))
}

type Function<'a> = (SpatialRelation, &'a Place, &'a Place);

/// The spatial functions, in the order in which they are appended.
fn collect<'a>(condition: &'a Condition, found: &mut Vec<Function<'a>>) {
    match condition {
        Condition::Spatial(relation, left, right) => found.push((*relation, left, right)),
        Condition::And(all) | Condition::Or(all) => all.iter().for_each(|one| collect(one, found)),
        Condition::Not(one) => collect(one, found),
        _ => {}
    }
}

/// Whether it holds of a place if it holds of a part of it, or is the opposite of that.
fn finds_parts(relation: SpatialRelation) -> bool {
    matches!(relation, SpatialRelation::Intersects | SpatialRelation::Disjoint)
}

/// The geometries of a place, apart if the parts can be sought one by one.
fn parts(relation: SpatialRelation, place: &Place) -> Vec<Geometry<f64>> {
    let all: Vec<Geometry<f64>> = match place {
        Place::Footprint => return Vec::new(),
        Place::Box(bbox) => bbox.parts().iter().map(|part| box_geometry(*part)).collect(),
        Place::Geometry(geometry) if finds_parts(relation) => split_areas(geometry),
        // Those in metres are none any more.
        Place::Geometry(geometry) | Place::Projected(geometry, _) => vec![geometry.clone()],
    };
    if finds_parts(relation) || all.len() < 2 {
        return all;
    }
    vec![Geometry::GeometryCollection(GeometryCollection::from(all))]
}

/// The boxes of which a footprint must touch one; none if it need not.
pub(super) fn sides(relation: SpatialRelation, areas: &Areas) -> Option<Vec<[f64; 4]>> {
    let given = match (areas.left.as_slice(), areas.right.as_slice()) {
        ([Area::Footprint], given) | (given, [Area::Footprint]) if relation != SpatialRelation::Disjoint => given,
        _ => return None,
    };
    let sides = given.iter().map(|area| match area {
        Area::Footprint => None,
        Area::Given(_, sides) => Some(*sides),
    });
    Some(sides.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Appends a spatial function.
pub(super) fn push(query: &mut QueryBuilder<Postgres>, relation: SpatialRelation, areas: Option<&Areas>) {
    let Some(areas) = areas else {
        // There is one for each function.
        query.push("NULL::boolean");
        return;
    };
    query.push(if relation == SpatialRelation::Disjoint { "(NOT (" } else { "((" });
    let mut between = "";
    for (left, right) in areas.left.iter().flat_map(|left| areas.right.iter().map(move |right| (left, right))) {
        query.push(between);
        push_pair(query, relation, left, right);
        between = " OR ";
    }
    query.push("))");
}

fn push_pair(query: &mut QueryBuilder<Postgres>, relation: SpatialRelation, left: &Area, right: &Area) {
    let function = match relation {
        SpatialRelation::Intersects | SpatialRelation::Disjoint => {
            return push_call(query, ("ST_Intersects", ""), left, right);
        }
        SpatialRelation::Equals => "ST_Equals",
        SpatialRelation::Touches => "ST_Touches",
        SpatialRelation::Within => "ST_Within",
        SpatialRelation::Overlaps => "ST_Overlaps",
        SpatialRelation::Crosses => "ST_Crosses",
        SpatialRelation::Contains => "ST_Contains",
    };
    // The index knows boxes; the function below hides the footprint from it.
    push_area(query, left, "");
    query.push(" && ");
    push_area(query, right, "");
    query.push(" AND ");
    push_call(query, (function, "plain_footprint"), left, right);
}

/// Appends a call of a function; the second is what it needs done to the footprint.
fn push_call(query: &mut QueryBuilder<Postgres>, (function, of_footprint): (&str, &str), left: &Area, right: &Area) {
    query.push(function).push("(");
    push_area(query, left, of_footprint);
    query.push(", ");
    push_area(query, right, of_footprint);
    query.push(")");
}

fn push_area(query: &mut QueryBuilder<Postgres>, area: &Area, of_footprint: &str) {
    match area {
        Area::Footprint if of_footprint.is_empty() => {
            query.push("geometry");
        }
        Area::Footprint => {
            query.push(of_footprint).push("(geometry)");
        }
        Area::Given(geometry, _) => {
            query.push("ST_GeomFromEWKB(").push_bind(geometry.clone()).push(")");
        }
    }
}
