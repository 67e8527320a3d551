//! Functions beyond those of CQL2 itself.

use ardent_model::filter::{Argument, Function, Signature};
use sqlx::{Postgres, QueryBuilder};

use super::scalar::push_value;

/// Appends a call. What has no value is null.
pub(super) fn push_call(query: &mut QueryBuilder<Postgres>, signature: &Signature, arguments: &[Argument]) {
    let (before, after) = match signature.function {
        Function::Year => ("date_part('year', ", " AT TIME ZONE 'UTC')"),
        Function::Month => ("date_part('month', ", " AT TIME ZONE 'UTC')"),
        Function::Day => ("date_part('day', ", " AT TIME ZONE 'UTC')"),
        Function::Hour => ("date_part('hour', ", " AT TIME ZONE 'UTC')"),
        Function::DayOfYear => ("date_part('doy', ", " AT TIME ZONE 'UTC')"),
        // EPSG:6933 keeps areas; edges are straight in degrees as everywhere, and the whole world has an area.
        Function::AreaKm2 => ("(ST_Area(ST_Transform(", ", 6933)) / 1e6)"),
        Function::Lower => ("(small_letters(", ") COLLATE \"C\")"),
        Function::Upper => ("(capital_letters(", ") COLLATE \"C\")"),
        Function::Length => ("char_length(", ")::double precision"),
        Function::Absolute => ("abs(", ")"),
        Function::Floor => ("floor(", ")"),
        Function::Ceiling => ("ceil(", ")"),
    };
    query.push(before);
    for (index, (argument, (_, kind))) in arguments.iter().zip(signature.arguments).enumerate() {
        query.push(if index == 0 { "" } else { ", " });
        match argument {
            Argument::Value(value) => push_value(query, value, *kind),
            Argument::Footprint => drop(query.push("geometry")),
        }
    }
    query.push(after);
}
