//! Whether the server lives, and whether it can answer.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::{links::JSON, routes::Answer, schemas, state::State};

/// Whether the process lives
///
/// Without looking at the database: a failure means that a restart would help.
#[utoipa::path(get, path = "/health/live", operation_id = "getLiveness", tag = "Operation", responses(
    (status = 200, description = "It does.", body = schemas::Health, content_type = JSON),
))]
pub(crate) async fn live() -> Answer {
    Ok(HttpResponse::Ok().json(json!({ "status": "up" })))
}

/// Whether requests can be answered
///
/// The database answers and its schema is current.
#[utoipa::path(get, path = "/health/ready", operation_id = "getReadiness", tag = "Operation", responses(
    (status = 200, description = "They can.", body = schemas::Health, content_type = JSON),
    (status = 503, description = "Not now.", body = schemas::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn ready(state: web::Data<State>) -> Answer {
    state.catalog.ping().await.map_err(crate::problem::Problem::unavailable)?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
}
