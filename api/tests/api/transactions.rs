//! Adding, changing and removing items.

use std::collections::BTreeMap;

use ardent_api::Settings;
use ardent_catalog::{Access, AuditQuery};
use ardent_model::{Scope, Scopes, Subject};
use serde_json::{Value, json};

use crate::{
    site::{Got, Site},
    writer::{ITEMS, Write, bare, product, scene, several, site},
};

#[tokio::test]
async fn an_item_is_added_read_replaced_changed_and_removed() {
    let (site, issuer) = site().await;
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let path = "/collections/sentinel2/items/new%20one";
    let added = writer.json(("post", ITEMS), &scene("new one")).await;
    assert_eq!((added.status, added.header("location")), (201, site.url(path).as_str()), "{}", added.text);
    let read = site.get(path).await;
    assert_eq!((read.status, read.header("etag")), (200, added.header("etag")));
    assert_eq!(read.json(), added.json());
    let mut expected = bare(scene("new one"));
    expected["collection"] = json!("sentinel2");
    assert_eq!(bare(read.json()), expected);
    writer.json(("post", ITEMS), &scene("new one")).await.assert_problem(409, &["`new one` is there already", "PUT"]);

    let mut other = scene("new one");
    other["properties"]["platform"] = json!("S2B");
    other.as_object_mut().unwrap().remove("id");
    let tag = read.header("etag");
    let geojson = ("application/geo+json; charset=utf-8", other.to_string());
    let geojson = (geojson.0, geojson.1.as_str());
    let replaced = writer.send(("put", path), geojson, &[("if-match", tag)]).await;
    assert_eq!((replaced.status, replaced.header("content-location")), (200, site.url(path).as_str()));
    assert_eq!(replaced.json()["properties"]["platform"], "S2B");
    assert_ne!(replaced.header("etag"), tag);
    let words = ["item `new one` is at the version", "read it again"];
    writer.send(("put", path), geojson, &[("if-match", tag)]).await.assert_problem(412, &words);
    let same = writer.send(("put", path), geojson, &[]).await;
    assert_eq!(same.header("etag"), replaced.header("etag"), "the same document is the same version");

    let prefer = [("prefer", "respond-async, Return=minimal")];
    let silent = writer.send(("put", path), geojson, &prefer).await;
    assert_eq!((silent.status, silent.text.as_str()), (204, ""));
    let told = (silent.header("etag"), silent.header("preference-applied"), silent.header("content-location"));
    assert_eq!(told, (replaced.header("etag"), "return=minimal", site.url(path).as_str()));

    let merge = json!({"properties": {"eo:cloud_cover": 7, "platform": null}});
    for media_type in ["application/merge-patch+json", "application/json"] {
        let patched = writer.send(("patch", path), (media_type, &merge.to_string()), &[]).await;
        assert_eq!(patched.status, 200, "{}", patched.text);
        let properties = json!({"datetime": "2024-06-01T11:00:00Z", "eo:cloud_cover": 7});
        assert_eq!(patched.json()["properties"], properties);
    }
    let operations = json!([
        {"op": "test", "path": "/properties/eo:cloud_cover", "value": 7},
        {"op": "add", "path": "/assets/thumbnail", "value": {"href": "s3://archive/t.png"}},
    ]);
    let body = ("application/json-patch+json", operations.to_string());
    let patched = writer.send(("patch", path), (body.0, &body.1), &[]).await;
    assert_eq!(patched.json()["assets"]["thumbnail"]["href"], "s3://archive/t.png");
    assert_eq!(site.get(path).await.json(), patched.json());

    let stale = writer.send(("delete", path), ("", ""), &[("if-match", tag)]).await;
    stale.assert_problem(412, &["`new one`"]);
    let removed = writer.send(("delete", path), ("", ""), &[("if-match", patched.header("etag"))]).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_eq!(site.get(path).await.status, 404);
    for method in ["delete", "put", "patch"] {
        let body = if method == "delete" { ("", "") } else { geojson };
        let body = if method == "patch" { ("application/json", "{}") } else { body };
        writer.send((method, path), body, &[]).await.assert_problem(404, &["`new one`", "`sentinel2`"]);
    }
}

