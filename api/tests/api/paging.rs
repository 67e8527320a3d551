//! Pages: their union is the set, and there is an end.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::site::{Got, SCENES, Site};

async fn follow(site: &Site, link: &Value) -> Got {
    let href = link["href"].as_str().unwrap();
    let path = href.strip_prefix(&site.base).unwrap();
    assert_eq!(link["type"], "application/geo+json");
    match link["method"].as_str() {
        Some("POST") => {
            assert_eq!(link["merge"], false, "the body is whole");
            site.post(path, &link["body"]).await
        }
        Some("GET") => site.get(path).await,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn walk(site: &Site, first: Got, page_size: usize) -> Vec<String> {
    let (mut ids, mut page) = (Vec::new(), first);
    loop {
        let found = page.ids();
        assert!(found.len() <= page_size && !found.is_empty(), "{found:?}");
        ids.extend(found);
        assert!(ids.len() <= SCENES, "it goes round: {ids:?}");
        match page.link("next") {
            Some(next) => page = follow(site, &next).await,
            None => return ids,
        }
    }
}

#[tokio::test]
async fn next_leads_through_all_and_ends() {
    let site = Site::start().await;
    for size in [1, 3, 5, 6, 12, 13] {
        let pages = [
            site.get(&format!("/search?collections=sentinel2&limit={size}")).await,
            site.post("/search", &json!({"collections": ["sentinel2"], "limit": size})).await,
            site.get(&format!("/collections/sentinel2/items?limit={size}")).await,
        ];
        for first in pages {
            let ids = walk(&site, first, size).await;
            let distinct: BTreeSet<&String> = ids.iter().collect();
            assert_eq!((ids.len(), distinct.len()), (SCENES, SCENES), "{size}: {ids:?}");
        }
    }
}

#[tokio::test]
async fn the_next_page_keeps_what_was_asked_for() {
    let site = Site::start().await;
    let query = json!({"collections": ["sentinel2"], "bbox": [-6, 50, 6, 51], "limit": 2,
        "datetime": "2019-06-02T00:00:00Z/2019-06-04T00:00:00Z"});
    let first = site.post("/search", &query).await;
    let next = first.link("next").unwrap();
    let mut body = next["body"].clone();
    assert!(body.as_object_mut().unwrap().remove("token").is_some_and(|token| token.is_string()));
    assert_eq!(body, query);
    assert_eq!(walk(&site, first, 2).await, ["s04", "s05", "s02", "s03"]);
}

#[tokio::test]
async fn a_token_that_is_not_ours_is_refused() {
    let site = Site::start().await;
    for token in ["next", "", "AAAA", "%00", "x".repeat(10_000).as_str()] {
        let page = site.get(&format!("/search?token={token}")).await;
        assert_eq!(page.status, 400, "{token}");
    }
    site.post("/search", &json!({"token": "next"})).await.assert_problem(400, &["token"]);
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap()
}

#[tokio::test]
async fn filters_say_the_same_by_every_way_and_page() {
    let site = Site::start().await;
    let json = json!({"op": ">=", "args": [{"property": "datetime"}, {"timestamp": "2019-06-03T00:00:00Z"}]});
    let text = "datetime >= TIMESTAMP('2019-06-03T00:00:00Z')";
    let query = json!({"datetime": {"gte": "2019-06-03T00:00:00Z"}});
    let encode = |text: &str| text.bytes().flat_map(|byte| ['%', hex(byte >> 4), hex(byte & 15)]).collect::<String>();
    let expected = site.get("/search?collections=sentinel2&limit=100&datetime=2019-06-03T00:00:00Z/..").await.ids();
    assert!(!expected.is_empty() && expected.len() < SCENES, "{expected:?}");
    let body = |extra: Value| {
        let mut body = json!({"collections": ["sentinel2"], "limit": 1});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let get = |extra: String| format!("/collections/sentinel2/items?limit=1&{extra}");
    let first = [
        site.get(&get(format!("filter={}", encode(text)))).await,
        site.get(&get(format!("filter-lang=cql2-json&filter={}", encode(&json.to_string())))).await,
        site.get(&get(format!("query={}", encode(&query.to_string())))).await,
        site.post("/search", &body(json!({"filter": json}))).await,
        site.post("/search", &body(json!({"filter": text, "filter-lang": "cql2-text"}))).await,
        site.post("/search", &body(json!({"query": query}))).await,
    ];
    for page in first {
        assert_eq!(walk(&site, page, 1).await, expected);
    }
}
