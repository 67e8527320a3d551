//! API keys.

use std::time::{Duration, Instant};

use ardent_model::{CollectionPolicy, Scope, Scopes, Subject};
use ardent_testkit::issuer::Issuer;
use serde_json::{Value, json};

use crate::site::Site;

async fn make(site: &Site, token: &str, body: Value) -> Value {
    let made = site.send(("post", "/keys"), Some(token), Some(&body)).await;
    assert_eq!((made.status, made.header("cache-control")), (201, "no-store"), "{}", made.text);
    let key = made.json();
    assert_eq!(made.header("location"), site.url(&format!("/keys/{}", key["id"].as_str().unwrap())));
    key
}

fn text<'a>(key: &'a Value, member: &str) -> &'a str {
    key[member].as_str().unwrap()
}

#[tokio::test]
async fn a_key_does_what_it_may_until_it_is_revoked() {
    let (site, issuer) = Site::guarded().await;
    let token = issuer.token("ranger", &["rangers"]);
    let key = make(&site, &token, json!({"label": "notebook", "scopes": ["read"], "days": 7})).await;
    let secret = text(&key, "secret");
    let me = site.get_as(secret, "/me").await.json();
    assert_eq!(
        (&me["subject"], &me["scopes"], &me["credential"]),
        (&json!("user:ranger"), &json!(["read"]), &json!("key"))
    );
    assert_eq!(me["expires"], key["expires"]);
    let load = site.send(("post", "/datacube/load"), Some(secret), Some(&json!({}))).await;
    load.assert_problem(403, &["`load`", "user:ranger"]);
    let listed = site.get_as(&token, "/keys").await;
    assert_eq!(listed.json()["keys"][0]["label"], "notebook");
    assert!(!listed.text.contains(secret) && !listed.text.contains("hash"), "{}", listed.text);

    let path = format!("/keys/{}", text(&key, "id"));
    let other = issuer.token("visitor", &[]);
    site.send(("delete", &path), Some(&other), None).await.assert_problem(404, &["no key"]);
    assert_eq!(site.get_as(secret, "/search").await.status, 200);
    assert_eq!(site.send(("delete", &path), Some(&token), None).await.status, 204);
    site.get_as(secret, "/search").await.assert_problem(401, &["revoked", "POST /keys"]);
    assert_eq!(site.get_as(&other, "/keys").await.json()["keys"], json!([]));
}

#[tokio::test]
async fn a_key_makes_and_revokes_no_others() {
    let (site, issuer) = Site::guarded().await;
    let token = issuer.token("ranger", &[]);
    let wanted = json!({"label": "a", "scopes": ["load"]});
    let (one, two) = (make(&site, &token, wanted.clone()).await, make(&site, &token, wanted.clone()).await);
    let secret = text(&one, "secret");
    site.send(("post", "/keys"), Some(secret), Some(&wanted)).await.assert_problem(403, &["token"]);
    let delete =
        async |key: &Value| site.send(("delete", &format!("/keys/{}", text(key, "id"))), Some(secret), None).await;
    delete(&two).await.assert_problem(403, &["itself"]);
    assert_eq!(delete(&one).await.status, 204);
    assert_eq!(site.get_as(secret, "/me").await.status, 401);
    assert_eq!(site.get_as(text(&two, "secret"), "/me").await.status, 200);
}

#[tokio::test]
async fn a_key_is_worth_no_more_than_its_owner() {
    let (site, issuer) = Site::guarded().await;
    let policy = CollectionPolicy::parse(br#"{"visibility": "groups", "subjects": ["group:rangers"]}"#).unwrap();
    site.catalog.set_collection_policy("fiji", &policy).await.unwrap();
    let ranger = issuer.token("ranger", &["rangers"]);
    let key = make(&site, &ranger, json!({"label": "a", "scopes": ["load"]})).await;
    let secret = text(&key, "secret");
    assert_eq!(site.get_as(secret, "/collections/fiji").await.status, 200);
    // The owner leaves the group, and comes with a new token.
    assert_eq!(site.get_as(&issuer.token("ranger", &[]), "/me").await.status, 200);
    assert_eq!(site.get_as(secret, "/collections/fiji").await.status, 404);
    // What the owner may no more, the key may no more.
    site.catalog.set_grant(&Subject::authenticated(), Scopes::from_iter([Scope::Read])).await.unwrap();
    let begin = Instant::now();
    while site.get_as(secret, "/me").await.json()["scopes"] != json!(["read"]) {
        assert!(begin.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn keys_that_cannot_be_are_named_with_the_fix() {
    let (site, issuer) = Site::guarded().await;
    let token = issuer.token("ranger", &[]);
    for (body, words) in [
        (json!({"label": "a", "scopes": ["admin"]}), ["`scopes`", "read load job"]),
        (json!({"label": "a", "scopes": []}), ["`scopes`", "at least one"]),
        (json!({"label": "a", "scopes": ["write"]}), ["scopes[0]", "write"]),
        (json!({"label": "", "scopes": ["load"]}), ["label", "1 to 200"]),
        (json!({"label": "a\nb", "scopes": ["load"]}), ["label", "one line"]),
        (json!({"label": "a", "scopes": ["load"], "days": 0}), ["`days`", "1 to 366"]),
        (json!({"label": "a", "scopes": ["load"], "days": 367}), ["`days`", "1 to 366"]),
        (json!({"label": "a", "scopes": ["load"], "owner": "user:keeper"}), ["owner", "unknown"]),
        (json!({"scopes": ["load"]}), ["(body)", "label"]),
        (json!("load"), ["(body)", "expected a JSON object"]),
    ] {
        site.send(("post", "/keys"), Some(&token), Some(&body)).await.assert_problem(400, &words);
    }
    for id in ["x", "2c0bd0d5-3d2e-4a7c-8d5b-0e6f3e0b8a11", "%27%3B"] {
        site.send(("delete", &format!("/keys/{id}")), Some(&token), None).await.assert_problem(404, &["/keys"]);
    }
}

async fn admin(site: &Site, issuer: &Issuer) -> String {
    site.catalog.set_grant(&Subject::group("admins"), Scopes::from_iter([Scope::Admin])).await.unwrap();
    issuer.token("keeper", &["admins"])
}

#[tokio::test]
async fn admins_see_and_revoke_the_keys_of_all() {
    let (site, issuer) = Site::guarded().await;
    let keeper = admin(&site, &issuer).await;
    let key = make(&site, &issuer.token("ranger", &[]), json!({"label": "a", "scopes": ["load"]})).await;
    let all = site.get_as(&keeper, "/admin/keys").await.json();
    assert_eq!(all["keys"][0]["owner"], "user:ranger");
    let path = format!("/admin/keys/{}", text(&key, "id"));
    assert_eq!(site.send(("delete", &path), Some(&keeper), None).await.status, 204);
    assert_eq!(site.get_as(text(&key, "secret"), "/me").await.status, 401);
    let audit = site.get_as(&keeper, "/admin/audit?action=key.revoke").await.json();
    assert_eq!((&audit["entries"][0]["actor"], &audit["entries"][0]["target"]), (&json!("user:keeper"), &key["id"]));
}
