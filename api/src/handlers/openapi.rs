//! The OpenAPI document.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::{
    links::{Links, OPENAPI},
    openapi,
    parameters::Parameters,
    routes::Answer,
};

/// This description
///
/// OpenAPI 3.0.
#[utoipa::path(get, path = "/api", operation_id = "getApi", tag = "Capabilities", responses(
    (status = 200, description = "The OpenAPI document.", body = Object, content_type = "application/vnd.oai.openapi+json;version=3.0"),
))]
pub(crate) async fn get(request: HttpRequest, links: Links) -> Answer {
    Parameters::of(&request, &[])?;
    let mut document = openapi::document();
    document["servers"] = json!([{ "url": links.to("") }]);
    Ok(HttpResponse::Ok().content_type(OPENAPI).body(document.to_string()))
}
