//! `child` and `item` links lead from the landing page to every item that one may see, and to no other.

use std::collections::BTreeSet;

use ardent_catalog::NewItem;
use ardent_model::Item;
use serde_json::{Value, json};

use crate::site::{SCENES, Site};

/// Items of one day: more than two catalogues have links to.
const CROWD: usize = 1203;

fn links<'a>(document: &'a Value, rel: &str) -> Vec<&'a str> {
    let links = document["links"].as_array().unwrap().iter().filter(|link| link["rel"] == rel);
    links.map(|link| link["href"].as_str().unwrap()).collect()
}

/// What the links lead to: items, and how many catalogues are on the way.
async fn browse(site: &Site, token: Option<&str>) -> (BTreeSet<String>, usize) {
    let mut waiting = vec![site.url("/")];
    let (mut items, mut catalogs) = (BTreeSet::new(), BTreeSet::new());
    while let Some(href) = waiting.pop() {
        assert!(catalogs.insert(href.clone()), "{href} is reached twice");
        let page = site.send(("get", href.strip_prefix(&site.base).unwrap()), token, None).await;
        assert_eq!(page.status, 200, "{href}: {}", page.text);
        let document = page.json();
        let found = links(&document, "item");
        assert!(found.len() <= 500, "{href}");
        for item in found {
            assert!(items.insert(item.to_owned()), "{item} is reached twice");
        }
        let children = links(&document, "child");
        check(&document, &href, !children.is_empty());
        if let Some(listed) = links(&document, "children").first() {
            let answer = site.send(("get", listed.strip_prefix(&site.base).unwrap()), token, None).await;
            assert_eq!(answer.status, 200, "{listed}: {}", answer.text);
            let answer = answer.json();
            assert_eq!((links(&answer, "self"), links(&answer, "root")), (vec![*listed], vec![site.url("/").as_str()]));
            let own: Vec<&str> =
                answer["children"].as_array().unwrap().iter().map(|child| links(child, "self")[0]).collect();
            assert_eq!(own, children, "{listed} has what the links lead to");
            for child in answer["children"].as_array().unwrap() {
                let whole = site.send(("get", links(child, "self")[0].strip_prefix(&site.base).unwrap()), token, None);
                assert_eq!(*child, whole.await.json(), "whole");
            }
        }
        waiting.extend(children.into_iter().map(ToOwned::to_owned));
    }
    (items, catalogs.len())
}

/// That a document is a catalogue or a collection with what these must have.
fn check(document: &Value, href: &str, has_children: bool) {
    let kind = document["type"].as_str().unwrap();
    assert!(matches!(kind, "Catalog" | "Collection"), "{href}");
    for name in ["stac_version", "id", "description"] {
        assert!(document[name].as_str().is_some_and(|text| !text.is_empty()), "{href}: {name}");
    }
    assert_eq!(links(document, "self"), [href]);
    assert_eq!(links(document, "children").len(), usize::from(has_children), "{href}");
}

async fn crowd(site: &Site) {
    let item = |number: usize| {
        let document = json!({
            "type": "Feature", "stac_version": "1.1.0", "id": format!("c/{number}"), "collection": "fiji", "links": [],
            "geometry": {"type": "Point", "coordinates": [178, -17]}, "bbox": [178, -17, 178, -17], "assets": {},
            "properties": {"datetime": format!("2020-02-29T{:02}:30:00Z", number % 24)},
        });
        NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap()
    };
    site.catalog.put_items((0..CROWD).map(item).collect()).await.unwrap();
}

#[tokio::test]
async fn every_item_is_reached_and_none_that_is_hidden() {
    let (site, issuer) = Site::guarded().await;
    crowd(&site).await;
    let admins = ardent_model::Subject::group("admins");
    site.catalog.set_grant(&admins, ardent_model::Scopes::from_iter([ardent_model::Scope::Admin])).await.unwrap();
    let (anonymous, catalogs) = browse(&site, None).await;
    assert_eq!(anonymous.len(), SCENES + 2 + CROWD);
    // The landing page; two collections; each with all, one year and month with six days; all, three years, three
    // months, three days and two catalogues with the rest of the crowd.
    assert_eq!(catalogs, 1 + 2 + (1 + 1 + 1 + 6) + (1 + 3 + 3 + 3 + 2));
    assert!(!anonymous.iter().any(|href| href.contains("secret")), "what is hidden is not reached");
    let (all, _) = browse(&site, Some(&issuer.token("keeper", &["admins"]))).await;
    assert_eq!(all.len(), anonymous.len() + 1);
    let hidden: Vec<&String> = all.difference(&anonymous).collect();
    assert_eq!(hidden, [&site.url("/collections/secret/items/hidden")]);
    for href in anonymous.iter().take(20) {
        assert_eq!(site.get(href.strip_prefix(&site.base).unwrap()).await.status, 200, "{href}");
    }
}

#[tokio::test]
async fn children_are_the_collections_page_by_page() {
    let site = Site::start().await;
    let whole = site.get("/collections").await.json()["collections"].clone();
    for (query, expected) in [("", whole.clone()), ("?type=Collection", whole.clone()), ("?type=Catalog", json!([]))] {
        let page = site.get(&format!("/children{query}")).await;
        assert_eq!((page.status, &page.json()["children"]), (200, &expected), "{query}");
        assert_eq!(page.json()["numberMatched"], expected.as_array().unwrap().len());
        assert_eq!(page.link("parent").unwrap()["href"], site.url("/"));
    }
    let first = site.get("/children?limit=1&type=Collection").await;
    let next = first.link("next").unwrap()["href"].as_str().unwrap().to_owned();
    assert!(next.contains("type=Collection"), "{next}");
    let second = site.get(next.strip_prefix(&site.base).unwrap()).await;
    assert_eq!(json!([first.json()["children"][0], second.json()["children"][0]]), whole);
    assert!(second.link("next").is_none());
    for (path, count) in [
        ("/collections/fiji/children", 1),
        ("/collections/fiji/children?type=Catalog", 1),
        ("/collections/fiji/children?type=Collection", 0),
        ("/collections/fiji/dates/all/children?type=Catalog", 2),
        ("/collections/fiji/dates/all/children?type=Collection", 0),
        ("/collections/fiji/dates/2019-06-01/children", 0),
    ] {
        let page = site.get(path).await;
        assert_eq!((page.status, page.json()["children"].as_array().unwrap().len()), (200, count), "{path}");
    }
}

#[tokio::test]
async fn a_collection_without_items_leads_to_an_empty_catalogue() {
    let site = Site::start().await;
    let empty = json!({"type": "Collection", "stac_version": "1.1.0", "id": "empty", "description": "d", "links": [],
        "license": "other"});
    site.catalog.put_collection(&ardent_model::Collection::from_stac(empty).unwrap()).await.unwrap();
    let catalog = site.get("/collections/empty/dates/all").await;
    assert_eq!(catalog.status, 200, "{}", catalog.text);
    check(&catalog.json(), &site.url("/collections/empty/dates/all"), false);
    assert_eq!(site.get("/collections/empty/dates/all/children").await.json()["children"], json!([]));
}
