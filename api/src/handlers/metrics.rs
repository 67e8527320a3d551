//! Counters for Prometheus.

use actix_web::{HttpResponse, web};
use prometheus::TextEncoder;

use crate::{problem::Problem, routes::Answer, schemas, state::State};

/// Counters
///
/// Requests and their latencies by route, method and status, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", operation_id = "getMetrics", tag = "Operation", responses(
    (status = 200, description = "The counters.", body = String, content_type = "text/plain"),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn get(state: web::Data<State>) -> Answer {
    let text = TextEncoder::new().encode_to_string(&state.metrics.gather()).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
