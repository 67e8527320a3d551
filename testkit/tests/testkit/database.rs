//! `database::fresh`.

use ardent_testkit::database;
use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn every_test_gets_an_empty_database_of_its_own_that_goes_with_it() {
    let all = futures::future::join_all((0..4).map(|_| database::fresh())).await;
    let mut connection = PgConnection::connect(all[0].url().expose_secret()).await.unwrap();
    let found: String = sqlx::query_scalar("SELECT postgis_version()").fetch_one(&mut connection).await.unwrap();
    assert!(found.starts_with('3'), "{found}");
    let names: std::collections::BTreeSet<_> = all.iter().map(|one| one.name().to_owned()).collect();
    assert_eq!(names.len(), 4);
    let first = all[0].name().to_owned();
    drop(all);
    let survivor = database::fresh().await;
    let mut connection = PgConnection::connect(survivor.url().expose_secret()).await.unwrap();
    let gone =
        sqlx::query_scalar::<_, bool>("SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = $1)").bind(first);
    assert!(gone.fetch_one(&mut connection).await.unwrap());
}
