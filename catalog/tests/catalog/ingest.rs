//! Storing items: counts, writers at once, and what is refused.

use std::sync::Arc;

use crate::fixture::{Fixture, Random, document, new, plain, square};
use ardent_catalog::{Access, Counts, NewItem};
use ardent_model::{Bbox, Item, Search};
use serde_json::{Value, json};

#[tokio::test]
async fn counts_tell_what_became_of_each_item() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let counts = |inserted, updated, unchanged| Counts { inserted, updated, unchanged };
    let batch = || [plain("a", "1"), plain("a", "2"), plain("b", "1")];
    assert_eq!(fixture.put(batch()).await, counts(3, 0, 0));
    assert_eq!(fixture.put(batch()).await, counts(0, 0, 3));
    let before = fixture.catalog.item("a", "2", &Access::Full).await.unwrap().unwrap();
    let mut changed = plain("a", "2");
    changed["properties"]["eo:cloud_cover"] = json!(99);
    assert_eq!(fixture.put([plain("a", "1"), changed, plain("b", "2")]).await, counts(1, 1, 1));
    let after = fixture.catalog.item("a", "2", &Access::Full).await.unwrap().unwrap();
    assert!(after.updated > before.updated && after.document.contains("99"));
    assert_eq!(fixture.put([]).await, Counts::default());
}

#[tokio::test]
async fn the_last_of_equal_ids_wins() {
    let fixture = Fixture::with(&["a"]).await;
    let numbered = |number: u64| {
        let mut document = plain("a", "1");
        document["properties"]["number"] = json!(number);
        document
    };
    assert_eq!(fixture.put((0..5).map(numbered)).await, Counts { inserted: 1, ..Counts::default() });
    let stored = fixture.catalog.item("a", "1", &Access::Full).await.unwrap().unwrap();
    let stored: Value = serde_json::from_str(&stored.document).unwrap();
    assert_eq!(stored["properties"]["number"], 4);
}

#[tokio::test]
async fn a_document_comes_back_as_it_was_but_for_its_links() {
    let fixture = Fixture::with(&["a"]).await;
    let mut given = plain("a", "scène/1?&\"'");
    given["properties"]["text"] = json!("naïve \u{1F6F0} '; DROP TABLE items; --");
    given["properties"]["number"] = json!(0.1);
    given["properties"]["escaped"] = json!("a backslash and u0000: \\u0000");
    given["extra"] = json!({"nested": [1, null, {"links": "kept"}]});
    fixture.put([given.clone()]).await;
    let stored = fixture.catalog.item("a", "scène/1?&\"'", &Access::Full).await.unwrap().unwrap();
    given.as_object_mut().unwrap().remove("links");
    assert_eq!(serde_json::from_str::<Value>(&stored.document).unwrap(), given);
    assert!(fixture.catalog.item("a", "other", &Access::Full).await.unwrap().is_none());
    assert!(fixture.catalog.item("a\0", "x\0", &Access::Full).await.unwrap().is_none());
}

#[tokio::test]
async fn one_batch_may_be_larger_than_one_statement() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let documents = (0..2500).map(|number| plain(if number % 3 == 0 { "a" } else { "b" }, &format!("{number}")));
    assert_eq!(fixture.put(documents).await.inserted, 2500);
    let page = fixture.catalog.search(&Search::default(), &Access::Full).await.unwrap();
    assert_eq!(page.matched.unwrap().count, 2500);
}

