//! Geometries in well-known text.

use serde_json::{Value, json};

use super::grammar::Parser;
use super::token::Token;
use crate::Result;
use crate::filter::fault;

/// Names, what GeoJSON calls them, and how deep their positions are in lists.
const GEOMETRIES: [(&str, &str, usize); 6] = [
    ("point", "Point", 0),
    ("linestring", "LineString", 1),
    ("polygon", "Polygon", 2),
    ("multipoint", "MultiPoint", 1),
    ("multilinestring", "MultiLineString", 2),
    ("multipolygon", "MultiPolygon", 3),
];
const COLLECTION: &str = "geometrycollection";

/// Whether a name in small letters is that of a geometry.
pub(super) fn is_geometry(name: &str) -> bool {
    name == COLLECTION || GEOMETRIES.iter().any(|(known, ..)| *known == name)
}

/// Geometries of well-known text that CQL2 does not have.
const OTHERS: [&str; 8] = [
    "circularstring",
    "compoundcurve",
    "curvepolygon",
    "multicurve",
    "multisurface",
    "polyhedralsurface",
    "tin",
    "triangle",
];

/// Refuses the name of a geometry that CQL2 does not have.
pub(super) fn check(name: &str) -> Result<()> {
    if OTHERS.contains(&name) {
        return fault(format!("`{name}` is no geometry of CQL2; give points, lines or polygons with straight sides"));
    }
    Ok(())
}

/// Whether a name says what coordinates a geometry has.
pub(super) fn is_flag(name: &str) -> bool {
    ["z", "m", "zm", "empty"].iter().any(|flag| name.eq_ignore_ascii_case(flag))
}

/// A geometry, after its name in small letters.
pub(super) fn geometry(parser: &mut Parser, name: &str) -> Result<Value> {
    if matches!(parser.peek(), Token::Name(flag) if is_flag(flag)) {
        return fault(format!("`{name}` is empty or has heights or measures; give longitudes and latitudes alone"));
    }
    if name == COLLECTION {
        parser.expect("(")?;
        let parts = separated(parser, |parser| match parser.advance() {
            Token::Name(part) if is_geometry(&part.to_ascii_lowercase()) && !part.eq_ignore_ascii_case(COLLECTION) => {
                geometry(parser, &part.to_ascii_lowercase())
            }
            _ => fault("a GEOMETRYCOLLECTION has geometries in it, and no collections"),
        })?;
        return Ok(json!({ "type": "GeometryCollection", "geometries": parts }));
    }
    let Some((_, kind, depth)) = GEOMETRIES.iter().find(|(known, ..)| *known == name) else {
        return parser.unexpected("a geometry");
    };
    parser.expect("(")?;
    let coordinates = match *depth {
        0 => {
            let position = position(parser)?;
            parser.expect(")")?;
            position
        }
        depth => Value::Array(list(parser, depth, name == "multipoint")?),
    };
    Ok(json!({ "type": kind, "coordinates": coordinates }))
}

fn list(parser: &mut Parser, depth: usize, may_wrap: bool) -> Result<Vec<Value>> {
    separated(parser, |parser| {
        if depth > 1 {
            parser.expect("(")?;
            return list(parser, depth - 1, false).map(Value::Array);
        }
        let is_wrapped = may_wrap && parser.take("(");
        let found = position(parser)?;
        if is_wrapped {
            parser.expect(")")?;
        }
        Ok(found)
    })
}

/// Parts with commas between, up to the closing parenthesis.
fn separated(parser: &mut Parser, part: impl Fn(&mut Parser) -> Result<Value>) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    loop {
        all.push(part(parser)?);
        if !parser.take(",") {
            parser.expect(")")?;
            return Ok(all);
        }
    }
}

fn position(parser: &mut Parser) -> Result<Value> {
    let mut numbers = Vec::new();
    while numbers.len() < 4 && (matches!(parser.peek(), Token::Number(_) | Token::Sign("-" | "+"))) {
        let sign = if parser.take("-") { -1.0 } else { 1.0 };
        parser.take("+");
        match parser.advance() {
            Token::Number(number) => numbers.push(json!(sign * number)),
            _ => return fault("a coordinate is no number"),
        }
    }
    match numbers.len() {
        0 => parser.unexpected("a longitude and a latitude"),
        _ => Ok(Value::Array(numbers)),
    }
}
