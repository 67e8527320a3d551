//! `ardent serve`.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use ardent_api::{Server, Settings};
use ardent_recipes::Kitchen;

use super::{Context, Outcome};
use crate::{arguments::Serve, database::Database, output, signal::Stop, stores};

/// Serves until a signal comes; then the requests under way end, and the private database stops.
pub(super) async fn run(context: &Context<'_>, options: &Serve, stop: Stop) -> Result<Outcome> {
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
    let kitchen = Kitchen::new(database.catalog.clone(), stores, (&options.cube).into());
    let settings = Settings {
        listen: options.listen,
        public_url: options.public_url.clone(),
        trust_forwarded: options.trust_forwarded,
        title: options.title.clone(),
        body_bytes: options.body_bytes,
        ..Settings::default()
    };
    let fault = || format!("{} cannot be listened on; choose another with --listen", options.listen);
    ardent_api::bind(settings, database.catalog.clone(), kitchen).with_context(fault)
}

async fn serve(server: Server, mut stop: Stop) -> Result<Outcome> {
    output::print(&format!("Ardent listens on http://{}\n", server.address()))?;
    server.run(async move { stop.wait().await }).await.context("the server failed")?;
    tracing::info!("stopped");
    Ok(Outcome::Complete)
}
