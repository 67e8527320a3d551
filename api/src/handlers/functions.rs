//! The functions of filters.

use actix_web::{HttpRequest, HttpResponse};
use ardent_model::filter::{FUNCTIONS, Kind};
use serde_json::{Value, json};

use crate::{links::JSON, parameters::Parameters, routes::Answer, schemas};

/// Functions
///
/// What can be called in a `filter` beside the functions of CQL2 itself (OGC API – Features Part 3, "CQL2 functions").
#[utoipa::path(get, path = "/functions", operation_id = "getFunctions", tag = "Item Search", responses(
    (status = 200, description = "Functions.", body = schemas::Functions, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    Parameters::of(&request, &[])?;
    let described = |function: &ardent_model::filter::Signature| {
        let argument = |(title, kind): &(&str, Kind)| json!({ "title": title, "type": [name(*kind)] });
        let arguments: Vec<Value> = function.arguments.iter().map(argument).collect();
        json!({
            "name": function.name, "description": function.description, "arguments": arguments,
            "returns": [name(function.returns)],
        })
    };
    let functions: Vec<Value> = FUNCTIONS.iter().map(described).collect();
    Ok(HttpResponse::Ok().json(json!({ "functions": functions })))
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "string",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::Time => "datetime",
        Kind::Geometry => "geometry",
    }
}
