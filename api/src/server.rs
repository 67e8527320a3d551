//! The server: bound first, so that its address is known, then run until stopped.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{
    App, HttpServer, dev,
    middleware::{Compress, NormalizePath, from_fn},
    web,
};
use ardent_catalog::Catalog;
use ardent_recipes::Kitchen;
use prometheus::Registry;
use tokio::runtime::Handle;
use tracing_actix_web::TracingLogger;

use crate::{Settings, problem, routes, state::State, telemetry};

/// A bound server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
    catalog: Catalog,
    kitchen: Kitchen,
}

/// Binds; then `Server` says where it listens and runs until stopped.
///
/// # Errors
/// If the address is taken or not this machine's.
pub fn bind(settings: Settings, catalog: Catalog, kitchen: Kitchen) -> io::Result<Server> {
    let listener = TcpListener::bind(settings.listen)?;
    let address = listener.local_addr()?;
    Ok(Server { listener, address, settings, catalog, kitchen })
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves, then lets requests under way end. Cubes are computed on the runtime that calls
    /// this.
    ///
    /// # Errors
    /// If the listener fails or the metrics cannot be set up.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let address = self.address;
        let server = self.start()?;
        let handle = server.handle();
        tracing::info!(%address, "listening");
        let stopper = tokio::spawn(async move {
            stop.await;
            handle.stop(true).await;
        });
        let ended = server.await;
        stopper.abort();
        ended
    }

    fn start(self) -> io::Result<dev::Server> {
        let Self { listener, settings, catalog, kitchen, .. } = self;
        let registry = Registry::new();
        let metrics = telemetry::metrics(registry.clone()).map_err(io::Error::other)?;
        let (workers, timeout, shutdown) = (settings.workers, settings.client_timeout, settings.shutdown_timeout);
        let state = State { settings, catalog, kitchen, runtime: Handle::current(), metrics: registry };
        let state = web::Data::new(state);
        // From the inside out: what is registered last sees a request first.
        let app = move || {
            App::new()
                .app_data(state.clone())
                .configure(routes::configure)
                .wrap(NormalizePath::trim())
                .wrap(Compress::default())
                .wrap(metrics.clone())
                .wrap(telemetry::cors())
                .wrap(from_fn(problem::answer))
                .wrap(TracingLogger::<telemetry::Spans>::new())
        };
        let mut server = HttpServer::new(app)
            .disable_signals()
            .client_request_timeout(timeout)
            .client_disconnect_timeout(Duration::from_secs(5))
            .keep_alive(Duration::from_secs(75))
            // A client that closes has gone: the work it waited for stops.
            .h1_allow_half_closed(false)
            .shutdown_timeout(shutdown.as_secs());
        if let Some(workers) = workers {
            server = server.workers(workers.max(1));
        }
        Ok(server.listen(listener)?.run())
    }
}
