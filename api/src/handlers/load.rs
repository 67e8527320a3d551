//! Cubes: a recipe in, a file out.

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
};
use ardent_model::Recipe;
use ardent_recipes::{Budget, CubeFile, Format, Order};
use tokio_util::{io::ReaderStream, task::AbortOnDropHandle};
use tracing::Instrument;

use crate::{
    Settings, accept, caller::Caller, context::Context, cube_headers, extract::JsonBody, parameters::Parameters,
    problem::Problem, routes::Answer, schemas,
};

/// Bytes read from the file at a time.
const PART_BYTES: usize = 256 * 1024;

/// Load a cube
///
/// Reads the scenes that a recipe asks for, masks and reduces them, and gives the result as one file: a cloud-optimised
/// GeoTIFF, or a PNG picture.
#[utoipa::path(post, path = "/datacube/load", operation_id = "loadCube", tag = "Datacube",
    params(schemas::LoadParameters),
    request_body(content = schemas::Recipe, content_type = "application/json"), responses(
    (status = 200, description = "The cube.", content(
        (schemas::File = "image/tiff; application=geotiff; profile=cloud-optimized"), (schemas::File = "image/png"),
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
    let parameters = Parameters::of(&request, &["f", "rescale"])?;
    let format = format(&request, &parameters)?;
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
    for (name, value) in cube_headers::of(&cube.summary) {
        response.insert_header((name, value));
    }
    let body = SizedStream::new(cube.size_bytes, ReaderStream::with_capacity(file, PART_BYTES));
    // The name of the file goes here, with `cube`; the open file stays readable until it is sent.
    drop(cube);
    Ok(response.body(body))
}

/// The form of the result: `f`, or else what `Accept` likes best.
fn format(request: &HttpRequest, parameters: &Parameters) -> Result<Format, Problem> {
    let rescale = parameters.get("rescale").map(rescale).transpose()?;
    let name = match parameters.get("f") {
        Some(name) => name,
        None => accepted(request)?,
    };
    match name {
        "cog" if rescale.is_some() => {
            Err(Problem::parameter("rescale", "it is for pictures only; leave it out or ask for f=png"))
        }
        "cog" => Ok(Format::Cog),
        "png" => Ok(Format::Png { rescale }),
        other => Err(Problem::parameter("f", &format!("`{other}` is not made here; give cog or png"))),
    }
}

fn accepted(request: &HttpRequest) -> Result<&'static str, Problem> {
    const FORMS: [(&str, &str); 2] = [("image/tiff", "cog"), ("image/png", "png")];
    let ranges = accept::ranges(request.headers());
    let best = ranges.iter().find_map(|range| FORMS.iter().find(|(media_type, _)| accept::covers(range, media_type)));
    best.map(|(_, name)| *name).ok_or_else(|| accept::refused(&FORMS.map(|(media_type, _)| media_type)))
}

fn rescale(text: &str) -> Result<(f64, f64), Problem> {
    let range =
        text.split_once(',').and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    match range {
        Some((low, high)) if f64::is_finite(low) && f64::is_finite(high) && low < high => Ok((low, high)),
        _ => Err(Problem::parameter("rescale", "give the least and greatest value shown, such as 0,3000")),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn chosen(query: &str, accept: &str) -> Result<Format, String> {
        let request = TestRequest::post().uri(&format!("/datacube/load?{query}"));
        let request = if accept.is_empty() { request } else { request.insert_header((header::ACCEPT, accept)) };
        let request = request.to_http_request();
        let parameters = Parameters::of(&request, &["f", "rescale"]).map_err(|problem| problem.to_string())?;
        format(&request, &parameters).map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_form_is_what_is_asked_for() {
        let png = Format::Png { rescale: None };
        for (query, accept, expected) in [
            ("", "", Format::Cog),
            ("", "*/*", Format::Cog),
            ("", "image/png", png),
            ("", "image/png, image/tiff;q=0.5", png),
            ("", "application/json, */*;q=0.1", Format::Cog),
            ("f=png", "image/tiff", png),
            ("f=png&rescale=0,3000", "", Format::Png { rescale: Some((0.0, 3000.0)) }),
        ] {
            assert_eq!(chosen(query, accept).unwrap(), expected, "{query} {accept}");
        }
    }

    #[test]
    fn what_is_not_made_is_refused_with_what_is() {
        for (query, accept, fix) in [
            ("f=netcdf", "", "cog or png"),
            ("", "application/json", "image/tiff or image/png"),
            ("f=png&rescale=3000,0", "", "0,3000"),
            ("f=png&rescale=a", "", "0,3000"),
            ("f=png&rescale=0,inf", "", "0,3000"),
            ("f=cog&rescale=0,1", "", "f=png"),
            ("format=png", "", "known: f, rescale"),
        ] {
            let problem = chosen(query, accept).unwrap_err();
            assert!(problem.contains(fix), "{query} {accept}: {problem}");
        }
    }
}
