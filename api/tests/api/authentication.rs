//! `auth:schemes` and `auth:refs` (STAC Authentication extension 1.1.0).

use ardent_api::Settings;
use ardent_model::{CollectionPolicy, Scope, Scopes, Subject, Visibility};
use serde_json::{Value, json};

use crate::site::Site;

const EXTENSION: &str = "https://stac-extensions.github.io/authentication/v1.1.0/schema.json";

/// Relation and address of each link that names schemes; all name all of them.
fn guarded(document: &Value) -> Vec<(String, String)> {
    let names: Vec<&String> = document["auth:schemes"].as_object().unwrap().keys().collect();
    let links = document["links"].as_array().unwrap().iter().filter(|link| link.get("auth:refs").is_some());
    links
        .map(|link| {
            assert_eq!(link["auth:refs"], json!(names));
            (link["rel"].as_str().unwrap().to_owned(), link["href"].as_str().unwrap().to_owned())
        })
        .collect()
}

/// What the extension requires of every document that names it.
fn check_members(document: &Value) {
    assert!(document["stac_extensions"].as_array().unwrap().contains(&json!(EXTENSION)), "{document}");
    for scheme in document["auth:schemes"].as_object().unwrap().values() {
        match scheme["type"].as_str().unwrap() {
            "http" => assert_eq!(scheme["scheme"], "bearer"),
            "openIdConnect" => assert!(scheme["openIdConnectUrl"].as_str().unwrap().starts_with("http")),
            other => panic!("{other} has other required members"),
        }
    }
}

#[tokio::test]
async fn without_an_identity_provider_nothing_is_declared() {
    let site = Site::start().await;
    for path in ["/", "/collections", "/collections/sentinel2", "/search", "/collections/sentinel2/items/s00"] {
        let text = site.get(path).await.text;
        assert!(!text.contains("auth:") && !text.contains(EXTENSION), "{path}: {text}");
    }
}

#[tokio::test]
async fn the_schemes_lead_to_the_issuer_and_its_tokens_work() {
    let (site, issuer) = Site::guarded().await;
    for path in ["/", "/collections/sentinel2"] {
        let document = site.get(path).await.json();
        check_members(&document);
        let schemes = document["auth:schemes"].as_object().unwrap();
        let kinds: Vec<&Value> = schemes.values().map(|scheme| &scheme["type"]).collect();
        assert_eq!(kinds, ["openIdConnect", "http"]);
        let url = schemes.values().find_map(|scheme| scheme["openIdConnectUrl"].as_str()).unwrap();
        let description: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        assert_eq!(description["issuer"], issuer.url());
        assert_eq!(guarded(&document), [], "{path}: those who have not signed in may read all that is linked");
    }
    let listed = site.get("/collections").await.json();
    listed["collections"].as_array().unwrap().iter().for_each(check_members);
    let stored = site.get("/collections/sentinel2/items/s00").await.text;
    assert!(!stored.contains("auth:"), "items stay as they are stored");
}

#[tokio::test]
async fn links_to_what_is_restricted_name_the_schemes() {
    let (site, issuer) = Site::guarded().await;
    let policy = CollectionPolicy {
        visibility: Visibility::Groups,
        subjects: [Subject::group("rangers")].into(),
        ..CollectionPolicy::default()
    };
    site.catalog.set_collection_policy("fiji", &policy).await.unwrap();
    let token = issuer.token("ranger", &["rangers"]);
    let landing = site.get_as(&token, "/").await.json();
    assert_eq!(guarded(&landing), [("child".to_owned(), site.url("/collections/fiji"))]);
    let collection = site.get_as(&token, "/collections/fiji").await.json();
    check_members(&collection);
    let links = guarded(&collection);
    assert!(links.iter().all(|(_, href)| href.starts_with(&site.url("/collections/fiji"))), "{links:?}");
    for rel in ["self", "items", "aggregate", "aggregations"] {
        assert!(links.iter().any(|(known, _)| known == rel), "{rel}: {links:?}");
    }
    for (_, href) in links {
        assert_eq!(site.client.get(&href).send().await.unwrap().status().as_u16(), 404, "{href} without a token");
        assert_eq!(site.client.get(&href).bearer_auth(&token).send().await.unwrap().status().as_u16(), 200, "{href}");
    }
    assert_eq!(guarded(&site.get_as(&token, "/collections/sentinel2").await.json()), []);
    assert!(!site.get("/").await.text.contains("auth:refs"), "who does not see it is not told of it");
}

#[tokio::test]
async fn where_nothing_is_open_every_guarded_route_is_marked() {
    let settings = Settings { anonymous: Scopes::NONE, ..Settings::default() };
    let (site, issuer) = Site::guarded_with(settings).await;
    let token = issuer.token("ranger", &[]);
    let landing = site.get_as(&token, "/").await.json();
    check_members(&site.get("/").await.json());
    let marked: Vec<String> = guarded(&landing).into_iter().map(|(_, href)| href).collect();
    for link in landing["links"].as_array().unwrap() {
        let href = link["href"].as_str().unwrap();
        let by = if link["method"] == "POST" { site.client.post(href).json(&json!({})) } else { site.client.get(href) };
        let status = by.send().await.unwrap().status().as_u16();
        assert_eq!(status == 401, marked.contains(&href.to_owned()), "{href}: {status}");
    }
    assert!(marked.len() > 4, "{marked:?}");
}

#[tokio::test]
async fn what_a_collection_declares_of_its_own_stays() {
    let settings = Settings { anonymous: Scopes::from_iter([Scope::Read]), ..Settings::default() };
    let (site, _issuer) = Site::guarded_with(settings).await;
    let own = json!({"type": "s3"});
    let document = json!({
        "type": "Collection", "stac_version": "1.1.0", "id": "own", "description": "A test", "license": "CC0-1.0",
        "extent": {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[null, null]]}}, "links": [],
        "stac_extensions": [EXTENSION, "https://elsewhere.org/schema.json"], "auth:schemes": {"store": own},
        "assets": {"data": {"href": "s3://bucket/data", "auth:refs": ["store"]}},
    });
    site.catalog.put_collection(&ardent_model::Collection::from_stac(document.clone()).unwrap()).await.unwrap();
    let served = site.get("/collections/own").await.json();
    check_members_but_own(&served);
    assert_eq!(served["auth:schemes"]["store"], own);
    assert_eq!(served["assets"], document["assets"]);
    assert_eq!(served["stac_extensions"], document["stac_extensions"], "named once");
}

fn check_members_but_own(document: &Value) {
    let mut document = document.clone();
    document["auth:schemes"].as_object_mut().unwrap().remove("store");
    check_members(&document);
    assert_eq!(document["auth:schemes"].as_object().unwrap().len(), 2);
}
