//! The server starts, stops and goes on when others fail.

use std::time::{Duration, Instant};

use ardent_api::{Services, Settings, bind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::site::Site;

#[tokio::test]
async fn it_stops_when_told() {
    let mut site = Site::start().await;
    assert_eq!(site.get("/health/live").await.status, 200);
    site.stop();
    tokio::time::timeout(Duration::from_secs(20), &mut site.running).await.unwrap().unwrap().unwrap();
    assert!(site.client.get(site.url("/")).send().await.is_err());
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let site = Site::start().await;
    let listen = site.base.strip_prefix("http://").unwrap().parse().unwrap();
    let kitchen = ardent_recipes::Kitchen::new(
        site.catalog.clone(),
        std::sync::Arc::new(ardent_storage::Stores::new(ardent_storage::Profiles::default()).unwrap()),
        ardent_recipes::Limits::default(),
    );
    let services = Services { catalog: site.catalog.clone(), kitchen, verifier: None };
    let error = bind(Settings { listen, ..Settings::default() }, services).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn without_the_database_it_lives_but_is_not_ready() {
    let site = Site::start().await;
    site.catalog.close().await;
    assert_eq!(site.get("/health/live").await.status, 200);
    for path in ["/health/ready", "/search", "/collections"] {
        let answer = site.get(path).await;
        answer.assert_problem(503, &["try again"]);
        assert_eq!(answer.header("retry-after"), "5");
    }
}

#[tokio::test]
async fn a_client_that_dawdles_is_let_go() {
    let site = Site::with(Settings { client_timeout: Duration::from_secs(1), ..Settings::default() }).await;
    let address = site.base.strip_prefix("http://").unwrap();
    for opening in [
        "GET / HTTP/1.1\r\nHost: x\r\n",
        "POST /search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{",
    ] {
        let began = Instant::now();
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(opening.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(15), connection.read_to_end(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(began.elapsed() < Duration::from_secs(12));
    }
    assert_eq!(site.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn garbage_on_the_wire_hurts_nobody() {
    let site = Site::start().await;
    let address = site.base.strip_prefix("http://").unwrap();
    for garbage in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "POST /search HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(garbage.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(10), connection.read_to_end(&mut answer)).await.unwrap();
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(site.get("/health/live").await.status, 200);
}
