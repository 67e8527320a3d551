//! HTTP itself: compression, CORS, HEAD, links behind a proxy.

use ardent_api::Settings;

use crate::site::{Got, Site};

#[tokio::test]
async fn pages_are_compressed_as_asked() {
    let site = Site::start().await;
    for encoding in ["gzip", "zstd", "deflate"] {
        let request = site.client.get(site.url("/api")).header("accept-encoding", encoding);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], encoding);
        let plain = site.get("/api").await.text.len();
        assert!(answer.bytes().await.unwrap().len() < plain / 3);
    }
    assert_eq!(site.get("/api").await.header("content-encoding"), "");
    let picture = site.client.get(site.url("/api.html/favicon-32x32.png")).header("accept-encoding", "gzip");
    assert!(!picture.send().await.unwrap().headers().contains_key("content-encoding"), "pictures are small already");
}

#[tokio::test]
async fn every_answer_may_be_read_from_any_origin() {
    let site = Site::start().await;
    for (path, status) in [("/", 200), ("/nothing", 404), ("/search?x=1", 400), ("/datacube/load", 405)] {
        let answer =
            Got::from(site.client.get(site.url(path)).header("origin", "http://map.example").send().await.unwrap())
                .await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, "*"), "{path}");
        assert!(answer.header("access-control-expose-headers").contains("ardent-summary"), "{path}");
        assert_eq!(answer.headers.get_all("access-control-allow-origin").iter().count(), 1);
    }
    let preflight = site.client.request(reqwest::Method::OPTIONS, site.url("/datacube/load"));
    let preflight = preflight
        .header("origin", "http://map.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let answer = Got::from(preflight.send().await.unwrap()).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"));
    assert!(answer.header("access-control-allow-methods").contains("POST"));
    assert!(answer.header("access-control-allow-headers").contains("authorization"));
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn a_preflight_for_what_is_not_allowed_is_a_problem() {
    let site = Site::start().await;
    let preflight = site.client.request(reqwest::Method::OPTIONS, site.url("/search"));
    let preflight = preflight.header("origin", "http://map.example").header("access-control-request-method", "TRACE");
    Got::from(preflight.send().await.unwrap()).await.assert_problem(400, &["preflight", "DELETE"]);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let site = Site::start().await;
    for path in ["/", "/collections", "/search", "/collections/sentinel2/items/s00", "/api", "/api.html", "/metrics"] {
        let head = Got::from(site.client.head(site.url(path)).send().await.unwrap()).await;
        let get = site.get(path).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
    assert_eq!(Got::from(site.client.head(site.url("/nothing")).send().await.unwrap()).await.status, 404);
}

#[tokio::test]
async fn links_start_from_the_public_url() {
    let settings = Settings { public_url: Some("https://data.example.org/ardent".to_owned()), ..Settings::default() };
    let site = Site::with(settings).await;
    for path in ["/", "/collections", "/collections/sentinel2", "/search?limit=1", "/collections/sentinel2/items/s00"] {
        let answer = site.get(path).await;
        let links = answer.json()["links"].as_array().unwrap().clone();
        for link in links {
            let href = link["href"].as_str().unwrap();
            assert!(href.starts_with("https://data.example.org/ardent/"), "{path}: {href}");
            assert!(!href.contains("ardent//"), "{path}: {href}");
        }
        assert!(!answer.text.contains(&site.base), "{path}");
    }
    assert_eq!(
        site.get("/search?limit=1").await.link("self").unwrap()["href"],
        "https://data.example.org/ardent/search?limit=1"
    );
}

#[tokio::test]
async fn forwarded_headers_are_heeded_only_if_trusted() {
    for (trust_forwarded, expected) in [(true, Some("https://data.example.org/ardent/")), (false, None)] {
        let site = Site::with(Settings { trust_forwarded, ..Settings::default() }).await;
        let request = site.client.get(site.url("/"));
        let request = request
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "data.example.org")
            .header("x-forwarded-prefix", "/ardent");
        let answer = Got::from(request.send().await.unwrap()).await;
        let own = site.url("/");
        assert_eq!(answer.link("root").unwrap()["href"], expected.unwrap_or(&own));
    }
}

#[tokio::test]
async fn the_documentation_loads_nothing_from_elsewhere() {
    let site = Site::start().await;
    let page = site.get("/api.html").await;
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(!page.text.contains("://"), "{}", page.text);
    let mut parts = 0;
    for attribute in ["href=\"", "src=\""] {
        for rest in page.text.split(attribute).skip(1) {
            let part = rest.split('"').next().unwrap();
            let answer = site.client.get(site.url(&format!("/{part}"))).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{part}");
            let media_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
            let expected = [("css", "text/css"), ("js", "text/javascript"), ("png", "image/png")];
            let expected = expected.iter().find(|(ending, _)| part.ends_with(ending)).unwrap().1;
            assert!(media_type.starts_with(expected), "{part}: {media_type}");
            parts += 1;
        }
    }
    assert_eq!(parts, 5);
    let start = site.get("/api.html/swagger-initializer.js").await.text;
    assert!(start.contains("\"url\": \"api\"") && !start.contains("://"), "{start}");
}
