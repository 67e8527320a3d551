//! Items and collections that callers add, change and remove.

use std::sync::Arc;

use ardent_catalog::{Access, DocumentVersion, Error, ItemName, NewItem, Preconditions, StoredItem, Terms, Versions};
use ardent_model::filter::Condition;
use ardent_model::{Collection, CollectionPolicy, Search};
use serde_json::{Value, json};

use crate::access::{member, policy};
use crate::fixture::{Fixture, collection, document, new, plain, square};

fn name(collection: &str, id: &str) -> ItemName {
    ItemName { collection: collection.to_owned(), id: id.to_owned() }
}

/// With full access, if it is at this version.
fn at(version: DocumentVersion) -> Terms {
    Terms { access: Access::Full, preconditions: only(version) }
}

fn only(version: DocumentVersion) -> Preconditions {
    Preconditions { only: Some(Versions::These(vec![version])), never: None }
}

fn always() -> Terms {
    Terms::always(Access::Full)
}

/// The item with `properties.n` set.
fn numbered(mut document: Value, n: u64) -> NewItem {
    document["properties"]["n"] = json!(n);
    new(document)
}

async fn item(fixture: &Fixture, collection: &str, id: &str) -> StoredItem {
    fixture.catalog.item(collection, id, &Access::Full).await.unwrap().unwrap()
}

async fn extent(fixture: &Fixture, id: &str) -> Value {
    fixture.catalog.collection(id, &Access::Full).await.unwrap().unwrap().collection.document["extent"].clone()
}

#[tokio::test]
async fn an_item_is_added_once() {
    let fixture = Fixture::with(&["a"]).await;
    let added = fixture.catalog.create_item(new(plain("a", "1")), &Access::Full).await.unwrap();
    assert_eq!(added.version, item(&fixture, "a", "1").await.version);
    let again = fixture.catalog.create_item(new(plain("a", "1")), &Access::Full).await.unwrap_err();
    assert!(matches!(&again, Error::Exists { ids, .. } if *ids == ["1"]), "{again}");
    let several = ["2", "1", "3"].map(|id| new(plain("a", id))).to_vec();
    let error = fixture.catalog.create_items("a", several, &Access::Full).await.unwrap_err();
    assert!(error.to_string().contains("`1` is there already"), "{error}");
    assert!(fixture.catalog.item("a", "2", &Access::Full).await.unwrap().is_none(), "none of them is added");
    let counts = fixture.catalog.create_items("a", vec![new(plain("a", "2"))], &Access::Full).await.unwrap();
    assert_eq!((counts.inserted, counts.updated, counts.unchanged), (1, 0, 0));
}

#[tokio::test]
async fn a_version_changes_with_the_document_and_with_nothing_else() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put([plain("a", "1")]).await;
    let before = item(&fixture, "a", "1").await;
    fixture.put([plain("a", "1")]).await;
    assert_eq!(item(&fixture, "a", "1").await.version, before.version);
    let name = name("a", "1");
    let change = |document| Ok::<_, Error>(numbered(document, 7));
    let after = fixture.catalog.change_item(&name, &always(), change).await.unwrap();
    assert_ne!(after.version, before.version);
    let stored: Value = serde_json::from_str(&after.document).unwrap();
    assert_eq!(stored["properties"]["n"], 7);
    let searched = fixture.catalog.search(&Search::default(), &Access::Full).await.unwrap();
    assert_eq!(searched.items[0].version, after.version);
    let stale = fixture.catalog.change_item(&name, &at(before.version), change).await.unwrap_err();
    assert!(matches!(stale, Error::Changed { version, .. } if version == after.version), "{stale}");
    let text = after.version.to_string();
    assert_eq!(text.parse::<DocumentVersion>().unwrap(), after.version);
    let renamed = |mut document: Value| {
        document["id"] = json!("2");
        Ok::<_, Error>(new(document))
    };
    let renamed = fixture.catalog.change_item(&name, &always(), renamed).await;
    assert!(renamed.unwrap_err().to_string().contains("cannot change"));
}

