//! Functions beyond those of CQL2 itself (OGC CQL2 §7.11, requirements class "Functions"). One more is a line in
//! [`FUNCTIONS`] and its SQL in the catalogue.

use serde_json::Value;

use super::place::place;
use super::scalar::scalar;
use super::{Kind, Place, Scalar, fault};
use crate::{OfferedCrs, Result};

/// A function that gives a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described in its signature")]
pub enum Function {
    Year,
    Month,
    Day,
    Hour,
    DayOfYear,
    AreaKm2,
    Lower,
    Upper,
    Length,
    Absolute,
    Floor,
    Ceiling,
}

/// What a function is called, takes and gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signature {
    /// Which one it is.
    pub function: Function,
    /// Its name; capital letters are as good as small ones.
    pub name: &'static str,
    /// What it gives, for people.
    pub description: &'static str,
    /// What each argument is, by a name for people.
    pub arguments: &'static [(&'static str, Kind)],
    /// What it gives.
    pub returns: Kind,
}

const fn signature(
    function: Function,
    name: &'static str,
    arguments: &'static [(&'static str, Kind)],
    (returns, description): (Kind, &'static str),
) -> Signature {
    Signature { function, name, description, arguments, returns }
}

const TIME: &[(&str, Kind)] = &[("time", Kind::Time)];
const PLACE: &[(&str, Kind)] = &[("geometry", Kind::Geometry)];
const TEXT: &[(&str, Kind)] = &[("text", Kind::Text)];
const NUMBER: &[(&str, Kind)] = &[("number", Kind::Number)];

/// Every function there is. Of what an item lacks, all of them are unknown.
pub const FUNCTIONS: &[Signature] = &[
    signature(Function::Year, "year", TIME, (Kind::Number, "The year of a time, in UTC.")),
    signature(Function::Month, "month", TIME, (Kind::Number, "The month of a time, 1 to 12, in UTC.")),
    signature(Function::Day, "day", TIME, (Kind::Number, "The day of the month of a time, 1 to 31, in UTC.")),
    signature(Function::Hour, "hour", TIME, (Kind::Number, "The hour of a time, 0 to 23, in UTC.")),
    signature(Function::DayOfYear, "day_of_year", TIME, (Kind::Number, "The day of the year, 1 to 366, in UTC.")),
    signature(Function::AreaKm2, "area_km2", PLACE, (Kind::Number, "The area on the WGS 84 ellipsoid, in km².")),
    signature(Function::Lower, "lower", TEXT, (Kind::Text, "The text in small letters.")),
    signature(Function::Upper, "upper", TEXT, (Kind::Text, "The text in capital letters.")),
    signature(Function::Length, "length", TEXT, (Kind::Number, "The number of characters of a text.")),
    signature(Function::Absolute, "abs", NUMBER, (Kind::Number, "The number without its sign.")),
    signature(Function::Floor, "floor", NUMBER, (Kind::Number, "The greatest whole number that is not greater.")),
    signature(Function::Ceiling, "ceiling", NUMBER, (Kind::Number, "The least whole number that is not less.")),
];

impl Function {
    /// By its name, whatever the case.
    pub fn named(name: &str) -> Option<&'static Signature> {
        FUNCTIONS.iter().find(|known| known.name.eq_ignore_ascii_case(name))
    }
}

/// What a function is called with.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A single value.
    Value(Scalar),
    /// Where the item is.
    Footprint,
}

/// A call, each argument of the kind that the function takes.
pub(super) fn call(signature: &'static Signature, arguments: &[Value]) -> Result<Scalar> {
    let (name, wanted) = (signature.name, signature.arguments);
    if arguments.len() != wanted.len() {
        let shown: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
        return fault(format!("it is `{name}({})`, not with {} operands", shown.join(", "), arguments.len()));
    }
    let read = |(json, (_, kind)): (&Value, &(&str, Kind))| match kind {
        // In longitude and latitude whatever CRS the filter's own places have, so only what an item has is taken.
        Kind::Geometry => match place(name, json, OfferedCrs::CRS84)? {
            Place::Footprint => Ok(Argument::Footprint),
            _ => fault(format!("`{name}` is asked of an item: give `geometry`")),
        },
        Kind::Time => scalar(json)?.into_time()?.of_kind(Kind::Time, name).map(Argument::Value),
        kind => scalar(json)?.of_kind(*kind, name).map(Argument::Value),
    };
    let arguments = arguments.iter().zip(wanted).map(read).collect::<Result<_>>()?;
    Ok(Scalar::Call(signature, arguments))
}

/// The names of all of them, for messages.
pub(super) fn names() -> String {
    FUNCTIONS.iter().map(|known| known.name).collect::<Vec<_>>().join(", ")
}
