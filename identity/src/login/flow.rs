//! The exchanges with the identity provider.

use std::{error::Error as StdError, time::Duration};

use chrono::{TimeDelta, Utc};
use oauth2::{
    ClientId, ClientSecret, DeviceAuthorizationUrl, ErrorResponse, HttpRequest, HttpResponse, RefreshToken,
    RequestTokenError, Scope, StandardDeviceAuthorizationResponse, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use super::{Provider, Session, provider::PATIENCE};
use crate::{Error, Result, discovery};

/// What a person must do to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The page to open.
    pub url: String,
    /// The page with the code filled in, if the provider has one.
    pub whole_url: Option<String>,
    /// The code to confirm there.
    pub code: String,
    /// How long there is time.
    pub time: Duration,
}

/// Signs a person in by device code. `announce` tells what to do; then the provider is asked until it is done.
/// `offline`: the session goes on when the person has signed out of the browser.
///
/// # Errors
/// If the provider has no such flow, or the person refuses, or time is up.
pub async fn sign_in(
    provider: &Provider,
    server: &str,
    offline: bool,
    announce: impl FnOnce(&Announcement),
) -> Result<Session> {
    let issuer = provider.issuer.as_str();
    let Some(endpoint) = &provider.device_authorization_endpoint else {
        let reason = "it knows no device codes; allow the device flow for the client, or use client credentials";
        return Err(Error::Login { issuer: issuer.to_owned(), reason: reason.to_owned() });
    };
    let client = BasicClient::new(ClientId::new(provider.login_client.clone()))
        .set_token_uri(token_url(issuer, &provider.token_endpoint)?)
        .set_device_authorization_url(
            DeviceAuthorizationUrl::new(endpoint.clone()).map_err(|error| failed(issuer, &error))?,
        );
    let send = |request| send(provider.client.clone(), request);
    let mut request = client.exchange_device_code().add_scope(Scope::new("openid".to_owned()));
    if offline {
        request = request.add_scope(Scope::new("offline_access".to_owned()));
    }
    let device: StandardDeviceAuthorizationResponse =
        request.request_async(&send).await.map_err(|error| refused(issuer, &error))?;
    announce(&Announcement {
        url: device.verification_uri().to_string(),
        whole_url: device.verification_uri_complete().map(|url| url.secret().clone()),
        code: device.user_code().secret().clone(),
        time: device.expires_in(),
    });
    let answer = client.exchange_device_access_token(&device).request_async(&send, tokio::time::sleep, None).await;
    let tokens = answer.map_err(|error| refused(issuer, &error))?;
    Ok(session(provider, server, &provider.login_client, &tokens))
}

/// A session with a new access token.
///
/// # Errors
/// If the session has ended.
pub async fn refresh(session: &Session) -> Result<Session> {
    let issuer = session.issuer.as_str();
    let ended = |reason: String| Error::Login { issuer: issuer.to_owned(), reason };
    let Some(refresh_token) = &session.refresh_token else {
        return Err(ended("the session has ended; sign in again".to_owned()));
    };
    let client = BasicClient::new(ClientId::new(session.client_id.clone()))
        .set_token_uri(token_url(issuer, &session.token_endpoint)?);
    let http = discovery::client(PATIENCE)?;
    let refresh_token = RefreshToken::new(refresh_token.expose_secret().to_owned());
    let answer =
        client.exchange_refresh_token(&refresh_token).request_async(&|request| send(http.clone(), request)).await;
    let tokens = answer.map_err(|error| match refused(issuer, &error) {
        Error::Login { reason, .. } if reason.contains("invalid_grant") => {
            ended(format!("the session has ended ({reason}); sign in again"))
        }
        other => other,
    })?;
    let (access_token, expires) = access(&tokens);
    let refresh_token = tokens.refresh_token().map(|token| SecretString::from(token.secret().as_str()));
    let refresh_token = refresh_token.or_else(|| session.refresh_token.clone());
    Ok(Session { access_token, expires, refresh_token, ..session.clone() })
}

