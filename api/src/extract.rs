//! JSON bodies, bounded whether or not their length is declared.

use std::{pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::{StatusCode, header},
    web,
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde::{Deserializer as _, de::DeserializeOwned};
use serde_path_to_error::Track;

use crate::{problem::Problem, search_members::Members, state::State};

/// The body of a request that declares JSON, whole.
#[derive(Debug)]
pub(crate) struct JsonBody(pub(crate) Bytes);

impl JsonBody {
    /// What it says, strictly: a member that is unknown, missing or wrong is named.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        object(&self.0).map_err(|Misread { name, reason }| {
            Problem::new(StatusCode::BAD_REQUEST, "InvalidBody", format!("`{name}`: {reason}"))
        })
    }
}

/// Why a body is not taken.
#[derive(Debug)]
pub(crate) struct Misread {
    /// Path of the member that is wrong, or `(body)`.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) reason: String,
}

/// A JSON object and nothing after it; serde would take a list of the members' values for one.
pub(crate) fn object<T: DeserializeOwned>(json: &[u8]) -> Result<T, Misread> {
    let (mut reader, mut track) = (serde_json::Deserializer::from_slice(json), Track::new());
    let read = serde_path_to_error::Deserializer::new(&mut reader, &mut track)
        .deserialize_map(Members::called("a JSON object"));
    let whole = || "(body)".to_owned();
    let value = read.map_err(|error: serde_json::Error| {
        let path = track.path().to_string();
        Misread { name: if path == "." { whole() } else { path }, reason: error.to_string() }
    })?;
    reader.end().map_err(|error| Misread { name: whole(), reason: error.to_string() })?;
    Ok(value)
}

impl FromRequest for JsonBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            check_media_type(&request)?;
            whole(&request, payload).await.map(Self)
        })
    }
}

/// The body of a request, which must have one.
pub(crate) async fn whole(request: &HttpRequest, payload: Payload) -> Result<Bytes, Problem> {
    let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("no state"))?;
    check_encoding(request)?;
    let (limit, patience) = (state.settings.body_bytes, state.settings.client_timeout);
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > limit) {
        return Err(too_large(limit));
    }
    let body = read(payload, limit, patience).await?;
    if body.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "InvalidBody", "the body is empty; send JSON"));
    }
    Ok(body)
}

/// Bodies are read as they come.
fn check_encoding(request: &HttpRequest) -> Result<(), Problem> {
    let mut given = request.headers().get_all(header::CONTENT_ENCODING);
    let Some(other) = given.find(|value| !value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) else {
        return Ok(());
    };
    let other = String::from_utf8_lossy(other.as_bytes());
    let detail = format!("`Content-Encoding: {other}` is not read here; send the body as it is, without the header");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", detail)
        .with_header(header::ACCEPT_ENCODING, header::HeaderValue::from_static("identity")))
}

fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let given = request.content_type();
    let essence = given.trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    let given = if given.is_empty() { "no `Content-Type`".to_owned() } else { format!("`Content-Type: {given}`") };
    let detail = format!("{given} is not read here; send JSON with `Content-Type: application/json`");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", detail))
}

async fn read(mut payload: Payload, limit: usize, patience: Duration) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    loop {
        let next = tokio::time::timeout(patience, payload.next()).await;
        let part = match next {
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(part)) => part.map_err(|error| cut_short(&error))?,
            Err(_) => {
                let detail = format!("no part of the body came for {} s; send it without pauses", patience.as_secs());
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", detail));
            }
        };
        if body.len() + part.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&part);
    }
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than {limit} bytes; send less, for example a simpler geometry");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "BodyTooLarge", detail)
        // What is left of the body is not read, so the connection cannot go on.
        .with_header(header::CONNECTION, header::HeaderValue::from_static("close"))
}

fn cut_short(error: &PayloadError) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "InvalidBody", format!("the body cannot be read: {error}; send it whole"))
}