#[tokio::test]
async fn several_items_are_added_or_none() {
    let (site, issuer) = site().await;
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let added = writer.json(("post", ITEMS), &several(&["n1", "n2", "n3"])).await;
    assert_eq!((added.status, added.header("location")), (201, ""), "{}", added.text);
    let receipt = added.json();
    assert_eq!([&receipt["inserted"], &receipt["updated"], &receipt["unchanged"]], [3, 0, 0]);
    assert_eq!(added.link("items").unwrap()["href"], site.url(ITEMS));
    assert_eq!(site.get("/search?ids=n1,n2,n3").await.ids().len(), 3);

    let taken = writer.json(("post", ITEMS), &several(&["n4", "n3", "s00"])).await;
    taken.assert_problem(409, &["`n3`, `s00` are there already"]);
    let mut faulty = several(&["n4", "n5", "n6", "n4"]);
    faulty["features"][1]["geometry"] = Value::Null;
    faulty["features"][2]["collection"] = json!("fiji");
    let faulty = writer.json(("post", ITEMS), &faulty).await;
    faulty.assert_problem(422, &["3 of 4", "[1] \"n5\"", "geometry", "[2] \"n6\"", "\"fiji\"", "twice"]);
    let errors = faulty.json()["errors"].as_array().unwrap().clone();
    let places: Vec<_> = errors.iter().map(|error| (error["index"].as_u64().unwrap(), error["id"].clone())).collect();
    assert_eq!(places, [(1, json!("n5")), (2, json!("n6")), (3, json!("n4"))]);
    assert!(errors[0]["reason"].as_str().unwrap().contains("geometry"));
    assert_eq!(site.get("/search?ids=n4,n5,n6").await.ids(), [""; 0], "none of them");
}

#[tokio::test]
async fn bad_writes_say_what_would_pass() {
    let (site, issuer) = site().await;
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let item = "/collections/sentinel2/items/s00";
    let elsewhere = |member: &str, value: &str| {
        let mut scene = scene("s00");
        scene[member] = json!(value);
        scene
    };
    let mut nameless = scene("x");
    nameless.as_object_mut().unwrap().remove("id");
    for (target, body, status, words) in [
        (("post", ITEMS), json!([]), 422, vec!["not a JSON object"]),
        (("post", ITEMS), json!({}), 422, vec!["`id`"]),
        (("post", ITEMS), nameless, 422, vec!["`id`"]),
        (("post", ITEMS), json!({"type": "FeatureCollection", "features": []}), 422, vec!["`features`"]),
        (("post", ITEMS), json!({"type": "FeatureCollection", "features": 3}), 422, vec!["`features`"]),
        (("post", ITEMS), elsewhere("collection", "fiji"), 400, vec!["\"fiji\"", "\"sentinel2\""]),
        (("put", item), elsewhere("id", "s01"), 400, vec!["\"s01\"", "\"s00\""]),
        (("put", item), elsewhere("collection", "fiji"), 400, vec!["\"fiji\"", "\"sentinel2\""]),
        (("put", item), elsewhere("geometry", "here"), 422, vec!["s00"]),
        (("patch", item), json!({"id": "s01"}), 400, vec!["\"s01\"", "\"s00\""]),
        (("patch", item), json!({"collection": "fiji"}), 400, vec!["\"fiji\""]),
        (("patch", item), json!({"geometry": null}), 422, vec!["geometry"]),
        (("patch", item), json!({"properties": {"datetime": null}}), 422, vec!["datetime"]),
        (("patch", item), json!([]), 422, vec!["JSON object"]),
        (("post", "/collections/none/items"), scene("x"), 404, vec!["`none`"]),
        (("put", "/collections/none/items/x"), scene("x"), 404, vec!["`none`"]),
        (("post", "/collections"), json!({"collections": []}), 422, vec!["`collections`"]),
        (("post", "/collections"), json!([product("x")]), 422, vec!["not a JSON object"]),
        (("post", "/collections"), json!({"type": "Catalog", "id": "x"}), 422, vec!["`stac_version`"]),
        (("post", "/collections"), product("sentinel2"), 409, vec!["`sentinel2` is there already"]),
        (("post", "/collections?visibility=groups"), product("x"), 400, vec!["`visibility`", "owner", "public"]),
        (("post", "/collections?x=1"), product("x"), 400, vec!["`x`", "visibility"]),
        (("post", "/collections/sentinel2/items?x=1"), scene("x"), 400, vec!["`x`", "none"]),
        (("put", "/collections/sentinel2"), product("fiji"), 400, vec!["\"fiji\"", "\"sentinel2\""]),
        (("patch", "/collections/sentinel2"), json!({"id": "x"}), 400, vec!["\"x\"", "\"sentinel2\""]),
        (("patch", "/collections/sentinel2"), json!({"license": null}), 422, vec!["`license`"]),
        (("put", "/collections/none"), product("none"), 404, vec!["`none`"]),
        (("patch", "/collections/none"), json!({}), 404, vec!["`none`"]),
        (("patch", item), json!({"bbox": [1, 9, 3, 4]}), 422, vec!["`bbox`", "south side"]),
        (
            ("patch", "/collections/sentinel2"),
            json!({"extent": {"spatial": {"bbox": [[0, 0, 200, 1]]}}}),
            422,
            vec!["`extent.spatial.bbox`", "longitudes"],
        ),
    ] {
        writer.json(target, &body).await.assert_problem(status, &words);
    }
    for target in [("post", ITEMS), ("put", item), ("patch", item), ("post", "/collections")] {
        writer.send(target, ("application/json", "{\"a\": }"), &[]).await.assert_problem(400, &["line 1 column 7"]);
        writer.send(target, ("application/json", ""), &[]).await.assert_problem(400, &["empty"]);
        let deep = "[".repeat(10_000);
        writer.send(target, ("application/json", &deep), &[]).await.assert_problem(400, &["recursion"]);
    }
    let operations = json!([{"op": "test", "path": "/id", "value": "other"}]).to_string();
    let tested = writer.send(("patch", item), ("application/json-patch+json", &operations), &[]).await;
    tested.assert_problem(409, &["operation 0", "`/id`"]);
    assert_eq!(site.get("/collections/sentinel2/items?limit=100").await.ids().len(), crate::site::SCENES);
}

