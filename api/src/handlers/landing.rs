//! The landing page.

use actix_web::HttpRequest;

use crate::{
    authentication, context::Context, links::JSON, parameters::Parameters, representation::Representation,
    routes::Answer, schemas, stac,
};

/// Landing page
///
/// A STAC catalogue that links to everything else.
#[utoipa::path(get, path = "/", operation_id = "getLandingPage", tag = "Capabilities", responses(
    (status = 200, description = "The landing page.", body = schemas::LandingPage, content_type = JSON),
    (status = 304, description = "The client has it already (`If-None-Match`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let collections = context.state.catalog.collections_without_summaries(&context.caller.access()).await?;
    let mut document = stac::landing(&context.links, &context.state.settings.title, &collections);
    authentication::declare(&context, &mut document, &collections);
    Representation::made(&document)?.answer(&request, &context)
}
