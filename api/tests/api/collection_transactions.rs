//! Adding, changing and removing collections.

use std::{collections::BTreeMap, time::Duration};

use ardent_catalog::{Access, AuditQuery, Error, Terms};
use ardent_model::Collection;
use serde_json::{Value, json};

use crate::{
    site::{Got, Site},
    writer::{Write, bare, product, scene, site},
};

#[tokio::test]
async fn a_collection_is_its_creators_from_beginning_to_end() {
    let (site, issuer) = site().await;
    let (alice, bob) = (issuer.token("alice", &["writers"]), issuer.token("bob", &["writers"]));
    let (alice, bob) = (Write { site: &site, token: &alice }, Write { site: &site, token: &bob });
    let added = alice.json(("post", "/collections"), &product("alices")).await;
    let path = "/collections/alices";
    assert_eq!((added.status, added.header("location")), (201, site.url(path).as_str()), "{}", added.text);
    let read = alice.get(path).await;
    assert_eq!((read.status, read.header("etag")), (200, added.header("etag")));
    assert_eq!(bare(read.json()), bare(product("alices")));
    let policy = site.catalog.collection_policy("alices").await.unwrap().unwrap();
    assert_eq!(
        serde_json::to_value(policy).unwrap(),
        json!({"visibility": "owner", "subjects": [], "owner": "user:alice"})
    );
    assert_eq!(alice.json(("post", "/collections/alices/items"), &scene("1")).await.status, 201);

    // To others it is not there, and its name is taken.
    let body = product("alices");
    for target in [("get", path), ("put", path), ("patch", path), ("delete", path)] {
        let got = if target.0 == "get" { bob.get(path).await } else { bob.json(target, &body).await };
        got.assert_problem(404, &["`alices`"]);
    }
    bob.json(("post", "/collections"), &body).await.assert_problem(409, &["`alices` is there already"]);
    assert_eq!(site.get(path).await.status, 404);

    // Its items do not change its version, its document does.
    let merge = json!({"title": "Hers", "summaries": {"gsd": [10]}}).to_string();
    let tag = read.header("etag");
    let patched = alice.send(("patch", path), ("application/merge-patch+json", &merge), &[("if-match", tag)]).await;
    assert_eq!((patched.status, &patched.json()["title"]), (200, &json!("Hers")), "{}", patched.text);
    assert_eq!(patched.json()["extent"]["spatial"]["bbox"], json!([[1.0, 2.0, 1.0, 2.0]]), "that of its item");
    let stale = alice.send(("put", path), ("application/json", &body.to_string()), &[("if-match", tag)]).await;
    stale.assert_problem(412, &["collection `alices`"]);
    let stale = alice.send(("delete", path), ("", ""), &[("if-match", tag)]).await;
    stale.assert_problem(412, &["collection `alices`"]);
    let replaced = alice.json(("put", path), &body).await;
    assert_eq!((replaced.status, replaced.json().get("title")), (200, None));

    let removed = alice.send(("delete", path), ("", ""), &[("if-match", replaced.header("etag"))]).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_eq!(alice.get(path).await.status, 404);
    assert_eq!(alice.get("/collections/alices/items/1").await.status, 404);

    // Whoever makes it again has a collection of their own.
    let again = bob.json(("post", "/collections?visibility=public"), &body).await;
    assert_eq!(again.status, 201);
    assert_eq!(site.get("/collections/alices/items").await.ids(), [""; 0]);
    assert_eq!(alice.get(path).await.status, 200);
    for target in [("put", path), ("delete", path), ("post", "/collections/alices/items")] {
        let body = if target.0 == "post" { scene("1") } else { body.clone() };
        alice.json(target, &body).await.assert_problem(403, &["`alices`", "somebody else's"]);
    }
    let several = json!({"collections": [product("c1"), product("c2")]});
    let receipt = bob.json(("post", "/collections"), &several).await;
    assert_eq!((receipt.status, receipt.header("location"), &receipt.json()["inserted"]), (201, "", &json!(2)));
    let children = receipt.json()["links"].as_array().unwrap().iter().filter(|link| link["rel"] == "child").count();
    assert_eq!(children, 2);
    let taken = json!({"collections": [product("c3"), product("c2")]});
    bob.json(("post", "/collections"), &taken).await.assert_problem(409, &["`c2`"]);
    assert_eq!(bob.get("/collections/c3").await.status, 404, "none of them");
}

/// The document of a collection as it is stored.
async fn stored(site: &Site, id: &str) -> Value {
    let mut stored = Value::Null;
    let look = |document: Value| {
        stored = document.clone();
        Collection::from_stac(document).map_err(Error::from)
    };
    site.catalog.change_collection(id, &Terms::always(Access::Full), look).await.unwrap();
    stored
}