/// Sixteen writers who have all read the same version: one wins, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_of_one_version_exactly_one_wins() {
    let fixture = Arc::new(Fixture::with(&["a"]).await);
    fixture.put([plain("a", "1")]).await;
    for round in 0..10 {
        let read = item(&fixture, "a", "1").await.version;
        let writers = (0..16).map(|writer| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move {
                let change = |document| Ok::<_, Error>(numbered(document, round * 100 + writer));
                let changed = fixture.catalog.change_item(&name("a", "1"), &at(read), change).await;
                match changed {
                    Ok(item) => Some((writer, item.version)),
                    Err(Error::Changed { .. }) => None,
                    Err(error) => panic!("{error}"),
                }
            })
        });
        let won: Vec<_> = futures::future::join_all(writers).await.into_iter().filter_map(Result::unwrap).collect();
        let [(winner, version)] = won[..] else { panic!("{} of 16 won", won.len()) };
        let stored = item(&fixture, "a", "1").await;
        assert_eq!(stored.version, version);
        let stored: Value = serde_json::from_str(&stored.document).unwrap();
        assert_eq!(stored["properties"]["n"], round * 100 + winner);
    }
}

/// Each adds its own member to the same item, without a condition: none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_without_a_condition_come_one_after_the_other() {
    let fixture = Arc::new(Fixture::with(&["a"]).await);
    fixture.put([plain("a", "1")]).await;
    let writers = (0..32).map(|writer| {
        let fixture = Arc::clone(&fixture);
        tokio::spawn(async move {
            let change = |mut document: Value| {
                document["properties"][format!("by{writer}")] = json!(true);
                Ok::<_, Error>(new(document))
            };
            let name = name("a", "1");
            fixture.catalog.change_item(&name, &always(), change).await.unwrap();
        })
    });
    futures::future::join_all(writers).await.into_iter().for_each(Result::unwrap);
    let stored: Value = serde_json::from_str(&item(&fixture, "a", "1").await.document).unwrap();
    let members = stored["properties"].as_object().unwrap();
    assert_eq!(members.keys().filter(|key| key.starts_with("by")).count(), 32);
}

