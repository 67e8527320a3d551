//! What this server conforms to.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::{conformance::CONFORMS_TO, links::JSON, parameters::Parameters, routes::Answer, schemas};

/// Conformance classes
///
/// The classes of the STAC API and of OGC API – Features that work here.
#[utoipa::path(get, path = "/conformance", operation_id = "getConformance", tag = "Capabilities", responses(
    (status = 200, description = "The conformance classes.", body = schemas::Conformance, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn get(request: HttpRequest) -> Answer {
    Parameters::of(&request, &[])?;
    Ok(HttpResponse::Ok().json(json!({ "conformsTo": CONFORMS_TO })))
}
