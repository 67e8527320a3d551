//! Entity tags: who has a document already is told so.

use ardent_api::Settings;
use ardent_model::{Scope, Scopes};
use serde_json::json;

use crate::site::{Got, Site};

const PATHS: [&str; 5] =
    ["/", "/collections", "/collections?limit=1", "/collections/sentinel2", "/collections/sentinel2/items/s00"];

async fn ask(site: &Site, method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = site.client.request(method.parse().unwrap(), site.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Got::from(request.send().await.unwrap()).await
}

fn varies(got: &Got) -> String {
    got.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn a_document_that_one_has_is_not_sent_again() {
    let site = Site::start().await;
    for path in PATHS {
        let first = site.get(path).await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{path}: {tag}");
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        assert_eq!(site.get(path).await.header("etag"), tag, "{path}");
        assert_eq!(ask(&site, "HEAD", path, &[]).await.header("etag"), tag, "{path}");
        for method in ["GET", "HEAD"] {
            for value in [tag.clone(), format!("W/{tag}"), format!("\"other\" , {tag}"), "*".to_owned()] {
                let got = ask(&site, method, path, &[("if-none-match", &value)]).await;
                assert_eq!(
                    (got.status, got.text.as_str(), got.header("etag")),
                    (304, "", tag.as_str()),
                    "{path} {value}"
                );
                assert!(varies(&got).contains("accept-encoding"), "{path}");
            }
            let got = ask(&site, method, path, &[("if-none-match", "\"other\"")]).await;
            assert_eq!(got.status, 200, "{path}");
            assert_eq!(ask(&site, method, path, &[("if-match", &tag)]).await.status, 200, "{path}");
        }
        ask(&site, "GET", path, &[("if-match", "\"other\"")]).await.assert_problem(412, &["`If-Match`"]);
        ask(&site, "GET", path, &[("if-none-match", "bare")]).await.assert_problem(400, &["`If-None-Match`", "quotes"]);
    }
}

#[tokio::test]
async fn each_encoding_has_its_own_tag_and_all_of_them_are_known() {
    let site = Site::start().await;
    for path in PATHS {
        let plain = site.get(path).await.header("etag").to_owned();
        for encoding in ["gzip", "zstd", "deflate"] {
            let request = site.client.get(site.url(path)).header("accept-encoding", encoding).send().await.unwrap();
            assert_eq!(request.headers()["content-encoding"], encoding, "{path}");
            let tag = request.headers()["etag"].to_str().unwrap().to_owned();
            assert_eq!(tag, format!("\"{}-{encoding}\"", plain.trim_matches('"')));
            let again = ask(&site, "GET", path, &[("accept-encoding", encoding), ("if-none-match", &tag)]).await;
            assert_eq!((again.status, again.header("etag")), (304, tag.as_str()), "{path}");
            assert_eq!(ask(&site, "GET", path, &[("if-none-match", &tag)]).await.status, 200, "it cannot be unpacked");
            assert_eq!(ask(&site, "GET", path, &[("if-match", &tag)]).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn a_tag_changes_with_what_is_answered() {
    let site = Site::with(Settings { trust_forwarded: true, ..Settings::default() }).await;
    let tags = async |headers: &[(&str, &str)]| {
        let mut tags = Vec::new();
        for path in PATHS {
            tags.push(ask(&site, "GET", path, headers).await.header("etag").to_owned());
        }
        tags
    };
    let before = tags(&[]).await;
    let elsewhere = tags(&[("x-forwarded-prefix", "/ardent")]).await;
    assert!(before.iter().zip(&elsewhere).all(|(one, other)| one != other), "the links differ");
    let version = |tag: &str| tag.split('.').next().unwrap().to_owned();
    assert_eq!(version(&before[4]), version(&elsewhere[4]), "the document does not");
    let named = format!("{}?crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84", PATHS[4]);
    let named = site.get(&named).await;
    assert_eq!((named.status, version(named.header("etag"))), (200, version(&before[4])), "{}", named.text);
    assert_ne!(named.header("etag"), before[4], "another address may have another footprint");

    let mut document: serde_json::Value = site.get(PATHS[4]).await.json();
    document["geometry"] = json!({"type": "Point", "coordinates": [60.0, 10.0]});
    let item = ardent_model::Item::from_stac(&document).unwrap();
    site.catalog.put_items(vec![ardent_catalog::NewItem::new(item, &document).unwrap()]).await.unwrap();
    let after = tags(&[]).await;
    assert_ne!(version(&after[4]), version(&before[4]));
    assert_ne!(after[3], before[3], "the extent of the collection is wider");
    assert_eq!(version(&after[3]), version(&before[3]), "its document is the same");
    assert_eq!(after[0], before[0], "the landing page says nothing of it");
}

#[tokio::test]
async fn what_one_caller_has_is_not_anothers() {
    let (site, issuer) = Site::guarded().await;
    let admins = Scopes::from_iter([Scope::Admin]);
    site.catalog.set_grant(&ardent_model::Subject::group("admins"), admins).await.unwrap();
    let admin = issuer.token("keeper", &["admins"]);
    for path in ["/", "/collections"] {
        let (open, known) = (site.get(path).await, site.get_as(&admin, path).await);
        assert_ne!(open.header("etag"), known.header("etag"), "{path}: one more collection");
        assert_eq!(known.header("cache-control"), "private, no-cache");
        assert!(varies(&known).contains("authorization"), "{path}");
        let crossed = ask(&site, "GET", path, &[("if-none-match", known.header("etag"))]).await;
        assert_eq!(crossed.status, 200, "{path}");
    }
    let hidden = "/collections/secret/items/hidden";
    let tag = site.get_as(&admin, hidden).await.header("etag").to_owned();
    for value in [tag.as_str(), "*"] {
        ask(&site, "GET", hidden, &[("if-none-match", value)]).await.assert_problem(404, &["`hidden`"]);
    }
}

#[tokio::test]
async fn browsers_may_ask_conditionally_and_patch() {
    let site = Site::start().await;
    let preflight = site.client.request(reqwest::Method::OPTIONS, site.url(PATHS[4]));
    let preflight = preflight
        .header("origin", "http://map.example")
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "if-match,if-none-match,content-type,authorization");
    let answer = Got::from(preflight.send().await.unwrap()).await;
    assert_eq!(answer.status, 200);
    let allowed = answer.header("access-control-allow-headers").to_ascii_lowercase();
    assert!(["if-match", "if-none-match"].iter().all(|name| allowed.contains(name)), "{allowed}");
    assert!(answer.header("access-control-allow-methods").contains("PATCH"));
    let got = ask(&site, "GET", PATHS[4], &[("origin", "http://map.example")]).await;
    let exposed = got.header("access-control-expose-headers").to_ascii_lowercase();
    assert!(["etag", "location", "accept-patch"].iter().all(|name| exposed.contains(name)), "{exposed}");
}
