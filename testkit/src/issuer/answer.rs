//! What an issuer answers, in whatever mood it is.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use http_body_util::{BodyExt, Collected};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::Body;
use serde_json::json;
use tokio::net::TcpStream;

use super::{REALM, State, grant};

/// How an issuer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Fine,
    /// Never.
    Hangs,
    /// Its keys with megabytes of nothing around them.
    Huge,
    /// It sends to another address.
    Redirects,
    /// It says that it cannot.
    Fails,
    /// It says what is no JSON.
    Babbles,
    /// It says that it is somebody else.
    Impostor,
}

pub(super) async fn serve(stream: TokioIo<TcpStream>, address: SocketAddr, state: Arc<Mutex<State>>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let state = Arc::clone(&state);
        async move {
            let path = request.uri().path().to_owned();
            if request.method() == hyper::Method::POST {
                return Ok::<_, Infallible>(grant(request, address, &state).await);
            }
            Ok(answer(&path, address, &state).await)
        }
    });
    // A client that goes is no fault.
    let _ = Builder::new(TokioExecutor::new()).serve_connection(stream, answer).await;
}

async fn grant(request: Request<Incoming>, address: SocketAddr, state: &Mutex<State>) -> Response<Body> {
    let (path, issuer) = (request.uri().path().to_owned(), format!("http://{address}{REALM}"));
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let form = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, text) = grant::answer((&path, &form, authorization.as_deref()), &issuer, &mut state);
    plain(status, text)
}

async fn answer(path: &str, address: SocketAddr, state: &Mutex<State>) -> Response<Body> {
    let (mood, keys_path, keys) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if path.ends_with(state.keys_path) {
            state.requests += 1;
        }
        let shown = state.keys.iter().map(|key| key.public().clone()).chain(state.extra.iter().cloned());
        (state.mood, state.keys_path, shown.collect::<Vec<_>>())
    };
    let issuer = format!("http://{address}{REALM}");
    let named = if mood == Mood::Impostor { "http://127.0.0.1:1/realms/other" } else { issuer.as_str() };
    let description = json!({
        "issuer": named, "jwks_uri": format!("{issuer}{keys_path}"), "token_endpoint": format!("{issuer}/token"),
        "device_authorization_endpoint": format!("{issuer}/device"), "revocation_endpoint": format!("{issuer}/revoke"),
    });
    match mood {
        Mood::Hangs => std::future::pending().await,
        Mood::Fails => plain(503, String::new()),
        Mood::Babbles => plain(200, "<html>".to_owned()),
        Mood::Redirects => {
            let mut response = plain(302, String::new());
            if let Ok(target) = format!("http://{address}/elsewhere{path}").parse() {
                response.headers_mut().insert("location", target);
            }
            response
        }
        _ if path == format!("{REALM}/.well-known/openid-configuration") => plain(200, description.to_string()),
        _ if path == format!("{REALM}{keys_path}") => {
            let padding = if mood == Mood::Huge { " ".repeat(8 << 20) } else { String::new() };
            plain(200, format!("{padding}{}", json!({ "keys": keys })))
        }
        _ => plain(404, String::new()),
    }
}

fn plain(status: u16, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response
}
