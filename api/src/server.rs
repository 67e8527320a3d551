//! The server: bound first, so that its address is known, then run until stopped.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App, HttpServer, dev,
    middleware::{Compress, NormalizePath, from_fn},
    web,
};
use actix_web_prom::PrometheusMetrics;
use ardent_catalog::Catalog;
use ardent_identity::Verifier;
use ardent_recipes::Kitchen;
use nix::sys::socket::{setsockopt, sockopt::TcpUserTimeout};
use prometheus::Registry;
use tokio::{net::TcpStream, runtime::Handle, sync::Semaphore, task::JoinHandle};
use tracing_actix_web::TracingLogger;

use crate::{
    Settings,
    audit::Audit,
    gate::{Identifier, Limiter},
    maintenance, problem, routes,
    state::State,
    telemetry,
};

/// How long the audit may take to be written when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What the server works with.
#[derive(Debug, Clone)]
pub struct Services {
    /// The catalogue.
    pub catalog: Catalog,
    /// What carries recipes out.
    pub kitchen: Kitchen,
    /// What tells whose a token is; none: no token counts.
    pub verifier: Option<Verifier>,
}

/// A bound server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
    services: Services,
}

/// Binds; then `Server` says where it listens and runs until stopped.
///
/// # Errors
/// If the address is taken or not this machine's.
pub fn bind(settings: Settings, services: Services) -> io::Result<Server> {
    let listener = TcpListener::bind(settings.listen)?;
    let address = listener.local_addr()?;
    Ok(Server { listener, address, settings, services })
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
        let (server, audit, maintenance) = self.start()?;
        let handle = server.handle();
        tracing::info!(%address, "listening");
        let stopper = tokio::spawn(async move {
            stop.await;
            handle.stop(true).await;
        });
        let ended = server.await;
        stopper.abort();
        maintenance.abort();
        let _ = maintenance.await;
        // The workers have let go of it: what it still holds is written, and it ends.
        if tokio::time::timeout(LAST_WORDS, audit).await.is_err() {
            tracing::error!("the last of the audit was not written");
        }
        ended
    }

    fn start(self) -> io::Result<(dev::Server, JoinHandle<()>, JoinHandle<()>)> {
        let Self { listener, settings, services, .. } = self;
        let Services { catalog, kitchen, verifier } = services;
        let (metrics, runtime) = (Registry::new(), Handle::current());
        let surroundings = Surroundings::new(&settings, metrics.clone())?;
        let (audit, writer) = Audit::start(catalog.clone(), &runtime);
        let identifier = Identifier::new(catalog.clone(), verifier, settings.anonymous);
        let limiter = Limiter::new(settings.rates);
        let tables = Arc::new(Semaphore::new(settings.tables.max(1)));
        let state =
            web::Data::new(State { settings, catalog, identifier, limiter, audit, kitchen, runtime, tables, metrics });
        let maintenance = tokio::spawn(maintenance::run(state.clone()));
        let server = surroundings.serve(listener, move |config| {
            config.app_data(state.clone());
            routes::configure(config);
        })?;
        Ok((server, writer, maintenance))
    }
}

/// What surrounds the routes: middleware, and patience with clients.
struct Surroundings {
    metrics: PrometheusMetrics,
    workers: Option<usize>,
    client_timeout: Duration,
    write_timeout: Duration,
    shutdown_timeout: Duration,
    connections: usize,
}

impl Surroundings {
    fn new(settings: &Settings, registry: Registry) -> io::Result<Self> {
        let metrics = telemetry::metrics(registry).map_err(io::Error::other)?;
        let Settings { workers, client_timeout, write_timeout, shutdown_timeout, connections, .. } = *settings;
        Ok(Self { metrics, workers, client_timeout, write_timeout, shutdown_timeout, connections })
    }

