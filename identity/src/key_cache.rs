//! The keys of one issuer, kept and renewed.

use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak},
    time::{Duration, Instant},
};

use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::Client;
use tokio::{runtime::Handle, sync::Mutex};

use crate::{Error, Issuer, Refusal, Result, discovery, key_set::KeySet};

/// The keys of one issuer. They are fetched regularly, so that a key that was disabled stops counting, and once more,
/// but seldom, for a token whose key is not among them, so that a new key counts at once.
#[derive(Debug)]
pub(crate) struct KeyCache {
    issuer: Arc<Issuer>,
    client: Client,
    /// Fetches run here, since the runtime of a request may end with it.
    runtime: Handle,
    state: RwLock<State>,
    /// One attempt at a time.
    attempt: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    keys: Arc<KeySet>,
    fetched: Option<Instant>,
    /// When the last attempt began, and whether it came to nothing.
    began: Option<Instant>,
    has_failed: bool,
    /// When the last one ended that a token caused.
    caused: Option<Instant>,
}

impl KeyCache {
    /// Empty; keys are fetched on `runtime` from now on, for as long as this is held.
    pub(crate) fn start(issuer: Arc<Issuer>, runtime: &Handle) -> Result<Arc<Self>> {
        let client = discovery::client(issuer.timing.timeout)?;
        let state = RwLock::default();
        let cache = Arc::new(Self { issuer, client, runtime: runtime.clone(), state, attempt: Mutex::default() });
        runtime.spawn(renew(Arc::downgrade(&cache)));
        Ok(cache)
    }

    /// The key that a token names. One that is not known is waited for until the pause is over and the keys were
    /// fetched once more: it may be new.
    pub(crate) async fn find(&self, id: &str, algorithm: Algorithm) -> Result<DecodingKey> {
        let arrived = Instant::now();
        if let Some(keys) = self.kept()
            && keys.has(id)
        {
            return pick(&keys, id, algorithm);
        }
        let _attempt = self.attempt.lock().await;
        let unavailable = |source| Error::Unavailable { issuer: self.issuer.url.clone(), source };
        match self.kept() {
            // Another token may have brought the keys while this one waited.
            Some(keys) if keys.has(id) => return pick(&keys, id, algorithm),
            Some(keys) if self.has_tried_since(arrived) => {
                let has_failed = self.state().has_failed;
                return if has_failed { Err(unavailable(None)) } else { pick(&keys, id, algorithm) };
            }
            Some(_) => tokio::time::sleep(self.pause_left()).await,
            None if !self.pause_left().is_zero() => return Err(unavailable(None)),
            None => {}
        }
        let fetched = self.fetch().await;
        self.state_mut().caused = Some(Instant::now());
        match fetched {
            Ok(keys) => pick(&keys, id, algorithm),
            Err(error) => Err(unavailable(Some(Box::new(error)))),
        }
    }

    /// Those that were fetched last, unless that is too long ago.
    fn kept(&self) -> Option<Arc<KeySet>> {
        let state = self.state();
        let is_current = state.fetched.is_some_and(|at| at.elapsed() < self.issuer.timing.keep);
        is_current.then(|| Arc::clone(&state.keys))
    }

    fn has_tried_since(&self, time: Instant) -> bool {
        self.state().began.is_some_and(|at| at >= time)
    }

    /// Until a token may cause another attempt.
    fn pause_left(&self) -> Duration {
        let pause = self.issuer.timing.pause;
        self.state().caused.map_or(Duration::ZERO, |at| pause.saturating_sub(at.elapsed()))
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self) -> Result<Arc<KeySet>> {
        self.state_mut().began = Some(Instant::now());
        let (client, issuer) = (self.client.clone(), Arc::clone(&self.issuer));
        let task = self.runtime.spawn(async move { discovery::keys(&client, &issuer).await });
        let fetched = task.await.unwrap_or_else(|error| {
            Err(Error::Document { url: self.issuer.url.clone(), reason: format!("fetching was cut off: {error}") })
        });
        self.state_mut().has_failed = fetched.is_err();
        match fetched {
            Ok(keys) => {
                let mut state = self.state_mut();
                state.fetched = Some(Instant::now());
                state.keys = Arc::new(keys);
                Ok(Arc::clone(&state.keys))
            }
            Err(error) => {
                tracing::warn!(issuer = self.issuer.url, error = &error as &dyn std::error::Error, "no keys");
                Err(error)
            }
        }
    }
}

fn pick(keys: &KeySet, id: &str, algorithm: Algorithm) -> Result<DecodingKey> {
    Ok(keys.find(id, algorithm).cloned().ok_or(Refusal::UnknownKey)?)
}

/// Fetches the keys, again and again, until nobody needs them any more.
async fn renew(cache: Weak<KeyCache>) {
    while let Some(cache) = cache.upgrade() {
        let timing = cache.issuer.timing;
        let attempt = cache.attempt.lock().await;
        let wait = if cache.fetch().await.is_ok() { timing.refresh } else { timing.pause.min(timing.refresh) };
        drop(attempt);
        drop(cache);
        tokio::time::sleep(wait).await;
    }
}
