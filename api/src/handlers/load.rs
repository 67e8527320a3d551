//! Cubes: a recipe in, a file out.

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{self, ContentDisposition, ContentEncoding, DispositionParam, DispositionType},
};
use ardent_model::Recipe;
use ardent_recipes::{Budget, CubeFile, Order};
use futures::StreamExt;
use tokio_util::{io::ReaderStream, task::AbortOnDropHandle};
use tracing::Instrument;

use crate::{
    Settings, caller::Caller, context::Context, cube_form, cube_headers, extract::JsonBody, parameters::Parameters,
    problem::Problem, routes::Answer, schemas,
};

/// Bytes read from the file at a time.
const PART_BYTES: usize = 256 * 1024;

/// Load a cube
///
/// Reads the scenes that a recipe asks for, masks and reduces them, and gives the result as one file: a cloud-optimised
/// GeoTIFF or several in a ZIP, NetCDF, Zarr in a ZIP, or a PNG, JPEG or WebP picture.
#[utoipa::path(post, path = "/datacube/load", operation_id = "loadCube", tag = "Datacube",
    params(schemas::LoadParameters),
    request_body(content = schemas::Recipe, content_type = "application/json"), responses(
    (status = 200, description = "The cube.", content(
        (schemas::File = "image/tiff; application=geotiff; profile=cloud-optimized"),
        (schemas::File = "application/netcdf"), (schemas::File = "application/zip"),
        (schemas::File = "image/png"), (schemas::File = "image/jpeg"), (schemas::File = "image/webp"),
    ), headers(
        ("ardent-summary" = String, description = "What was done, as JSON."),
        ("ardent-crs" = String, description = "CRS of the grid."),
        ("ardent-transform" = String, description = "Affine transform of the grid: six numbers, a to f."),
        ("ardent-items" = u64, description = "Items read."),
        ("ardent-dates" = u64, description = "Dates among them."),
        ("ardent-skipped" = u64, description = "Scenes left out because they cannot be read (`on_error`)."),
    )),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn post(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &cube_form::PARAMETERS)?;
    let format = cube_form::of(&request, &parameters)?;
    let recipe = Recipe::parse(&body.0)?;
    let Context { state, caller, .. } = context;
    let order = Order { access: caller.access(), format, budget: budget(&caller, &state.settings) };
    let kitchen = state.kitchen.clone();
    let work = async move { kitchen.load(&recipe, &order).await };
    // When the client goes, this future is dropped, and the work with it.
    let work = AbortOnDropHandle::new(state.runtime.spawn(work.in_current_span()));
    let cube = work.await.map_err(Problem::internal)??;
    send(cube).await
}

/// What the caller may have read today, if that is bounded.
fn budget(caller: &Caller, settings: &Settings) -> Option<Budget> {
    let quota = if caller.user.is_some() { settings.quotas.user } else { settings.quotas.anonymous };
    quota.map(|pixels_per_day| Budget { account: caller.account(), pixels_per_day })
}

async fn send(cube: CubeFile) -> Answer {
    let file = tokio::fs::File::open(&cube.file).await.map_err(Problem::internal)?;
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(cube.file_name.clone())],
    };
    let mut response = HttpResponse::Ok();
    response.content_type(cube.media_type).insert_header((header::CONTENT_DISPOSITION, disposition));
    // It is compressed already, whatever its form.
    response.insert_header(ContentEncoding::Identity);
    for (name, value) in cube_headers::of(&cube.summary) {
        response.insert_header((name, value));
    }
    // The name of the file goes here, with `cube`; the open file stays readable, and its room taken, until it is sent.
    let CubeFile { room, size_bytes, .. } = cube;
    let parts = ReaderStream::with_capacity(file, PART_BYTES).map(move |part| {
        let _taken = &room;
        part
    });
    Ok(response.body(SizedStream::new(size_bytes, parts)))
}