#[test]
fn what_cannot_be_stored_names_the_item() {
    let empty = json!({"type": "MultiPolygon", "coordinates": []});
    let projected = square(434_800.0, 96_500.0, 10.0);
    let short = json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]});
    let mut nul = plain("a", "bad");
    nul["properties"]["note"] = json!("a\0b");
    let mut without_collection = plain("a", "bad");
    without_collection.as_object_mut().unwrap().remove("collection");
    for (bad, reason) in [
        (document("a", "bad", empty, "2020-01-01T00:00:00Z"), "empty"),
        (document("a", "bad", projected, "2020-01-01T00:00:00Z"), "not a longitude and latitude"),
        (document("a", "bad", short, "2020-01-01T00:00:00Z"), "positions"),
        (nul, "U+0000"),
        (without_collection, "names no collection"),
    ] {
        let error = NewItem::new(Item::from_stac(&bad).unwrap(), &bad).unwrap_err().to_string();
        assert!(error.contains("item `bad`") && error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn what_names_no_collection_of_ours_stores_nothing() {
    let fixture = Fixture::with(&["a"]).await;
    let unknown = fixture.catalog.put_items(vec![new(plain("a", "good")), new(plain("none", "1"))]).await;
    assert!(unknown.unwrap_err().to_string().contains("`none`"));
    assert!(fixture.ids(Search::default()).await.is_empty());
}

#[tokio::test]
async fn a_crossed_polygon_is_repaired_for_the_index_only() {
    let fixture = Fixture::with(&["a"]).await;
    let bow_tie = json!({"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]});
    fixture.put([document("a", "1", bow_tie.clone(), "2020-01-01T00:00:00Z")]).await;
    let stored = fixture.catalog.item("a", "1", &Access::Full).await.unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&stored.document).unwrap()["geometry"], bow_tie);
    let at = |text| Search { bbox: Some(Bbox::parse(text).unwrap()), ..Search::default() };
    assert_eq!(fixture.ids(at("0.1,0.9,0.2,1.1")).await, ["1"], "the left wing");
    assert_eq!(fixture.ids(at("1.8,0.9,1.9,1.1")).await, ["1"], "the right wing");
    assert!(fixture.ids(at("0.9,0.1,1.1,0.2")).await.is_empty(), "below the knot");
}

/// Versions of 200 items from 16 writers at once, in any order: whatever is stored in the end was written by one of
/// them, every item is there, and the counts add up to what happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_of_the_same_items_never_deadlock_and_lose_nothing() {
    const WRITERS: u64 = 16;
    const ROUNDS: u64 = 6;
    let fixture = Arc::new(Fixture::with(&["a", "b"]).await);
    let versioned = |writer: u64, round: u64, number: u64| {
        let mut document = plain(if number.is_multiple_of(2) { "a" } else { "b" }, &format!("item{number}"));
        document["properties"]["writer"] = json!(writer);
        document["properties"]["round"] = json!(round);
        document["geometry"] = square(number as f64 / 10.0, 50.0, 1.0);
        new(document)
    };
    let writer = |writer: u64| {
        let fixture = Arc::clone(&fixture);
        tokio::spawn(async move {
            let mut random = Random(writer);
            let mut total = (0, Counts::default());
            for round in 0..ROUNDS {
                // Overlapping runs of ids, forwards or backwards.
                let first = random.below(150);
                let mut batch: Vec<NewItem> =
                    (first..first + 50).map(|number| versioned(writer, round, number)).collect();
                if random.below(2) == 0 {
                    batch.reverse();
                }
                total.0 += batch.len() as u64;
                let counts = fixture.catalog.put_items(batch).await.unwrap();
                total.1.inserted += counts.inserted;
                total.1.updated += counts.updated;
                total.1.unchanged += counts.unchanged;
            }
            total
        })
    };
    let searcher = {
        let fixture = Arc::clone(&fixture);
        tokio::spawn(async move {
            for _ in 0..60 {
                let bbox = Some(Bbox::parse("0,50,20,51").unwrap());
                let search = Search { bbox, limit: 50, ..Search::default() };
                fixture.catalog.search(&search, &Access::Public).await.unwrap();
            }
        })
    };
    let totals = futures::future::join_all((0..WRITERS).map(writer)).await;
    searcher.await.unwrap();
    let mut connection = fixture.connection().await;
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM items").fetch_one(&mut connection).await.unwrap();
    let (mut given, mut counted, mut inserted) = (0, 0, 0);
    for total in totals {
        let (items, counts) = total.unwrap();
        given += items;
        counted += counts.inserted + counts.updated + counts.unchanged;
        inserted += counts.inserted;
    }
    assert_eq!(given, WRITERS * ROUNDS * 50);
    assert_eq!(counted, given, "every item of every batch is accounted for");
    assert_eq!(inserted, stored.unsigned_abs(), "each item was new exactly once");
    let mismatched = "SELECT count(*) FROM items WHERE document::jsonb -> 'properties' <> properties \
                      OR hash <> sha256(convert_to(document, 'UTF8'))";
    let mismatched: i64 = sqlx::query_scalar(mismatched).fetch_one(&mut connection).await.unwrap();
    assert_eq!(mismatched, 0, "the columns of a row come from one document");
}
