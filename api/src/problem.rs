//! The only mapper from errors to answers: RFC 9457 `application/problem+json`, with the `code` and `description` that
//! STAC and OGC clients look for. A 5xx says no more than a request id; its cause is logged once, here.

use std::{error::Error as StdError, fmt};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use serde_json::{Value, json};
use tracing_actix_web::RequestId;

use crate::{caller::Caller, etag, state::State, telemetry::REQUEST_ID};

/// Media type of every answer that is not a success.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// Seconds after which trying again may help.
const RETRY_AFTER: &str = "5";

/// Why a request is not answered as it was meant to be.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    errors: Option<Box<Value>>,
    challenge: Option<String>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Problem {
    /// The caller can mend it: `detail` names the thing and the fix.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), headers: Vec::new(), errors: None, challenge: None, cause: None }
    }

    /// A parameter that is wrong.
    pub(crate) fn parameter(name: &str, reason: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValue", format!("`{name}`: {reason}"))
    }

    /// A header that is wrong.
    pub(crate) fn header(name: &HeaderName, reason: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidHeader", format!("`{}`: {reason}", title_case(name)))
    }

    /// Something that is not there, or hidden.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", detail)
    }

    /// Our fault: the cause goes to the log only.
    pub(crate) fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let detail = "the server failed; its log knows why, under the request id in `instance`";
        Self {
            cause: Some(cause.into()),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", detail)
        }
    }

    /// What this needs is away for the moment.
    pub(crate) fn unavailable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let detail = "the server cannot answer for the moment; try again in a few seconds";
        let problem =
            Self { cause: Some(cause.into()), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Unavailable", detail) };
        problem.with_header(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER))
    }

    /// A file of the archive cannot be read, for the moment or for good.
    fn source(detail: String, transient: bool, cause: ardent_recipes::Error) -> Self {
        let cause = Some(cause.into());
        if !transient {
            return Self { cause, ..Self::new(StatusCode::BAD_GATEWAY, "SourceUnreadable", detail) };
        }
        Self { detail, cause, ..Self::unavailable("") }
    }

    /// That more credentials would mend; `challenge` is what RFC 6750 §3 has beside the realm.
    pub(crate) fn with_challenge(mut self, challenge: String) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// What a client that wants to get in must know: for every 401, and for a 403 that a scope would mend.
    pub(crate) fn challenge(&self) -> Option<String> {
        let is_unknown = self.status == StatusCode::UNAUTHORIZED;
        self.challenge.clone().or_else(|| is_unknown.then(String::new))
    }

    /// What it is, in short.
    pub(crate) fn status_and_code(&self) -> (StatusCode, &'static str) {
        (self.status, self.code)
    }

    /// With a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// With what is wrong with each of several documents.
    pub(crate) fn with_errors(mut self, errors: Vec<Value>) -> Self {
        self.errors = Some(Box::new(Value::Array(errors)));
        self
    }

    /// For an answer that the framework made: no route, a method that a route has not, no common encoding, a
    /// preflight that was refused.
    fn of_framework<B>(response: &ServiceResponse<B>) -> Self {
        let (request, status) = (response.request(), response.status());
        let (method, path) = (request.method(), request.path());
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => {
                ("NotFound", format!("there is nothing at `{path}`; the landing page `/` links to all there is"))
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                let allowed = response.headers().get(header::ALLOW).and_then(|value| value.to_str().ok());
                let allowed = allowed.unwrap_or("other methods");
                ("MethodNotAllowed", format!("`{method}` does not work on `{path}`; use {allowed}"))
            }
            StatusCode::NOT_ACCEPTABLE => {
                ("NotAcceptable", "`Accept-Encoding` leaves nothing; accept identity, gzip, deflate or zstd".to_owned())
            }
            StatusCode::BAD_REQUEST if request.method() == actix_web::http::Method::OPTIONS => (
                "InvalidPreflight",
                "the preflight request is refused; GET, HEAD, POST, PUT, PATCH and DELETE are allowed".to_owned(),
            ),
            _ => {
                let cause = response.response().error().map(ToString::to_string).unwrap_or_default();
                ("InvalidRequest", if status.is_server_error() { String::new() } else { cause })
            }
        };
        Self::new(status, code, detail)
    }

    fn document(&self, request_id: Option<&str>) -> String {
        let mut document = json!({
            "type": "about:blank", "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(), "detail": self.detail, "code": self.code, "description": self.detail,
        });
        if let Some(errors) = &self.errors {
            document["errors"] = Value::clone(errors);
        }
        if let Some(id) = request_id {
            document["instance"] = json!(format!("urn:uuid:{id}"));
        }
        document.to_string()
    }

    /// Logs it, once: what is ours as an error, what is the caller's at a level that is off by default.
    fn log(&self) {
        let (status, detail) = (self.status.as_u16(), self.detail.as_str());
        if !self.status.is_server_error() {
            tracing::debug!(status, code = self.code, detail, "refused");
            return;
        }
        let mut causes = Vec::new();
        let mut next: Option<&(dyn StdError + 'static)> = self.cause.as_deref().map(|cause| cause as _);
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        tracing::error!(status, code = self.code, cause = causes.join(": "), "failed");
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in &self.headers {
            response.insert_header((header.0.clone(), header.1.clone()));
        }
        response.content_type(MEDIA_TYPE).body(self.document(None))
    }
}

