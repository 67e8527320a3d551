//! Bounds: requests, pixels, time, and clients that take nothing.

use std::{num::NonZeroU32, time::Duration};

use ardent_api::{Quotas, Rates, Settings};
use ardent_model::Scopes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::site::{Got, Site};

fn rates(user: u32, anonymous: u32) -> Rates {
    Rates { user: NonZeroU32::new(user), anonymous: NonZeroU32::new(anonymous) }
}

#[tokio::test]
async fn a_burst_ends_and_says_when_to_go_on() {
    let (site, issuer) = Site::guarded_with(Settings { rates: rates(5, 3), ..Settings::default() }).await;
    for left in [2, 1, 0] {
        let got = site.get("/search?limit=1").await;
        assert_eq!((got.status, got.header("ratelimit-limit")), (200, "3"));
        assert_eq!(got.header("ratelimit-remaining"), left.to_string());
        assert!((1..=60).contains(&got.header("ratelimit-reset").parse::<u64>().unwrap()));
    }
    let refused = site.get("/search?limit=1").await;
    refused.assert_problem(429, &["3 requests a minute", "go on in"]);
    assert!((1..=21).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), ("3", "0"));
    // A bad credential counts with the address it comes from: guessing is not free.
    site.get_as("a.b.c", "/search").await.assert_problem(429, &["requests a minute"]);
    // Each user has its own, whatever the address; a new token is no new user.
    for sub in ["one", "two"] {
        for _ in 0..5 {
            assert_eq!(site.get_as(&issuer.token(sub, &[]), "/me").await.status, 200);
        }
        site.get_as(&issuer.token(sub, &[]), "/me").await.assert_problem(429, &["5 requests a minute"]);
    }
    assert_eq!(site.get("/health/live").await.status, 200, "what needs nothing is not counted");
}

#[tokio::test]
async fn behind_a_proxy_addresses_count_apart() {
    let settings = Settings { rates: rates(5, 1), trust_forwarded: true, ..Settings::default() };
    let site = Site::with(settings).await;
    let ask = async |address: &str| {
        let request = site.client.get(site.url("/me")).header("x-forwarded-for", address);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((ask("192.0.2.1").await, ask("192.0.2.1").await), (200, 429));
    assert_eq!(ask("192.0.2.2").await, 200);
    assert_eq!(ask("192.0.2.9, 192.0.2.2").await, 429, "what the client wrote itself does not count");
}

#[tokio::test]
async fn a_request_that_takes_too_long_ends() {
    let site = Site::with(Settings { request_timeout: Duration::ZERO, ..Settings::default() }).await;
    site.get("/search").await.assert_problem(503, &["longer than 0 seconds", "ask for less"]);
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_let_go() {
    let site = Site::with(Settings { write_timeout: Duration::from_secs(1), ..Settings::default() }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = site.base.strip_prefix("http://").unwrap().parse().unwrap();
    let mut connection = socket.connect(address).await.unwrap();
    // So much that the system's buffers do not hold it.
    let mut requests = String::new();
    for _ in 0..40 {
        requests += "GET /api.html/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    connection.write_all(requests.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let mut taken = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut taken)).await;
    assert!(matches!(ended, Ok(Err(_))) || taken.len() < 40_000_000, "all of it was kept for the client");
    assert_eq!(site.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn quotas_leave_what_costs_nothing_alone() {
    let quotas = Quotas { user: Some(1), anonymous: Some(1) };
    let site = Site::with(Settings { quotas, ..Settings::default() }).await;
    // It has no file that can be read, so it fails before it is charged.
    let recipe = serde_json::json!({"collections": ["sentinel2"], "bands": ["red"], "ids": ["s00"]});
    let got = site.post("/datacube/load", &recipe).await;
    assert!(got.status >= 400 && got.status != 429, "{}", got.text);
    assert_eq!(site.catalog.used_today("address:127.0.0.1").await.unwrap(), 0);
}

#[tokio::test]
async fn every_answer_has_the_headers_browsers_need_to_be_safe() {
    let settings = Settings { public_url: Some("https://x.example".to_owned()), ..Settings::default() };
    let site = Site::with(settings).await;
    for path in ["/", "/search", "/nothing", "/search?x=1", "/api.html", "/datacube/load"] {
        let got = site.get(path).await;
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(got.header("referrer-policy"), "no-referrer", "{path}");
        assert!(got.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(got.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    let plain = Site::start().await.get("/").await;
    assert_eq!(plain.header("strict-transport-security"), "", "only over TLS");
}

#[tokio::test]
async fn a_preflight_needs_no_token() {
    let settings = Settings { anonymous: Scopes::NONE, rates: rates(1, 1), ..Settings::default() };
    let (site, _issuer) = Site::guarded_with(settings).await;
    for _ in 0..5 {
        let preflight = site.client.request(reqwest::Method::OPTIONS, site.url("/keys"));
        let preflight = preflight
            .header("origin", "http://map.example")
            .header("access-control-request-method", "DELETE")
            .header("access-control-request-headers", "authorization");
        let got = Got::from(preflight.send().await.unwrap()).await;
        assert_eq!(got.status, 200);
        assert!(got.header("access-control-allow-methods").contains("DELETE"));
    }
    let refused = site.client.get(site.url("/keys")).header("origin", "http://map.example").send().await.unwrap();
    let refused = Got::from(refused).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, "*"));
    assert!(refused.header("access-control-expose-headers").contains("www-authenticate"));
}

#[tokio::test]
async fn guessing_keys_is_not_free_and_good_keys_go_on() {
    let (site, issuer) = Site::guarded_with(Settings { rates: rates(100, 5), ..Settings::default() }).await;
    let wanted = serde_json::json!({"label": "a", "scopes": ["load"]});
    let made = site.send(("post", "/keys"), Some(&issuer.token("a", &[])), Some(&wanted)).await.json();
    let good = made["secret"].as_str().unwrap();
    assert_eq!(site.get_as(good, "/me").await.status, 200);
    let mut refused = 0;
    for index in 0..10 {
        let guess = format!("ardent_{index}{}", "A".repeat(42));
        refused += u32::from(site.get_as(&guess, "/me").await.status == 429);
    }
    assert!(refused >= 5, "{refused} of 10 were not even looked up");
    for _ in 0..20 {
        assert_eq!(site.get_as(good, "/me").await.status, 200);
    }
}
