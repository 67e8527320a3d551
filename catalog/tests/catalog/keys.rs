//! API keys.

use crate::fixture::Fixture;
use ardent_catalog::{ApiKey, ApiSecret, Error, NewKey};
use ardent_model::{Scope, Scopes, Subject};
use chrono::{DateTime, TimeDelta, Utc};

fn subjects(texts: &[&str]) -> Vec<Subject> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn in_days(days: i64) -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(days)
}

fn new(secret: &ApiSecret, owner: &Subject) -> NewKey {
    NewKey {
        label: "a notebook".to_owned(),
        owner: owner.clone(),
        subjects: subjects(&["group:rangers", "authenticated", "group:rangers"]),
        scopes: Scopes::from_iter([Scope::Load]),
        expires: in_days(90),
        hash: secret.hash(),
    }
}

async fn add(fixture: &Fixture, owner: &Subject) -> (ApiSecret, ApiKey) {
    let secret = ApiSecret::generate().unwrap();
    let key = fixture.catalog.add_key(&new(&secret, owner)).await.unwrap();
    (secret, key)
}

/// The key that a secret opens.
async fn opened(fixture: &Fixture, secret: &ApiSecret) -> Option<ApiKey> {
    fixture.catalog.key_by_hash(&secret.hash()).await.unwrap()
}

#[tokio::test]
async fn a_key_is_found_by_its_secret_which_is_not_stored() {
    let fixture = Fixture::with(&[]).await;
    let alice = Subject::user("alice");
    let before = Utc::now();
    let (secret, key) = add(&fixture, &alice).await;
    let (other, _) = add(&fixture, &alice).await;
    assert_eq!(opened(&fixture, &secret).await, Some(key.clone()));
    assert_ne!(opened(&fixture, &other).await, Some(key.clone()));
    assert_eq!(opened(&fixture, &ApiSecret::generate().unwrap()).await, None);
    assert_eq!((key.label.as_str(), &key.owner, key.revoked), ("a notebook", &alice, None));
    assert_eq!(key.subjects, subjects(&["authenticated", "group:rangers"]), "in order, each once");
    assert_eq!(key.scopes.to_string(), "read load");
    let minute = TimeDelta::minutes(1);
    assert!(key.created > before - minute && key.created < before + minute, "{}", key.created);
    assert!((key.expires - in_days(90)).abs() < minute, "{}", key.expires);
    let shown = serde_json::to_value(&key).unwrap();
    assert_eq!(shown["subjects"], serde_json::json!(["authenticated", "group:rangers"]));
    assert_eq!(shown["id"], key.id.to_string());

    let mut connection = fixture.connection().await;
    let query = sqlx::query_scalar("SELECT hash = sha256(convert_to($2, 'UTF8')) FROM api_keys WHERE id = $1");
    let is_sha256: bool = query.bind(key.id).bind(secret.expose()).fetch_one(&mut connection).await.unwrap();
    assert!(is_sha256, "by PostgreSQL's own account");
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT api_keys::text FROM api_keys").fetch_all(&mut connection).await.unwrap();
    assert!(rows.len() == 2 && !rows.concat().contains(&secret.expose()[7..]));
    let twice = fixture.catalog.add_key(&new(&secret, &alice)).await;
    assert!(matches!(twice, Err(Error::Database { .. })), "one hash, one key");
}

