//! Items in forms without pages.

use std::time::Duration;

use ardent_api::Settings;
use ardent_catalog::NewItem;
use ardent_model::{CollectionPolicy, Item, Visibility};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::site::{Got, SCENES, Site, item};

/// Media types by name of form.
const FORMS: [(&str, &str); 3] = [
    ("geojsonseq", "application/geo+json-seq"),
    ("ndjson", "application/x-ndjson"),
    ("parquet", "application/vnd.apache.parquet"),
];

/// Items of a text in one of the two forms that are text.
fn items(got: &Got) -> Vec<Value> {
    assert_eq!(got.status, 200, "{}", got.text);
    let is_sequence = got.header("content-type") == "application/geo+json-seq";
    assert!(is_sequence || got.header("content-type") == "application/x-ndjson", "{:?}", got.headers);
    assert!(got.text.is_empty() || got.text.ends_with('\n'));
    let lines = got.text.lines();
    // RFC 8142: a record separator before each text, a line feed after it.
    let texts = lines.map(|line| if is_sequence { line.strip_prefix('\u{1e}').unwrap() } else { line });
    texts.map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn ids(got: &Got) -> Vec<String> {
    items(got).iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn accepting(site: &Site, path: &str, accept: &str) -> Got {
    Got::from(site.client.get(site.url(path)).header("accept", accept).send().await.unwrap()).await
}

/// The item with one more property.
fn with_property(new: &NewItem, name: &str, value: Value) -> NewItem {
    let mut document: Value = serde_json::from_str(new.document()).unwrap();
    document["properties"][name] = value;
    NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap()
}

/// `sentinel2`, and so many more items of as many bytes.
async fn with_many(count: usize, bytes: usize) -> Site {
    let site = Site::start().await;
    let padding = "x".repeat(bytes);
    for first in (0..count).step_by(500) {
        let batch = (first..count.min(first + 500)).map(|index| {
            let place = json!({"type": "Point", "coordinates": [index as f64 / 1000.0, 50.0]});
            let new = item("sentinel2", &format!("many{index:05}"), &place, "2018-06-01T11:00:00Z");
            with_property(&new, "padding", json!(padding))
        });
        site.catalog.put_items(batch.collect()).await.unwrap();
    }
    site
}

#[tokio::test]
async fn text_has_the_items_of_all_pages_as_they_are_there() {
    let site = with_many(250, 10).await;
    let mut expected = Vec::new();
    let mut path = Some("/collections/sentinel2/items?limit=100".to_owned());
    while let Some(page) = path {
        let got = site.get(&page).await;
        expected.extend(got.json()["features"].as_array().unwrap().clone());
        path = got.link("next").map(|link| link["href"].as_str().unwrap().strip_prefix(&site.base).unwrap().to_owned());
    }
    assert_eq!(expected.len(), 250 + SCENES);
    for (form, media_type) in &FORMS[..2] {
        for got in [
            site.get(&format!("/collections/sentinel2/items?f={form}")).await,
            site.get(&format!("/search?collections=sentinel2&f={form}")).await,
            site.post(&format!("/search?f={form}"), &json!({"collections": ["sentinel2"]})).await,
            accepting(&site, "/collections/sentinel2/items", media_type).await,
            accepting(&site, "/search?collections=sentinel2", &format!("{media_type}, */*;q=0.1")).await,
        ] {
            assert_eq!(got.header("content-type"), *media_type);
            assert!(got.header("vary").contains("accept") || got.headers.get_all("vary").iter().any(|v| v == "accept"));
            assert_eq!(items(&got), expected);
        }
    }
}

#[tokio::test]
async fn a_limit_ends_it_and_a_token_begins_it() {
    let site = with_many(250, 10).await;
    let all = ids(&site.get("/search?f=ndjson&sortby=id").await);
    assert_eq!(all.len(), 250 + SCENES + 2, "the two of fiji, too");
    for limit in [0, 1, 150, 20_000] {
        let got = site.get(&format!("/search?f=ndjson&sortby=id&limit={limit}")).await;
        assert_eq!(ids(&got), all[..limit.min(all.len())]);
        let body = json!({"limit": limit, "sortby": [{"field": "id", "direction": "asc"}]});
        assert_eq!(ids(&site.post("/search?f=geojsonseq", &body).await), all[..limit.min(all.len())]);
    }
    let next = site.get("/search?sortby=id&limit=7").await.link("next").unwrap();
    let next = next["href"].as_str().unwrap().strip_prefix(&site.base).unwrap().replace("limit=7", "f=ndjson");
    assert_eq!(ids(&site.get(&next).await), all[7..]);
}

#[tokio::test]
async fn what_is_searched_for_is_what_comes() {
    let site = Site::start().await;
    for (query, expected) in [
        ("ids=s03,s05", vec!["s05", "s03"]),
        ("datetime=2019-06-02T00:00:00Z/2019-06-02T23:59:59Z&collections=sentinel2", vec!["s02", "s03"]),
        ("filter=id%3D's04'", vec!["s04"]),
        ("bbox=178,-19,-178,-16", vec!["reef"]),
        ("ids=nothing", vec![]),
    ] {
        assert_eq!(ids(&site.get(&format!("/search?f=geojsonseq&{query}")).await), expected, "{query}");
    }
    let cut = items(&site.get("/search?f=ndjson&ids=s03&fields=id,-links,-assets,-geometry,-bbox").await);
    assert_eq!(cut[0]["id"], "s03");
    assert!(cut[0].get("links").is_none() && cut[0].get("assets").is_none(), "{cut:?}");
}

#[tokio::test]
async fn head_says_the_form_and_sends_nothing() {
    let site = Site::start().await;
    for (form, media_type) in FORMS {
        let head = site.client.head(site.url(&format!("/collections/sentinel2/items?f={form}"))).send().await.unwrap();
        let head = Got::from(head).await;
        assert_eq!((head.status, head.header("content-type"), head.text.as_str()), (200, media_type, ""));
    }
    let refused = site.client.head(site.url("/search?f=ndjson&token=none")).send().await.unwrap();
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn pages_link_to_the_other_forms() {
    let site = Site::start().await;
    for path in ["/search?ids=s03,s05&limit=1", "/collections/sentinel2/items?limit=3", "/collections/sentinel2/items"]
    {
        let page = site.get(path).await;
        let links = page.json()["links"].as_array().unwrap().clone();
        let others: Vec<&Value> = links.iter().filter(|link| link["rel"] == "alternate").collect();
        assert_eq!(others.len(), FORMS.len());
        for (link, (form, media_type)) in others.iter().zip(FORMS) {
            assert_eq!(link["type"], media_type);
            let other = site.get(link["href"].as_str().unwrap().strip_prefix(&site.base).unwrap()).await;
            assert_eq!((other.status, other.header("content-type")), (200, media_type));
            if form != "parquet" {
                assert_eq!(ids(&other), page.ids(), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn every_other_form_that_is_linked_to_can_be_had() {
    let site = Site::start().await;
    let mercator = "crs=http://www.opengis.net/def/crs/EPSG/0/3857";
    for (query, forms) in [
        ("fields=id".to_owned(), &FORMS[..2]),
        ("fields=".to_owned(), &FORMS[..2]),
        (mercator.to_owned(), &FORMS[..2]),
        ("crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84".to_owned(), &FORMS),
        ("%66=geojson&%6Cimit=2&ids=s03,s05".to_owned(), &FORMS),
    ] {
        for path in ["/search", "/collections/sentinel2/items"] {
            let page = site.get(&format!("{path}?{query}")).await;
            let links = page.json()["links"].as_array().unwrap().clone();
            let others: Vec<&Value> = links.iter().filter(|link| link["rel"] == "alternate").collect();
            let types: Vec<&str> = others.iter().map(|link| link["type"].as_str().unwrap()).collect();
            assert_eq!(types, forms.iter().map(|(_, media_type)| *media_type).collect::<Vec<_>>(), "{query}");
            for link in others {
                let href = link["href"].as_str().unwrap().strip_prefix(&site.base).unwrap();
                let other = site.get(href).await;
                assert_eq!(
                    (other.status, other.header("content-type")),
                    (200, link["type"].as_str().unwrap()),
                    "{href}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_with_what_can() {
    let site = Site::start().await;
    for path in ["/search", "/collections/sentinel2/items"] {
        accepting(&site, path, "text/csv").await.assert_problem(406, &["`Accept`", "application/x-ndjson"]);
        accepting(&site, &format!("{path}?f=parquet"), "application/geo+json")
            .await
            .assert_problem(400, &["`f`", "application/vnd.apache.parquet", "`Accept` rules out"]);
        accepting(&site, &format!("{path}?f=geojson"), "application/x-ndjson")
            .await
            .assert_problem(400, &["`f`", "`Accept` rules out"]);
        for (query, words) in [
            ("f=csv", ["`f`", "geojson, geojsonseq, ndjson, parquet"]),
            ("f=ndjson&f=parquet", ["`f`", "give it once"]),
            ("f=parquet&fields=id", ["`fields`", "every column"]),
            ("f=ndjson&limit=-1", ["`limit`", "whole number from 0"]),
            ("f=ndjson&limit=all", ["`limit`", "a form without pages as many as are asked for"]),
            ("f=ndjson&limit=ten", ["`ten`", "whole number from 0"]),
            ("f=geojsonseq&token=x", ["token", "`next` link"]),
            ("f=ndjson&bbox=1,2,3", ["3 numbers", "west,south,east,north"]),
        ] {
            site.get(&format!("{path}?{query}")).await.assert_problem(400, &words);
        }
    }
    site.post("/search?f=csv", &json!({})).await.assert_problem(400, &["`f`", "ndjson"]);
    site.post("/search?f=ndjson", &json!({"limit": -1})).await.assert_problem(400, &["`limit`"]);
    site.post("/search?f=ndjson", &json!({"f": "ndjson"})).await.assert_problem(400, &["`f`", "unknown field"]);
    site.get("/collections/none/items?f=ndjson").await.assert_problem(404, &["`none`"]);
    site.get("/collections?f=ndjson").await.assert_problem(400, &["`f`"]);
}

#[tokio::test]
async fn what_is_hidden_is_not_in_it() {
    let (site, issuer) = Site::guarded().await;
    let stranger = issuer.token("visitor", &["gardeners"]);
    let member = issuer.token("ranger", &["rangers"]);
    site.catalog
        .set_collection_policy(
            "secret",
            &CollectionPolicy {
                visibility: Visibility::Groups,
                subjects: [ardent_model::Subject::group("rangers")].into(),
                ..CollectionPolicy::default()
            },
        )
        .await
        .unwrap();
    for (form, _) in FORMS {
        let within = format!("/search?f={form}&collections=secret,sentinel2");
        for (path, visible) in [(format!("/search?f={form}"), SCENES + 2), (within, SCENES)] {
            let text = async |token: Option<&str>| {
                let mut request = site.client.get(site.url(&path));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 200, "{path}");
                let items = answer.headers().get("ardent-items").map(|items| items.to_str().unwrap().to_owned());
                let text = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
                (text, items)
            };
            for token in [None, Some(stranger.as_str())] {
                let (text, items) = text(token).await;
                // A table is compressed, and says how many items are in it.
                let is_there = items.is_some_and(|items| items == visible.to_string()) || text.contains("s03");
                assert!(is_there && !text.contains("hidden") && !text.contains("The secret"), "{path}");
            }
            let (text, items) = text(Some(&member)).await;
            let is_there = items.is_some_and(|items| items == (visible + 1).to_string()) || text.contains("hidden");
            assert!(is_there, "{path}: those who may see it do");
        }
        site.get(&format!("/collections/secret/items?f={form}")).await.assert_problem(404, &["`secret`"]);
    }
}

#[tokio::test]
async fn a_table_is_a_file() {
    let site = Site::start().await;
    let answer = site.client.get(site.url("/search?f=parquet")).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((answer.status().as_u16(), header("content-type").as_str()), (200, FORMS[2].1));
    assert_eq!(header("content-disposition"), "attachment; filename=\"items.parquet\"");
    assert_eq!(header("ardent-items"), (SCENES + 2).to_string());
    let length: usize = header("content-length").parse().unwrap();
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(bytes.len(), length);
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[tokio::test]
async fn a_table_that_cannot_be_made_says_why() {
    let site = Site::with(Settings { table_bytes: 3000, ..Settings::default() }).await;
    site.get("/search?f=parquet").await.assert_problem(413, &["narrow the search", "f=ndjson"]);
    assert_eq!(site.client.get(site.url("/search?f=parquet&limit=1")).send().await.unwrap().status(), 200);
    let clash = item("fiji", "clash", &json!({"type": "Point", "coordinates": [1, 2]}), "2018-01-01T00:00:00Z");
    site.catalog.put_items(vec![with_property(&clash, "assets", json!(1))]).await.unwrap();
    site.get("/search?f=parquet&ids=clash").await.assert_problem(422, &["`clash`", "`assets`", "f=ndjson"]);
    assert_eq!(ids(&site.get("/search?f=ndjson&ids=clash").await), ["clash"]);
}

/// More clients that read nothing than the pool has connections, and the server answers others at once.
#[tokio::test]
async fn who_reads_slowly_holds_nothing_of_the_database() {
    let site = with_many(4000, 4000).await;
    let address = site.base.strip_prefix("http://").unwrap();
    let mut dawdlers = Vec::new();
    for _ in 0..40 {
        let mut dawdler = TcpStream::connect(address).await.unwrap();
        dawdler.write_all(b"GET /search?f=ndjson HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut head = [0; 12];
        dawdler.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        dawdlers.push(dawdler);
    }
    for _ in 0..10 {
        let answer = tokio::time::timeout(Duration::from_secs(5), site.get("/search?limit=1")).await.unwrap();
        assert_eq!(answer.status, 200);
    }
    // Those who go away leave no trace; those who stay get everything.
    let mut patient = dawdlers.pop().unwrap();
    drop(dawdlers);
    let mut text = Vec::new();
    let mut part = vec![0; 1 << 20];
    while !text.ends_with(b"0\r\n\r\n") {
        let read = patient.read(&mut part).await.unwrap();
        assert!(read > 0, "broken off");
        text.extend_from_slice(&part[..read]);
    }
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("\"stac_version\"").count(), 4000 + SCENES + 2);
}

#[tokio::test]
async fn what_fails_midway_does_not_end_well() {
    let site = with_many(4000, 4000).await;
    let mut answer = site.client.get(site.url("/search?f=geojsonseq")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut bytes = answer.chunk().await.unwrap().unwrap().len();
    site.catalog.close().await;
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "{bytes} bytes came, and then an end as if that were all");
    assert!(bytes < 4000 * 4000, "the server had not read on");
    site.get("/search?f=ndjson").await.assert_problem(503, &["try again"]);
    let refused = site.get("/search?f=parquet").await;
    refused.assert_problem(503, &["try again"]);
    assert_eq!(refused.header("retry-after"), "5");
}