impl From<ardent_model::Error> for Problem {
    fn from(error: ardent_model::Error) -> Self {
        let (status, code) = match error {
            ardent_model::Error::TooManyVertices { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "TooManyVertices"),
            ardent_model::Error::FilterTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "FilterTooLarge"),
            _ => (StatusCode::BAD_REQUEST, "InvalidParameterValue"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<ardent_catalog::Error> for Problem {
    fn from(error: ardent_catalog::Error) -> Self {
        use ardent_catalog::Error as Catalog;
        match error {
            Catalog::Token { .. } => Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValue", error.to_string()),
            Catalog::NoCollection { .. } | Catalog::NoItem { .. } => Self::not_found(error.to_string()),
            Catalog::Exists { .. } | Catalog::BeingRemoved { .. } => {
                Self::new(StatusCode::CONFLICT, "Conflict", error.to_string())
            }
            Catalog::Changed { .. } => {
                Self::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", error.to_string())
            }
            Catalog::NotOwner { .. } => Self::new(StatusCode::FORBIDDEN, "NotOwner", error.to_string()),
            Catalog::Model(error) => error.into(),
            Catalog::Unavailable { .. } => Self::unavailable(error),
            Catalog::Timeout { .. } | Catalog::Slow { .. } => {
                let detail = error.to_string();
                Self { cause: Some(error.into()), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "TimeLimit", detail) }
            }
            _ => Self::internal(error),
        }
    }
}

impl From<ardent_recipes::Error> for Problem {
    fn from(error: ardent_recipes::Error) -> Self {
        use ardent_recipes::{Error as Recipes, error::Fault};
        let detail = error.to_string();
        match (error.fault(), error) {
            (_, Recipes::Catalog(error)) => error.into(),
            (Fault::Quota, Recipes::Quota { resets, .. }) => {
                let seconds = (resets - chrono::Utc::now()).num_seconds().max(1);
                Self::new(StatusCode::TOO_MANY_REQUESTS, "QuotaExceeded", detail)
                    .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
            }
            (Fault::Request, _) => Self::new(StatusCode::BAD_REQUEST, "InvalidRecipe", detail),
            (Fault::Missing, _) => Self::not_found(detail),
            (Fault::Size, _) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", detail),
            // The item and asset it names are the caller's to see and to leave out; their stores answer, not we.
            (Fault::Source, error) => Self::source(detail, false, error),
            (Fault::Busy, error) => Self::source(detail, true, error),
            (Fault::Room, _) => Self::new(StatusCode::INSUFFICIENT_STORAGE, "NoRoom", detail)
                .with_header(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER)),
            (Fault::Quota | Fault::Internal, error) => Self::internal(error),
        }
    }
}

impl From<ardent_export::Error> for Problem {
    fn from(error: ardent_export::Error) -> Self {
        use ardent_export::{Error as Export, Fault};
        match (error.fault(), error) {
            (_, Export::Catalog(error)) => error.into(),
            (Fault::Form, error) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "DoesNotFit", error.to_string()),
            (Fault::Size, error) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", error.to_string()),
            (Fault::Internal, error) => Self::internal(error),
        }
    }
}

