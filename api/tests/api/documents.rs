//! What each page says.

use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn the_landing_page_says_what_works_and_where() {
    let site = Site::start().await;
    let landing = site.get("/").await;
    assert_eq!((landing.status, landing.header("content-type")), (200, "application/json"));
    let document = landing.json();
    assert_eq!(document["type"], "Catalog");
    assert_eq!(document["conformsTo"], site.get("/conformance").await.json()["conformsTo"]);
    let links = document["links"].as_array().unwrap();
    let found = |rel: &str| links.iter().filter(|link| link["rel"] == rel).collect::<Vec<_>>();
    assert_eq!(found("service-desc")[0]["type"], "application/vnd.oai.openapi+json;version=3.0");
    for rel in ["self", "root", "service-doc", "conformance", "data"] {
        assert_eq!(found(rel).len(), 1, "{rel}");
    }
    let searches: Vec<_> = found("search").iter().map(|link| (&link["method"], &link["type"])).collect();
    let geojson = json!("application/geo+json");
    assert_eq!(searches, [(&json!("GET"), &geojson), (&json!("POST"), &geojson)]);
    let children: Vec<_> = found("child").iter().map(|link| link["href"].as_str().unwrap()).collect();
    assert_eq!(children, [site.url("/collections/fiji"), site.url("/collections/sentinel2")], "none that is hidden");
}

#[tokio::test]
async fn collections_come_with_links_of_this_server_only() {
    let site = Site::start().await;
    let page = site.get("/collections").await;
    let collections = page.json()["collections"].as_array().unwrap().clone();
    assert_eq!((collections.len(), &collections[1]["id"]), (2, &json!("sentinel2")));
    let one = site.get("/collections/sentinel2").await;
    assert_eq!(one.json(), collections[1]);
    for (rel, path) in [("self", "/collections/sentinel2"), ("items", "/collections/sentinel2/items"), ("root", "/")] {
        assert_eq!(one.link(rel).unwrap()["href"], site.url(path));
    }
    assert!(!one.text.contains("elsewhere"), "stored links are not repeated");
    assert_eq!(site.get("/collections/").await.json()["collections"], page.json()["collections"]);
}

#[tokio::test]
async fn collections_come_in_pages_if_asked_for() {
    let site = Site::start().await;
    let first = site.get("/collections?limit=1").await;
    let next = first.link("next").unwrap()["href"].as_str().unwrap().to_owned();
    let second = site.get(next.strip_prefix(&site.base).unwrap()).await;
    let ids = [&first, &second].map(|page| page.json()["collections"][0]["id"].as_str().unwrap().to_owned());
    assert_eq!(ids, ["fiji", "sentinel2"]);
    assert_eq!(second.link("next"), None);
}

#[tokio::test]
async fn an_item_comes_as_it_is_stored_with_links() {
    let site = Site::start().await;
    let item = site.get("/collections/sentinel2/items/s03").await;
    assert_eq!((item.status, item.header("content-type")), (200, "application/geo+json"));
    let document = item.json();
    assert_eq!(document["properties"], json!({"datetime": "2019-06-02T11:00:00Z", "eo:cloud_cover": 12.50}));
    assert_eq!(document["assets"]["red"]["href"], "s3://somewhere/red.tif");
    for (rel, path) in [
        ("self", "/collections/sentinel2/items/s03"),
        ("parent", "/collections/sentinel2"),
        ("collection", "/collections/sentinel2"),
        ("root", "/"),
    ] {
        assert_eq!(item.link(rel).unwrap()["href"], site.url(path));
    }
    let searched = site.get("/search?ids=s03").await.json()["features"][0].clone();
    assert_eq!(searched, document);
}

#[tokio::test]
async fn an_id_with_any_characters_is_found_where_its_link_says() {
    let site = Site::start().await;
    let page = site.get("/collections/fiji/items?limit=2").await;
    let feature = &page.json()["features"][1];
    assert_eq!(feature["id"], "a b/c?é");
    let links = feature["links"].as_array().unwrap();
    let href = links.iter().find(|link| link["rel"] == "self").unwrap()["href"].as_str().unwrap().to_owned();
    let item = site.get(href.strip_prefix(&site.base).unwrap()).await;
    assert_eq!((item.status, &item.json()["id"]), (200, &json!("a b/c?é")));
}

