//! Against servers that answer by a script.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt, RetryConfig, client::HttpRequestBody, http::HttpBuilder, path::Path,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{PlainHttp, exchange::Question};

/// What a server does with the requests of a connection, one after the other.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Answers, and stays.
    Answer(&'static str),
    /// Answers, and closes.
    Last(&'static str),
    /// Closes without a word.
    Close,
    /// Says nothing.
    Wait,
}

/// A server whose connections act like this, one script after the other, and then the last one.
struct Scripted {
    address: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<std::sync::Mutex<Vec<String>>>,
    /// Connections that the other side has closed.
    left: Arc<AtomicUsize>,
}

impl Scripted {
    async fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let [connections, left] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let requests = Arc::default();
        let (counted, noted, gone) = (Arc::clone(&connections), Arc::clone(&requests), Arc::clone(&left));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let script = scripts.get(number).or(scripts.last()).unwrap().clone();
                tokio::spawn(serve(stream, script, (Arc::clone(&noted), Arc::clone(&gone))));
            }
        });
        Self { address, connections, requests, left }
    }

    fn store(&self) -> impl ObjectStore + use<> {
        self.store_within(Duration::from_mins(1))
    }

    /// A store whose answers must come in time.
    fn store_within(&self, timeout: Duration) -> impl ObjectStore + use<> {
        self.store_with(PlainHttp { timeout, connect_timeout: Duration::from_secs(20), kept: Duration::from_mins(1) })
    }

    fn store_with(&self, connector: PlainHttp) -> impl ObjectStore + use<> {
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        HttpBuilder::new()
            .with_url(self.address.clone())
            .with_client_options(object_store::ClientOptions::new().with_allow_http(true))
            .with_retry(retry)
            .with_http_connector(connector)
            .build()
            .unwrap()
    }

    /// Requests that were not the general client's.
    fn agents(&self) -> usize {
        self.requests.lock().unwrap().iter().filter(|request| request.contains("user-agent: ardent/")).count()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Vec<Act>,
    (requests, left): (Arc<std::sync::Mutex<Vec<String>>>, Arc<AtomicUsize>),
) {
    for act in script {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                left.fetch_add(1, Ordering::SeqCst);
                return;
            }
            request.push(byte[0]);
        }
        requests.lock().unwrap().push(String::from_utf8(request).unwrap());
        match act {
            Act::Answer(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Act::Last(text) => return drop(stream.write_all(text.as_bytes()).await),
            Act::Close => return,
            Act::Wait => std::future::pending().await,
        }
    }
}

const RANGE: &str = "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: bytes 2-5/10\r\n\
                     Last-Modified: Tue, 01 Jan 2019 00:00:00 GMT\r\nETag: \"a\"\r\n\r\n2345";

async fn range(store: &impl ObjectStore) -> Result<Vec<u8>, String> {
    store.get_range(&Path::from("a b/c.tif"), 2..6).await.map(|bytes| bytes.to_vec()).map_err(|error| chain(&error))
}

fn chain(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(one) = source {
        text = format!("{text}: {one}");
        source = one.source();
    }
    text
}

#[tokio::test]
async fn a_connection_serves_many_ranges() {
    let server = Scripted::start(vec![vec![Act::Answer(RANGE); 3]]).await;
    let store = server.store();
    for _ in 0..3 {
        assert_eq!(range(&store).await.unwrap(), b"2345");
    }
    assert_eq!(server.connections(), 1);
    let request = server.requests.lock().unwrap()[0].to_ascii_lowercase();
    assert!(request.starts_with("get /a%20b/c.tif http/1.1\r\n"), "{request}");
    let host = server.address.trim_start_matches("http://");
    assert!(request.contains(&format!("\r\nhost: {host}\r\n")) && request.contains("\r\nrange: bytes=2-5\r\n"));
}

/// A signature covers the host as it is sent.
#[test]
fn hosts_are_told_as_they_are_signed() {
    let told = |url: &str| {
        let request = http::Request::get(url).header("range", "bytes=0-9").body(HttpRequestBody::empty()).unwrap();
        let sent = Question::of(&request).map(|question| question.text());
        sent.and_then(|sent| sent.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned)))
    };
    assert_eq!(told("http://MinIO:9000/a/b?x=1").as_deref(), Some("minio:9000"));
    assert_eq!(told("http://store.example:80/a").as_deref(), Some("store.example"));
    assert_eq!(told("http://[::1]:9000/a").as_deref(), Some("[::1]:9000"));
    for other in ["https://minio/a", "http://user@minio/a"] {
        assert_eq!(told(other), None, "{other}");
    }
}

