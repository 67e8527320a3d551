//! What every handler may use.

use std::sync::Arc;

use ardent_catalog::Catalog;
use ardent_recipes::Kitchen;
use prometheus::Registry;
use tokio::{runtime::Handle, sync::Semaphore};

use crate::{
    Settings,
    audit::Audit,
    gate::{Identifier, Limiter},
};

/// What every handler may use; one for the whole server.
#[derive(Debug)]
pub(crate) struct State {
    /// How the server presents itself.
    pub(crate) settings: Settings,
    /// The catalogue.
    pub(crate) catalog: Catalog,
    /// Who calls.
    pub(crate) identifier: Identifier,
    /// How often one may call.
    pub(crate) limiter: Limiter,
    /// What is written down.
    pub(crate) audit: Audit,
    /// What carries recipes out.
    pub(crate) kitchen: Kitchen,
    /// Runtime of the cubes: a worker's own runs on one thread, on which other requests wait.
    pub(crate) runtime: Handle,
    /// Room for tables that are being made.
    pub(crate) tables: Arc<Semaphore>,
    /// The counters of `/metrics`.
    pub(crate) metrics: Registry,
}
