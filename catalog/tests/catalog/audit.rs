//! Who did what.

use crate::fixture::Fixture;
use ardent_catalog::{AuditEntry, AuditQuery};
use chrono::{DateTime, TimeDelta, Utc};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn entry(at: DateTime<Utc>, actor: &str, action: &str) -> AuditEntry {
    AuditEntry {
        at,
        actor: Some(actor.to_owned()),
        address: None,
        action: action.to_owned(),
        target: None,
        outcome: "done".to_owned(),
        request_id: None,
        detail: None,
        count: 1,
    }
}

/// The actions that a query finds, in order.
async fn actions(fixture: &Fixture, query: AuditQuery) -> Vec<String> {
    fixture.catalog.audit(&query).await.unwrap().into_iter().map(|one| one.entry.action).collect()
}

#[tokio::test]
async fn an_entry_comes_back_as_it_was() {
    let fixture = Fixture::with(&[]).await;
    let whole = AuditEntry {
        at: at("2026-01-02T03:04:05.678901Z"),
        actor: Some("user:alice@partner".to_owned()),
        address: Some("2001:db8::1".to_owned()),
        action: "policy.set".to_owned(),
        target: Some("sentinel2".to_owned()),
        outcome: "refused".to_owned(),
        request_id: Some("1e6e4a5c".to_owned()),
        detail: Some("'; DROP TABLE audit; -- ☃ \n {\"a\": [1]}".to_owned()),
        count: 3_000,
    };
    let bare = AuditEntry { actor: None, ..entry(whole.at, "", "read") };
    let odd = AuditEntry { detail: Some("a\0b".to_owned()), count: 0, ..bare.clone() };
    fixture.catalog.record(&[whole.clone(), bare.clone(), odd.clone()]).await.unwrap();
    fixture.catalog.record(&[]).await.unwrap();
    let stored = fixture.catalog.audit(&AuditQuery::default()).await.unwrap();
    assert!(stored[0].id > stored[1].id && stored[1].id > stored[2].id);
    let stored: Vec<AuditEntry> = stored.into_iter().map(|one| one.entry).collect();
    let odd = AuditEntry { detail: Some("a\u{fffd}b".to_owned()), count: 1, ..odd };
    assert_eq!(stored, [odd, bare, whole]);
}

#[tokio::test]
async fn entries_are_found_by_time_actor_and_action() {
    let fixture = Fixture::with(&[]).await;
    let days = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"].map(at);
    let entries = [
        entry(days[0], "user:alice", "a0"),
        entry(days[1], "user:bob", "b1"),
        entry(days[2], "user:alice", "a2"),
        // Told late.
        entry(days[0], "user:bob", "b0"),
    ];
    fixture.catalog.record(&entries).await.unwrap();
    let all = AuditQuery::default;
    let text = |text: &str| Some(text.to_owned());
    for (query, expected) in [
        (all(), vec!["b0", "a2", "b1", "a0"]),
        (AuditQuery { since: Some(days[1]), ..all() }, vec!["a2", "b1"]),
        (AuditQuery { until: Some(days[1]), ..all() }, vec!["b0", "a0"]),
        (AuditQuery { since: Some(days[1]), until: Some(days[2]), ..all() }, vec!["b1"]),
        (AuditQuery { actor: text("user:alice"), ..all() }, vec!["a2", "a0"]),
        (AuditQuery { actor: text("user:bob"), since: Some(days[1]), ..all() }, vec!["b1"]),
        (AuditQuery { action: text("b0"), ..all() }, vec!["b0"]),
        (AuditQuery { action: text("b0"), actor: text("user:alice"), ..all() }, vec![]),
        (AuditQuery { actor: text("user:%"), ..all() }, vec![]),
        (AuditQuery { actor: text("user:alice\0"), ..all() }, vec![]),
        (AuditQuery { limit: 1, ..all() }, vec!["b0"]),
        (AuditQuery { limit: 0, ..all() }, vec![]),
    ] {
        assert_eq!(actions(&fixture, query.clone()).await, expected, "{query:?}");
    }
}

#[tokio::test]
async fn ten_thousand_entries_are_recorded_read_in_pages_and_forgotten() {
    let fixture = Fixture::with(&[]).await;
    let start = at("2026-01-01T00:00:00Z");
    let numbered = |number: i64| entry(start + TimeDelta::minutes(number), "user:alice", &format!("{number}"));
    let entries: Vec<AuditEntry> = (0..10_000).map(numbered).collect();
    fixture.catalog.record(&entries).await.unwrap();
    let mut read = Vec::new();
    let mut query = AuditQuery { limit: 999, ..AuditQuery::default() };
    loop {
        let page = fixture.catalog.audit(&query).await.unwrap();
        let Some(last) = page.last() else { break };
        query.before_id = Some(last.id);
        read.extend(page.into_iter().map(|one| one.entry));
        assert!(read.len() <= entries.len(), "a page comes twice");
        // What is recorded meanwhile comes before, and moves nothing.
        fixture.catalog.record(&[entry(start, "user:bob", "late")]).await.unwrap();
    }
    read.reverse();
    assert!(read == entries, "{} entries", read.len());

    let before = start + TimeDelta::minutes(4_000);
    // Those of bob lie at the start, too: eleven pages, and the twelfth was empty.
    assert_eq!(fixture.catalog.prune_audit(before).await.unwrap(), 4_000 + 11);
    assert_eq!(fixture.catalog.prune_audit(before).await.unwrap(), 0);
    let rest = fixture.catalog.audit(&AuditQuery { limit: 20_000, ..AuditQuery::default() }).await.unwrap();
    assert!(rest.len() == 6_000 && rest.last().unwrap().entry.at == before, "{} entries", rest.len());
}
