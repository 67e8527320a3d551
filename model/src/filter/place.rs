//! Places, and how two of them lie to each other.

use geo::{CoordsIter, MapCoords};
use geo_types::{Coord, Geometry, LineString};
use geojson::GeoJson;
use serde_json::Value;

use super::read::{Node, node, wrong_operator};
use super::{Condition, Property, fault};
use crate::footprint::from_geojson;
use crate::search::MAX_VERTICES;
use crate::{AnyBox, Bbox, Error, OfferedCrs, Result};

/// How two places lie to each other (OGC Simple Features).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the predicate of its name")]
pub enum SpatialRelation {
    Intersects,
    Equals,
    Disjoint,
    Touches,
    Within,
    Overlaps,
    Crosses,
    Contains,
}

/// A place, in longitude and latitude unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// Where the item is.
    Footprint,
    /// A box, which may cross the antimeridian.
    Box(Bbox),
    /// A geometry, finite and within ±180, ±90 degrees.
    Geometry(Geometry<f64>),
    /// A geometry in metres, finite.
    Projected(Geometry<f64>, OfferedCrs),
}

/// A spatial function.
pub(super) fn spatial(name: &str, (left, right): (&Value, &Value), crs: OfferedCrs) -> Result<Condition> {
    use SpatialRelation as Of;
    let relation = match name {
        "s_intersects" => Of::Intersects,
        "s_equals" => Of::Equals,
        "s_disjoint" => Of::Disjoint,
        "s_touches" => Of::Touches,
        "s_within" => Of::Within,
        "s_overlaps" => Of::Overlaps,
        "s_crosses" => Of::Crosses,
        "s_contains" => Of::Contains,
        _ => return wrong_operator(name, 2),
    };
    let (left, right) = (place(name, left, crs)?, place(name, right, crs)?);
    let is_mixed = |place: &Place| {
        matches!(
            place,
            Place::Geometry(Geometry::GeometryCollection(_)) | Place::Projected(Geometry::GeometryCollection(_), _)
        )
    };
    if !matches!(relation, Of::Intersects | Of::Disjoint) && (is_mixed(&left) || is_mixed(&right)) {
        return fault(format!("`{name}` takes no GeometryCollection; ask about its geometries one by one"));
    }
    Ok(Condition::Spatial(relation, left, right))
}

/// A place, for the function that wants it.
pub(super) fn place(user: &str, json: &Value, crs: OfferedCrs) -> Result<Place> {
    let wanted = "give `geometry`, a geometry in longitude and latitude, or a box";
    match node(json)? {
        Node::Property(name) => match Property::named(name)? {
            Property::Geometry => Ok(Place::Footprint),
            _ => fault(format!("`{user}`: `{name}` is no geometry; {wanted}")),
        },
        Node::Place if json.get("bbox").is_some() && json.get("type").is_none() => bbox(json, crs),
        Node::Place => geometry(json, crs),
        _ => fault(format!("`{user}` wants places; {wanted}")),
    }
}

fn bbox(json: &Value, crs: OfferedCrs) -> Result<Place> {
    let numbers = json["bbox"].as_array().and_then(|all| all.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>());
    match numbers {
        Some(numbers) if numbers.len() == 4 => match AnyBox::from_slice(&numbers, crs) {
            Ok(AnyBox::Geographic(bbox)) => Ok(Place::Box(bbox)),
            Ok(AnyBox::Projected(projected)) => Ok(Place::Projected(projected.geometry(), crs)),
            Err(error) => fault(error.to_string()),
        },
        _ => fault("a box has four numbers: west, south, east, north in degrees; heights are not searched"),
    }
}

fn geometry(json: &Value, crs: OfferedCrs) -> Result<Place> {
    flat(json)?;
    let example = "give a GeoJSON geometry such as {\"type\":\"Point\",\"coordinates\":[-1.5,50.9]}";
    let read = match serde_json::from_value::<GeoJson>(json.clone()) {
        Ok(GeoJson::Geometry(geometry)) => from_geojson(geometry),
        Ok(_) => Err("it is a Feature or FeatureCollection".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let geometry = match read {
        Ok(geometry) => geometry,
        Err(reason) => return fault(format!("a geometry cannot be read: {reason}; {example}")),
    };
    if crs.is_projected() {
        check(&geometry, |at| at.x.is_finite() && at.y.is_finite())?;
        return Ok(Place::Projected(geometry, crs));
    }
    let geometry = if crs.is_crs84() { geometry } else { geometry.map_coords(|at| Coord { x: at.y, y: at.x }) };
    check(&geometry, |at| at.x.abs() <= 180.0 && at.y.abs() <= 90.0)?;
    Ok(Place::Geometry(geometry))
}

/// Whether every position in lists of lists has two numbers.
fn walk(json: &Value) -> bool {
    match json {
        Value::Array(values) if values.first().is_some_and(Value::is_number) => values.len() == 2,
        Value::Array(values) => values.iter().all(walk),
        _ => true,
    }
}

/// Positions have two numbers.
fn flat(json: &Value) -> Result<()> {
    if let Some(parts) = json.get("geometries").and_then(Value::as_array) {
        return parts.iter().try_for_each(flat);
    }
    if json.get("coordinates").is_none_or(walk) {
        return Ok(());
    }
    fault("a position has other than two numbers; give longitude and latitude, since heights are not searched")
}

/// Whether it can be searched with.
fn check(geometry: &Geometry<f64>, is_sound: impl Fn(&Coord) -> bool) -> Result<()> {
    let vertices = geometry.coords_count();
    if vertices > MAX_VERTICES {
        return Err(Error::TooManyVertices { parameter: "filter".to_owned(), vertices, allowed: MAX_VERTICES });
    }
    if vertices == 0 {
        return fault("a geometry is empty");
    }
    if let Some(at) = geometry.coords_iter().find(|at| !is_sound(at)) {
        return fault(format!("{} {} is not a longitude and latitude in degrees", at.x, at.y));
    }
    if is_whole(geometry) { Ok(()) } else { fault("a line has fewer than 2 positions, or a ring fewer than 4") }
}

fn is_whole(geometry: &Geometry<f64>) -> bool {
    let line = |line: &LineString<f64>| line.0.len() >= 2;
    let polygon = |polygon: &geo_types::Polygon<f64>| {
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).all(|ring| ring.0.len() >= 4)
    };
    match geometry {
        Geometry::LineString(one) => line(one),
        Geometry::MultiLineString(many) => many.iter().all(line),
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(many) => many.iter().all(polygon),
        Geometry::GeometryCollection(many) => many.iter().all(is_whole),
        _ => true,
    }
}
