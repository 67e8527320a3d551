//! The landing page.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    links::{JSON, Links},
    parameters::Parameters,
    routes::Answer,
    schemas, stac,
    state::{ANYONE, State},
};

/// Landing page
///
/// A STAC catalogue that links to everything else.
#[utoipa::path(get, path = "/", operation_id = "getLandingPage", tag = "Capabilities", responses(
    (status = 200, description = "The landing page.", body = schemas::LandingPage, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>, links: Links) -> Answer {
    Parameters::of(&request, &[])?;
    let collections = state.catalog.collections(&ANYONE).await?;
    Ok(HttpResponse::Ok().json(stac::landing(&links, &state.settings.title, &collections)))
}