/// What a proxy sends late is no answer.
#[tokio::test]
async fn nonsense_on_a_kept_connection_is_no_error() {
    let scripts = vec![vec![Act::Answer(RANGE), Act::Answer("surplus\r\n\r\n")], vec![Act::Answer(RANGE)]];
    let server = Scripted::start(scripts).await;
    let store = server.store();
    for connections in [1, 2] {
        assert_eq!(range(&store).await.unwrap(), b"2345");
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test]
async fn conditions_and_what_came_of_them_are_passed_on() {
    let refused = "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 3\r\n\r\nno!";
    let server = Scripted::start(vec![vec![Act::Answer(RANGE), Act::Answer(refused), Act::Answer(RANGE)]]).await;
    let store = server.store();
    let options =
        || GetOptions { range: Some((2..6).into()), if_match: Some("\"a\"".to_owned()), ..GetOptions::default() };
    let answer = store.get_opts(&Path::from("c.tif"), options()).await.unwrap();
    assert_eq!((answer.meta.e_tag.as_deref(), answer.meta.size, answer.range.clone()), (Some("\"a\""), 10, 2..6));
    assert_eq!(&answer.bytes().await.unwrap()[..], b"2345");
    let error = store.get_opts(&Path::from("c.tif"), options()).await.unwrap_err();
    assert!(matches!(error, object_store::Error::Precondition { .. }), "{error}");
    assert_eq!(range(&store).await.unwrap(), b"2345");
    assert_eq!(server.connections(), 1, "an answer that says no is read to its end, too");
    assert!(server.requests.lock().unwrap()[0].contains("if-match: \"a\""));
}

#[tokio::test]
async fn connections_that_were_closed_are_not_used_again() {
    let closing = "HTTP/1.1 206 Partial Content\r\nConnection: close\r\nContent-Length: 4\r\n\
                   Content-Range: bytes 2-5/10\r\nLast-Modified: Tue, 01 Jan 2019 00:00:00 GMT\r\n\r\n2345";
    let scripts = vec![
        vec![Act::Answer(closing), Act::Wait],
        // One that is closed later, and one that is closed when it is used again.
        vec![Act::Last(RANGE)],
        vec![Act::Answer(RANGE), Act::Close],
        vec![Act::Answer(RANGE)],
    ];
    let server = Scripted::start(scripts).await;
    let store = server.store();
    for connections in [1, 2, 3, 4] {
        assert_eq!(range(&store).await.unwrap(), b"2345");
        assert_eq!(server.connections(), connections);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn connections_without_use_are_closed() {
    let server = Scripted::start(vec![vec![Act::Answer(RANGE); 3]]).await;
    let limits = |kept| PlainHttp { timeout: Duration::from_mins(1), connect_timeout: Duration::from_secs(20), kept };
    let store = server.store_with(limits(Duration::from_millis(80)));
    for connections in [1, 2] {
        assert_eq!(range(&store).await.unwrap(), b"2345");
        assert_eq!(server.connections(), connections);
        let begin = std::time::Instant::now();
        while server.left.load(Ordering::SeqCst) < connections {
            assert!(begin.elapsed() < Duration::from_secs(20), "it stays open");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The general client asks once more, on a connection of its own.
#[tokio::test]
async fn answers_of_other_kinds_are_left_to_the_general_client() {
    let moved =
        "HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nLocation: /there.tif\r\nContent-Length: 0\r\n\r\n";
    let server = Scripted::start(vec![vec![Act::Last(moved)], vec![Act::Last(moved)], vec![Act::Last(RANGE)]]).await;
    assert_eq!(range(&server.store()).await.unwrap(), b"2345");
    assert!(server.requests.lock().unwrap()[2].starts_with("GET /there.tif "));
    assert_eq!((server.connections(), server.agents()), (3, 1));

    let chunked = "HTTP/1.1 206 Partial Content\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 2-5/10\r\n\
                   Last-Modified: Tue, 01 Jan 2019 00:00:00 GMT\r\n\r\n2\r\n23\r\n2\r\n45\r\n0\r\n\r\n";
    let server = Scripted::start(vec![vec![Act::Last(chunked)]]).await;
    let store = server.store();
    for asked in [2, 3] {
        assert!(range(&store).await.unwrap_err().contains("Content-Length"), "object stores must tell it");
        assert_eq!((server.connections(), server.agents()), (asked, 1), "it is not asked twice for ever");
    }
}

/// HTTP/1.0 closes what it has answered.
#[tokio::test]
async fn old_servers_are_understood() {
    let old = "HTTP/1.0 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: bytes 2-5/10\r\n\
               Last-Modified: Tue, 01 Jan 2019 00:00:00 GMT\r\n\r\n2345";
    let server = Scripted::start(vec![vec![Act::Answer(old), Act::Wait]]).await;
    let store = server.store();
    for connections in [1, 2] {
        assert_eq!(range(&store).await.unwrap(), b"2345");
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test]
async fn answers_that_break_off_are_errors() {
    let short = "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: bytes 2-5/10\r\n\
                 Last-Modified: Tue, 01 Jan 2019 00:00:00 GMT\r\n\r\n23";
    for (act, wanted) in [
        (Act::Last(short), "closed after 2 of 4 bytes"),
        (Act::Last("HTTP/1.1 206 Partial Con"), "unexpected end of file"),
        (Act::Close, "unexpected end of file"),
        (Act::Last("SSH-2.0-OpenSSH\r\n\r\n"), "invalid HTTP version"),
    ] {
        let server = Scripted::start(vec![vec![act]]).await;
        let error = range(&server.store()).await.unwrap_err();
        assert!(error.contains(wanted), "{act:?}: {error}");
    }
    let silent = Scripted::start(vec![vec![Act::Wait]]).await;
    let error = range(&silent.store_within(Duration::from_millis(200))).await.unwrap_err();
    assert!(error.contains("deadline has elapsed"), "{error}");
}

#[tokio::test]
async fn no_server_is_an_error() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = Scripted { address: format!("http://{nobody}"), ..Scripted::start(vec![vec![Act::Close]]).await };
    assert!(range(&server.store()).await.unwrap_err().contains("refused"));
}
