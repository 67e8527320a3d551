//! Connections, kept for the next request.

use std::{
    collections::HashMap,
    io,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use object_store::client::{HttpError, HttpErrorKind, HttpResponse};
use tokio::net::TcpStream;

use super::exchange::{Answer, Question};

/// How long a connection is kept without use: servers close theirs after a minute or so.
const KEPT: Duration = Duration::from_secs(20);
/// Connections to one server that are kept.
const KEPT_MAX: usize = 64;

/// Connections of one store.
#[derive(Debug)]
pub(super) struct Connections {
    idle: Mutex<HashMap<(String, u16), Vec<Idle>>>,
    connect_timeout: Duration,
}

#[derive(Debug)]
struct Idle {
    stream: TcpStream,
    since: Instant,
}

impl Connections {
    pub(super) fn new(connect_timeout: Duration) -> Self {
        Self { idle: Mutex::default(), connect_timeout }
    }

    /// The answer to a question, if it is plain.
    pub(super) async fn ask(&self, question: &Question) -> Result<Option<HttpResponse>, HttpError> {
        loop {
            let kept = self.kept(&question.address);
            let is_kept = kept.is_some();
            let mut stream = match kept {
                Some(stream) => stream,
                None => self.connect(&question.address).await?,
            };
            match question.put(&mut stream).await {
                Ok(Answer::Whole(response, may_stay)) => {
                    if may_stay {
                        self.keep(&question.address, stream);
                    }
                    return Ok(Some(response));
                }
                Ok(Answer::NotPlain) => return Ok(None),
                // The server had closed it meanwhile; there are others, or a new one.
                Err(error) if is_kept && error.kind() == io::ErrorKind::NotConnected => {}
                Err(error) => return Err(HttpError::new(kind(&error), error)),
            }
        }
    }

    async fn connect(&self, (host, port): &(String, u16)) -> Result<TcpStream, HttpError> {
        let connecting = tokio::time::timeout(self.connect_timeout, TcpStream::connect((host.as_str(), *port)));
        let connected = connecting.await.map_err(|late| HttpError::new(HttpErrorKind::Connect, late))?;
        let stream = connected.map_err(|error| HttpError::new(HttpErrorKind::Connect, error))?;
        // A request is one small packet: it should not wait for more.
        stream.set_nodelay(true).map_err(|error| HttpError::new(HttpErrorKind::Connect, error))?;
        Ok(stream)
    }

    /// One that is still open.
    fn kept(&self, address: &(String, u16)) -> Option<TcpStream> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle.get_mut(address)?;
        while let Some(Idle { stream, since }) = idle.pop() {
            // Nothing was asked, so that whatever there is to be read is its end.
            let is_open = matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
            if is_open && since.elapsed() < KEPT {
                return Some(stream);
            }
        }
        None
    }

    fn keep(&self, address: &(String, u16), stream: TcpStream) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle.entry(address.clone()).or_default();
        // The oldest are at the front.
        let old = idle.iter().take_while(|one| one.since.elapsed() >= KEPT).count();
        idle.drain(..old.max((idle.len() + 1).saturating_sub(KEPT_MAX)));
        idle.push(Idle { stream, since: Instant::now() });
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
