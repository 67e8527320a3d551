//! The audit: writes and refusals.

use std::time::{Duration, Instant};

use ardent_catalog::AuditQuery;
use ardent_model::{Scope, Scopes, Subject};
use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn who_did_what_is_written_before_it_is_answered() {
    let (site, issuer) = Site::guarded().await;
    site.catalog.set_grant(&Subject::group("admins"), Scopes::from_iter([Scope::Admin])).await.unwrap();
    let keeper = issuer.token("keeper", &["admins"]);
    let policy = json!({"visibility": "groups", "subjects": ["group:rangers"]});
    let put = site.send(("put", "/admin/policies/collections/fiji"), Some(&keeper), Some(&policy)).await;
    site.send(("put", "/admin/policies/grants/group:x"), Some(&keeper), Some(&json!({"scopes": ["job"]}))).await;
    site.send(("delete", "/admin/policies/grants/group:x"), Some(&keeper), None).await;
    let page = site.get_as(&keeper, "/admin/audit?actor=user:keeper&limit=2").await;
    let entries = page.json()["entries"].as_array().unwrap().clone();
    let actions: Vec<_> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["grant.remove", "grant.set"]);
    let next = page.link("next").unwrap()["href"].as_str().unwrap().to_owned();
    let rest = site.get_as(&keeper, next.strip_prefix(&site.base).unwrap()).await.json();
    let first = &rest["entries"][0];
    assert_eq!(
        (&first["action"], &first["target"], &first["outcome"]),
        (&json!("policy.set"), &json!("fiji"), &json!("done"))
    );
    assert_eq!((&first["address"], &first["request_id"]), (&json!("127.0.0.1"), &json!(put.header("x-request-id"))));
    assert!(first["detail"].as_str().unwrap().contains("group:rangers"));
}

#[tokio::test]
async fn refusals_are_written_together_and_the_last_ones_when_the_server_stops() {
    let (mut site, issuer) = Site::guarded().await;
    let token = issuer.token("visitor", &[]);
    for _ in 0..30 {
        assert_eq!(site.get_as("a.b.c", "/search").await.status, 401);
        assert_eq!(site.get_as(&token, "/admin/keys").await.status, 403);
    }
    site.stop();
    let begin = Instant::now();
    (&mut site.running).await.unwrap().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(20));
    let entries = site.catalog.audit(&AuditQuery::default()).await.unwrap();
    let count = |outcome: &str, actor: Option<&str>| -> u32 {
        let same = entries.iter().filter(|one| one.entry.outcome == outcome && one.entry.actor.as_deref() == actor);
        same.map(|one| one.entry.count).sum()
    };
    assert_eq!(count("InvalidToken", None), 30);
    assert_eq!(count("InsufficientScope", Some("user:visitor")), 30);
    assert!(entries.len() < 30, "{} entries", entries.len());
    let whole = format!("{entries:?}");
    assert!(whole.contains("GET /admin/keys") && !whole.contains(&token), "{whole}");
}
