//! Where to get a token (OAuth 2.0 Protected Resource Metadata, RFC 9728).

use actix_web::{HttpRequest, HttpResponse, web};
use ardent_model::Scope;
use serde_json::json;

use crate::{
    links::{JSON, Links},
    parameters::Parameters,
    routes::Answer,
    schemas,
    state::State,
};

/// Where to get a token
///
/// The identity providers whose tokens count here (RFC 9728), and the client by which `ardent login` signs people in.
#[utoipa::path(get, path = "/.well-known/oauth-protected-resource", operation_id = "getProtectedResource",
    tag = "Identity", responses(
    (status = 200, description = "The identity providers.", body = schemas::ProtectedResource, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>, links: Links) -> Answer {
    Parameters::of(&request, &[])?;
    Ok(HttpResponse::Ok().json(json!({
        "resource": links.to(""),
        "resource_name": state.settings.title,
        "resource_documentation": links.to("/api.html"),
        "authorization_servers": state.identifier.issuers(),
        "bearer_methods_supported": ["header"],
        "scopes_supported": Scope::ALL,
        "ardent_login_client": state.settings.login_client,
    })))
}