#[tokio::test]
async fn media_types_are_those_of_each_method() {
    let (site, issuer) = site().await;
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let (item, collection) = ("/collections/sentinel2/items/s00", "/collections/sentinel2");
    let merge = "application/merge-patch+json";
    for (target, media_type, header) in [
        (("post", ITEMS), "text/plain", "accept-post"),
        (("post", ITEMS), merge, "accept-post"),
        (("post", "/collections"), "application/geo+json", "accept-post"),
        (("put", item), merge, "accept"),
        (("put", collection), "application/x-www-form-urlencoded", "accept"),
        (("patch", item), "application/geo+json", "accept-patch"),
        (("patch", collection), "application/yaml", "accept-patch"),
    ] {
        let refused = writer.send(target, (media_type, "{}"), &[]).await;
        refused.assert_problem(415, &[media_type, "application/json"]);
        assert!(refused.header(header).contains("application/json"), "{target:?}: {header}");
    }
    let bodiless = writer.send(("put", item), ("", ""), &[]).await;
    bodiless.assert_problem(415, &["no `Content-Type`"]);
    let crs84 = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>";
    for (target, body) in [
        (("put", item), scene("s00")),
        (("post", ITEMS), scene("other")),
        (("patch", item), json!({})),
        (("put", collection), product("sentinel2")),
    ] {
        let sent = async |name: &str, value: &str| {
            writer.send(target, ("application/json", &body.to_string()), &[(name, value)]).await
        };
        for other in ["<http://www.opengis.net/def/crs/EPSG/0/4326>", &crs84[1..crs84.len() - 1], "x"] {
            sent("content-crs", other).await.assert_problem(400, &["`Content-Crs`", "CRS84>", "leave it out"]);
        }
        let encoded = sent("content-encoding", "gzip").await;
        encoded.assert_problem(415, &["`Content-Encoding: gzip`", "as it is"]);
        assert_eq!(encoded.header("accept-encoding"), "identity");
        for (name, value) in [("content-crs", crs84), ("content-encoding", "identity")] {
            let taken = sent(name, value).await;
            assert!(matches!(taken.status, 200 | 201 | 409), "{name}: {}", taken.text);
        }
    }
    let search = site.client.post(site.url("/search")).header("content-encoding", "br").json(&json!({}));
    Got::from(search.send().await.unwrap()).await.assert_problem(415, &["`Content-Encoding: br`"]);
    let options = Got::from(site.client.request(reqwest::Method::OPTIONS, site.url(item)).send().await.unwrap()).await;
    assert_eq!(options.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
    assert!(options.header("accept-patch").contains("application/json-patch+json"));
}

#[tokio::test]
async fn conditions_are_those_of_each_method() {
    let (site, issuer) = site().await;
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let item = "/collections/sentinel2/items/s00";
    let body = scene("s00").to_string();
    let put = async |name, value: &str| writer.send(("put", item), ("application/json", &body), &[(name, value)]).await;
    let tag = site.get(item).await.header("etag").to_owned();
    put("if-none-match", "*").await.assert_problem(412, &["`s00`"]);
    put("if-none-match", &tag).await.assert_problem(412, &["`s00`"]);
    put("if-match", &format!("W/{tag}")).await.assert_problem(412, &["`s00`"]);
    put("if-match", "\"unknown\"").await.assert_problem(412, &["`s00`"]);
    put("if-match", "unquoted").await.assert_problem(400, &["`If-Match`", "quotes"]);
    put("if-unmodified-since", "Wed, 21 Oct 2015 07:28:00 GMT").await.assert_problem(400, &["If-Match"]);
    assert_eq!(put("if-match", &format!("\"other\", {tag}")).await.status, 200);
    assert_eq!(put("if-match", "*").await.status, 200);
    for (name, value) in [("if-match", "*"), ("if-none-match", "*")] {
        let posted = writer.send(("post", ITEMS), ("application/json", &body), &[(name, value)]).await;
        posted.assert_problem(400, &["POST only adds"]);
    }
    let missing = "/collections/sentinel2/items/none";
    let put =
        writer.send(("put", missing), ("application/json", &scene("none").to_string()), &[("if-match", "*")]).await;
    put.assert_problem(404, &["`none`"]);
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused() {
    let settings = Settings { body_bytes: 10_000, anonymous: Scopes::from_iter([Scope::Read]), ..Settings::default() };
    let (site, issuer) = Site::guarded_with(settings).await;
    site.catalog.set_grant(&Subject::group("writers"), Scopes::from_iter([Scope::Ingest])).await.unwrap();
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let mut large = scene("s00");
    large["properties"]["note"] = json!("x".repeat(10_000));
    for target in [("post", ITEMS), ("put", "/collections/sentinel2/items/s00"), ("post", "/collections")] {
        writer.json(target, &large).await.assert_problem(413, &["10000 bytes"]);
    }
    // A document does not grow beyond it piece by piece.
    let item = "/collections/sentinel2/items/s00";
    let piece = |number: u32| json!({"properties": {format!("note{number}"): "x".repeat(6000)}});
    assert_eq!(writer.json(("patch", item), &piece(1)).await.status, 200);
    writer.json(("patch", item), &piece(2)).await.assert_problem(413, &["10000 bytes"]);
}

/// Many who have read the same version write at once, over HTTP: one wins.
#[tokio::test]
async fn of_many_writers_exactly_one_wins() {
    let (site, issuer) = site().await;
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let item = "/collections/sentinel2/items/s00";
    for round in 0..5 {
        let tag = site.get(item).await.header("etag").to_owned();
        let writes = (0..24).map(|number| {
            let mut scene = scene("s00");
            scene["properties"]["by"] = json!(format!("{round}-{number}"));
            let (writer, tag) = (&writer, tag.as_str());
            async move {
                let body = scene.to_string();
                let got = writer.send(("put", item), ("application/json", &body), &[("if-match", tag)]).await;
                (got.status, scene["properties"]["by"].clone())
            }
        });
        let mut statuses: BTreeMap<u16, Vec<Value>> = BTreeMap::new();
        for (status, by) in futures::future::join_all(writes).await {
            statuses.entry(status).or_default().push(by);
        }
        let counts: Vec<_> = statuses.iter().map(|(status, all)| (*status, all.len())).collect();
        assert_eq!(counts, [(200, 1), (412, 23)]);
        assert_eq!(site.get(item).await.json()["properties"]["by"], statuses[&200][0]);
    }
    let pair = several(&["p2", "p1"]);
    let posts = (0..16).map(|_| async { writer.json(("post", ITEMS), &pair).await.status });
    let mut statuses = futures::future::join_all(posts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 15]].concat());
}