#[tokio::test]
async fn search_finds_by_every_parameter_alike_by_get_and_post() {
    let site = Site::start().await;
    let all: Vec<String> = (0..12).rev().map(|index| format!("s{index:02}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    // Latest first; of the same time, by id.
    let mut by_time = all.clone();
    by_time.chunks_mut(2).for_each(<[&str]>::reverse);
    let triangle =
        json!({"type": "Polygon", "coordinates": [[[-5.9, 50.1], [-5.1, 50.1], [-5.1, 50.9], [-5.9, 50.1]]]});
    let encoded: String = reqwest::Url::parse_with_params("http://x/", [("intersects", triangle.to_string())])
        .unwrap()
        .query()
        .unwrap()
        .to_owned();
    for (query, body, expected) in [
        ("collections=sentinel2&limit=100", json!({"collections": ["sentinel2"], "limit": 100}), by_time),
        ("ids=s03,s01", json!({"ids": ["s03", "s01"]}), vec!["s03", "s01"]),
        ("bbox=-5.9,50.1,-5.8,50.2", json!({"bbox": [-5.9, 50.1, -5.8, 50.2]}), vec!["s00"]),
        ("bbox=-5.9,50.1,0,-5.8,50.2,9", json!({"bbox": [-5.9, 50.1, 0, -5.8, 50.2, 9]}), vec!["s00"]),
        ("bbox=179.5,-19,-179.5,-16", json!({"bbox": [179.5, -19, -179.5, -16]}), vec!["reef"]),
        (&encoded, json!({"intersects": triangle}), vec!["s00"]),
        ("datetime=2019-06-02T11:00:00Z", json!({"datetime": "2019-06-02T11:00:00Z"}), vec!["s02", "s03"]),
        ("datetime=2019-06-02T13:00:00%2B02:00", json!({"datetime": "2019-06-02T13:00:00+02:00"}), vec!["s02", "s03"]),
        ("datetime=2019-06-06T00:00:00Z/..", json!({"datetime": "2019-06-06T00:00:00Z/.."}), vec!["s10", "s11"]),
        ("datetime=/2019-06-01T12:00:00Z", json!({"datetime": "/2019-06-01T12:00:00Z"}), vec!["s00", "s01", "a b/c?é"]),
        ("collections=secret", json!({"collections": ["secret"]}), vec![]),
        ("ids=hidden", json!({"ids": ["hidden"]}), vec![]),
        ("collections=none", json!({"collections": ["none"]}), vec![]),
    ] {
        let (got, posted) = (site.get(&format!("/search?{query}")).await, site.post("/search", &body).await);
        assert_eq!(got.ids(), expected, "{query}");
        assert_eq!(posted.ids(), expected, "{body}");
        assert_eq!(got.link("next"), None);
        if let Some(matched) = got.json().get("numberMatched") {
            assert_eq!(*matched, expected.len(), "{query}");
        }
    }
}

#[tokio::test]
async fn items_of_a_collection_are_a_search_of_it() {
    let site = Site::start().await;
    let items = site.get("/collections/sentinel2/items?datetime=2019-06-02T11:00:00Z&bbox=-5,50,0,51").await;
    assert_eq!(items.ids(), ["s02", "s03"]);
    assert_eq!(items.link("collection").unwrap()["href"], site.url("/collections/sentinel2"));
    assert_eq!(site.get("/collections/sentinel2/items?collections=sentinel2&ids=s03,reef").await.ids(), ["s03"]);
    assert_eq!(site.get("/collections/sentinel2/items?bbox=170,-20,180,-10").await.ids(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_hidden_is_not_there() {
    let site = Site::start().await;
    for path in ["/collections/secret", "/collections/secret/items", "/collections/secret/items/hidden"] {
        site.get(path).await.assert_problem(404, &["there is no"]);
    }
}

#[tokio::test]
async fn health_and_metrics_tell_how_it_goes() {
    let site = Site::start().await;
    assert_eq!(site.get("/health/live").await.json(), json!({"status": "up"}));
    assert_eq!(site.get("/health/ready").await.json(), json!({"status": "ready"}));
    site.get("/collections/sentinel2/items/s00").await;
    site.get("/collections/sentinel2/items/none").await;
    site.get("/wp-admin/setup").await;
    let metrics = site.get("/metrics").await;
    assert!(metrics.header("content-type").starts_with("text/plain"));
    let route = "endpoint=\"/collections/{collectionId}/items/{itemId}\",method=\"GET\"";
    for status in ["200", "404"] {
        assert!(
            metrics.text.contains(&format!("ardent_http_requests_total{{{route},status=\"{status}\"}} 1")),
            "{status}"
        );
    }
    assert!(!metrics.text.contains("wp-admin") && !metrics.text.contains("s00"), "never by raw path");
}

#[tokio::test]
async fn the_openapi_document_is_the_committed_one_with_this_server() {
    let site = Site::start().await;
    let served = site.get("/api").await;
    assert_eq!(served.header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
    let mut document = served.json();
    assert_eq!(document["servers"], json!([{"url": site.base}]));
    document["servers"] = json!([{"url": "/"}]);
    let committed = include_str!("../../../openapi/openapi.json");
    assert_eq!(document, serde_json::from_str::<serde_json::Value>(committed).unwrap());
}
