//! From one version of the schema to the next.

use crate::access::member;
use ardent_catalog::{Access, Catalog, Error};
use ardent_model::{CollectionPolicy, Search, Visibility};
use ardent_testkit::database;
use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection};

/// Two collections as the first version has them, with an item each.
const FILL: &str = r#"
    INSERT INTO collections (id, document, visibility)
    SELECT id, format('{"type": "Collection", "stac_version": "1.1.0", "id": "%s", "description": "A product",
        "license": "other", "extent": {"spatial": {"bbox": [[-10, 48, 5, 62]]},
        "temporal": {"interval": [["2015-01-01T00:00:00Z", null]]}}}', id), id
    FROM unnest(ARRAY['private', 'public']) AS id;
    INSERT INTO items (collection, id, datetime, time, hash, geometry, properties, document)
    SELECT id, 'item', '2020-01-01Z', '[2020-01-01Z,2020-01-01Z]', sha256(''), ST_Point(0, 50, 4326), '{}', '{}'
    FROM collections
"#;

#[tokio::test]
async fn what_was_private_stays_hidden_from_all_but_admins() {
    let database = database::fresh().await;
    let mut connection = PgConnection::connect(database.url().expose_secret()).await.unwrap();
    sqlx::migrate!("../migrations").run_to(1, &mut connection).await.unwrap();
    sqlx::raw_sql(FILL).execute(&mut connection).await.unwrap();
    let catalog = Catalog::connect(&database.url()).await.unwrap();
    assert!(matches!(catalog.ping().await, Err(Error::Schema { found: 1, .. })));
    catalog.migrate().await.unwrap();
    catalog.ping().await.unwrap();

    let hidden = CollectionPolicy { visibility: Visibility::Owner, ..CollectionPolicy::default() };
    let expected = [("private".to_owned(), hidden), ("public".to_owned(), CollectionPolicy::default())];
    assert_eq!(catalog.collection_policies().await.unwrap(), expected.into());
    for (access, seen) in [
        (Access::Public, vec!["public"]),
        (member(&["user:a"]), vec!["public"]),
        (Access::Full, vec!["private", "public"]),
    ] {
        let page = catalog.search(&Search::default(), &access).await.unwrap();
        assert_eq!(page.items.iter().map(|item| item.collection.as_str()).collect::<Vec<_>>(), seen, "{access:?}");
    }
}

/// What no program of ours would write, the database refuses.
#[tokio::test]
async fn the_schema_holds_no_policy_that_contradicts_itself() {
    let fixture = crate::fixture::Fixture::with(&["a"]).await;
    let mut connection = fixture.connection().await;
    for (change, is_good) in [
        ("visibility = 'private'", false),
        ("visibility = 'groups'", false),
        ("visibility = 'groups', subjects = '{group:a}'", true),
        ("visibility = 'owner'", false),
        ("visibility = 'owner', subjects = '{}'", true),
        ("owner = 'group:a'", false),
        ("owner = 'user:a'", true),
        ("subjects = '{group:a}'", false),
    ] {
        let statement = format!("UPDATE collections SET {change}");
        let changed = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await;
        assert_eq!(changed.is_ok(), is_good, "{change}");
    }
}

/// Items are written without a look at their collection, which therefore stays as long as they do.
#[tokio::test]
async fn a_collection_with_items_does_not_go() {
    let fixture = crate::fixture::Fixture::with(&["full", "empty"]).await;
    let place = crate::fixture::square(0.0, 50.0, 1.0);
    fixture.put([crate::fixture::document("full", "a", place, "2020-01-01T00:00:00Z")]).await;
    let mut connection = fixture.connection().await;
    for (statement, is_good) in [
        ("DELETE FROM collections WHERE id = 'full'", false),
        ("TRUNCATE collections CASCADE", false),
        ("UPDATE collections SET id = 'other' WHERE id = 'full'", false),
        ("UPDATE collections SET id = 'full' WHERE id = 'full'", false),
        ("UPDATE collections SET updated = now() WHERE id = 'full'", true),
        ("UPDATE collections SET id = 'other' WHERE id = 'empty'", true),
        ("DELETE FROM collections WHERE id = 'other'", true),
        ("DELETE FROM items", true),
        ("DELETE FROM collections WHERE id = 'full'", true),
    ] {
        let changed = sqlx::raw_sql(statement).execute(&mut connection).await;
        assert_eq!(changed.is_ok(), is_good, "{statement}: {changed:?}");
    }
}

/// As a dump is restored: no schema is searched then.
#[tokio::test]
async fn footprints_across_the_antimeridian_are_restored() {
    let fixture = crate::fixture::Fixture::with(&["a"]).await;
    let mut connection = fixture.connection().await;
    let restore = "SET search_path = '';
        INSERT INTO public.items (collection, id, datetime, time, hash, geometry, properties, document)
        VALUES ('a', 'fiji', '2020-01-01Z', '[2020-01-01Z,2020-01-01Z]', '', public.ST_GeomFromText(
            'MULTIPOLYGON(((178 -18, 180 -18, 180 -16, 178 -16, 178 -18)), ((-180 -18, -179 -18, -179 -16, -180 -16, -180 -18)))',
            4326), '{}', '{}')";
    sqlx::raw_sql(restore).execute(&mut connection).await.unwrap();
    let found: String =
        sqlx::query_scalar("SELECT bbox::text FROM public.items").fetch_one(&mut connection).await.unwrap();
    assert_eq!(found, "(181,-16),(178,-18)");
}
