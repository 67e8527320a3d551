//! The union of the pages is the set, whatever happens meanwhile.

use std::collections::BTreeSet;

use crate::fixture::{Fixture, Random, document, plain, square};
use ardent_catalog::{Access, Error, Page};
use ardent_model::{Bbox, Search};

type Key = (String, String);

/// A few datetimes for many items: ties everywhere.
fn tied(random: &mut Random, collection: &str, id: &str) -> serde_json::Value {
    let datetime = format!("2020-01-0{}T00:00:00Z", 1 + random.below(4));
    document(collection, id, square(random.below(10) as f64, 50.0, 1.0), &datetime)
}

async fn page(fixture: &Fixture, search: &Search) -> Page {
    fixture.catalog.search(search, &Access::Public).await.unwrap()
}

#[tokio::test]
async fn the_union_of_pages_of_any_size_is_the_set_in_order() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let mut random = Random(1);
    let names = |number: u64| (if number.is_multiple_of(3) { "a" } else { "b" }, format!("id-{}", number * 7 % 120));
    let documents: Vec<_> = (0..120)
        .map(|number| {
            let (collection, id) = names(number);
            tied(&mut random, collection, &id)
        })
        .collect();
    // The order, computed apart from the database.
    let text = |document: &serde_json::Value, key: &str| document[key].as_str().unwrap().to_owned();
    let mut expected: Vec<_> = documents
        .iter()
        .map(|one| {
            let at = one["properties"]["datetime"].as_str().unwrap().to_owned();
            (std::cmp::Reverse(at), text(one, "collection"), text(one, "id"))
        })
        .collect();
    expected.sort();
    let expected: Vec<Key> = expected.into_iter().map(|(_, collection, id)| (collection, id)).collect();
    fixture.put(documents).await;
    for search in [Search::default(), Search { bbox: Some(Bbox::parse("-1,49,30,52").unwrap()), ..Search::default() }] {
        for round in 0..8 {
            let mut found: Vec<Key> = Vec::new();
            let mut token = None;
            let mut pages = 0;
            loop {
                // Another size for each page, too.
                let limit = if round == 0 { 1 } else { 1 + random.below(40) as usize };
                let page = page(&fixture, &Search { limit, token, ..search.clone() }).await;
                assert!(page.items.len() == limit || page.next.is_none(), "only the last page is short");
                assert_eq!(page.matched.unwrap().count, 120);
                found.extend(page.items.into_iter().map(|item| (item.collection, item.id)));
                pages += 1;
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "round {round}");
            assert!(round > 0 || pages == 120, "a last page that is full has no next");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inserts_meanwhile_neither_hide_nor_repeat_what_was_there() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let mut random = Random(2);
    let before: BTreeSet<Key> = (0..80).map(|number| ("a".to_owned(), format!("old{number}"))).collect();
    let documents: Vec<_> = before.iter().map(|(collection, id)| tied(&mut random, collection, id)).collect();
    fixture.put(documents).await;
    for round in 0..10 {
        let mut seen: Vec<Key> = Vec::new();
        let mut token = None;
        loop {
            let search = Search { limit: 1 + random.below(20) as usize, token, ..Search::default() };
            let page = page(&fixture, &search).await;
            seen.extend(page.items.into_iter().map(|item| (item.collection, item.id)));
            token = page.next;
            let new: Vec<_> = (0..random.below(3))
                .map(|_| {
                    let id = format!("new{round}-{}", random.below(1_000_000));
                    tied(&mut random, "b", &id)
                })
                .collect();
            fixture.put(new).await;
            if token.is_none() {
                break;
            }
        }
        let unique: BTreeSet<Key> = seen.iter().cloned().collect();
        assert_eq!(unique.len(), seen.len(), "nothing comes twice");
        assert!(before.is_subset(&unique), "nothing that was there is missed");
    }
}

#[tokio::test]
async fn a_token_that_is_not_of_this_search_is_refused() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put((0..3).map(|number| plain("a", &format!("{number}")))).await;
    let token = page(&fixture, &Search { limit: 1, ..Search::default() }).await.next.unwrap();
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{token}");
    let another = Fixture::with(&["a"]).await;
    another.put((0..3).map(|number| plain("a", &format!("{number}")))).await;
    let refused = [
        (&fixture, Search { token: Some(format!("{}A", &token[..token.len() - 2])), ..Search::default() }),
        (&fixture, Search { token: Some("x".to_owned()), ..Search::default() }),
        (&fixture, Search { token: Some(token.clone()), collections: vec!["a".to_owned()], ..Search::default() }),
        (&another, Search { token: Some(token.clone()), ..Search::default() }),
    ];
    for (fixture, search) in refused {
        let error = fixture.catalog.search(&search, &Access::Public).await.unwrap_err();
        assert!(matches!(error, Error::Token { .. }), "{error}");
        assert!(error.to_string().contains("`next`"), "{error}");
    }
    let rest = page(&fixture, &Search { token: Some(token), ..Search::default() }).await;
    assert_eq!(rest.items.len(), 2);
}
