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
use serde::de::DeserializeOwned;

use crate::{problem::Problem, state::State};

/// The body of a request that declares JSON, whole.
#[derive(Debug)]
pub(crate) struct JsonBody(pub(crate) Bytes);

impl JsonBody {
    /// What it says, strictly: a member that is unknown, missing or wrong is named.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let fault = |name: &str, reason: String| {
            Problem::new(StatusCode::BAD_REQUEST, "InvalidBody", format!("`{name}`: {reason}"))
        };
        if is_list(&self.0) {
            return Err(fault("(body)", "it is a list; give a JSON object".to_owned()));
        }
        let mut reader = serde_json::Deserializer::from_slice(&self.0);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            fault(if path == "." { "(body)" } else { &path }, error.inner().to_string())
        })?;
        reader.end().map_err(|error| fault("(body)", error.to_string()))?;
        Ok(value)
    }
}

/// Serde would take a list of the members' values for an object.
pub(crate) fn is_list(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"[")
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
