//! What a request shows in `Authorization` (RFC 6750 §2.1), and nowhere else: addresses are logged and shared.

use actix_web::{HttpRequest, http::header};
use ardent_catalog::ApiSecret;
use secrecy::SecretString;

use super::challenge;
use crate::problem::Problem;

/// What a request shows.
#[derive(Debug)]
pub(super) enum Shown {
    Nothing,
    Key(ApiSecret),
    Token(SecretString),
}

/// What every API key begins with.
const KEY_PREFIX: &str = "ardent_";

/// Reads the header.
///
/// # Errors
/// If it is there and is not one bearer token.
pub(super) fn shown(request: &HttpRequest) -> Result<Shown, Problem> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(Shown::Nothing) };
    let refuse =
        |reason: &str| Err(challenge::refused(format!("`Authorization`: {reason}; send `Bearer` and a token")));
    if values.next().is_some() {
        return refuse("it is given twice");
    }
    let Ok(text) = value.to_str() else { return refuse("it is not ASCII") };
    let Some((scheme, token)) = text.trim().split_once(' ') else { return refuse("it has no token") };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return refuse("only the scheme `Bearer` counts here");
    }
    let token = token.trim();
    if token.starts_with(KEY_PREFIX) {
        let key = ApiSecret::parse(token).map(Shown::Key);
        return key.map_or_else(|| Err(challenge::refused("the API key is not whole; copy all of it".to_owned())), Ok);
    }
    Ok(Shown::Token(token.into()))
}