/// What the server puts into a collection on its way out does not come back into it.
#[tokio::test]
async fn a_collection_that_is_read_and_put_back_is_as_it_was() {
    let (site, issuer) = site().await;
    let token = issuer.token("alice", &["writers"]);
    let alice = Write { site: &site, token: &token };
    let path = "/collections/alices";
    let mut document = product("alices");
    document["summaries"] = json!({"gsd": [10]});
    document["crs"] = json!(["http://www.opengis.net/def/crs/EPSG/0/2056"]);
    document["storageCrs"] = json!("http://www.opengis.net/def/crs/EPSG/0/2056");
    assert_eq!(alice.json(("post", "/collections"), &document).await.status, 201);
    let first = stored(&site, "alices").await;
    assert!(first.get("crs").is_none() && first.get("storageCrs").is_none(), "{first}");
    let mut item = scene("1");
    item["properties"]["eo:cloud_cover"] = json!(7);
    assert_eq!(alice.json(("post", "/collections/alices/items"), &item).await.status, 201);

    let read = alice.get(path).await;
    let served = read.json();
    assert!(served["auth:schemes"].is_object() && served["crs"].is_array(), "{served}");
    assert_eq!(served["extent"]["spatial"]["bbox"], json!([[1.0, 2.0, 1.0, 2.0]]));
    let put = alice.send(("put", path), ("application/json", &read.text), &[("if-match", read.header("etag"))]).await;
    assert_eq!((put.status, put.header("etag")), (200, read.header("etag")), "{}", put.text);
    assert_eq!(stored(&site, "alices").await.to_string(), first.to_string());

    // A change to one member is that alone, in whichever order the members come.
    let mut changed: Value =
        serde_json::to_value(served.as_object().unwrap().iter().rev().collect::<BTreeMap<_, _>>()).unwrap();
    changed["title"] = json!("Hers");
    let version = |got: &Got| got.header("etag").trim_matches('"').split('.').next().unwrap().to_owned();
    let put = alice.json(("put", path), &changed).await;
    assert_ne!(version(&put), version(&read));
    let mut expected = first;
    expected["title"] = json!("Hers");
    assert_eq!(stored(&site, "alices").await, expected);

    // What its items have goes on growing.
    let mut later = scene("2");
    later["properties"] = json!({"datetime": "2025-06-01T11:00:00Z", "eo:cloud_cover": 50});
    later["geometry"]["coordinates"] = json!([3.0, 4.0]);
    later["bbox"] = json!([3.0, 4.0, 3.0, 4.0]);
    assert_eq!(alice.json(("post", "/collections/alices/items"), &later).await.status, 201);
    let grown = alice.get(path).await;
    assert_eq!(version(&grown), version(&put));
    let grown = grown.json();
    assert_eq!(grown["summaries"]["eo:cloud_cover"], json!({"minimum": 7, "maximum": 50}));
    assert_eq!(grown["summaries"]["gsd"], json!([10]));
    assert_eq!(grown["extent"]["spatial"]["bbox"], json!([[1.0, 2.0, 3.0, 4.0]]));
    assert_eq!(grown["extent"]["temporal"]["interval"], json!([["2024-06-01T11:00:00Z", "2025-06-01T11:00:00Z"]]));
}

#[tokio::test]
async fn several_collections_are_listed_in_the_audit_up_to_a_number() {
    let (site, issuer) = site().await;
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let ids: Vec<String> = (0..60).map(|number| format!("a {number:02}")).collect();
    let list = json!({"collections": ids.iter().map(|id| product(id)).collect::<Vec<_>>()});
    let receipt = writer.json(("post", "/collections?visibility=public"), &list).await;
    assert_eq!((receipt.status, &receipt.json()["inserted"]), (201, &json!(60)), "{}", receipt.text);
    let beside = json!({"collections": [product("x")], "visibility": "public"});
    writer.json(("post", "/collections"), &beside).await.assert_problem(422, &["`visibility`", "leave it out"]);
    let query = AuditQuery { action: Some("collection.create".to_owned()), ..AuditQuery::default() };
    let entries = site.catalog.audit(&query).await.unwrap();
    let [one] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(one.entry.target.as_deref(), Some("60 collections"));
    let detail: Value = serde_json::from_str(one.entry.detail.as_deref().unwrap()).unwrap();
    assert_eq!((&detail["collections"], &detail["ids"]), (&json!(60), &json!(ids[..50])));
    assert_eq!(detail["policy"]["visibility"], "public");
}

/// A removal that a server did not finish is finished by the next.
#[tokio::test]
async fn a_removal_that_was_cut_short_is_gone_on_with() {
    let (mut site, _issuer) = site().await;
    site.stop();
    (&mut site.running).await.unwrap().unwrap();
    site.catalog.remove_collection("fiji", &Terms::always(Access::Full)).await.unwrap();
    assert!(site.catalog.collection("fiji", &Access::Full).await.unwrap().is_none());
    assert_eq!(site.catalog.removed_collections().await.unwrap(), ["fiji"]);
    let second = site.another();
    for _ in 0..100 {
        if site.catalog.removed_collections().await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(site.catalog.removed_collections().await.unwrap().is_empty());
    drop(second);
}
