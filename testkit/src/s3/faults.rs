//! What goes wrong with an object store, on purpose.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http_body_util::BodyExt as _;
use hyper::{
    Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderValue},
};
use s3s::Body;

/// What goes wrong with the answers for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 503.
    Unavailable,
    /// The connection ends without an answer.
    Reset,
    /// The connection ends in the middle of the answer.
    Cut,
    /// Half of the bytes come, as if that were what was asked for.
    Short,
    /// The answer comes so much later.
    Late(Duration),
    /// The object is another version by now.
    OtherVersion,
}

/// Faults by the end of the key, each with how often it is still to happen.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<BTreeMap<String, (Fault, u32)>>);

impl Faults {
    pub(super) fn set(&self, key: &str, fault: Fault, times: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), (fault, times));
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The fault of a request for this path, which then has happened once more.
    pub(super) fn take(&self, path: &str) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (fault, times) = faults.iter_mut().find(|(key, (_, times))| path.ends_with(*key) && *times > 0)?.1;
        *times -= 1;
        Some(fault.clone())
    }
}

/// An answer without content.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// `bytes first-last/size` with another length.
fn halved(range: &HeaderValue, length_bytes: usize) -> Option<HeaderValue> {
    let (span, size) = range.to_str().ok()?.strip_prefix("bytes ")?.split_once('/')?;
    let first: u64 = span.split_once('-')?.0.parse().ok()?;
    let last = first + (length_bytes as u64).saturating_sub(1);
    HeaderValue::from_str(&format!("bytes {first}-{last}/{size}")).ok()
}

/// The answer as the fault has it.
pub(super) async fn spoil(fault: &Fault, mut response: Response<Body>) -> Result<Response<Body>, &'static str> {
    match fault {
        Fault::OtherVersion => {
            response.headers_mut().insert(ETAG, HeaderValue::from_static("\"another-version\""));
            Ok(response)
        }
        Fault::Cut | Fault::Short => {
            let (mut parts, body) = response.into_parts();
            let bytes = body.collect().await.map_err(|_| "the answer broke by itself")?.to_bytes();
            if *fault == Fault::Short {
                // Headers that agree with what comes, as from a store that lost the rest.
                parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len() / 2));
                if let Some(shorter) = parts.headers.get(CONTENT_RANGE).and_then(|range| halved(range, bytes.len() / 2))
                {
                    parts.headers.insert(CONTENT_RANGE, shorter);
                }
            }
            Ok(Response::from_parts(parts, Body::from(bytes.slice(..bytes.len() / 2))))
        }
        Fault::Unavailable | Fault::Reset | Fault::Late(_) => Ok(response),
    }
}
