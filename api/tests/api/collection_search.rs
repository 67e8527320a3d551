//! Searching `/collections`, and its text search beside that of items.

use ardent_catalog::NewItem;
use ardent_model::{Collection, Item};
use serde_json::{Value, json};

use crate::site::{Got, Site};

fn ids(page: &Got) -> Vec<String> {
    assert_eq!(page.status, 200, "{}", page.text);
    let page = page.json();
    let found: Vec<String> = page["collections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|collection| collection["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(page["numberReturned"], found.len());
    found
}

async fn site() -> Site {
    let site = Site::start().await;
    for (id, more) in [
        (
            "alps",
            json!({"title": "Glaciers", "keywords": ["ice", "snow cover"], "summaries": {"platform": ["S1A"]},
            "extent": {"spatial": {"bbox": [[5, 44, 16, 48]]}, "temporal": {"interval": [["2020-01-01T00:00:00Z", null]]}}}),
        ),
        (
            "reefs",
            json!({"title": "Reefs", "license": "CC-BY-4.0",
            "extent": {"spatial": {"bbox": [[170, -30, -170, -10]]},
                "temporal": {"interval": [[null, "2018-12-31T00:00:00Z"]]}}}),
        ),
    ] {
        let mut document = json!({"type": "Collection", "stac_version": "1.1.0", "id": id, "description": "Ice, or none",
            "license": "other", "links": []});
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        site.catalog.put_collection(&Collection::from_stac(document).unwrap()).await.unwrap();
    }
    site
}

#[tokio::test]
async fn every_parameter_is_served() {
    let site = site().await;
    for (query, expected) in [
        ("", &["alps", "fiji", "reefs", "sentinel2"][..]),
        ("bbox=175,-19,-179,-16", &["fiji", "reefs"]),
        ("bbox=-3,50,-2,51", &["sentinel2"]),
        ("datetime=2019-06-02T00:00:00Z", &["sentinel2"]),
        ("datetime=2021-01-01T00:00:00Z/..", &["alps"]),
        ("q=glaciers,REEFS", &["alps", "reefs"]),
        ("q=Snow%20Cover", &["alps"]),
        ("q=ice", &["alps", "reefs"]),
        ("filter=license='CC-BY-4.0'", &["reefs"]),
        ("filter=A_CONTAINS(platform,('S1A'))&filter-lang=cql2-text", &["alps"]),
        ("filter={\"op\":\"=\",\"args\":[{\"property\":\"id\"},\"fiji\"]}&filter-lang=cql2-json", &["fiji"]),
        ("query={\"title\":{\"startsWith\":\"The\"}}", &["fiji", "sentinel2"]),
        ("sortby=-title", &["sentinel2", "fiji", "reefs", "alps"]),
        ("sortby=-id&q=ice", &["reefs", "alps"]),
        ("q=ice&bbox=5,44,6,45", &["alps"]),
        ("q=secret", &[]),
    ] {
        let page = site.get(&format!("/collections?{}", query.replace('"', "%22").replace('{', "%7B"))).await;
        assert_eq!(ids(&page), expected, "{query}");
        assert_eq!(page.json()["numberMatched"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn pages_keep_what_was_asked_for() {
    let site = site().await;
    let mut page = site.get("/collections?sortby=-title&limit=1&fields=-links&q=ice,the").await;
    let mut found = Vec::new();
    loop {
        found.extend(ids(&page));
        assert_eq!(page.json()["numberMatched"], 4);
        assert!(page.json()["collections"][0].get("links").is_none(), "{}", page.text);
        let Some(next) = page.link("next") else { break };
        page = site.get(next["href"].as_str().unwrap().strip_prefix(&site.base).unwrap()).await;
    }
    assert_eq!(found, ["sentinel2", "fiji", "reefs", "alps"]);
    let token = site.get("/collections?limit=1").await.link("next").unwrap()["href"].clone();
    let token = token.as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    site.get(&format!("/collections?q=ice&token={token}")).await.assert_problem(400, &["token", "another search"]);
    site.get(&format!("/search?token={token}")).await.assert_problem(400, &["token"]);
}

#[tokio::test]
async fn fields_cut_collections() {
    let site = site().await;
    let cut = site.get("/collections?filter=id='alps'&fields=summaries.platform,extent,-extent.spatial,links").await;
    let collection = cut.json()["collections"][0].clone();
    let mut members: Vec<&String> = collection.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["extent", "id", "links", "stac_version", "summaries", "type"]);
    let whole = site.get("/collections/alps").await.json();
    assert_eq!(collection["summaries"], whole["summaries"]);
    assert_eq!(collection["extent"], json!({"temporal": whole["extent"]["temporal"]}));
    assert_eq!(collection["links"], whole["links"]);
}

#[tokio::test]
async fn queryables_are_those_of_collections_that_one_may_see() {
    let site = site().await;
    let hidden = json!({"type": "Collection", "stac_version": "1.1.0", "id": "secret", "description": "d", "links": [],
        "license": "other", "summaries": {"hidden:thing": [1]}});
    site.catalog.put_collection(&Collection::from_stac(hidden).unwrap()).await.unwrap();
    let link = site.get("/collections").await.link("http://www.opengis.net/def/rel/ogc/1.0/queryables").unwrap();
    assert_eq!(link["type"], "application/schema+json");
    let queryables = site.get(link["href"].as_str().unwrap().strip_prefix(&site.base).unwrap()).await;
    assert_eq!(queryables.header("content-type"), "application/schema+json");
    let schema = queryables.json();
    assert_eq!((&schema["$id"], &schema["type"]), (&link["href"], &json!("object")));
    for (name, kind) in [("id", "string"), ("platform", "array"), ("license", "string"), ("keywords", "array")] {
        assert_eq!(schema["properties"][name]["type"], kind, "{name}");
    }
    assert!(!queryables.text.contains("hidden:thing"), "{}", queryables.text);
}

#[tokio::test]
async fn text_is_found_in_items() {
    let site = Site::start().await;
    let item = |collection: &str, id: &str, title: &str| {
        let document = json!({
            "type": "Feature", "stac_version": "1.1.0", "id": id, "collection": collection, "links": [], "assets": {},
            "geometry": {"type": "Point", "coordinates": [0, 0]}, "bbox": [0, 0, 0, 0],
            "properties": {"datetime": "2020-01-01T00:00:00Z", "title": title, "keywords": ["burnt area"]},
        });
        NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap()
    };
    let items = vec![
        item("sentinel2", "x", "Flood in the Po valley"),
        item("fiji", "y", "A flood"),
        item("secret", "z", "Flood, hidden"),
    ];
    site.catalog.put_items(items).await.unwrap();
    for (q, list, expected) in [
        ("FLOOD", json!(["FLOOD"]), &["y", "x"][..]),
        ("po%20valley,nothing", json!(["po valley", "nothing"]), &["x"]),
        ("burnt%20area", json!("burnt area"), &["y", "x"]),
        ("area%20burnt", json!(["area burnt"]), &[]),
        ("hidden", json!(["hidden"]), &[]),
    ] {
        let got = site.get(&format!("/search?q={q}")).await;
        assert_eq!((got.ids(), &got.json()["numberMatched"]), (strings(expected), &json!(expected.len())), "{q}");
        assert_eq!(site.post("/search", &json!({"q": list})).await.ids(), expected, "{q}");
        let within: Vec<String> = strings(expected).into_iter().filter(|id| id == "x").collect();
        assert_eq!(site.get(&format!("/collections/sentinel2/items?q={q}")).await.ids(), within, "{q}");
    }
    let page = site.post("/search", &json!({"q": ["flood"], "limit": 1})).await;
    let next = page.link("next").unwrap();
    assert_eq!(next["body"]["q"], json!(["flood"]));
    assert_eq!(site.post("/search", &next["body"]).await.ids(), ["x"]);
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused() {
    let site = Site::start().await;
    for (path, words) in [
        ("/collections?limit=0", ["`limit`", "at least 1"]),
        ("/collections?limit=many", ["`limit`", "from 1"]),
        ("/collections?ids=a", ["`ids`", "bbox, datetime"]),
        ("/collections?bbox=1,2,3", ["bbox", "west,south,east,north"]),
        ("/collections?datetime=2020", ["datetime", "RFC 3339"]),
        ("/collections?q=", ["`q`", "has no word"]),
        ("/collections?q=a,-", ["`q`", "has no word"]),
        ("/collections?filter=a%3D", ["`filter`", "at character"]),
        ("/collections?sortby=a,a", ["sortby", "twice"]),
        ("/collections?token=sentinel2", ["token", "`next`"]),
        ("/collections-queryables?x=1", ["`x`", "it takes none"]),
        ("/search?q=,", ["`q`", "has no word"]),
        ("/collections/sentinel2/items?q=%20", ["`q`", "has no word"]),
        ("/children?type=catalog", ["`type`", "Catalog or Collection"]),
        ("/children?q=a", ["`q`", "type, limit, token"]),
        ("/children?token=x", ["token", "`next`"]),
        ("/collections/sentinel2/children?type=Item", ["`type`", "Catalog or Collection"]),
        ("/collections/sentinel2/children?limit=1", ["`limit`", "known: type"]),
        ("/collections/sentinel2/dates/2019?token=x", ["`token`", "days alone"]),
        ("/collections/sentinel2/dates/2019-06-01?token=x", ["token", "`next`"]),
        ("/collections/sentinel2/dates/all?x=1", ["`x`", "known: token"]),
        ("/collections/sentinel2/dates/all/children?type=", ["`type`", "Catalog or Collection"]),
    ] {
        site.get(path).await.assert_problem(400, &words);
    }
    let body: [(Value, &str); 4] = [
        (json!(7), "list of texts"),
        (json!([1]), "list of texts"),
        (json!([""]), "no word"),
        (json!(vec!["a"; 101]), "100"),
    ];
    for (q, word) in body {
        site.post("/search", &json!({"q": q})).await.assert_problem(400, &["`q`", word]);
    }
    for path in [
        "/collections/sentinel2/dates/2018",
        "/collections/sentinel2/dates/2019-13",
        "/collections/sentinel2/dates/2019-06-31",
        "/collections/sentinel2/dates/yesterday",
        "/collections/sentinel2/dates/2018-06/children",
        "/collections/none/dates/all",
        "/collections/none/children",
    ] {
        let id = path.split('/').nth(2).unwrap();
        site.get(path).await.assert_problem(404, &[id]);
    }
}
