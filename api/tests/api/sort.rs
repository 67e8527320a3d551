//! `sortby` by GET and POST, over pages; and pages without items.

use serde_json::{Value, json};

use crate::{
    paging::walk,
    site::{SCENES, Site},
};

/// `s00` to `s11`, or the other way round.
fn scenes(is_descending: bool) -> Vec<String> {
    let mut ids: Vec<String> = (0..SCENES).map(|number| format!("s{number:02}")).collect();
    if is_descending {
        ids.reverse();
    }
    ids
}

#[tokio::test]
async fn get_and_post_sort_alike_over_pages() {
    let site = Site::start().await;
    let key = |field: &str, direction: &str| json!({"field": field, "direction": direction});
    // Scenes in pairs share their time.
    let mut latest_pairs = scenes(false);
    latest_pairs.sort_by_key(|id| std::cmp::Reverse(id[1..].parse::<usize>().unwrap() / 2));
    let cases: [(&str, Value, Vec<String>); 7] = [
        ("%2Bid", json!([key("id", "asc")]), scenes(false)),
        ("+id", json!([{"field": "id"}]), scenes(false)),
        ("-id", json!([key("id", "desc")]), scenes(true)),
        ("datetime,-id", json!([key("datetime", "asc"), key("id", "desc")]), {
            let mut ids = scenes(true);
            ids.sort_by_key(|id| id[1..].parse::<usize>().unwrap() / 2);
            ids
        }),
        ("-properties.datetime", json!([key("properties.datetime", "desc")]), latest_pairs),
        ("eo:cloud_cover", json!([key("eo:cloud_cover", "asc")]), scenes(false)),
        ("no:such,-id", json!([key("no:such", "asc"), key("id", "desc")]), scenes(true)),
    ];
    for (query, keys, expected) in cases {
        for size in [5, 12] {
            let pages = [
                site.get(&format!("/search?collections=sentinel2&limit={size}&sortby={query}")).await,
                site.post("/search", &json!({"collections": ["sentinel2"], "limit": size, "sortby": keys})).await,
                site.get(&format!("/collections/sentinel2/items?limit={size}&sortby={query}")).await,
            ];
            for first in pages {
                assert_eq!(walk(&site, first, size).await, expected, "{query}, {size}");
            }
        }
    }
}

#[tokio::test]
async fn another_order_needs_another_token() {
    let site = Site::start().await;
    let page = site.post("/search", &json!({"limit": 2, "sortby": [{"field": "id"}]})).await;
    let mut body = page.link("next").unwrap()["body"].clone();
    body["sortby"] = json!([{"field": "id", "direction": "desc"}]);
    site.post("/search", &body).await.assert_problem(400, &["token", "another search"]);
}

#[tokio::test]
async fn a_limit_of_zero_asks_for_the_number_alone() {
    let site = Site::start().await;
    for page in [
        site.get("/search?collections=sentinel2&limit=0").await,
        site.post("/search", &json!({"collections": ["sentinel2"], "limit": 0})).await,
        site.get("/collections/sentinel2/items?limit=0").await,
    ] {
        assert!(page.ids().is_empty() && page.link("next").is_none());
        assert_eq!(page.json()["numberMatched"], SCENES, "{}", page.text);
    }
}