    fn serve<F>(self, listener: TcpListener, configure: F) -> io::Result<dev::Server>
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let metrics = self.metrics;
        // From the inside out: what is registered last sees a request first.
        let app = move || {
            App::new()
                .configure(configure.clone())
                .wrap(NormalizePath::trim())
                .wrap(Compress::default())
                .wrap(metrics.clone())
                .wrap(telemetry::cors())
                .wrap(from_fn(problem::answer))
                .wrap(TracingLogger::<telemetry::Spans>::new())
        };
        let write_timeout = self.write_timeout;
        let mut server = HttpServer::new(app)
            .on_connect(move |connection, _| {
                if let Some(stream) = connection.downcast_ref::<TcpStream>() {
                    send_at_once(stream);
                    let_go_of_who_takes_nothing(stream, write_timeout);
                }
            })
            .max_connections(self.connections)
            .disable_signals()
            .client_request_timeout(self.client_timeout)
            .client_disconnect_timeout(Duration::from_secs(5))
            .keep_alive(Duration::from_secs(75))
            // A client that closes has gone: the work it waited for stops.
            .h1_allow_half_closed(false)
            .shutdown_timeout(self.shutdown_timeout.as_secs());
        if let Some(workers) = self.workers {
            server = server.workers(workers.max(1));
        }
        Ok(server.listen(listener)?.run())
    }
}

/// The end of an answer in segments does not wait until the client has said that it got what came before.
fn send_at_once(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::warn!(%error, "long answers will take their time");
    }
}

/// A client that stops reading is let go by the system itself: nothing of ours would notice, since it waits for the
/// client to read on.
fn let_go_of_who_takes_nothing(stream: &TcpStream, after: Duration) {
    let milliseconds = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = setsockopt(stream, TcpUserTimeout, &milliseconds) {
        tracing::warn!(%error, "a client that stops reading will be waited for");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use actix_web::HttpResponse;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::Notify,
    };

    use super::*;
    use crate::{
        gate::Needs,
        routes::{Answer, Endpoint},
    };

    /// Where a handler stands that never ends by itself.
    #[derive(Default)]
    struct Stage {
        entered: Notify,
        left: Notify,
        at_once: AtomicUsize,
    }

    struct Leaving(web::Data<Stage>);

    impl Drop for Leaving {
        fn drop(&mut self) {
            self.0.at_once.fetch_sub(1, SeqCst);
            self.0.left.notify_one();
        }
    }

    async fn endless(stage: web::Data<Stage>) -> Answer {
        stage.at_once.fetch_add(1, SeqCst);
        let _leaving = Leaving(stage.clone());
        stage.entered.notify_one();
        std::future::pending::<()>().await;
        Ok(HttpResponse::Ok().finish())
    }

    async fn panicking() -> Answer {
        panic!("the secret of the panic")
    }

    /// A server of these two routes; its address, and the stage of the first.
    fn stage() -> (SocketAddr, Arc<Stage>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stage = Arc::new(Stage::default());
        let shared = web::Data::from(stage.clone());
        let settings = Settings { workers: Some(1), ..Settings::default() };
        let surroundings = Surroundings::new(&settings, Registry::new()).unwrap();
        let server = surroundings.serve(listener, move |config| {
            config.app_data(shared.clone());
            Endpoint::new("/endless", &[]).get(Needs::Nothing, endless).register(config);
            Endpoint::new("/panicking", &[]).get(Needs::Nothing, panicking).register(config);
        });
        tokio::spawn(server.unwrap());
        (address, stage)
    }

    async fn ask(address: SocketAddr, path: &str) -> TcpStream {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        connection
    }

    #[tokio::test]
    async fn when_the_client_goes_the_work_stops() {
        let (address, stage) = stage();
        let connection = ask(address, "/endless").await;
        stage.entered.notified().await;
        assert_eq!(stage.at_once.load(SeqCst), 1);
        drop(connection);
        tokio::time::timeout(Duration::from_secs(5), stage.left.notified()).await.unwrap();
        assert_eq!(stage.at_once.load(SeqCst), 0);
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_tells_nothing_and_the_server_goes_on() {
        let (address, _stage) = stage();
        for _ in 0..3 {
            let mut answer = String::new();
            ask(address, "/panicking").await.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("application/problem+json"), "{answer}");
            assert!(answer.contains("access-control-allow-origin: *"), "{answer}");
            assert!(!answer.contains("secret"), "{answer}");
        }
    }
}
