//! Who one is here.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::{caller::Credential, context::Context, links::JSON, parameters::Parameters, routes::Answer, schemas};

/// Who am I
///
/// What the server takes the caller for: by which names policies may speak of it, and what it may do.
#[utoipa::path(get, path = "/me", operation_id = "getMe", tag = "Identity", responses(
    (status = 200, description = "The caller.", body = schemas::Me, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let caller = &context.caller;
    let (credential, expires) = match caller.credential {
        Credential::None => ("none", None),
        Credential::Token { expires } => ("token", Some(expires)),
        Credential::Key { expires, .. } => ("key", Some(expires)),
    };
    Ok(HttpResponse::Ok().json(json!({
        "subject": caller.user, "name": caller.name, "subjects": &*caller.subjects, "scopes": caller.scopes,
        "credential": credential, "expires": expires,
    })))
}
