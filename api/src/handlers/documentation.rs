//! The documentation to browse: Swagger UI, all of it from this server.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header};
use utoipa_swagger_ui::Config;

use crate::{
    links::HTML,
    parameters::{Parameters, segment},
    problem::Problem,
    routes::Answer,
};

/// Addresses are relative, so that the page works behind a proxy with a prefix.
const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ardent API</title>
<link rel="stylesheet" href="api.html/swagger-ui.css">
<link rel="icon" type="image/png" href="api.html/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="api.html/swagger-ui-bundle.js"></script>
<script src="api.html/swagger-ui-standalone-preset.js"></script>
<script src="api.html/swagger-initializer.js"></script>
</body>
</html>
"#;

/// The browser itself sees to it that nothing comes from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'self'";

/// Documentation to browse
///
/// This description as a page on which requests can be tried.
#[utoipa::path(get, path = "/api.html", operation_id = "getApiPage", tag = "Capabilities", responses(
    (status = 200, description = "The page.", body = String, content_type = HTML),
))]
pub(crate) async fn page(request: HttpRequest) -> Answer {
    Parameters::of(&request, &[])?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    Ok(response.content_type("text/html; charset=utf-8").body(PAGE))
}

/// A part of the documentation
///
/// A script, style sheet or picture of the page.
#[utoipa::path(get, path = "/api.html/{file}", operation_id = "getApiPagePart", tag = "Capabilities",
    params(("file" = String, Path, description = "Name of the part, such as swagger-ui.css.")), responses(
    (status = 200, description = "The part.", body = crate::schemas::File, content_type = "application/octet-stream"),
    (status = 404, description = "There is none.", body = crate::schemas::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn part(request: HttpRequest) -> Answer {
    let name = segment(&request, "file")?;
    let config = Config::new(["api"]).use_base_layout().validator_url("none").display_request_duration(true);
    let found =
        utoipa_swagger_ui::serve(&name, Arc::new(config)).map_err(|error| Problem::internal(error.to_string()))?;
    let file = found.ok_or_else(|| Problem::not_found(format!("`{name}` is no part of the documentation")))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "public, max-age=3600"));
    Ok(response.content_type(file.content_type).body(file.bytes.into_owned()))
}
