//! What is done now and then while the server runs.

use std::time::Duration;

use actix_web::web;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{handlers::collection_transactions, state::State};

/// How often idle callers are forgotten and removals are gone on with.
const OFTEN: Duration = Duration::from_mins(1);
/// Every how many of these the database is tidied: each hour.
const SELDOM: u32 = 60;
/// How long usage is kept.
const USAGE_DAYS: i64 = 400;

/// Runs until it is aborted.
pub(crate) async fn run(state: web::Data<State>) {
    let mut clock = tokio::time::interval(OFTEN);
    for tick in 0_u32.. {
        clock.tick().await;
        state.limiter.forget_idle();
        if let Err(error) = go_on_removing(&state).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "removed collections were not looked for");
        }
        if tick % SELDOM == 0
            && let Err(error) = tidy(&state).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "the database was not tidied");
        }
    }
}

/// Collections whose removal was cut short, by a server that ended or a writer that took long.
async fn go_on_removing(state: &State) -> Result<(), ardent_catalog::Error> {
    for id in state.catalog.removed_collections().await? {
        collection_transactions::empty(state.catalog.clone(), id).await;
    }
    Ok(())
}

async fn tidy(state: &State) -> Result<(), ardent_catalog::Error> {
    let now = Utc::now();
    let past = now.checked_sub_signed(TimeDelta::days(i64::from(state.settings.audit_days)));
    let past = past.unwrap_or(DateTime::<Utc>::MIN_UTC);
    let entries = state.catalog.prune_audit(past).await?;
    let keys = state.catalog.prune_keys(past).await?;
    let usage = state.catalog.prune_usage((now - TimeDelta::days(USAGE_DAYS)).date_naive()).await?;
    tracing::debug!(entries, keys, usage, "forgotten");
    Ok(())
}
