use ardent_catalog::AuditEntry;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::desk::{Desk, user};

#[tokio::test]
async fn every_change_is_recorded_with_who_made_it() {
    let desk = Desk::new().await;
    let before = Utc::now() - TimeDelta::minutes(1);
    desk.succeed(&["policy", "restrict", "sentinel1", "group:a"]);
    desk.succeed(&["policy", "open", "sentinel1"]);
    desk.succeed(&["policy", "own", "sentinel2"]);
    desk.succeed(&["policy", "grant", "load", "group:a", "group:b"]);
    desk.succeed(&["policy", "revoke", "load", "group:a"]);
    let create = ["key", "create", "--label", "x", "--scopes", "load", "--subjects", "group:a", "--owner", "user:a"];
    desk.succeed(&create);
    let id = desk.json(&["key", "list", "--json"])[0]["id"].as_str().unwrap().to_owned();
    desk.succeed(&["key", "revoke", &id]);
    desk.succeed(&["key", "revoke", "--owner", "user:a"]);
    for reading in [["policy", "show"], ["key", "list"], ["product", "list"]] {
        desk.succeed(&reading);
    }

    let found = desk.json(&["audit", "--json"]);
    let found = found.as_array().unwrap();
    let told: Vec<_> = found.iter().rev().map(|one| (&one["action"], &one["target"])).map(|one| json!(one)).collect();
    let expected = json!([
        ["policy.set", "sentinel1"],
        ["policy.set", "sentinel1"],
        ["policy.set", "sentinel2"],
        ["grant.add", "group:a"],
        ["grant.add", "group:b"],
        ["grant.remove", "group:a"],
        ["key.create", id],
        ["key.revoke", id],
        ["key.revoke", "user:a"],
    ]);
    assert_eq!(json!(told), expected);
    for one in found {
        assert_eq!((&one["actor"], &one["outcome"]), (&json!(format!("cli:{}", user())), &json!("done")), "{one}");
        let at: DateTime<Utc> = one["at"].as_str().unwrap().parse().unwrap();
        assert!(at > before && at < Utc::now() + TimeDelta::minutes(1), "{at}");
    }
    let detail = |index: usize| serde_json::from_str::<Value>(found[index]["detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail(8), json!({"visibility": "groups", "subjects": ["group:a"], "owner": null}));
    assert_eq!(detail(3), json!({"scopes": ["load"], "granted": ["read"]}));
}

#[tokio::test]
async fn the_audit_is_read_by_time_and_actor() {
    let desk = Desk::new().await;
    let entry = |day: u32, actor: &str| AuditEntry {
        at: format!("2026-01-{day:02}T12:00:00Z").parse().unwrap(),
        actor: Some(actor.to_owned()),
        address: Some("192.0.2.7".to_owned()),
        action: "policy.set".to_owned(),
        target: Some(format!("day{day}")),
        outcome: "refused".to_owned(),
        request_id: None,
        // What a request could try on whoever reads this.
        detail: Some("\u{1b}[2J\r\nall is well".to_owned()),
        count: day,
    };
    let entries = [entry(1, "user:alice"), entry(2, "user:bob"), entry(3, "user:alice")];
    desk.catalog.record(&entries).await.unwrap();
    insta::assert_snapshot!(desk.shown(&["audit"], &[]));
    for (arguments, expected) in [
        ([].as_slice(), json!(["day3", "day2", "day1"])),
        (&["--since", "2026-01-02"], json!(["day3", "day2"])),
        (&["--since", "2026-01-02T13:00:00+01:00"], json!(["day3", "day2"])),
        (&["--since", "2026-01-02T12:00:01Z"], json!(["day3"])),
        (&["--actor", "user:alice"], json!(["day3", "day1"])),
        (&["--actor", "user:alice", "--since", "2026-01-02"], json!(["day3"])),
        (&["--limit", "1"], json!(["day3"])),
    ] {
        let found = desk.json(&[["audit", "--json"].as_slice(), arguments].concat());
        let targets: Vec<_> = found.as_array().unwrap().iter().map(|one| &one["target"]).collect();
        assert_eq!(json!(targets), expected, "{arguments:?}");
    }
    insta::assert_snapshot!("audit_since", desk.shown(&["audit", "--since", "yesterday"], &[]));
}
