//! Collections and their live extents; the schema.

use crate::fixture::{Fixture, collection, document, plain, square};
use ardent_catalog::{Access, Catalog, Error};
use ardent_testkit::database;
use serde_json::{Value, json};

async fn extent(fixture: &Fixture, id: &str) -> (Value, Value) {
    let stored = fixture.catalog.collection(id, &Access::Public).await.unwrap().unwrap();
    let extent = &stored.collection.document["extent"];
    (extent["spatial"]["bbox"].clone(), extent["temporal"]["interval"].clone())
}

#[tokio::test]
async fn a_collection_comes_back_without_links_and_is_replaced() {
    let fixture = Fixture::with(&["a"]).await;
    let stored = fixture.catalog.collection("a", &Access::Public).await.unwrap().unwrap();
    assert!(stored.collection.document.get("links").is_none());
    assert_eq!(stored.collection.document["description"], "A product");
    assert!(!fixture.catalog.put_collection(&collection("a")).await.unwrap(), "it is not new");
    let same = fixture.catalog.collection("a", &Access::Public).await.unwrap().unwrap();
    assert_eq!(same.updated, stored.updated, "the same document changes nothing");
    let mut other = collection("a");
    other.document["description"] = json!("Another");
    fixture.catalog.put_collection(&other).await.unwrap();
    let changed = fixture.catalog.collection("a", &Access::Public).await.unwrap().unwrap();
    assert_eq!(changed.collection.document["description"], "Another");
    assert!(changed.updated > stored.updated);
    assert!(fixture.catalog.collection("b", &Access::Full).await.unwrap().is_none());
    assert!(fixture.catalog.collection("a\0", &Access::Full).await.unwrap().is_none());
    let mut bad = collection("b");
    bad.document["extent"] = json!(3);
    assert!(fixture.catalog.put_collection(&bad).await.unwrap_err().to_string().contains("`extent`"));
}

#[tokio::test]
async fn the_extent_is_the_documents_until_there_are_items_and_theirs_from_then_on() {
    let fixture = Fixture::with(&["a"]).await;
    let of_document = (json!([[-10, 48, 5, 62]]), json!([["2015-01-01T00:00:00Z", null]]));
    assert_eq!(extent(&fixture, "a").await, of_document);
    fixture.put([document("a", "1", square(-2.0, 50.0, 1.0), "2019-06-27T11:21:21Z")]).await;
    let one = (json!([[-2.0, 50.0, -1.0, 51.0]]), json!([["2019-06-27T11:21:21Z", "2019-06-27T11:21:21Z"]]));
    assert_eq!(extent(&fixture, "a").await, one);
    let mut ranged = document("a", "2", square(1.0, 52.0, 2.0), "2019-06-27T11:21:21Z");
    ranged["properties"] =
        json!({"datetime": null, "start_datetime": "2018-01-01T00:00:00Z", "end_datetime": "2018-12-31T00:00:00Z"});
    fixture.put([ranged]).await;
    let both = (json!([[-2.0, 50.0, 3.0, 54.0]]), json!([["2018-01-01T00:00:00Z", "2019-06-27T11:21:21Z"]]));
    assert_eq!(extent(&fixture, "a").await, both);
    let before = fixture.catalog.collection("a", &Access::Public).await.unwrap().unwrap().updated;
    fixture.put([document("a", "1", square(-2.0, 50.0, 1.0), "2019-06-27T11:21:21Z")]).await;
    let after = fixture.catalog.collection("a", &Access::Public).await.unwrap().unwrap().updated;
    assert_eq!(before, after, "an ingest that changes nothing leaves it alone");
}

#[tokio::test]
async fn the_extent_around_the_antimeridian_is_narrow() {
    let fixture = Fixture::with(&["fiji", "world"]).await;
    let fiji = [("1", 177.0), ("2", 179.5), ("3", -179.0)];
    fixture.put(fiji.map(|(id, west)| document("fiji", id, square(west, -18.0, 1.0), "2020-01-01T00:00:00Z"))).await;
    assert_eq!(extent(&fixture, "fiji").await.0, json!([[177.0, -18.0, -178.0, -17.0]]));
    let world =
        json!({"type": "Polygon", "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]});
    fixture.put([document("world", "1", world, "2020-01-01T00:00:00Z")]).await;
    assert_eq!(extent(&fixture, "world").await.0, json!([[-180.0, -90.0, 180.0, 90.0]]));
}

#[tokio::test]
async fn many_processes_may_migrate_at_once_and_ping_knows_the_schema() {
    let database = database::fresh().await;
    let catalog = Catalog::connect(&database.url()).await.unwrap();
    let error = catalog.ping().await.unwrap_err();
    assert!(matches!(error, Error::Schema { found: 0, .. }), "{error}");
    assert!(error.to_string().contains("ardent migrate"), "{error}");
    let migrations = (0..8).map(|_| async {
        let process = Catalog::connect(&database.url()).await.unwrap();
        process.migrate().await.unwrap();
        process.ping().await.unwrap();
        process.close().await;
    });
    futures::future::join_all(migrations).await;
    catalog.ping().await.unwrap();
    assert!(catalog.put_collection(&collection("a")).await.unwrap());
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let fixture = Fixture::with(&["a"]).await;
    let error = fixture.catalog.put_items(vec![crate::fixture::new(plain("b", "1"))]).await.unwrap_err();
    assert!(matches!(&error, Error::NoCollection { collection } if collection == "b"), "{error}");
    assert!(error.to_string().contains("ardent product add"), "{error}");
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing".into();
    assert!(matches!(Catalog::connect(&nowhere).await, Err(Error::Unavailable { .. })));
    let no_url = "not a url".to_owned().into();
    assert!(matches!(Catalog::connect(&no_url).await, Err(Error::Database { .. })));
}