/// An access token for a service, by its own credentials; nothing of it is kept.
///
/// # Errors
/// If the provider refuses them.
pub async fn client_credentials(
    provider: &Provider,
    server: &str,
    client_id: &str,
    client_secret: &SecretString,
) -> Result<Session> {
    let issuer = provider.issuer.as_str();
    let client = BasicClient::new(ClientId::new(client_id.to_owned()))
        .set_client_secret(ClientSecret::new(client_secret.expose_secret().to_owned()))
        .set_token_uri(token_url(issuer, &provider.token_endpoint)?);
    let send = |request| send(provider.client.clone(), request);
    let answer = client.exchange_client_credentials().request_async(&send).await;
    let tokens = answer.map_err(|error| refused(issuer, &error))?;
    Ok(session(provider, server, client_id, &tokens))
}

/// Ends a session at the provider (RFC 7009), as far as that knows how.
///
/// # Errors
/// If the provider cannot be reached or refuses.
pub async fn revoke(session: &Session) -> Result<()> {
    let (Some(endpoint), Some(token)) = (&session.revocation_endpoint, &session.refresh_token) else { return Ok(()) };
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token.expose_secret())
        .append_pair("token_type_hint", "refresh_token")
        .append_pair("client_id", &session.client_id)
        .finish();
    // The library would refuse a provider on this machine, which has no https.
    let request = discovery::client(PATIENCE)?.post(endpoint).body(form);
    let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await;
    let failed = |source: reqwest::Error| Error::Fetch { url: endpoint.clone(), source: source.without_url() };
    answer.and_then(reqwest::Response::error_for_status).map(drop).map_err(failed)
}

fn session(provider: &Provider, server: &str, client_id: &str, tokens: &BasicTokenResponse) -> Session {
    let (access_token, expires) = access(tokens);
    Session {
        server: server.trim_end_matches('/').to_owned(),
        issuer: provider.issuer.clone(),
        client_id: client_id.to_owned(),
        token_endpoint: provider.token_endpoint.clone(),
        revocation_endpoint: provider.revocation_endpoint.clone(),
        access_token,
        expires,
        refresh_token: tokens.refresh_token().map(|token| token.secret().as_str().into()),
    }
}

/// The access token and when it ends; a provider that does not say means a minute at least.
fn access(tokens: &BasicTokenResponse) -> (SecretString, chrono::DateTime<Utc>) {
    let lives = tokens.expires_in().unwrap_or(Duration::from_mins(1));
    let lives = TimeDelta::from_std(lives).unwrap_or(TimeDelta::days(1));
    (tokens.access_token().secret().as_str().into(), Utc::now() + lives)
}

fn token_url(issuer: &str, endpoint: &str) -> Result<TokenUrl> {
    TokenUrl::new(endpoint.to_owned()).map_err(|error| failed(issuer, &error))
}

async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse> {
    let url = request.uri().to_string();
    let failed = |source: reqwest::Error| Error::Fetch { url: url.clone(), source: source.without_url() };
    let response = client.execute(request.try_into().map_err(failed)?).await.map_err(failed)?;
    let mut answer = HttpResponse::new(Vec::new());
    (*answer.status_mut(), *answer.headers_mut()) = (response.status(), response.headers().clone());
    *answer.body_mut() = response.bytes().await.map_err(failed)?.to_vec();
    Ok(answer)
}

/// What the provider said no with.
fn refused<T: ErrorResponse>(issuer: &str, error: &RequestTokenError<Error, T>) -> Error {
    match error {
        RequestTokenError::ServerResponse(said) => failed(issuer, &Said(said.to_string())),
        RequestTokenError::Request(error) => failed(issuer, error),
        RequestTokenError::Parse(error, _) => failed(issuer, error),
        RequestTokenError::Other(reason) => failed(issuer, &Said(reason.clone())),
    }
}

/// The provider's own words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

fn failed(issuer: &str, error: &dyn StdError) -> Error {
    let mut reason = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        reason = format!("{reason}: {cause}");
        next = cause.source();
    }
    Error::Login { issuer: issuer.to_owned(), reason }
}
