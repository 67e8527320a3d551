//! What is hidden cannot be seen, in any way.

use crate::fixture::{Fixture, plain};
use ardent_catalog::{Access, Error};
use ardent_model::{Bbox, CollectionPolicy, Interval, Search, Visibility};

#[tokio::test]
async fn a_private_collection_is_invisible_in_every_function() {
    let fixture = Fixture::with(&["open", "secret"]).await;
    let catalog = &fixture.catalog;
    let hidden = CollectionPolicy { visibility: Visibility::Owner, ..CollectionPolicy::default() };
    fixture.put([plain("open", "a"), plain("secret", "a"), plain("secret", "b")]).await;
    catalog.set_collection_policy("secret", &hidden).await.unwrap();

    let searches = [
        Search::default(),
        Search { collections: vec!["secret".to_owned(), "open".to_owned()], ..Search::default() },
        Search { ids: vec!["a".to_owned(), "b".to_owned()], ..Search::default() },
        Search { bbox: Some(Bbox::parse("-1,49,2,52").unwrap()), ..Search::default() },
        Search { intersects: Some(geo_types::Point::new(0.5, 50.5).into()), ..Search::default() },
        Search { datetime: Some(Interval::parse_recipe("2019").unwrap()), ..Search::default() },
    ];
    for search in searches {
        // A page of one: so that the count cannot come from the page itself.
        for search in [Search { limit: 1, ..search.clone() }, search] {
            let page = catalog.search(&search, &Access::Public).await.unwrap();
            assert_eq!(page.matched.unwrap().count, 1, "{search:?}");
            assert!(page.items.iter().all(|item| item.collection == "open") && page.items.len() == 1, "{search:?}");
            assert!(page.next.is_none(), "{search:?}");
            assert_eq!(catalog.search(&search, &Access::Full).await.unwrap().matched.unwrap().count, 3, "{search:?}");
        }
    }
    let only_secret = Search { collections: vec!["secret".to_owned()], ..Search::default() };
    let page = catalog.search(&only_secret, &Access::Public).await.unwrap();
    assert!(page.items.is_empty() && page.matched.unwrap().count == 0);

    assert!(catalog.item("secret", "a", &Access::Public).await.unwrap().is_none());
    assert!(catalog.item("secret", "a", &Access::Full).await.unwrap().is_some());
    assert!(catalog.collection("secret", &Access::Public).await.unwrap().is_none());
    assert_eq!(catalog.collection("secret", &Access::Full).await.unwrap().unwrap().policy, hidden);
    let seen: Vec<_> = catalog.collections(&Access::Public).await.unwrap();
    assert_eq!(seen.iter().map(|one| one.collection.id.as_str()).collect::<Vec<_>>(), ["open"]);
    assert_eq!(catalog.collections(&Access::Full).await.unwrap().len(), 2);

    // A new document does not open it, and a token got with full access opens nothing.
    assert!(!catalog.put_collection(&crate::fixture::collection("secret")).await.unwrap());
    let first = catalog.search(&Search { limit: 1, ..Search::default() }, &Access::Full).await.unwrap();
    let rest = Search { limit: 10, token: first.next, ..Search::default() };
    assert_eq!(catalog.search(&rest, &Access::Full).await.unwrap().items.len(), 2);
    assert!(catalog.search(&rest, &Access::Public).await.unwrap().items.is_empty());

    catalog.set_collection_policy("secret", &CollectionPolicy::default()).await.unwrap();
    assert!(catalog.item("secret", "a", &Access::Public).await.unwrap().is_some());
    let missing = catalog.set_collection_policy("none", &hidden).await;
    assert!(matches!(missing, Err(Error::NoCollection { collection }) if collection == "none"));
}
