//! What a cube will take, without making it.

use actix_web::{HttpRequest, HttpResponse};
use ardent_model::Recipe;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use crate::{
    context::Context, extract::JsonBody, links::JSON, parameters::Parameters, problem::Problem, routes::Answer, schemas,
};

/// Estimate a cube
///
/// What `POST /datacube/load` would read, and what it would take, by the items and the headers of their files. It reads no
/// pixel, counts against no quota, and refuses what that would refuse.
#[utoipa::path(post, path = "/datacube/estimate", operation_id = "estimateCube", tag = "Datacube",
    request_body(content = schemas::Recipe, content_type = "application/json"), responses(
    (status = 200, description = "The estimate.", body = schemas::Estimate, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn post(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let recipe = Recipe::parse(&body.0)?;
    let Context { state, caller, .. } = context;
    let (kitchen, access) = (state.kitchen.clone(), caller.access());
    let work = async move { kitchen.estimate(&recipe, &access).await };
    let work = AbortOnDropHandle::new(state.runtime.spawn(work.in_current_span()));
    Ok(HttpResponse::Ok().json(work.await.map_err(Problem::internal)??))
}
