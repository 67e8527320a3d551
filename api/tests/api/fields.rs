//! `fields` by GET and POST: which members come, on every page.

use serde_json::{Value, json};

use crate::site::{Got, Site};

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

async fn pages(site: &Site, query: &str, fields: Value) -> [Got; 3] {
    [
        site.get(&format!("/search?collections=sentinel2&limit=2&fields={query}")).await,
        site.post("/search", &json!({"collections": ["sentinel2"], "limit": 2, "fields": fields})).await,
        site.get(&format!("/collections/sentinel2/items?limit=2&fields={query}")).await,
    ]
}

#[tokio::test]
async fn members_are_cut_out_alike_by_get_and_post() {
    let site = Site::start().await;
    let valid = ["assets", "bbox", "collection", "geometry", "id", "links", "properties", "stac_version", "type"];
    let without = |gone: &[&str]| valid.iter().copied().filter(|name| !gone.contains(name)).collect::<Vec<_>>();
    let with = |member| vec!["collection", "id", member, "stac_version", "type"];
    for (query, fields, expected, properties) in [
        ("", json!({}), valid.to_vec(), vec!["datetime"]),
        ("", json!({"include": null, "exclude": []}), valid.to_vec(), vec!["datetime"]),
        ("-links", json!({"include": [], "exclude": ["links"]}), without(&["links"]), vec!["datetime"]),
        (
            "id,properties",
            json!({"include": ["id", "properties"]}),
            with("properties"),
            vec!["datetime", "eo:cloud_cover"],
        ),
        (
            "%2Bproperties.eo:cloud_cover,id,-properties,-links",
            json!({"include": ["properties.eo:cloud_cover", "id"], "exclude": ["properties", "links"]}),
            with("properties"),
            vec!["eo:cloud_cover"],
        ),
        (
            "properties,-datetime,id,-id,-assets,no.such.member",
            json!({"include": ["properties", "no.such.member", "id"], "exclude": ["datetime", "assets", "id"]}),
            with("properties"),
            vec!["eo:cloud_cover"],
        ),
    ] {
        for mut page in pages(&site, query, fields).await {
            let mut seen = Vec::new();
            loop {
                for item in page.json()["features"].as_array().unwrap() {
                    assert_eq!(members(item), expected, "{query}");
                    assert_eq!(members(&item["properties"]), properties, "{query}");
                    seen.push(item["id"].as_str().unwrap().to_owned());
                }
                let Some(next) = page.link("next") else { break };
                let path = next["href"].as_str().unwrap().strip_prefix(&site.base).unwrap();
                page = match next["method"].as_str() {
                    Some("POST") => site.post(path, &next["body"]).await,
                    _ => site.get(path).await,
                };
            }
            assert_eq!(seen.len(), crate::site::SCENES, "{query}: the same items as without");
        }
    }
}

#[tokio::test]
async fn what_comes_is_what_is_stored_and_tokens_do_for_any_fields() {
    let site = Site::start().await;
    let path = "/search?collections=sentinel2&limit=1";
    let whole = site.get(path).await;
    let token = whole.link("next").unwrap()["href"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let cut =
        site.get(&format!("{path}&fields=geometry,bbox,links,assets,-assets.red,assets.red.href&token={token}")).await;
    assert_eq!(cut.status, 200, "{}", cut.text);
    let id = cut.json()["features"][0]["id"].as_str().unwrap().to_owned();
    let stored = site.get(&format!("/collections/sentinel2/items/{id}")).await.json();
    let item = cut.json()["features"][0].clone();
    assert_eq!(item["assets"]["red"], json!({"href": "s3://somewhere/red.tif"}));
    for name in ["geometry", "bbox", "links", "type", "stac_version"] {
        assert_eq!(item[name], stored[name], "{name}");
    }
    let bare = site
        .get(&format!("{path}&fields=-links,-assets,-geometry,-bbox,-properties,-type,-stac_version,-collection"))
        .await;
    assert_eq!(bare.json()["features"], json!([{"id": whole.json()["features"][0]["id"]}]));
    let links = site.get(&format!("{path}&fields=-links.type,-assets.red")).await.json();
    assert_eq!(links["features"][0]["assets"], json!({}));
    assert_eq!(links["features"][0]["links"].as_array().unwrap().len(), stored["links"].as_array().unwrap().len());
    assert_eq!(members(&links["features"][0]["links"][0]), ["href", "rel"]);
}

#[tokio::test]
async fn without_a_list_of_what_is_wanted_all_the_rest_comes() {
    let site = Site::start().await;
    let body = json!({"collections": ["sentinel2"], "limit": 1, "fields": {"exclude": ["geometry", "eo:cloud_cover"]}});
    let got = site.post("/search", &body).await.json()["features"][0].clone();
    let mut whole = site.get("/search?collections=sentinel2&limit=1").await.json()["features"][0].clone();
    whole.as_object_mut().unwrap().remove("geometry");
    whole["properties"].as_object_mut().unwrap().remove("eo:cloud_cover");
    assert_eq!(got, whole);
}

#[tokio::test]
async fn fields_that_are_none_are_refused() {
    let site = Site::start().await;
    for path in ["/search", "/collections/sentinel2/items", "/collections"] {
        for fields in ["a,,b", "-", "--id", ".a", "a..b", "a%01"] {
            site.get(&format!("{path}?fields={fields}")).await.assert_problem(400, &["`fields`", "is no name"]);
        }
    }
    for (fields, word) in [
        (json!("id"), "`fields`"),
        (json!(null), "`fields`"),
        (json!({"include": "id"}), "`fields.include`"),
        (json!({"includes": ["id"]}), "`fields.includes`"),
        (json!({"exclude": ["-id"]}), "is no name"),
        (json!({"include": vec!["a"; 201]}), "more than 200"),
    ] {
        site.post("/search", &json!({"fields": fields})).await.assert_problem(400, &["fields", word]);
    }
    site.get("/collections/sentinel2/items/s00?fields=id").await.assert_problem(400, &["`fields`", "known: crs"]);
}
