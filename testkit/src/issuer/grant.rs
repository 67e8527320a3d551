//! How an issuer gives tokens: by device code, by a refresh token that is used up, and to a service by its secret.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::form_urlencoded;

use super::{State, claims};

/// `ardent-batch:service-secret`, as HTTP's basic scheme has it.
const SERVICE: &str = "Basic YXJkZW50LWJhdGNoOnNlcnZpY2Utc2VjcmV0";

/// What was asked for and given.
#[derive(Debug)]
pub(super) struct Grants {
    pub(super) lifetime_seconds: i64,
    /// What became of the device code.
    device: Device,
    /// Refresh tokens that count, with whose they are.
    refresh: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
enum Device {
    Waits,
    Refused,
    Confirmed(String),
}

impl Default for Grants {
    fn default() -> Self {
        Self { lifetime_seconds: 300, device: Device::Waits, refresh: BTreeMap::new() }
    }
}

impl Grants {
    pub(super) fn answer(&mut self, sub: Option<&str>) {
        self.device = sub.map_or(Device::Refused, |sub| Device::Confirmed(sub.to_owned()));
    }
}

/// The status and body for a form that was posted to a path, with what was in `Authorization`.
pub(super) fn answer(
    (path, form, authorization): (&str, &[u8], Option<&str>),
    issuer: &str,
    state: &mut State,
) -> (u16, String) {
    let form: BTreeMap<String, String> = form_urlencoded::parse(form).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let refuse = |error: &str| (400, json!({ "error": error }).to_string());
    if path.ends_with("/device") {
        return (200, device_code(issuer).to_string());
    }
    if path.ends_with("/revoke") {
        state.grants.refresh.remove(field("token"));
        return (200, String::new());
    }
    let sub = match field("grant_type") {
        "urn:ietf:params:oauth:grant-type:device_code" => match state.grants.device.clone() {
            Device::Waits => return refuse("authorization_pending"),
            Device::Refused => return refuse("access_denied"),
            Device::Confirmed(sub) => sub,
        },
        // Each counts once.
        "refresh_token" => match state.grants.refresh.remove(field("refresh_token")) {
            Some(sub) => sub,
            None => return refuse("invalid_grant"),
        },
        "client_credentials" if authorization == Some(SERVICE) => {
            return (200, access(state, issuer, "service-account-ardent-batch").to_string());
        }
        "client_credentials" => return (401, json!({ "error": "unauthorized_client" }).to_string()),
        _ => return refuse("unsupported_grant_type"),
    };
    let refresh_token = uuid::Uuid::new_v4().to_string();
    state.grants.refresh.insert(refresh_token.clone(), sub.clone());
    let mut tokens = access(state, issuer, &sub);
    tokens["refresh_token"] = json!(refresh_token);
    (200, tokens.to_string())
}

fn device_code(issuer: &str) -> Value {
    json!({
        "device_code": "device", "user_code": "WDJB-MJHT", "verification_uri": format!("{issuer}/confirm"),
        "verification_uri_complete": format!("{issuer}/confirm?user_code=WDJB-MJHT"), "expires_in": 600, "interval": 1,
    })
}

fn access(state: &State, issuer: &str, sub: &str) -> Value {
    let mut claims = claims(issuer, sub);
    claims["exp"] = json!(claims["iat"].as_i64().unwrap_or_default() + state.grants.lifetime_seconds);
    let token = state.keys[0].sign(&claims);
    json!({ "access_token": token, "token_type": "Bearer", "expires_in": state.grants.lifetime_seconds })
}