#[tokio::test]
async fn who_may_write_is_decided_at_the_gate_and_in_the_catalogue() {
    let (site, issuer) = site().await;
    let writer = issuer.token("writer", &["writers"]);
    let reader = issuer.token("reader", &[]);
    let admin = issuer.token("keeper", &["admins"]);
    let targets = |collection: &str| {
        let (path, items) = (format!("/collections/{collection}"), format!("/collections/{collection}/items"));
        let id = if collection == "secret" { "hidden" } else { "s00" };
        let item = format!("{items}/{id}");
        vec![
            ("post", items, scene("extra")),
            ("put", item.clone(), scene(id)),
            ("patch", item.clone(), json!({})),
            ("delete", item, Value::Null),
            ("put", path.clone(), product(collection)),
            ("patch", path.clone(), json!({})),
            ("delete", path, Value::Null),
        ]
    };
    let send = async |token: Option<&str>, (method, path, body): &(&str, String, Value)| {
        let body = (!body.is_null()).then_some(body);
        site.send((method, path), token, body).await
    };
    for target in targets("sentinel2") {
        send(None, &target).await.assert_problem(401, &["`ingest`"]);
        send(Some(&reader), &target).await.assert_problem(403, &["`ingest`"]);
    }
    // What is hidden is as if it were not there, whatever is sent.
    for (hidden, missing) in targets("secret").iter().zip(targets("nothing")) {
        let (hidden, missing) = (send(Some(&writer), hidden).await, send(Some(&writer), &missing).await);
        assert_eq!((hidden.status, missing.status), (404, 404), "{}", hidden.text);
        let detail = |got: &Got| got.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(detail(&hidden).replace("secret", "nothing"), detail(&missing));
    }
    assert!(site.catalog.item("secret", "hidden", &Access::Full).await.unwrap().is_some());
    // What is nobody's is written to by all who may, and removed by admins.
    for target in targets("sentinel2") {
        let expected = match (target.0, target.1.ends_with("/sentinel2")) {
            ("post", _) => 201,
            ("delete", true) => 403,
            ("delete", false) => 204,
            _ => 200,
        };
        assert_eq!(send(Some(&writer), &target).await.status, expected, "{target:?}");
    }
    for (target, status) in targets("secret").iter().zip([201, 200, 200, 204, 200, 200, 204]) {
        assert_eq!(send(Some(&admin), target).await.status, status, "{target:?}");
    }
}

