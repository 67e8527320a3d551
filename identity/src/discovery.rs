//! Fetching an issuer's documents: its description (OpenID Connect Discovery 1.0), then its keys.

use std::time::Duration;

use futures::StreamExt;
use reqwest::{Client, Response, redirect::Policy};
use serde::Deserialize;

use crate::{
    Error, Issuer, Result,
    issuer::{http_url, is_safe},
    key_set::KeySet,
};

/// Greatest document of an issuer.
const MAX_BYTES: usize = 256 * 1024;

/// A client that goes where it is sent alone: whoever can redirect us could choose the keys.
pub(crate) fn client(timeout: Duration) -> Result<Client> {
    let built = Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout)
        .redirect(Policy::none())
        .user_agent(concat!("ardent/", env!("CARGO_PKG_VERSION")))
        .build();
    built.map_err(|source| Error::Fetch { url: "(any)".to_owned(), source })
}

#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
}

/// The keys an issuer has now.
pub(crate) async fn keys(client: &Client, issuer: &Issuer) -> Result<KeySet> {
    let url = description_url(&issuer.url);
    let fault = |reason: String| Error::Document { url: url.clone(), reason };
    let description = fetch(client, &url).await?;
    let description: Description =
        serde_json::from_slice(&description).map_err(|error| fault(format!("it describes no issuer: {error}")))?;
    if description.issuer != issuer.url {
        let reason = format!("it is of the issuer {:?}; set the issuer to that, to the letter", description.issuer);
        return Err(fault(reason));
    }
    if !http_url(&description.jwks_uri).is_some_and(|url| is_safe(&url)) {
        return Err(fault(format!("its keys are at {:?}, which is not https", description.jwks_uri)));
    }
    let keys = fetch(client, &description.jwks_uri).await?;
    KeySet::parse(&keys).map_err(|reason| Error::Document { url: description.jwks_uri, reason })
}

/// Where an issuer describes itself.
pub(crate) fn description_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// A document, if it is there, not too large, and not somewhere else.
pub(crate) async fn fetch(client: &Client, url: &str) -> Result<Vec<u8>> {
    let failed = |source: reqwest::Error| Error::Fetch { url: url.to_owned(), source: source.without_url() };
    let fault = |reason: String| Error::Document { url: url.to_owned(), reason };
    let response = client.get(url).header("accept", "application/json").send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(fault(format!("it is answered {}, not 200; redirects are not followed", response.status())));
    }
    read(response, url).await
}

/// A body, unless it is too large.
pub(crate) async fn read(response: Response, url: &str) -> Result<Vec<u8>> {
    let failed = |source: reqwest::Error| Error::Fetch { url: url.to_owned(), source: source.without_url() };
    let mut bytes = Vec::new();
    let mut parts = response.bytes_stream();
    while let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part.map_err(failed)?);
        if bytes.len() > MAX_BYTES {
            return Err(Error::Document {
                url: url.to_owned(),
                reason: format!("it is larger than {MAX_BYTES} bytes"),
            });
        }
    }
    Ok(bytes)
}
