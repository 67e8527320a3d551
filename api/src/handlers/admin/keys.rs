//! The API keys of everyone.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::{context::Context, handlers::keys, links::JSON, parameters::Parameters, routes::Answer, schemas};

/// The API keys of everyone
///
/// The newest first, those that have ended or been revoked among them.
#[utoipa::path(get, path = "/admin/keys", operation_id = "getAllKeys", tag = "Administration", responses(
    (status = 200, description = "The keys.", body = schemas::Keys, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn list(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let keys = context.state.catalog.keys(None).await?;
    Ok(HttpResponse::Ok().json(json!({ "keys": keys })))
}

/// Revoke anybody's API key
///
/// It counts no more from the next request on.
#[utoipa::path(delete, path = "/admin/keys/{keyId}", operation_id = "revokeAnyKey", tag = "Administration",
    params(("keyId" = uuid::Uuid, Path, description = "Id of the key.")), responses(
    (status = 204, description = "It is revoked."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn revoke(request: HttpRequest, context: Context) -> Answer {
    keys::revoke_of(&request, &context, None).await
}
