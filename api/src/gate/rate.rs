//! How often somebody may call: so many requests a minute, which a burst may use up at once.

use std::num::NonZeroU32;

use actix_web::http::{
    StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use crate::{caller::Caller, problem::Problem};

type Limit = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// Requests a minute; none: any number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of each user.
    pub user: Option<NonZeroU32>,
    /// Of each address of those who have not signed in, or whose credential does not count.
    pub anonymous: Option<NonZeroU32>,
}

/// Counts requests.
#[derive(Debug)]
pub(crate) struct Limiter {
    user: Option<Limit>,
    anonymous: Option<Limit>,
}

impl Limiter {
    pub(crate) fn new(rates: Rates) -> Self {
        let limit = |rate: Option<NonZeroU32>| {
            rate.map(|rate| RateLimiter::keyed(Quota::per_minute(rate)).with_middleware::<StateInformationMiddleware>())
        };
        Self { user: limit(rates.user), anonymous: limit(rates.anonymous) }
    }

    /// Counts a request and says in `headers` how many are left.
    ///
    /// # Errors
    /// 429, if none is left.
    pub(super) fn check(&self, user: Option<&Caller>, address: &str, headers: &mut HeaderMap) -> Result<(), Problem> {
        let (limit, key) = match user {
            Some(caller) => (&self.user, caller.account()),
            None => (&self.anonymous, address.to_owned()),
        };
        let Some(limit) = limit else { return Ok(()) };
        match limit.check_key(&key) {
            Ok(state) => {
                let (burst, left) = (state.quota().burst_size().get(), state.remaining_burst_capacity());
                let whole = state.quota().replenish_interval() * burst.saturating_sub(left);
                put(headers, burst, left, whole.as_secs_f64().ceil() as u64);
                Ok(())
            }
            Err(refused) => {
                let seconds = refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
                let burst = refused.quota().burst_size().get();
                put(headers, burst, 0, seconds);
                let detail = format!("more than {burst} requests a minute; go on in {seconds} s, or sign in for more");
                let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", detail);
                Err(problem.with_header(header::RETRY_AFTER, HeaderValue::from(seconds)))
            }
        }
    }

    /// Counts a credential that may be a guess with the address it comes from, before it is looked up.
    ///
    /// # Errors
    /// 429, if none is left.
    pub(super) fn charge_guess(&self, address: &str) -> Result<(), Problem> {
        self.check(None, address, &mut HeaderMap::new())
    }

    /// Forgets those who have not called for a while.
    pub(crate) fn forget_idle(&self) {
        for limit in [&self.user, &self.anonymous].into_iter().flatten() {
            limit.retain_recent();
            limit.shrink_to_fit();
        }
    }
}

fn put(headers: &mut HeaderMap, limit: u32, remaining: u32, reset_seconds: u64) {
    for (name, value) in [
        ("ratelimit-limit", u64::from(limit)),
        ("ratelimit-remaining", u64::from(remaining)),
        ("ratelimit-reset", reset_seconds),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}
