//! Connections, kept for the next request.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use http::{Uri, uri::Authority};
use hyper_util::client::legacy::connect::HttpConnector;
use object_store::client::{HttpError, HttpErrorKind, HttpResponse};
use tokio::net::TcpStream;
use tower_service::Service;

use super::exchange::{Answer, Question};

/// Connections to one server that are kept.
const KEPT_MAX: usize = 64;
/// Servers whose answers are not plain are not asked again before the process ends; of so many it is known.
const OTHERS_MAX: usize = 1024;

/// Connections of one store.
#[derive(Debug)]
pub(super) struct Connections {
    state: Mutex<State>,
    connector: HttpConnector,
    kept: Duration,
}

#[derive(Debug, Default)]
struct State {
    idle: HashMap<Authority, Vec<Idle>>,
    /// Whether somebody will look after those that are idle for too long.
    is_swept: bool,
    /// Servers that give no plain answers.
    others: HashSet<Authority>,
}

#[derive(Debug)]
struct Idle {
    stream: TcpStream,
    since: Instant,
}

impl Connections {
    pub(super) fn new(connect_timeout: Duration, kept: Duration) -> Arc<Self> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(connect_timeout));
        // A request is one small packet: it should not wait for more.
        connector.set_nodelay(true);
        Arc::new(Self { state: Mutex::default(), connector, kept })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a question, if it is plain.
    pub(super) async fn ask(self: &Arc<Self>, question: &Question) -> Result<Option<HttpResponse>, HttpError> {
        loop {
            let kept = {
                let mut state = self.state();
                if state.others.contains(&question.authority) {
                    return Ok(None);
                }
                state.kept(&question.authority, self.kept)
            };
            let is_kept = kept.is_some();
            let mut stream = match kept {
                Some(stream) => stream,
                None => self.connect(&question.authority).await?,
            };
            match question.put(&mut stream).await {
                Ok(Answer::Whole(response, may_stay)) => {
                    if may_stay {
                        self.keep(&question.authority, stream);
                    }
                    return Ok(Some(response));
                }
                Ok(Answer::NotPlain) => {
                    let mut state = self.state();
                    if state.others.len() < OTHERS_MAX {
                        state.others.insert(question.authority.clone());
                    }
                    return Ok(None);
                }
                // The server had closed it meanwhile, or said something that nobody asked for; there are others, or a new one.
                Err(error) if is_kept && matches!(kind(&error), HttpErrorKind::Request | HttpErrorKind::Decode) => {}
                Err(error) => return Err(HttpError::new(kind(&error), error)),
            }
        }
    }

    async fn connect(&self, authority: &Authority) -> Result<TcpStream, HttpError> {
        let failed = |error: Box<dyn Error + Send + Sync>| HttpError::new_boxed(HttpErrorKind::Connect, error);
        let server = Uri::builder().scheme("http").authority(authority.clone()).path_and_query("/").build();
        let server = server.map_err(|error| failed(error.into()))?;
        // All addresses of the name are tried, in time.
        let connected = self.connector.clone().call(server).await.map_err(|error| failed(error.into()))?;
        Ok(connected.into_inner())
    }

    fn keep(self: &Arc<Self>, authority: &Authority, stream: TcpStream) {
        let mut state = self.state();
        let idle = state.idle.entry(authority.clone()).or_default();
        if idle.len() == KEPT_MAX {
            // The oldest is at the front.
            idle.remove(0);
        }
        idle.push(Idle { stream, since: Instant::now() });
        if !std::mem::replace(&mut state.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self), self.kept));
        }
    }
}

/// Closes connections that nobody uses, as long as there are any.
async fn sweep(connections: Weak<Connections>, kept: Duration) {
    loop {
        tokio::time::sleep(kept).await;
        let Some(connections) = connections.upgrade() else { return };
        let mut state = connections.state();
        state.idle.values_mut().for_each(|idle| idle.retain(|one| one.since.elapsed() < kept));
        state.idle.retain(|_, idle| !idle.is_empty());
        if state.idle.is_empty() {
            state.is_swept = false;
            return;
        }
    }
}

impl State {
    /// A connection that is still open.
    fn kept(&mut self, authority: &Authority, kept: Duration) -> Option<TcpStream> {
        let idle = self.idle.get_mut(authority)?;
        while let Some(Idle { stream, since }) = idle.pop() {
            // Nothing was asked, so that whatever there is to be read is its end.
            let is_open = matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
            if is_open && since.elapsed() < kept {
                return Some(stream);
            }
        }
        None
    }
}

/// What object stores make of an error: all but nonsense may pass.
fn kind(error: &io::Error) -> HttpErrorKind {
    match error.kind() {
        io::ErrorKind::InvalidData => HttpErrorKind::Decode,
        io::ErrorKind::NotConnected => HttpErrorKind::Request,
        _ => HttpErrorKind::Interrupted,
    }
}
