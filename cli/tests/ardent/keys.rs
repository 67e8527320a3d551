use ardent_catalog::{ApiKey, ApiSecret};
use ardent_model::Subject;
use chrono::{TimeDelta, Utc};
use serde_json::json;

use crate::desk::{Desk, user};

const CREATE: [&str; 8] = ["key", "create", "--label", "a notebook", "--scopes", "load", "--subjects", "group:rangers"];

/// The key that a secret opens.
async fn opened(desk: &Desk, secret: &str) -> Option<ApiKey> {
    desk.catalog.key_by_hash(&ApiSecret::parse(secret).unwrap().hash()).await.unwrap()
}

#[tokio::test]
async fn a_key_is_printed_once_and_alone() {
    let desk = Desk::new().await;
    let arguments = [CREATE.as_slice(), &["role:viewer@partner", "--days", "30", "--owner", "user:alice"]].concat();
    let (out, said) = desk.succeed(&arguments);
    let secret = out.strip_suffix('\n').unwrap();
    let key = opened(&desk, secret).await.unwrap();
    assert_eq!((key.label.as_str(), key.owner.as_str()), ("a notebook", "user:alice"));
    assert_eq!(key.scopes.to_string(), "read load");
    let subjects: Vec<&str> = key.subjects.iter().map(Subject::as_str).collect();
    assert_eq!(subjects, ["group:rangers", "role:viewer@partner"]);
    assert!((key.expires - Utc::now() - TimeDelta::days(30)).abs() < TimeDelta::minutes(5), "{}", key.expires);
    assert!(said.contains(&key.id.to_string()) && said.contains("user:alice") && !said.contains(secret), "{said}");
    let other = desk.succeed(&arguments).0;
    assert_ne!(out, other);
    for arguments in [["key", "list"].as_slice(), &["key", "list", "--json"], &["audit"], &["audit", "--json"]] {
        let (out, said) = desk.succeed(arguments);
        assert!(out.contains(&key.id.to_string()), "{out}");
        // "ardent_" and the first of 43 characters are no secret; the rest must be nowhere.
        assert!(!out.contains(&secret[7..]) && !said.contains(&secret[7..]), "{out}");
    }
}

#[tokio::test]
async fn a_key_is_its_makers_and_lives_ninety_days_by_default() {
    let desk = Desk::new().await;
    let secret = desk.succeed(&CREATE).0;
    let key = opened(&desk, secret.trim()).await.unwrap();
    assert_eq!(key.owner.to_string(), format!("user:{}@cli", user()));
    assert!((key.expires - Utc::now() - TimeDelta::days(90)).abs() < TimeDelta::minutes(5), "{}", key.expires);
    let longest = [CREATE.as_slice(), &["--days", "366"]].concat();
    assert!(opened(&desk, desk.succeed(&longest).0.trim()).await.is_some());
}

#[tokio::test]
async fn keys_are_listed_and_revoked() {
    let desk = Desk::new().await;
    let create = |owner: &str| desk.succeed(&[CREATE.as_slice(), &["--owner", owner]].concat()).0.trim().to_owned();
    let (first, second, bobs) = (create("user:alice"), create("user:alice"), create("user:bob"));
    let id = opened(&desk, &first).await.unwrap().id.to_string();
    assert_eq!(desk.succeed(&["key", "revoke", &id]).0, format!("the key {id} is revoked\n"));
    assert!(opened(&desk, &first).await.is_none() && opened(&desk, &second).await.is_some());

    let listed = desk.json(&["key", "list", "--json"]);
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap()).collect();
    assert_eq!(ids[2], id, "the newest first");
    assert!(listed[0]["revoked"].is_null() && listed[2]["revoked"].is_string());
    let day = |days| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let (today, end) = (day(0), day(90));
    let replace = [(ids[0], "ID-BOB"), (ids[1], "ID-TWO"), (ids[2], "ID-ONE"), (&today, "TODAY"), (&end, "THE-END")];
    insta::assert_snapshot!(desk.shown(&["key", "list"], &replace));

    let (out, _) = desk.succeed(&["key", "revoke", "--owner", "user:alice"]);
    assert_eq!(out, "1 of the keys of user:alice were revoked\n");
    assert!(opened(&desk, &second).await.is_none() && opened(&desk, &bobs).await.is_some());
}

#[tokio::test]
async fn what_a_key_cannot_be_is_named_with_the_fix() {
    let desk = Desk::new().await;
    let with = |more: &[&'static str]| [CREATE.as_slice(), more].concat();
    for (name, arguments) in [
        ("key_days_none", with(&["--days", "0"])),
        ("key_days_many", with(&["--days", "4000"])),
        ("key_owner", with(&["--owner", "group:a"])),
        ("key_label", ["key", "create", "--label", " ", "--scopes", "load", "--subjects", "group:a"].to_vec()),
        ("key_scope", ["key", "create", "--label", "x", "--scopes", "load,all", "--subjects", "group:a"].to_vec()),
        ("key_subject", ["key", "create", "--label", "x", "--scopes", "load", "--subjects", "rangers"].to_vec()),
        ("key_bare", ["key", "create"].to_vec()),
        ("key_revoke_unknown", ["key", "revoke", "00000000-0000-4000-8000-000000000000"].to_vec()),
        ("key_revoke_no_id", ["key", "revoke", "mine"].to_vec()),
        ("key_revoke_nothing", ["key", "revoke"].to_vec()),
    ] {
        insta::assert_snapshot!(name, desk.shown(&arguments, &[]));
    }
    assert_eq!(desk.json(&["key", "list", "--json"]), json!([]));
    assert_eq!(desk.json(&["audit", "--json"]), json!([]));
}
