//! The identity provider of a server, and where it does what.

use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;

use crate::{
    Error, Result,
    discovery::{self, fetch},
    issuer::{http_url, is_safe},
};

/// How long a server or provider may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// An identity provider, as a client sees it.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its identifier.
    pub issuer: String,
    /// The client by which people sign in at the command line.
    pub login_client: String,
    pub(super) token_endpoint: String,
    pub(super) device_authorization_endpoint: Option<String>,
    pub(super) revocation_endpoint: Option<String>,
    pub(super) client: Client,
}

/// What a server says of itself (RFC 9728).
#[derive(Deserialize)]
struct Server {
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default = "usual_client")]
    ardent_login_client: String,
}

fn usual_client() -> String {
    "ardent-cli".to_owned()
}

#[derive(Deserialize)]
struct Description {
    issuer: String,
    token_endpoint: String,
    #[serde(default)]
    device_authorization_endpoint: Option<String>,
    #[serde(default)]
    revocation_endpoint: Option<String>,
}

impl Provider {
    /// The one that a server trusts first; or, if `issuer` is given, that one, whatever the server says.
    ///
    /// # Errors
    /// If the server or the provider cannot be reached over a safe wire, or does not say what is needed.
    pub async fn of_server(server: &str, issuer: Option<&str>) -> Result<Self> {
        let server = server.trim_end_matches('/');
        check_url(server)?;
        let client = discovery::client(PATIENCE)?;
        let url = format!("{server}/.well-known/oauth-protected-resource");
        let fault = |reason: String| Error::Document { url: url.clone(), reason };
        let said: Server = serde_json::from_slice(&fetch(&client, &url).await?)
            .map_err(|error| fault(format!("it names no identity provider ({error}); is this an Ardent server?")))?;
        let issuer =
            match issuer {
                Some(issuer) => issuer.to_owned(),
                None => said.authorization_servers.into_iter().next().ok_or_else(|| {
                    fault("it trusts no identity provider, so there is nothing to sign in to".to_owned())
                })?,
            };
        check_url(&issuer)?;
        Self::described(client, issuer, said.ardent_login_client).await
    }

    async fn described(client: Client, issuer: String, login_client: String) -> Result<Self> {
        let url = discovery::description_url(&issuer);
        let fault = |reason: String| Error::Document { url: url.clone(), reason };
        let description: Description = serde_json::from_slice(&fetch(&client, &url).await?)
            .map_err(|error| fault(format!("it describes no identity provider: {error}")))?;
        if description.issuer != issuer {
            return Err(fault(format!("it is of {:?}, not of {issuer:?}", description.issuer)));
        }
        let Description { token_endpoint, device_authorization_endpoint, revocation_endpoint, .. } = description;
        for endpoint in [Some(&token_endpoint), device_authorization_endpoint.as_ref(), revocation_endpoint.as_ref()]
            .into_iter()
            .flatten()
        {
            check_url(endpoint)?;
        }
        Ok(Self { issuer, login_client, token_endpoint, device_authorization_endpoint, revocation_endpoint, client })
    }
}

/// Secrets go there: nobody on the way may read them.
fn check_url(text: &str) -> Result<()> {
    if http_url(text).is_some_and(|url| is_safe(&url)) {
        return Ok(());
    }
    let reason = "it is no https URL; only on this machine (127.0.0.1, localhost) http will do".to_owned();
    Err(Error::Document { url: text.to_owned(), reason })
}
