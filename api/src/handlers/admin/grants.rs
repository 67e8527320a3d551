//! What is granted to whom.

use actix_web::{HttpRequest, HttpResponse};
use ardent_model::{Scopes, Subject};
use serde::Deserialize;
use serde_json::json;

use crate::{
    audit::Deed,
    context::Context,
    extract::JsonBody,
    links::JSON,
    parameters::{Parameters, segment},
    problem::Problem,
    routes::Answer,
    schemas,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    scopes: Scopes,
}

/// Grant scopes
///
/// The subject has these and no others from then on; every server knows within a second.
#[utoipa::path(put, path = "/admin/policies/grants/{subject}", operation_id = "putGrant", tag = "Administration",
    params(("subject" = String, Path, description = "To whom, such as group:rangers.")),
    request_body(content = schemas::Grant, content_type = "application/json"), responses(
    (status = 200, description = "The grant.", body = schemas::Grant, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn put(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let subject: Subject = segment(&request, "subject")?.parse()?;
    let grant: Grant = body.read()?;
    if grant.scopes.is_empty() {
        return Err(Problem::parameter("scopes", "it is empty; delete the grant instead"));
    }
    set(&context, "grant.set", subject, grant.scopes).await?;
    Ok(HttpResponse::Ok().json(json!({ "scopes": grant.scopes })))
}

/// Take a grant away
///
/// Every server knows within a second.
#[utoipa::path(delete, path = "/admin/policies/grants/{subject}", operation_id = "deleteGrant",
    tag = "Administration", params(("subject" = String, Path, description = "From whom, such as group:rangers.")),
    responses(
    (status = 204, description = "It is granted nothing (any more)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn delete(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let subject: Subject = segment(&request, "subject")?.parse()?;
    set(&context, "grant.remove", subject, Scopes::NONE).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn set(context: &Context, action: &'static str, subject: Subject, scopes: Scopes) -> Result<(), Problem> {
    let deed = Deed { action, target: subject.to_string(), detail: scopes.to_string() };
    let catalog = context.state.catalog.clone();
    context.change(deed, async move { Ok(catalog.set_grant(&subject, scopes).await?) }).await
}