#[tokio::test]
async fn every_write_is_in_the_audit_and_what_came_of_it() {
    let (site, issuer) = site().await;
    let token = issuer.token("writer", &["writers"]);
    let writer = Write { site: &site, token: &token };
    let item = "/collections/mine/items/1";
    writer.json(("post", "/collections"), &product("mine")).await;
    writer.json(("post", "/collections/mine/items"), &scene("1")).await;
    writer.json(("post", "/collections/mine/items"), &several(&["2", "3"])).await;
    writer.json(("put", item), &scene("1")).await;
    writer.json(("patch", item), &json!({})).await;
    writer.send(("delete", item), ("", ""), &[]).await;
    writer.send(("delete", item), ("", ""), &[]).await;
    writer.json(("put", "/collections/mine"), &product("mine")).await;
    writer.json(("patch", "/collections/mine"), &json!({})).await;
    writer.send(("delete", "/collections/mine"), ("", ""), &[]).await;
    let query = AuditQuery { actor: Some("user:writer".to_owned()), ..AuditQuery::default() };
    let mut entries = site.catalog.audit(&query).await.unwrap();
    entries.reverse();
    let told: Vec<_> = entries
        .iter()
        .map(|one| (one.entry.action.as_str(), one.entry.target.as_deref().unwrap(), one.entry.outcome.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("collection.create", "mine", "done"),
            ("item.create", "mine/1", "done"),
            ("item.create", "mine", "done"),
            ("item.replace", "mine/1", "done"),
            ("item.patch", "mine/1", "done"),
            ("item.delete", "mine/1", "done"),
            ("item.delete", "mine/1", "done"),
            ("item.delete", "mine/1", "NotFound"),
            ("collection.replace", "mine", "done"),
            ("collection.patch", "mine", "done"),
            ("collection.delete", "mine", "done"),
        ]
    );
    let detail: Value = serde_json::from_str(entries[2].entry.detail.as_deref().unwrap()).unwrap();
    assert_eq!(detail, json!({"items": 2, "ids": ["2", "3"]}));
}
