//! An S3 server in this process, for tests and the demo: s3s-fs over a folder, with signatures (SigV4) checked.
//!
//! It runs on threads of its own, so that a test may block its runtime, and stops when it is dropped.

mod faults;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use anyhow::Context as _;
use hyper::{Method, Request, StatusCode, body::Incoming, header::CONTENT_LENGTH, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{
    Body,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use faults::Fault;

/// Access key the server knows.
pub const ACCESS_KEY: &str = "ARDENTTESTKIT";
/// Its secret.
pub const SECRET_KEY: &str = "not-a-secret-only-for-tests";

/// A running server.
#[derive(Debug)]
pub struct S3 {
    address: SocketAddr,
    folder: PathBuf,
    traffic: Arc<Traffic>,
    stop: Option<DropGuard>,
    thread: Option<JoinHandle<()>>,
    temporary: Option<tempfile::TempDir>,
}

/// What the server was asked, and what it shall answer instead.
#[derive(Debug, Default)]
struct Traffic {
    requests: Mutex<BTreeMap<String, u64>>,
    sent_bytes: AtomicU64,
    failures: AtomicU32,
    faults: faults::Faults,
}

/// Starts a server over a temporary folder, on a free port of 127.0.0.1.
///
/// # Panics
/// If there is no free port or no room for the folder: a test can do nothing then.
#[expect(clippy::expect_used, reason = "for tests, which cannot go on without it")]
pub async fn start() -> S3 {
    let temporary = tempfile::Builder::new().prefix("ardent-s3-").tempdir().expect("a temporary folder");
    let mut server = start_in(temporary.path(), 0).await.expect("an S3 server on a free port");
    server.temporary = Some(temporary);
    server
}

/// Starts a server over `folder` (made if it is not there; its sub-folders are the buckets), on `port` of 127.0.0.1;
/// 0 takes a free one.
pub async fn start_in(folder: impl AsRef<Path>, port: u16) -> anyhow::Result<S3> {
    let folder = folder.as_ref().to_owned();
    std::fs::create_dir_all(&folder).with_context(|| format!("folder {} cannot be made", folder.display()))?;
    let files = FileSystem::new(&folder)
        .map_err(|error| anyhow::anyhow!("folder {} cannot be served: {error:?}", folder.display()))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let service = builder.build();

    let traffic = Arc::new(Traffic::default());
    let token = CancellationToken::new();
    let (ready, address) = tokio::sync::oneshot::channel();
    let task = Arc::clone(&traffic);
    let stopped = token.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let thread = std::thread::Builder::new().name("s3".to_owned()).spawn(move || {
        runtime.block_on(async {
            match TcpListener::bind(("127.0.0.1", port)).await {
                Ok(listener) => {
                    let _ = ready.send(listener.local_addr());
                    accept(&listener, &service, &task, &stopped).await;
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        });
        runtime.shutdown_background();
    })?;
    let address = address.await?.with_context(|| format!("port {port} of 127.0.0.1 cannot be listened on"))?;
    Ok(S3 { address, folder, traffic, stop: Some(token.drop_guard()), thread: Some(thread), temporary: None })
}

impl S3 {
    /// Such as `http://127.0.0.1:41234`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder its buckets are in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a bucket; one that is there already stays as it is.
    ///
    /// # Panics
    /// If its folder cannot be made.
    #[expect(clippy::expect_used, reason = "for tests, which cannot go on without it")]
    pub fn create_bucket(&self, name: &str) {
        std::fs::create_dir_all(self.folder.join(name)).expect("a folder for the bucket");
    }

    /// A storage profile (`[[store]]`, TOML) by which all buckets of this server are reached.
    pub fn profile_toml(&self) -> String {
        format!(
            "[[store]]\nurl = \"s3://\"\nendpoint = \"{}\"\naccess_key_id = \"{ACCESS_KEY}\"\nsecret_access_key = \"{SECRET_KEY}\"\n",
            self.endpoint()
        )
    }

    /// How many requests of a method (`GET`, `PUT`, …) have come so far, refused ones included.
    pub fn requests(&self, method: &str) -> u64 {
        let requests = self.traffic.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.get(method).copied().unwrap_or_default()
    }

    /// How many bytes of objects it has answered with so far.
    pub fn sent_bytes(&self) -> u64 {
        self.traffic.sent_bytes.load(Ordering::SeqCst)
    }

    /// Every request for an object whose key ends in `key` goes wrong.
    pub fn break_object(&self, key: &str, fault: Fault) {
        self.traffic.faults.set(key, fault, u32::MAX);
    }

    /// The next `times` requests for such an object go wrong.
    pub fn break_object_for(&self, key: &str, fault: Fault, times: u32) {
        self.traffic.faults.set(key, fault, times);
    }

    /// No object is broken any more.
    pub fn heal(&self) {
        self.traffic.faults.clear();
    }

    /// The next `count` requests are answered 503, whatever they ask: for tests of retries.
    pub fn fail_next(&self, count: u32) {
        self.traffic.failures.store(count, Ordering::SeqCst);
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // It ends at once; a panic of the server has been reported by its thread.
            let _ = thread.join();
        }
        // After the server, which would write into it.
        self.temporary.take();
    }
}

impl Traffic {
    /// Counts a request; true if it has to fail.
    fn enter(&self, method: &Method) -> bool {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry(method.to_string()).or_default() += 1;
        self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

async fn accept(listener: &TcpListener, service: &S3Service, traffic: &Arc<Traffic>, stop: &CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            connection = listener.accept() => match connection {
                Ok((stream, _)) => {
                    let task = serve(stream, service.clone(), Arc::clone(traffic));
                    tokio::spawn(stop.clone().run_until_cancelled_owned(task));
                }
                Err(error) => {
                    // Out of file descriptors: wait for others to close theirs.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            },
        }
    }
}

async fn serve(stream: TcpStream, service: S3Service, traffic: Arc<Traffic>) {
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request: Request<Incoming>| {
        let (service, fails) = (service.clone(), traffic.enter(request.method()));
        let fault = traffic.faults.take(request.uri().path());
        let (traffic, is_get) = (Arc::clone(&traffic), *request.method() == Method::GET);
        async move {
            match &fault {
                _ if fails => return Ok(faults::empty(StatusCode::SERVICE_UNAVAILABLE)),
                Some(Fault::Unavailable) => return Ok(faults::empty(StatusCode::SERVICE_UNAVAILABLE)),
                Some(Fault::Reset) => return Err("the connection is ended on purpose".to_owned()),
                Some(Fault::Late(time)) => tokio::time::sleep(*time).await,
                _ => {}
            }
            let response = service.call(request.map(Body::from)).await.map_err(|error| format!("{error:?}"))?;
            let length = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            if is_get && response.status().is_success() {
                traffic.sent_bytes.fetch_add(length.unwrap_or(0), Ordering::SeqCst);
            }
            match &fault {
                Some(fault) => Ok(faults::spoil(fault, response).await?),
                None => Ok(response),
            }
        }
    });
    if let Err(error) = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
