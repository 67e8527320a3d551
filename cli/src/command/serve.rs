//! `ardent serve`.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use ardent_api::{Quotas, Rates, Server, Services, Settings};
use ardent_model::{Scope, Scopes};
use ardent_recipes::Kitchen;

use super::{Context, Outcome};
use crate::{
    allocator,
    arguments::{Anonymous, Serve},
    british_grid,
    database::Database,
    issuers, output,
    signal::Stop,
    stores,
};

/// How long nobody must have asked for a cube before the memory of the last ones goes back to the system.
const REST: Duration = Duration::from_mins(1);

/// Serves until a signal comes; then the requests under way end, and the private database stops.
pub(super) async fn run(context: &Context<'_>, options: &Serve, stop: Stop) -> Result<Outcome> {
    british_grid::choose(&options.british_grid)?;
    let database = Database::own(context.settings, &context.folder).await?;
    let served = match bind(context, options, &database) {
        Ok(server) => serve(server, stop).await,
        Err(error) => Err(error),
    };
    database.close().await;
    served
}

fn bind(context: &Context<'_>, options: &Serve, database: &Database) -> Result<Server> {
    let stores = Arc::new(stores::stores(context.settings, &context.folder, [])?);
    let budget = (options.count_ms > 0).then(|| Duration::from_millis(options.count_ms));
    let catalog = database.catalog.clone().with_count_budget(budget);
    let kitchen = Kitchen::new(catalog.clone(), stores, (&options.cube).into());
    let kitchen = kitchen.with_give_back(REST, allocator::give_back);
    let verifier = issuers::verifier(&options.identity)?;
    let settings = settings(options, verifier.is_some());
    let services = Services { catalog, kitchen, verifier };
    let fault = || format!("{} cannot be listened on; choose another with --listen", options.listen);
    ardent_api::bind(settings, services).with_context(fault)
}

fn settings(options: &Serve, has_issuer: bool) -> Settings {
    let (identity, bounds) = (&options.identity, &options.bounds);
    let anonymous = identity.anonymous.unwrap_or(if has_issuer { Anonymous::Read } else { Anonymous::Load });
    Settings {
        listen: options.listen,
        public_url: options.public_url.clone(),
        trust_forwarded: options.trust_forwarded,
        title: options.title.clone(),
        body_bytes: options.body_bytes,
        anonymous: match anonymous {
            Anonymous::None => Scopes::NONE,
            Anonymous::Read => Scopes::from_iter([Scope::Read]),
            Anonymous::Load => Scopes::from_iter([Scope::Load]),
        },
        rates: Rates { user: bounds.requests_per_minute, anonymous: bounds.anonymous_requests_per_minute },
        quotas: Quotas { user: bounds.pixels_per_day, anonymous: bounds.anonymous_pixels_per_day },
        public_metrics: identity.public_metrics.unwrap_or(!has_issuer),
        login_client: identity.oidc_login_client.clone(),
        audit_days: bounds.audit_days,
        request_timeout: Duration::from_secs(bounds.request_seconds),
        cube_timeout: Duration::from_secs(bounds.cube_seconds),
        tables: bounds.tables,
        table_bytes: bounds.table_mib << 20,
        write_timeout: Duration::from_secs(bounds.write_seconds),
        connections: bounds.connections,
        ..Settings::default()
    }
}

async fn serve(server: Server, mut stop: Stop) -> Result<Outcome> {
    output::print(&format!("Ardent listens on http://{}\n", server.address()))?;
    server.run(async move { stop.wait().await }).await.context("the server failed")?;
    tracing::info!("stopped");
    Ok(Outcome::Complete)
}