/// Middleware around all others but the spans: turns every answer that is not a success into a problem document, and
/// adds the headers that every answer has.
pub(crate) async fn answer<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, String>>, Error> {
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let public_url = request.app_data::<web::Data<State>>().and_then(|state| state.settings.public_url.clone());
    let is_https = public_url.is_some_and(|url| url.starts_with("https://"));
    let response = next.call(request).await?;
    let is_problem = response.status().is_client_error() || response.status().is_server_error();
    let mut response = if is_problem {
        into_problem(response, request_id.as_deref()).map_into_right_body()
    } else {
        response.map_into_left_body()
    };
    // What one caller sees is not what another does. Here, since compression sets this header and keeps no other.
    let is_personal = response.request().extensions().contains::<Caller>();
    let headers = response.headers_mut();
    etag::complete(headers);
    if is_personal {
        headers.append(header::VARY, HeaderValue::from_static("authorization"));
    }
    secure(headers, is_https);
    // The CORS middleware leaves it out where the request names no origin, and where it refuses a preflight.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Some(id) = request_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        headers.insert(HeaderName::from_static(REQUEST_ID), id);
    }
    Ok(response)
}

/// What browsers shall not do with an answer. A page that needs more (the documentation) says so itself.
fn secure(headers: &mut HeaderMap, is_https: bool) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let resources = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(resources, HeaderValue::from_static("cross-origin"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

fn into_problem<B>(response: ServiceResponse<B>, request_id: Option<&str>) -> ServiceResponse<String> {
    let own = response.response().error().and_then(|error| error.as_error::<Problem>());
    let document = if let Some(problem) = own {
        problem.log();
        problem.document(request_id)
    } else {
        let problem = Problem::of_framework(&response);
        problem.log();
        problem.document(request_id)
    };
    let mut response = response.map_body(|_, _| document);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// The problem as the answer to `request`, for middleware.
pub(crate) fn refuse(request: ServiceRequest, problem: Problem) -> ServiceResponse {
    let (request, _): (HttpRequest, _) = request.into_parts();
    ServiceResponse::from_err(problem, request)
}

/// `if-match` as people write it.
fn title_case(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_and_code(problem: &Problem) -> (u16, &'static str) {
        (problem.status.as_u16(), problem.code)
    }

    fn unreadable(transient: bool) -> ardent_recipes::Error {
        let source = if transient {
            ardent_storage::Error::Truncated {
                href: "s3://b/red.tif".into(),
                offset_bytes: 0,
                wanted_bytes: 9,
                got_bytes: 1,
            }
        } else {
            ardent_storage::Error::NotFound { href: "s3://b/red.tif".into() }
        };
        let source = Box::new(source.into());
        ardent_datacube::Error::Source { item: "scene".into(), band: "red".into(), source }.into()
    }

    #[test]
    fn every_failure_of_a_recipe_has_its_status() {
        use ardent_datacube::Error as Cube;
        use ardent_recipes::Error as Recipes;
        let too_large = Cube::TooLarge { what: "pixels", asked: 2, allowed: 1, hint: "ask for less".into() };
        for (error, expected) in [
            (Cube::NoItems { collections: "x".into() }.into(), (400, "InvalidRecipe")),
            (Recipes::NoCollection { collection: "x".into() }, (404, "NotFound")),
            (Recipes::TooManyItems { allowed: 5 }, (413, "TooLarge")),
            (too_large.into(), (413, "TooLarge")),
            (Cube::NoRoom { asked: 2, allowed: 1 }.into(), (507, "NoRoom")),
            (unreadable(false), (502, "SourceUnreadable")),
            (unreadable(true), (503, "Unavailable")),
            (Cube::WorkerGone.into(), (500, "InternalServerError")),
            (ardent_catalog::Error::Token { reason: "x".into() }.into(), (400, "InvalidParameterValue")),
        ] {
            assert_eq!(status_and_code(&Problem::from(error)), expected);
        }
    }

    #[test]
    fn what_failed_here_stays_in_the_log() {
        let source = std::io::Error::other("password=hunter2");
        let problem = Problem::from(ardent_recipes::Error::from(ardent_datacube::Error::Scratch { source }));
        let document = problem.document(Some("8a2e"));
        assert!(!document.contains("hunter2") && document.contains("urn:uuid:8a2e"), "{document}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        for transient in [true, false] {
            let document = Problem::from(unreadable(transient)).document(None);
            assert!(document.contains("scene") && document.contains("red.tif"), "{document}");
        }
    }

    #[test]
    fn what_is_away_says_when_to_come_back() {
        let problem = Problem::from(unreadable(true));
        assert_eq!(problem.error_response().headers().get("retry-after").unwrap(), "5");
    }
}
