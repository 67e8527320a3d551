//! What callers may do.

use std::collections::BTreeMap;

use crate::fixture::Fixture;
use ardent_catalog::Error;
use ardent_model::{Scope, Scopes, Subject};

fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

fn scopes(names: &[Scope]) -> Scopes {
    names.iter().copied().collect()
}

#[tokio::test]
async fn whoever_has_signed_in_may_read_load_and_run_jobs_until_it_is_changed() {
    let fixture = Fixture::with(&[]).await;
    let catalog = &fixture.catalog;
    let everyone = Subject::authenticated();
    let at_first = BTreeMap::from([(everyone.clone(), scopes(&[Scope::Job]))]);
    assert_eq!(catalog.grants().await.unwrap(), at_first);
    assert_eq!(at_first[&everyone].to_string(), "read load job");

    catalog.set_grant(&everyone, scopes(&[Scope::Read])).await.unwrap();
    catalog.set_grant(&subject("group:admins@partner"), scopes(&[Scope::Admin])).await.unwrap();
    let grants = catalog.grants().await.unwrap();
    assert_eq!(grants[&everyone].to_string(), "read");
    assert_eq!(grants[&subject("group:admins@partner")].to_string(), "read load job ingest admin");
    assert!(!grants.contains_key(&subject("group:admins")), "another issuer's");
    for _ in 0..2 {
        catalog.set_grant(&everyone, Scopes::NONE).await.unwrap();
        assert!(!catalog.grants().await.unwrap().contains_key(&everyone), "no row for nothing");
    }
}

#[tokio::test]
async fn scopes_are_added_and_taken_away_with_what_hangs_on_them() {
    let fixture = Fixture::with(&[]).await;
    let catalog = &fixture.catalog;
    let group = subject("group:rangers");
    for (more, expected) in [
        (vec![Scope::Load], "read load"),
        (vec![Scope::Ingest], "read load ingest"),
        (vec![], "read load ingest"),
        (vec![Scope::Admin], "read load job ingest admin"),
    ] {
        assert_eq!(catalog.grant_more(&group, scopes(&more)).await.unwrap().to_string(), expected);
        assert_eq!(catalog.grants().await.unwrap()[&group].to_string(), expected);
    }
    for (less, expected) in [
        (vec![Scope::Admin], "read load job ingest"),
        (vec![Scope::Load], "read ingest"),
        (vec![Scope::Load, Scope::Job], "read ingest"),
        (vec![Scope::Read], ""),
        (vec![Scope::Read], ""),
    ] {
        assert_eq!(catalog.grant_less(&group, &less).await.unwrap().to_string(), expected, "less {less:?}");
    }
    assert!(!catalog.grants().await.unwrap().contains_key(&group));
    let error = catalog.grant_more(&Subject::role("a\nb"), scopes(&[Scope::Read])).await.unwrap_err();
    assert!(matches!(error, Error::Model(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_of_many_changes_at_once_is_lost() {
    let fixture = Fixture::with(&[]).await;
    for round in 0..10 {
        let group = subject(&format!("group:{round}"));
        let more = [Scope::Load, Scope::Ingest].map(|scope| fixture.catalog.grant_more(&group, scopes(&[scope])));
        futures::future::try_join_all(more).await.unwrap();
        assert_eq!(fixture.catalog.grants().await.unwrap()[&group].to_string(), "read load ingest");
    }
}

#[tokio::test]
async fn what_nobody_could_have_written_is_an_error_and_not_a_grant() {
    let fixture = Fixture::with(&[]).await;
    let mut connection = fixture.connection().await;
    for (subject, scopes) in [("rangers", "{read}"), ("group:rangers", "{write}")] {
        let statement = "INSERT INTO grants (subject, scopes) VALUES ($1, $2::text[])";
        sqlx::query(statement).bind(subject).bind(scopes).execute(&mut connection).await.unwrap();
        let error = fixture.catalog.grants().await.unwrap_err();
        assert!(matches!(&error, Error::Corrupt { what, .. } if what.contains(subject)), "{error}");
        sqlx::query("DELETE FROM grants WHERE subject = $1").bind(subject).execute(&mut connection).await.unwrap();
    }
}
