//! Who calls: from what is shown to a caller.

use std::{sync::Arc, time::Duration};

use actix_web::HttpRequest;
use ardent_catalog::Catalog;
use ardent_identity::{Principal, Verifier};
use ardent_model::{Scopes, Subject};
use moka::sync::Cache;
use secrecy::ExposeSecret;

use super::{
    Limiter, challenge,
    credential::{self, Shown},
    grants::Grants,
};
use crate::{
    caller::{Caller, Credential},
    problem::Problem,
};

/// How long the keys of somebody are taken to know what their owner is.
const KEYS_KNOW: Duration = Duration::from_mins(1);
/// Callers remembered for that.
const REMEMBERED: u64 = 10_000;

/// Finds out who calls.
#[derive(Debug)]
pub(crate) struct Identifier {
    catalog: Catalog,
    verifier: Option<Verifier>,
    grants: Grants,
    anonymous: Scopes,
    /// What the keys of each user have been told that it is.
    told: Cache<Subject, Arc<[Subject]>>,
    /// Hashes of keys that were good just now; each is looked up all the same.
    good: Cache<[u8; 32], ()>,
}

impl Identifier {
    pub(crate) fn new(catalog: Catalog, verifier: Option<Verifier>, anonymous: Scopes) -> Self {
        let grants = Grants::new(catalog.clone());
        let told = Cache::builder().max_capacity(REMEMBERED).time_to_live(KEYS_KNOW).build();
        let good = Cache::builder().max_capacity(REMEMBERED).time_to_idle(KEYS_KNOW).build();
        Self { catalog, verifier, grants, anonymous, told, good }
    }

    /// URLs of the issuers whose tokens count.
    pub(crate) fn issuers(&self) -> Vec<&str> {
        self.verifier.iter().flat_map(Verifier::issuers).map(|issuer| issuer.url.as_str()).collect()
    }

    /// The issuers whose tokens count: the name of each, if it has one, and the URL of its description (OpenID Connect
    /// Discovery 1.0).
    pub(crate) fn descriptions(&self) -> impl Iterator<Item = (Option<&str>, String)> {
        let issuers = self.verifier.iter().flat_map(Verifier::issuers);
        issuers.map(|issuer| (issuer.name.as_deref(), issuer.description_url()))
    }

    /// The caller of a request; one who shows nothing is anonymous, one who shows what does not count is refused.
    pub(super) async fn identify(
        &self,
        request: &HttpRequest,
        address: &str,
        limiter: &Limiter,
    ) -> Result<Caller, Problem> {
        match credential::shown(request)? {
            Shown::Nothing => Ok(Caller::anonymous(self.anonymous, address.to_owned())),
            Shown::Token(token) => self.by_token(token.expose_secret(), address).await,
            Shown::Key(secret) => {
                let hash = secret.hash();
                // One that was not seen to be good costs a look into the database, which guessing must not have for free.
                if !self.good.contains_key(&hash) {
                    limiter.charge_guess(address)?;
                }
                self.by_key(&hash, address).await
            }
        }
    }

    async fn by_token(&self, token: &str, address: &str) -> Result<Caller, Problem> {
        let Some(verifier) = &self.verifier else {
            let detail = "this server trusts no identity provider, so tokens do not count; leave `Authorization` out";
            return Err(challenge::refused(detail.to_owned()));
        };
        let principal = verifier.verify(token).await.map_err(challenge::of_identity)?;
        let Principal { user, name, subjects, expires, .. } = principal;
        let subjects: Arc<[Subject]> = subjects.into();
        self.tell_keys(&user, &subjects).await?;
        let scopes = self.grants.of(&subjects).await?;
        let credential = Credential::Token { expires };
        Ok(Caller { user: Some(user), name: Some(name), subjects, scopes, credential, address: address.to_owned() })
    }

    /// A key is never worth more than its owner's last token.
    async fn tell_keys(&self, user: &Subject, subjects: &Arc<[Subject]>) -> Result<(), Problem> {
        if self.told.get(user).is_some_and(|told| told == *subjects) {
            return Ok(());
        }
        self.catalog.refresh_keys(user, subjects).await?;
        self.told.insert(user.clone(), Arc::clone(subjects));
        Ok(())
    }

    async fn by_key(&self, hash: &[u8; 32], address: &str) -> Result<Caller, Problem> {
        let Some(key) = self.catalog.key_by_hash(hash).await? else {
            self.good.invalidate(hash);
            let detail = "the API key has ended, was revoked or never was; make another with POST /keys";
            return Err(challenge::refused(detail.to_owned()));
        };
        self.good.insert(*hash, ());
        let scopes = key.scopes.intersection(self.grants.of(&key.subjects).await?);
        Ok(Caller {
            user: Some(key.owner),
            name: Some(key.label),
            subjects: key.subjects.into(),
            scopes,
            credential: Credential::Key { id: key.id, expires: key.expires },
            address: address.to_owned(),
        })
    }
}
