//! Searches walked to their end.

use ardent_catalog::{Access, StoredItem};
use ardent_model::{CollectionPolicy, Search, SortKey, Visibility};
use futures::{StreamExt, TryStreamExt};
use serde_json::json;

use crate::fixture::{Fixture, plain};

const ITEMS: usize = 450;

/// Items of two collections; three share a number, and every tenth has none.
async fn filled() -> Fixture {
    let fixture = Fixture::with(&["a", "b"]).await;
    let documents = (0..ITEMS).map(|index| {
        let mut document = plain(if index % 2 == 0 { "a" } else { "b" }, &format!("item{index:03}"));
        if index % 10 != 0 {
            document["properties"]["number"] = json!(index / 3);
        }
        document
    });
    fixture.put(documents).await;
    fixture
}

fn name(item: StoredItem) -> String {
    item.id
}

async fn walked(fixture: &Fixture, search: Search, access: Access, most: Option<u64>) -> Vec<String> {
    let pages: Vec<Vec<StoredItem>> = fixture.catalog.walk(search, access, most).try_collect().await.unwrap();
    pages.into_iter().flatten().map(name).collect()
}

#[tokio::test]
async fn everything_comes_once_and_in_order() {
    let fixture = filled().await;
    let mut expected: Vec<(bool, usize, &str, String)> = (0..ITEMS)
        .map(|index| {
            let collection = if index % 2 == 0 { "a" } else { "b" };
            let is_last = index % 10 == 0;
            (is_last, if is_last { 0 } else { index / 3 }, collection, format!("item{index:03}"))
        })
        .collect();
    expected.sort();
    let expected: Vec<String> = expected.into_iter().map(|(.., id)| id).collect();
    let search = Search { sort: vec![SortKey::parse("number").unwrap()], limit: 7, ..Search::default() };
    assert_eq!(walked(&fixture, search.clone(), Access::Full, None).await, expected);
    for most in [0, 1, 99, 100, 101, 449, 450, 451] {
        let found = walked(&fixture, search.clone(), Access::Full, Some(most as u64)).await;
        assert_eq!(found, expected[..most.min(ITEMS)], "{most} at most");
    }
    // A page's token is a place to begin.
    let page = fixture.catalog.search(&search, &Access::Full).await.unwrap();
    let rest = Search { token: page.next, ..search.clone() };
    assert_eq!(walked(&fixture, rest, Access::Full, None).await, expected[7..]);
    let foreign = Search { token: Some("token".to_owned()), ..search };
    let error = fixture.catalog.walk(foreign, Access::Full, None).try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.to_string().starts_with("token:"), "{error}");
}

#[tokio::test]
async fn pages_are_bounded_by_their_bytes() {
    let fixture = filled().await;
    let catalog = fixture.catalog.clone().with_page_bytes(2000);
    let pages: Vec<Vec<StoredItem>> = catalog.walk(Search::default(), Access::Full, None).try_collect().await.unwrap();
    let largest = pages.iter().map(|page| page.iter().map(|item| item.document.len()).sum::<usize>()).max();
    let one = pages[0][0].document.len();
    assert!(largest.unwrap() < 2000 + one + 10, "{largest:?}");
    assert_eq!(pages.into_iter().flatten().count(), ITEMS);
}

#[tokio::test]
async fn what_is_hidden_does_not_come_and_stops_coming() {
    let fixture = filled().await;
    let hidden = CollectionPolicy { visibility: Visibility::Owner, ..CollectionPolicy::default() };
    fixture.catalog.set_collection_policy("b", &hidden).await.unwrap();
    let found = walked(&fixture, Search::default(), Access::Public, None).await;
    assert_eq!(found.len(), ITEMS / 2);
    assert!(walked(&fixture, Search::default(), Access::Nothing, None).await.is_empty());
    // The first page of a hundred is read while `a` is open.
    let mut pages = Box::pin(fixture.catalog.walk(Search::default(), Access::Public, None));
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 100);
    fixture.catalog.set_collection_policy("a", &hidden).await.unwrap();
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn nothing_is_held_between_pages() {
    let fixture = filled().await;
    let mut connection = fixture.connection().await;
    let mut pages: Vec<_> =
        (0..50).map(|_| Box::pin(fixture.catalog.walk(Search::default(), Access::Public, None))).collect();
    for walk in &mut pages {
        assert_eq!(walk.next().await.unwrap().unwrap().len(), 100);
    }
    // More walks than the pool has connections stand still, and each session is idle, outside of transactions.
    // (Autovacuum comes and goes as it likes.)
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' \
                AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let busy: i64 = sqlx::query_scalar(busy).fetch_one(&mut connection).await.unwrap();
    assert_eq!(busy, 0);
    for walk in &mut pages {
        let rest: usize = walk.map(|page| page.unwrap().len()).fold(0, |sum, more| async move { sum + more }).await;
        assert_eq!(rest, ITEMS - 100);
    }
}
