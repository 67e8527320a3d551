//! What is kept of a sign-in.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// A sign-in at a server. `Debug` shows no token.
#[derive(Debug, Clone)]
pub struct Session {
    /// The server.
    pub server: String,
    /// The identity provider.
    pub issuer: String,
    /// The client by which it was made.
    pub client_id: String,
    /// Where it is renewed.
    pub(super) token_endpoint: String,
    /// Where it is ended.
    pub(super) revocation_endpoint: Option<String>,
    /// What is sent to the server.
    pub access_token: SecretString,
    /// When that ends.
    pub expires: DateTime<Utc>,
    /// What it is renewed with.
    pub(super) refresh_token: Option<SecretString>,
}

/// A token is renewed when it ends within this time: a request takes a while, and clocks differ.
const MARGIN: TimeDelta = TimeDelta::seconds(30);

impl Session {
    /// Whether the access token will do for a while.
    pub fn is_fresh(&self) -> bool {
        self.expires - Utc::now() > MARGIN
    }
}

/// The form in which a session is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    server: String,
    issuer: String,
    client_id: String,
    token_endpoint: String,
    revocation_endpoint: Option<String>,
    access_token: String,
    expires: DateTime<Utc>,
    refresh_token: Option<String>,
}

impl From<&Session> for Kept {
    fn from(session: &Session) -> Self {
        let text = |secret: &SecretString| secret.expose_secret().to_owned();
        Self {
            server: session.server.clone(),
            issuer: session.issuer.clone(),
            client_id: session.client_id.clone(),
            token_endpoint: session.token_endpoint.clone(),
            revocation_endpoint: session.revocation_endpoint.clone(),
            access_token: text(&session.access_token),
            expires: session.expires,
            refresh_token: session.refresh_token.as_ref().map(text),
        }
    }
}

impl From<Kept> for Session {
    fn from(kept: Kept) -> Self {
        Self {
            server: kept.server,
            issuer: kept.issuer,
            client_id: kept.client_id,
            token_endpoint: kept.token_endpoint,
            revocation_endpoint: kept.revocation_endpoint,
            access_token: kept.access_token.into(),
            expires: kept.expires,
            refresh_token: kept.refresh_token.map(Into::into),
        }
    }
}
