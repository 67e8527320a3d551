//! An issuer and a verifier that trusts it.

use std::time::Duration;

use ardent_identity::{Error, Issuer as Trusted, Refusal, Timing, Verifier};
use ardent_testkit::issuer::{self, Issuer};
use tokio::runtime::Handle;

pub(crate) struct Fixture {
    pub(crate) issuer: Issuer,
    pub(crate) verifier: Verifier,
}

/// Keys that last, and a second key is asked for at once.
pub(crate) const TIMING: Timing = Timing {
    refresh: Duration::from_mins(5),
    pause: Duration::ZERO,
    timeout: Duration::from_millis(800),
    keep: Duration::from_hours(1),
};

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With changes to how the issuer is trusted.
    pub(crate) async fn with(change: impl FnOnce(&mut Trusted)) -> Self {
        let issuer = issuer::start().await.unwrap();
        let mut trusted = Trusted { timing: TIMING, ..Trusted::new(issuer.url()) };
        change(&mut trusted);
        let verifier = Verifier::start(vec![trusted], &Handle::current()).unwrap();
        Self { issuer, verifier }
    }

    pub(crate) async fn refusal(&self, token: &str) -> Refusal {
        match self.verifier.verify(token).await {
            Err(Error::Refused(refusal)) => refusal,
            other => panic!("{other:?}: {token}"),
        }
    }

    pub(crate) async fn accepts(&self, token: &str) -> bool {
        self.verifier.verify(token).await.is_ok()
    }
}
