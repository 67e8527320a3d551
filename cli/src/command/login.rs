//! `ardent login`, `token` and `logout`.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use ardent_identity::login::{self, Announcement, Provider, Session, SessionStore};
use secrecy::ExposeSecret;

use super::Outcome;
use crate::{
    arguments::{Login, Logout, Token},
    output,
};

/// Signs a person in, and keeps the session.
pub(super) async fn login(options: &Login) -> Result<Outcome> {
    let url = &options.server.url;
    let provider = Provider::of_server(url, options.server.oidc_issuer.as_deref()).await?;
    // Before anyone goes to a browser: a session that cannot be kept is for nothing.
    let folder = folder()?;
    drop(SessionStore::open(&folder)?);
    let session = login::sign_in(&provider, url, options.offline, announce).await?;
    SessionStore::open(&folder)?.put(&session)?;
    output::note(&format!("signed in to {}; `ardent token {url}` prints a token\n", session.server));
    Ok(Outcome::Complete)
}

fn announce(what: &Announcement) {
    let minutes = what.time.as_secs().div_ceil(60);
    let url = what.whole_url.as_ref().unwrap_or(&what.url);
    // It is the provider's text: nothing in it may steer the terminal.
    let (url, code) = (url.replace(char::is_control, " "), what.code.replace(char::is_control, " "));
    output::note(&format!("open {url}\nand confirm the code {code} there; there are {minutes} minutes\n"));
}

/// Prints an access token that will do for a while: nothing else is on stdout.
pub(super) async fn token(options: &Token) -> Result<Outcome> {
    let url = &options.server.url;
    if let (Some(id), Some(secret)) = (&options.client_id, &options.client_secret) {
        let provider = Provider::of_server(url, options.server.oidc_issuer.as_deref()).await?;
        return print(&login::client_credentials(&provider, url, id, secret).await?);
    }
    let store = SessionStore::open(&folder()?)?;
    let session =
        store.get(url)?.ok_or_else(|| anyhow!("you are not signed in to {url}; sign in with `ardent login {url}`"))?;
    if session.is_fresh() {
        return print(&session);
    }
    let session = login::refresh(&session).await.with_context(|| format!("sign in with `ardent login {url}`"))?;
    store.put(&session)?;
    print(&session)
}

fn print(session: &Session) -> Result<Outcome> {
    output::print(&format!("{}\n", session.access_token.expose_secret()))
}

/// Ends the session, here and at the identity provider.
pub(super) async fn logout(options: &Logout) -> Result<Outcome> {
    let url = &options.url;
    let store = SessionStore::open(&folder()?)?;
    let Some(session) = store.get(url)? else {
        output::note(&format!("you are not signed in to {url}\n"));
        return Ok(Outcome::Complete);
    };
    // Here in any case: what cannot be ended there ends by itself.
    store.remove(url)?;
    let fault = "signed out here; the identity provider, though, may keep the session until it ends by itself";
    login::revoke(&session).await.context(fault)?;
    output::note(&format!("signed out of {url}\n"));
    Ok(Outcome::Complete)
}

/// `$XDG_CONFIG_HOME/ardent`, else `~/.config/ardent`.
fn folder() -> Result<PathBuf> {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = path("XDG_CONFIG_HOME").or_else(|| path("HOME").map(|home| home.join(".config")));
    let config = config.context("there is no home folder to keep the session in; set XDG_CONFIG_HOME")?;
    Ok(config.join("ardent"))
}
