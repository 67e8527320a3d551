//! All policies at once.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::{context::Context, links::JSON, parameters::Parameters, routes::Answer, schemas};

/// The policies
///
/// What is granted to whom, and who sees each collection.
#[utoipa::path(get, path = "/admin/policies", operation_id = "getPolicies", tag = "Administration", responses(
    (status = 200, description = "The policies.", body = schemas::Policies, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn list(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let grants = context.state.catalog.grants().await?;
    let collections = context.state.catalog.collection_policies().await?;
    Ok(HttpResponse::Ok().json(json!({ "grants": grants, "collections": collections })))
}
