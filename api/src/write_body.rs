//! Bodies of writes: which media types each of them takes, and the JSON in them.

use std::pin::Pin;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};
use ardent_model::OfferedCrs;
use bytes::Bytes;
use serde_json::Value;

use crate::{extract, problem::Problem};

const JSON: &str = "application/json";
const GEOJSON: &str = "application/geo+json";
/// RFC 7396.
const MERGE_PATCH: &str = "application/merge-patch+json";
/// RFC 6902.
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
/// What PATCH takes, as `Accept-Patch` has it (RFC 5789 §3.1).
pub(crate) const ACCEPT_PATCH: &str = "application/merge-patch+json, application/json, application/json-patch+json";

/// The body of a request that adds or changes a document.
#[derive(Debug)]
pub(crate) struct WriteBody {
    /// Its media type, in small letters and without parameters.
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

impl WriteBody {
    /// The JSON in it.
    pub(crate) fn json(&self) -> Result<Value, Problem> {
        serde_json::from_slice(&self.bytes).map_err(|error| not_json(&error))
    }
}

/// The refusal of a body that is not JSON.
pub(crate) fn not_json(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "InvalidBody", format!("`(body)`: {error}"))
}

impl FromRequest for WriteBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let media_type = request.content_type().trim().to_ascii_lowercase();
            let taken = taken(&request);
            if !taken.contains(&media_type.as_str()) {
                return Err(unsupported(&request, taken));
            }
            check_crs(request.headers())?;
            Ok(Self { media_type, bytes: extract::whole(&request, payload).await? })
        })
    }
}

/// The media types that a request may have.
fn taken(request: &HttpRequest) -> &'static [&'static str] {
    let is_item = request.match_pattern().is_some_and(|pattern| pattern.contains("/items"));
    match *request.method() {
        Method::PATCH => &[MERGE_PATCH, JSON, JSON_PATCH],
        _ if is_item => &[JSON, GEOJSON],
        _ => &[JSON],
    }
}

/// Documents are in longitude and latitude (RFC 7946 §4), so what says otherwise is no document for here.
fn check_crs(headers: &HeaderMap) -> Result<(), Problem> {
    let name = HeaderName::from_static("content-crs");
    let is_ours = |value: &HeaderValue| {
        let uri = value.to_str().ok().and_then(|text| text.trim().strip_prefix('<')?.strip_suffix('>'));
        uri.and_then(|uri| OfferedCrs::parse("Content-Crs", uri).ok()).is_some_and(OfferedCrs::is_crs84)
    };
    if headers.get_all(&name).all(is_ours) {
        return Ok(());
    }
    let reason =
        format!("documents are stored in longitude and latitude; send <{}>, or leave it out", OfferedCrs::CRS84);
    Err(Problem::header(&name, &reason))
}

fn unsupported(request: &HttpRequest, taken: &[&str]) -> Problem {
    let given = request.content_type();
    let given = if given.is_empty() { "no `Content-Type`".to_owned() } else { format!("`Content-Type: {given}`") };
    let detail = format!("{given} is not read here; send {}", taken.join(" or "));
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", detail);
    let name = match *request.method() {
        Method::PATCH => HeaderName::from_static("accept-patch"),
        Method::POST => HeaderName::from_static("accept-post"),
        _ => header::ACCEPT,
    };
    match HeaderValue::from_str(&taken.join(", ")) {
        Ok(value) => problem.with_header(name, value),
        Err(_) => problem,
    }
}
