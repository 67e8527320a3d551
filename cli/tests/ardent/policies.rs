use ardent_catalog::Access;
use ardent_model::CollectionPolicy;
use serde_json::json;

use crate::desk::Desk;

/// Which products a caller sees.
async fn seen(desk: &Desk, subjects: &[&str]) -> Vec<String> {
    let access = Access::Member(subjects.iter().map(ToString::to_string).collect());
    desk.catalog.collections(&access).await.unwrap().into_iter().map(|stored| stored.collection.id).collect()
}

#[tokio::test]
async fn one_command_restricts_a_product_to_a_group() {
    let desk = Desk::new().await;
    let group = "group:pangeo_notebook_users";
    let shown = desk.shown(&["policy", "restrict", "sentinel1", group], &[]);
    assert_eq!(shown, format!("exit code: 0\n--- stdout\nsentinel1 is seen by {group}\n"));
    assert_eq!(seen(&desk, &["authenticated", "user:a"]).await, ["sentinel2"]);
    assert_eq!(seen(&desk, &["authenticated", "user:a", group]).await, ["sentinel1", "sentinel2"]);
    let (listed, _) = desk.succeed(&["product", "list"]);
    assert_eq!(
        listed,
        "product    visibility  description\nsentinel1  groups      The sentinel1\nsentinel2  public      The sentinel2\n"
    );
}

#[tokio::test]
async fn a_product_is_opened_restricted_and_owned_and_keeps_its_owner() {
    let desk = Desk::new().await;
    let policy = async || desk.catalog.collection_policy("sentinel1").await.unwrap().unwrap();
    let parsed = |json: &str| CollectionPolicy::parse(json.as_bytes()).unwrap();
    for (arguments, expected, said) in [
        (
            ["own", "sentinel1", "user:alice"].as_slice(),
            r#"{"visibility": "owner", "owner": "user:alice"}"#,
            "user:alice",
        ),
        (
            &["restrict", "sentinel1", "role:b", "group:/a", "role:b"],
            r#"{"visibility": "groups", "subjects": ["group:a", "role:b"], "owner": "user:alice"}"#,
            "group:a, role:b, user:alice",
        ),
        (
            &["restrict", "sentinel1", "client-role:c/x@partner"],
            r#"{"visibility": "groups", "subjects": ["client-role:c/x@partner"], "owner": "user:alice"}"#,
            "client-role:c/x@partner, user:alice",
        ),
        (&["open", "sentinel1"], r#"{"visibility": "public", "owner": "user:alice"}"#, "everyone who may read"),
        (&["own", "sentinel1"], r#"{"visibility": "owner"}"#, "admins alone"),
    ] {
        let (out, _) = desk.succeed(&[["policy"].as_slice(), arguments].concat());
        assert_eq!(out, format!("sentinel1 is seen by {said}\n"));
        assert_eq!(policy().await, parsed(expected));
    }
    assert_eq!(seen(&desk, &["user:alice", "group:a"]).await, ["sentinel2"]);
    let other = desk.catalog.collection_policy("sentinel2").await.unwrap().unwrap();
    assert_eq!(other, CollectionPolicy::default(), "untouched");
}

#[tokio::test]
async fn policies_and_grants_are_shown() {
    let desk = Desk::new().await;
    desk.succeed(&["policy", "own", "sentinel1", "user:alice@partner"]);
    desk.succeed(&["policy", "restrict", "sentinel1", "group:rangers", "role:viewer"]);
    desk.succeed(&["policy", "grant", "ingest", "group:rangers"]);
    insta::assert_snapshot!(desk.shown(&["policy", "show"], &[]));
    assert_eq!(
        desk.json(&["policy", "show", "--json"]),
        json!({
            "collections": {
                "sentinel1": {
                    "visibility": "groups", "subjects": ["group:rangers", "role:viewer"], "owner": "user:alice@partner",
                },
                "sentinel2": {"visibility": "public", "subjects": [], "owner": null},
            },
            "grants": {"authenticated": ["read", "load", "job"], "group:rangers": ["read", "ingest"]},
        })
    );
}

#[tokio::test]
async fn scopes_are_granted_and_revoked() {
    let desk = Desk::new().await;
    for (arguments, expected) in [
        (
            ["grant", "load,ingest", "group:a", "group:b"].as_slice(),
            "group:a is granted read load ingest\ngroup:b is granted read load ingest\n",
        ),
        (&["grant", "job", "group:a"], "group:a is granted read load job ingest\n"),
        (&["revoke", "load,ingest", "group:a"], "group:a is granted read\n"),
        (
            &["revoke", "read", "group:a", "authenticated"],
            "group:a is granted nothing\nauthenticated is granted nothing\n",
        ),
    ] {
        assert_eq!(desk.succeed(&[["policy"].as_slice(), arguments].concat()).0, expected);
    }
    assert_eq!(desk.json(&["policy", "show", "--json"])["grants"], json!({"group:b": ["read", "load", "ingest"]}));
}

#[tokio::test]
async fn what_a_policy_cannot_be_is_named_with_the_fix() {
    let desk = Desk::new().await;
    for (name, arguments) in [
        ("policy_collection", ["policy", "restrict", "sentinel9", "group:a"].as_slice()),
        ("policy_collection_own", &["policy", "own", "sentinel9"]),
        ("policy_subject", &["policy", "restrict", "sentinel1", "rangers"]),
        ("policy_no_subject", &["policy", "restrict", "sentinel1"]),
        ("policy_owner", &["policy", "own", "sentinel1", "group:a"]),
        ("policy_scope", &["policy", "grant", "read,write", "group:a"]),
    ] {
        insta::assert_snapshot!(name, desk.shown(arguments, &[]));
    }
    assert_eq!(seen(&desk, &[]).await, ["sentinel1", "sentinel2"], "nothing was changed");
    assert_eq!(desk.catalog.grants().await.unwrap().len(), 1);
    assert!(desk.json(&["audit", "--json"]).as_array().unwrap().is_empty(), "nor recorded");
}