#[tokio::test]
async fn a_key_that_has_ended_opens_nothing() {
    let fixture = Fixture::with(&[]).await;
    let (secret, key) = add(&fixture, &Subject::user("alice")).await;
    let mut connection = fixture.connection().await;
    for (end, is_open) in [("1 minute", true), ("-1 second", false), ("-1 year", false)] {
        let statement = "UPDATE api_keys SET expires = now() + $1::text::interval";
        sqlx::query(statement).bind(end).execute(&mut connection).await.unwrap();
        assert_eq!(opened(&fixture, &secret).await.is_some(), is_open, "{end}");
    }
    assert_eq!(fixture.catalog.keys(None).await.unwrap()[0].id, key.id, "it is listed all the same");
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_and_only_its_owner_may_revoke_it() {
    let fixture = Fixture::with(&[]).await;
    let catalog = &fixture.catalog;
    let [alice, bob, partner] = ["user:alice", "user:bob", "user:alice@partner"].map(|text| text.parse().unwrap());
    let (secret, key) = add(&fixture, &alice).await;
    let (second, _) = add(&fixture, &alice).await;
    let (bobs, bobs_key) = add(&fixture, &bob).await;
    for other in [&bob, &partner, &Subject::user("a\0")] {
        assert!(!catalog.revoke_key(key.id, Some(other)).await.unwrap(), "{other}");
    }
    assert!(opened(&fixture, &secret).await.is_some());
    assert!(catalog.revoke_key(key.id, Some(&alice)).await.unwrap());
    assert!(opened(&fixture, &secret).await.is_none() && opened(&fixture, &second).await.is_some());
    let revoked = async || catalog.keys(Some(&alice)).await.unwrap().into_iter().find(|one| one.id == key.id).unwrap();
    let first = revoked().await.revoked.unwrap();
    assert!(catalog.revoke_key(key.id, None).await.unwrap(), "again is no fault");
    assert_eq!(revoked().await.revoked, Some(first), "it keeps its time");
    assert!(!catalog.revoke_key(sqlx::types::Uuid::nil(), None).await.unwrap());

    assert_eq!(catalog.revoke_keys_of(&alice).await.unwrap(), 1, "the other was revoked before");
    assert_eq!(catalog.revoke_keys_of(&alice).await.unwrap(), 0);
    assert!(opened(&fixture, &second).await.is_none() && opened(&fixture, &bobs).await.is_some());
    assert!(catalog.revoke_key(bobs_key.id, None).await.unwrap(), "an admin may");
    assert!(opened(&fixture, &bobs).await.is_none());
}

#[tokio::test]
async fn keys_are_listed_by_owner_the_newest_first() {
    let fixture = Fixture::with(&[]).await;
    let (alice, bob) = (Subject::user("alice"), Subject::user("bob"));
    let mut made = Vec::new();
    for owner in [&alice, &bob, &alice] {
        made.push(add(&fixture, owner).await.1.id);
    }
    let ids =
        async |owner| -> Vec<_> { fixture.catalog.keys(owner).await.unwrap().into_iter().map(|key| key.id).collect() };
    assert_eq!(ids(None).await, [made[2], made[1], made[0]]);
    assert_eq!(ids(Some(&alice)).await, [made[2], made[0]]);
    let others = [Subject::user("carol"), Subject::user("\0")];
    assert!(ids(Some(&others[0])).await.is_empty() && ids(Some(&others[1])).await.is_empty());
}

#[tokio::test]
async fn a_key_is_worth_no_more_than_its_owners_last_token() {
    let fixture = Fixture::with(&[]).await;
    let catalog = &fixture.catalog;
    let (alice, bob) = (Subject::user("alice"), Subject::user("bob"));
    let (secret, _) = add(&fixture, &alice).await;
    let (dead, dead_key) = add(&fixture, &alice).await;
    let (bobs, _) = add(&fixture, &bob).await;
    catalog.revoke_key(dead_key.id, None).await.unwrap();
    let same = subjects(&["group:rangers", "authenticated"]);
    assert_eq!(catalog.refresh_keys(&alice, &same).await.unwrap(), 0, "in another order: nothing to write");
    let less = [Subject::authenticated(), Subject::group("a\nb")];
    assert_eq!(catalog.refresh_keys(&alice, &less).await.unwrap(), 1);
    assert_eq!(opened(&fixture, &secret).await.unwrap().subjects, [Subject::authenticated()]);
    assert_eq!(opened(&fixture, &bobs).await.unwrap().subjects.len(), 2, "not hers");
    assert!(opened(&fixture, &dead).await.is_none());
    assert_eq!(catalog.refresh_keys(&alice, &[]).await.unwrap(), 1);
    assert!(opened(&fixture, &secret).await.unwrap().subjects.is_empty());
}

#[tokio::test]
async fn a_key_that_cannot_be_is_named_with_the_fix() {
    let fixture = Fixture::with(&[]).await;
    let secret = ApiSecret::generate().unwrap();
    let good = || new(&secret, &Subject::user("alice"));
    for (key, field, fix) in [
        (NewKey { label: " ".to_owned(), ..good() }, "`label`", "1 to 200"),
        (NewKey { label: "x".repeat(201), ..good() }, "`label`", "1 to 200"),
        (NewKey { label: "a\u{1b}[2Jb".to_owned(), ..good() }, "`label`", "one line"),
        (NewKey { owner: Subject::group("a"), ..good() }, "`owner`", "user:"),
        (NewKey { owner: Subject::user("a\0"), ..good() }, "`subject`", "give"),
        (NewKey { scopes: Scopes::NONE, ..good() }, "`scopes`", "give read, load"),
        (NewKey { expires: in_days(0), ..good() }, "`expires`", "366 days"),
        (NewKey { expires: in_days(368), ..good() }, "`expires`", "366 days"),
    ] {
        let error = fixture.catalog.add_key(&key).await.unwrap_err();
        assert!(matches!(error, Error::Model(_)), "{error}");
        let message = error.to_string();
        assert!(message.contains(field) && message.contains(fix), "{message}");
    }
    assert!(fixture.catalog.keys(None).await.unwrap().is_empty());
    fixture.catalog.add_key(&NewKey { expires: in_days(366), label: "é".repeat(200), ..good() }).await.unwrap();
}

#[tokio::test]
async fn nobody_has_keys_without_end_and_old_ones_are_forgotten() {
    let fixture = Fixture::with(&[]).await;
    let (alice, bob) = (Subject::user("alice"), Subject::user("bob"));
    for _ in 0..100 {
        add(&fixture, &alice).await;
    }
    let refused = fixture.catalog.add_key(&new(&ApiSecret::generate().unwrap(), &alice)).await.unwrap_err().to_string();
    assert!(refused.contains("user:alice has 100 keys; revoke one"), "{refused}");
    add(&fixture, &bob).await;
    let one = fixture.catalog.keys(Some(&alice)).await.unwrap()[0].id;
    fixture.catalog.revoke_key(one, None).await.unwrap();
    add(&fixture, &alice).await;
    assert_eq!(fixture.catalog.prune_keys(Utc::now()).await.unwrap(), 0, "none has ended");
    assert_eq!(fixture.catalog.prune_keys(Utc::now() + TimeDelta::days(400)).await.unwrap(), 102);
}
