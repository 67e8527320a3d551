//! An OpenID Connect issuer in this process, with keys made for the occasion, whose tokens look like Keycloak's.

mod answer;
mod grant;
mod key;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use chrono::Utc;
use hyper_util::rt::TokioIo;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use answer::Mood;
pub use key::SigningKey;

/// A running issuer. Dropped, it answers no more.
#[derive(Debug)]
pub struct Issuer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _stop: DropGuard,
}

#[derive(Debug)]
struct State {
    keys: Vec<SigningKey>,
    /// More keys to show, as JSON.
    extra: Vec<Value>,
    mood: Mood,
    keys_path: &'static str,
    requests: u64,
    grants: grant::Grants,
}

/// Path of the realm.
const REALM: &str = "/realms/ardent";

/// Starts an issuer on a free port of 127.0.0.1, with one RS256 key.
///
/// # Errors
/// If there is no port or no key.
pub async fn start() -> anyhow::Result<Issuer> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no free port")?;
    let address = listener.local_addr()?;
    let keys = vec![SigningKey::new("first", Algorithm::RS256)?];
    let state = State {
        keys,
        extra: Vec::new(),
        mood: Mood::Fine,
        keys_path: "/certs",
        requests: 0,
        grants: grant::Grants::default(),
    };
    let state = Arc::new(Mutex::new(state));
    let stop = CancellationToken::new();
    let (shared, stopped) = (Arc::clone(&state), stop.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stopped.cancelled() => return,
                Ok((stream, _)) = listener.accept() => {
                    let serving = answer::serve(TokioIo::new(stream), address, Arc::clone(&shared));
                    tokio::spawn(stopped.clone().run_until_cancelled_owned(serving));
                }
            }
        }
    });
    Ok(Issuer { address, state, _stop: stop.drop_guard() })
}

impl Issuer {
    /// What its tokens say as `iss`.
    pub fn url(&self) -> String {
        format!("http://{}{REALM}", self.address)
    }

    /// Claims of a good access token of this person, for five minutes from now.
    pub fn claims(&self, sub: &str) -> Value {
        claims(&self.url(), sub)
    }

    /// A good access token of this person, who is in these groups.
    ///
    /// # Panics
    /// If it cannot be signed: a test can do nothing then.
    pub fn token(&self, sub: &str, groups: &[&str]) -> String {
        let mut claims = self.claims(sub);
        claims["groups"] = groups.iter().map(|group| format!("/{group}")).collect();
        self.sign(&claims)
    }

    /// A token with these claims, by the newest key.
    ///
    /// # Panics
    /// If it cannot be signed.
    pub fn sign(&self, claims: &Value) -> String {
        self.newest_key().sign(claims)
    }

    /// The key that signs now.
    pub fn newest_key(&self) -> SigningKey {
        self.with(|state| state.keys[0].clone())
    }

    /// Signs with this key from now on; the others are still shown.
    pub fn rotate(&self, key: SigningKey) {
        self.with(|state| state.keys.insert(0, key));
    }

    /// Shows the newest key alone.
    pub fn disable_old_keys(&self) {
        self.with(|state| state.keys.truncate(1));
    }

    /// Shows this key too.
    pub fn show(&self, key: Value) {
        self.with(|state| state.extra.push(key));
    }

    /// Answers in another way from now on.
    pub fn set_mood(&self, mood: Mood) {
        self.with(|state| state.mood = mood);
    }

    /// Has its keys somewhere else from now on, and says so in its description.
    pub fn move_keys(&self) {
        self.with(|state| state.keys_path = "/moved");
    }

    /// Confirms the device code that waits, for this person; or refuses it.
    pub fn answer_device(&self, sub: Option<&str>) {
        self.with(|state| state.grants.answer(sub));
    }

    /// Seconds that access tokens live from now on.
    pub fn set_lifetime(&self, seconds: i64) {
        self.with(|state| state.grants.lifetime_seconds = seconds);
    }

    /// How often its keys were asked for.
    pub fn requests(&self) -> u64 {
        self.with(|state| state.requests)
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Claims of a good access token of `issuer`, for five minutes from now.
fn claims(issuer: &str, sub: &str) -> Value {
    let now = Utc::now().timestamp();
    json!({
        "exp": now + 300, "iat": now, "auth_time": now, "jti": format!("onrtac:{}", uuid::Uuid::new_v4()),
        "iss": issuer, "aud": ["ardent", "account"], "sub": sub, "typ": "Bearer", "azp": "notebooks",
        "sid": uuid::Uuid::new_v4(), "acr": "1", "scope": "openid profile email",
        "realm_access": { "roles": ["default-roles-ardent", "offline_access", "uma_authorization"] },
        "resource_access": { "account": { "roles": ["view-profile"] } }, "preferred_username": sub,
    })
}