/// Adding, changing and removing the same few items and indexing them at once: nothing deadlocks, each item was added
/// exactly once more often than removed if it is there, and the extent is of what is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn adding_removing_and_indexing_at_once_adds_up() {
    let fixture = Arc::new(Fixture::with(&["a"]).await);
    let writers = (0..12_u64).map(|writer| {
        let fixture = Arc::clone(&fixture);
        tokio::spawn(async move {
            let mut balance = [0_i64; 3];
            for round in 0..25 {
                let number = ((writer + round) % 3) as usize;
                let id = number.to_string();
                if writer % 3 == 0 {
                    let name = name("a", &id);
                    match fixture.catalog.remove_item(&name, &always()).await {
                        Ok(()) => balance[number] -= 1,
                        Err(Error::NoItem { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                } else if writer % 3 == 1 {
                    match fixture.catalog.create_items("a", vec![new(plain("a", &id))], &Access::Full).await {
                        Ok(_) => balance[number] += 1,
                        Err(Error::Exists { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                } else {
                    let counts = fixture.catalog.put_items(vec![new(plain("a", &id))]).await.unwrap();
                    balance[number] += counts.inserted as i64;
                }
            }
            balance
        })
    });
    let balances: Vec<[i64; 3]> = futures::future::join_all(writers).await.into_iter().map(Result::unwrap).collect();
    for number in 0..3 {
        let there = fixture.catalog.item("a", &number.to_string(), &Access::Full).await.unwrap().is_some();
        assert_eq!(balances.iter().map(|balance| balance[number]).sum::<i64>(), i64::from(there), "item {number}");
    }
    // With an item the extent is its own, never forgotten by who removed another.
    fixture.put([plain("a", "0")]).await;
    assert_eq!(extent(&fixture, "a").await["spatial"]["bbox"], json!([[0.0, 50.0, 1.0, 51.0]]));
}

#[tokio::test]
async fn the_extent_stays_wide_until_no_item_is_left() {
    let fixture = Fixture::with(&["a"]).await;
    let of_document = extent(&fixture, "a").await;
    let far = document("a", "far", square(40.0, 10.0, 1.0), "2021-01-01T00:00:00Z");
    fixture.put([plain("a", "near"), far]).await;
    let wide = extent(&fixture, "a").await;
    assert_eq!(wide["spatial"]["bbox"], json!([[0.0, 10.0, 41.0, 51.0]]));
    let remove = async |id: &str| {
        fixture.catalog.remove_item(&name("a", id), &always()).await.unwrap();
    };
    remove("far").await;
    assert_eq!(extent(&fixture, "a").await, wide);
    let summaries = async || {
        let stored = fixture.catalog.collection("a", &Access::Full).await.unwrap().unwrap();
        stored.collection.document.get("summaries").and_then(|all| all.get("eo:cloud_cover")).cloned()
    };
    assert_eq!(summaries().await, Some(json!({"minimum": 12.5, "maximum": 12.5})));
    remove("near").await;
    assert_eq!(extent(&fixture, "a").await, of_document);
    assert_eq!(summaries().await, None);
    fixture.put([document("a", "new", square(3.0, 3.0, 1.0), "2022-01-01T00:00:00Z")]).await;
    assert_eq!(extent(&fixture, "a").await["spatial"]["bbox"], json!([[3.0, 3.0, 4.0, 4.0]]), "nothing is remembered");
}

#[tokio::test]
async fn who_may_write_where() {
    let fixture = Fixture::with(&["open", "alices", "bobs", "hidden"]).await;
    for (id, text) in [
        ("alices", r#"{"visibility": "owner", "owner": "user:alice"}"#),
        ("bobs", r#"{"visibility": "public", "owner": "user:bob"}"#),
        ("hidden", r#"{"visibility": "owner"}"#),
    ] {
        fixture.put([plain(id, "old")]).await;
        fixture.catalog.set_collection_policy(id, &policy(text)).await.unwrap();
    }
    fixture.put([plain("open", "old")]).await;
    let alice = member(&["authenticated", "user:alice"]);
    for (access, id, expected) in [
        (&alice, "open", "written"),
        (&alice, "alices", "written"),
        (&alice, "bobs", "not owner"),
        (&alice, "hidden", "not there"),
        (&alice, "none", "not there"),
        (&Access::Public, "open", "written"),
        (&Access::Public, "bobs", "not owner"),
        (&Access::Public, "alices", "not there"),
        (&Access::Nothing, "open", "not there"),
        (&Access::Full, "open", "written"),
        (&Access::Full, "bobs", "written"),
        (&Access::Full, "hidden", "written"),
        (&Access::Full, "none", "not there"),
    ] {
        let said = |result: Result<(), Error>| match result {
            Ok(()) => "written",
            Err(Error::NotOwner { .. }) => "not owner",
            Err(Error::NoCollection { .. }) => "not there",
            Err(error) => panic!("{error}"),
        };
        let always = Terms::always(access.clone());
        let catalog = &fixture.catalog;
        let added = catalog.create_item(new(plain(id, "added")), access).await.map(drop);
        assert_eq!(said(added), expected, "{id}, adding by {access:?}");
        let changed =
            catalog.change_item(&name(id, "old"), &always, |old| Ok::<_, Error>(numbered(old, 1))).await.map(drop);
        assert_eq!(said(changed), expected, "{id}, changing by {access:?}");
        let described = catalog.change_collection(id, &always, |old| Collection::from_stac(old).map_err(Error::from));
        assert_eq!(said(described.await.map(drop)), expected, "{id}, describing by {access:?}");
        if expected == "written" {
            catalog.remove_item(&name(id, "added"), &always).await.unwrap();
        } else {
            assert_eq!(said(catalog.remove_item(&name(id, "old"), &always).await), expected);
        }
    }
    let refused = fixture.catalog.remove_collection("open", &Terms::always(alice.clone())).await.unwrap_err();
    assert!(matches!(refused, Error::NotOwner { .. }), "what is nobody's is removed by admins: {refused}");
    fixture.catalog.remove_collection("alices", &Terms::always(alice.clone())).await.unwrap();
}

#[tokio::test]
async fn collections_are_added_together_or_not_at_all() {
    let fixture = Fixture::with(&["b"]).await;
    let mine = policy(r#"{"visibility": "owner", "owner": "user:alice"}"#);
    let error = fixture.catalog.create_collections(&["a", "b", "c"].map(collection), &mine).await.unwrap_err();
    assert!(matches!(&error, Error::Exists { ids, .. } if *ids == ["b"]), "{error}");
    assert!(fixture.catalog.collection("a", &Access::Full).await.unwrap().is_none());
    let added = fixture.catalog.create_collections(&["c", "a"].map(collection), &mine).await.unwrap();
    assert!(added.iter().all(|one| one.policy == mine));
    assert!(fixture.catalog.collection("a", &Access::Public).await.unwrap().is_none());
    assert!(fixture.catalog.collection("a", &member(&["user:alice"])).await.unwrap().is_some());
}

#[tokio::test]
async fn a_collection_changes_by_version_and_keeps_items_and_policy() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put([plain("a", "1")]).await;
    let before = fixture.catalog.collection("a", &Access::Full).await.unwrap().unwrap();
    fixture.put([document("a", "2", square(3.0, 3.0, 1.0), "2022-01-01T00:00:00Z")]).await;
    let grown = fixture.catalog.collection("a", &Access::Full).await.unwrap().unwrap();
    assert_eq!(grown.version, before.version, "its items do not count");
    let describe = |text: &'static str| {
        move |mut document: Value| {
            assert_eq!(document["extent"]["spatial"]["bbox"], json!([[-10, 48, 5, 62]]), "its own extent");
            document["description"] = json!(text);
            Collection::from_stac(document).map_err(Error::from)
        }
    };
    let read = at(before.version);
    let changed = fixture.catalog.change_collection("a", &read, describe("new")).await.unwrap();
    assert_eq!(changed.collection.document["extent"], grown.collection.document["extent"], "of its items");
    assert_eq!(changed.policy, CollectionPolicy::default());
    let stale = fixture.catalog.change_collection("a", &at(before.version), describe("newer")).await;
    assert!(matches!(stale, Err(Error::Changed { version, .. }) if version == changed.version));
    assert_eq!(fixture.put([plain("a", "1")]).await.unchanged, 1, "its items are as they were");
}

#[tokio::test]
async fn a_removed_collection_is_gone_at_once_and_comes_back_as_a_stranger() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let items: Vec<_> = (0..4500).map(|number| plain("a", &format!("{number:05}"))).collect();
    fixture.put(items).await;
    fixture.put([plain("b", "1")]).await;
    let open_to = policy(r#"{"visibility": "groups", "subjects": ["group:rangers"], "owner": "user:alice"}"#);
    fixture.catalog.set_collection_policy("a", &open_to).await.unwrap();
    let (alice, ranger) = (member(&["user:alice"]), member(&["group:rangers"]));
    let catalog = &fixture.catalog;
    let refused = catalog.remove_collection("a", &Terms::always(ranger.clone())).await.unwrap_err();
    assert!(matches!(refused, Error::NotOwner { .. }), "{refused}");
    let other = DocumentVersion::from([0; 32]);
    let stale =
        catalog.remove_collection("a", &Terms { access: alice.clone(), preconditions: only(other) }).await.unwrap_err();
    assert!(matches!(stale, Error::Changed { .. }), "{stale}");
    catalog.remove_collection("a", &Terms::always(alice.clone())).await.unwrap();

    for access in [&alice, &ranger, &Access::Public, &Access::Full] {
        assert!(catalog.collection("a", access).await.unwrap().is_none(), "{access:?}");
        let seen: Vec<_> = catalog.collections(access).await.unwrap();
        assert_eq!(seen.iter().map(|one| one.collection.id.as_str()).collect::<Vec<_>>(), ["b"]);
        for search in [Search::default(), Search { filter: Some(Condition::Constant(true)), ..Search::default() }] {
            let page = catalog.search_collections(&search, access).await.unwrap();
            let listed: Vec<_> = page.collections.iter().map(|one| one.collection.id.as_str()).collect();
            assert_eq!((listed, page.matched.map(|matched| matched.count)), (vec!["b"], Some(1)), "{access:?}");
            let page = catalog.search(&search, access).await.unwrap();
            assert!(page.items.iter().all(|item| item.collection == "b"), "{access:?}");
        }
        let write = catalog.create_item(new(plain("a", "new")), access).await.unwrap_err();
        assert!(matches!(write, Error::NoCollection { .. }), "{write}");
        assert!(catalog.item("a", "00000", access).await.unwrap().is_none(), "{access:?}");
    }
    assert!(catalog.collection_policy("a").await.unwrap().is_none());
    assert!(!catalog.collection_policies().await.unwrap().contains_key("a"));
    assert!(matches!(catalog.set_collection_policy("a", &open_to).await, Err(Error::NoCollection { .. })));
    assert!(matches!(catalog.put_items(vec![new(plain("a", "x"))]).await, Err(Error::NoCollection { .. })));
    assert!(matches!(catalog.put_collection(&collection("a")).await, Err(Error::BeingRemoved { .. })));
    let taken = catalog.create_collections(&[collection("a")], &CollectionPolicy::default()).await.unwrap_err();
    assert!(matches!(taken, Error::Exists { .. }), "{taken}");
    assert_eq!(catalog.removed_collections().await.unwrap(), ["a"]);

    assert!(catalog.empty_removed("a").await.unwrap());
    assert!(catalog.empty_removed("a").await.unwrap(), "it is not there any more");
    assert!(catalog.removed_collections().await.unwrap().is_empty());
    let mut connection = fixture.connection().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM items").fetch_one(&mut connection).await.unwrap();
    assert_eq!(left, 1, "that of the other collection");
    let bobs = policy(r#"{"visibility": "owner", "owner": "user:bob"}"#);
    catalog.create_collections(&[collection("a")], &bobs).await.unwrap();
    assert!(catalog.collection("a", &alice).await.unwrap().is_none());
    assert!(catalog.collection("a", &ranger).await.unwrap().is_none());
    assert!(catalog.collection("a", &member(&["user:bob"])).await.unwrap().is_some());
}

/// Two that empty, and writers that came just before the removal: everything goes, nothing hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_collection_is_emptied_beside_its_last_writers() {
    let fixture = Arc::new(Fixture::with(&["a"]).await);
    fixture.put((0..3000).map(|number| plain("a", &format!("{number:05}")))).await;
    let writers: Vec<_> = (0..6)
        .map(|writer| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move {
                for round in 0..50 {
                    let items = (0..20).map(|n| new(plain("a", &format!("w{writer}-{round}-{n}")))).collect();
                    let changed = (0..20).map(|n| {
                        let mut item = plain("a", &format!("{:05}", 2999 - 140 * n - writer));
                        item["properties"]["round"] = json!(round);
                        new(item)
                    });
                    let added = fixture.catalog.create_items("a", items, &Access::Full).await.map(|_| ());
                    let changed = fixture.catalog.put_items(changed.collect()).await.map(|_| ());
                    let refused: Vec<Error> = [added, changed].into_iter().filter_map(Result::err).collect();
                    assert!(refused.iter().all(|error| matches!(error, Error::NoCollection { .. })), "{refused:?}");
                    if !refused.is_empty() {
                        return;
                    }
                }
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    fixture.catalog.remove_collection("a", &always()).await.unwrap();
    let emptied = futures::future::join_all((0..2).map(|_| fixture.catalog.empty_removed("a"))).await;
    futures::future::join_all(writers).await.into_iter().for_each(Result::unwrap);
    assert!(emptied.iter().all(Result::is_ok), "{emptied:?}");
    assert!(fixture.catalog.empty_removed("a").await.unwrap());
    let mut connection = fixture.connection().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM items").fetch_one(&mut connection).await.unwrap();
    assert_eq!(left, 0);
}
