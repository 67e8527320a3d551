//! Every link of every page leads somewhere.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::site::{Got, Site};

fn links(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("links").and_then(Value::as_array).into_iter().flatten().cloned());
            members.values().for_each(|member| links(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| links(element, found)),
        _ => {}
    }
}

#[tokio::test]
async fn no_link_is_dead_and_each_says_its_type() {
    let site = Site::start().await;
    let (mut seen, mut waiting) = (BTreeSet::new(), Vec::new());
    links(&site.get("/").await.json(), &mut waiting);
    links(&site.get("/search?limit=4").await.json(), &mut waiting);
    while let Some(link) = waiting.pop() {
        let body = link.get("body").cloned().unwrap_or_else(|| serde_json::json!({}));
        let method = link["method"].as_str().unwrap_or("GET").to_owned();
        if !seen.insert((method.clone(), link["href"].to_string(), body.to_string())) {
            continue;
        }
        assert!(seen.len() < 500, "it goes on and on");
        let href = link["href"].as_str().unwrap();
        let request = if method == "POST" { site.client.post(href).json(&body) } else { site.client.get(href) };
        let page = Got::from(request.send().await.unwrap()).await;
        assert_eq!(page.status, 200, "{link}: {}", page.text);
        assert!(page.header("content-type").starts_with(link["type"].as_str().unwrap()), "{link}");
        if page.header("content-type").contains("json")
            && !link["rel"].as_str().unwrap().eq("alternate")
            && !href.ends_with("/api")
        {
            let document = page.json();
            let own = page.link("self").map(|own| own["href"].clone());
            assert!(own.is_none_or(|own| own == link["href"]), "{link}");
            links(&document, &mut waiting);
        }
    }
    let all: String = seen.iter().map(|(_, href, _)| href.as_str()).collect();
    for path in ["/collections/sentinel2/items/s11", "/collections/fiji/items/reef", "/api.html", "token="] {
        assert!(all.contains(path), "{path} was not reached");
    }
}
