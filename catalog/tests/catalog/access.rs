//! What is hidden cannot be seen, in any way: it looks as if it did not exist.

use std::collections::BTreeSet;

use crate::fixture::{Fixture, collection, document, plain, square};
use ardent_catalog::{Access, Error, Matched};
use ardent_model::{Bbox, CollectionPolicy, Interval, Search, Visibility};
use serde_json::json;

/// Each collection, and its policy.
const COLLECTIONS: [(&str, &str); 8] = [
    ("admins", r#"{"visibility": "owner"}"#),
    ("alices", r#"{"visibility": "owner", "owner": "user:alice"}"#),
    ("alices-partner", r#"{"visibility": "owner", "owner": "user:alice@partner"}"#),
    ("bobs-rangers", r#"{"visibility": "groups", "subjects": ["group:rangers"], "owner": "user:bob"}"#),
    ("members", r#"{"visibility": "groups", "subjects": ["authenticated"]}"#),
    ("open", r#"{"visibility": "public", "owner": "user:bob"}"#),
    ("partners", r#"{"visibility": "groups", "subjects": ["group:rangers@partner", "role:viewer"]}"#),
    ("rangers", r#"{"visibility": "groups", "subjects": ["group:rangers", "group:rangers/north"]}"#),
];

pub(crate) fn member(subjects: &[&str]) -> Access {
    Access::Member(subjects.iter().map(ToString::to_string).collect())
}

pub(crate) fn policy(json: &str) -> CollectionPolicy {
    CollectionPolicy::parse(json.as_bytes()).unwrap()
}

/// Each caller, and what it sees.
fn callers() -> Vec<(Access, Vec<&'static str>)> {
    vec![
        (Access::Nothing, vec![]),
        (Access::Public, vec!["open"]),
        (member(&[]), vec!["open"]),
        (member(&["authenticated"]), vec!["members", "open"]),
        (member(&["authenticated", "user:alice"]), vec!["alices", "members", "open"]),
        (member(&["authenticated", "user:alice@partner"]), vec!["alices-partner", "members", "open"]),
        (member(&["user:bob"]), vec!["bobs-rangers", "open"]),
        (member(&["group:rangers"]), vec!["bobs-rangers", "open", "rangers"]),
        (member(&["group:rangers/north"]), vec!["open", "rangers"]),
        (member(&["group:rangers@partner"]), vec!["open", "partners"]),
        (member(&["group:other", "role:viewer", "user:alice"]), vec!["alices", "open", "partners"]),
        // What only looks like a subject that is named.
        (member(&["rangers", "group:ranger", "GROUP:RANGERS", "group:rangers@other", "role:rangers"]), vec!["open"]),
        (member(&["group:rangers\0", "user:alice\0", "{group:rangers}", "group:rangers', 'x", "%"]), vec!["open"]),
        (member(&["user:", "", "public", "NULL"]), vec!["open"]),
        (Access::Full, COLLECTIONS.map(|(id, _)| id).to_vec()),
    ]
}

/// Every collection has items `a` and `b`, and one of its own name.
async fn filled() -> Fixture {
    let fixture = Fixture::with(&COLLECTIONS.map(|(id, _)| id)).await;
    for (number, (id, text)) in COLLECTIONS.into_iter().enumerate() {
        fixture.put([plain(id, "a"), plain(id, "b")]).await;
        // Far in place and time, so that the extent tells the collection from others.
        let at = format!("20{:02}-01-01T00:00:00Z", number + 30);
        fixture.put([document(id, id, square(10.0 + number as f64, -10.0, 0.5), &at)]).await;
        fixture.catalog.set_collection_policy(id, &policy(text)).await.unwrap();
    }
    fixture
}

/// Searches by every parameter, and how many items of a collection each finds.
fn searches() -> Vec<(Search, usize)> {
    let every: Vec<String> = COLLECTIONS.iter().map(|(id, _)| (*id).to_owned()).collect();
    let ids = vec!["a".to_owned(), "b".to_owned(), "none".to_owned()];
    let bbox = Some(Bbox::parse("-1,49,2,52").unwrap());
    let datetime = Some(Interval::parse_recipe("2019").unwrap());
    vec![
        (Search::default(), 3),
        (Search { collections: every.clone(), ..Search::default() }, 3),
        (Search { ids: ids.clone(), ..Search::default() }, 2),
        (Search { ids: vec!["a".to_owned()], ..Search::default() }, 1),
        (Search { bbox, ..Search::default() }, 2),
        (Search { intersects: Some(geo_types::Point::new(0.5, 50.5).into()), ..Search::default() }, 2),
        (Search { datetime, ..Search::default() }, 2),
        (Search { collections: every, ids, bbox, datetime, ..Search::default() }, 2),
    ]
}

/// All that the pages of a search have, by collection, and what each page says is the number of it.
async fn pages(fixture: &Fixture, search: &Search, access: &Access) -> (Vec<String>, BTreeSet<u64>) {
    let (mut found, mut counts) = (Vec::new(), BTreeSet::new());
    let mut search = search.clone();
    loop {
        let page = fixture.catalog.search(&search, access).await.unwrap();
        found.extend(page.items.into_iter().map(|item| item.collection));
        counts.insert(page.matched.unwrap().count);
        search.token = page.next;
        if search.token.is_none() {
            return (found, counts);
        }
    }
}

#[tokio::test]
async fn a_search_by_any_parameter_finds_what_the_caller_may_see_and_counts_no_more() {
    let fixture = filled().await;
    for (access, visible) in callers() {
        for (search, each) in searches() {
            let mut expected: Vec<String> = visible.iter().flat_map(|id| vec![(*id).to_owned(); each]).collect();
            expected.sort();
            // Pages of two: so that the count does not come from the page itself.
            for limit in [2, 1000] {
                let (mut found, counts) = pages(&fixture, &Search { limit, ..search.clone() }, &access).await;
                found.sort();
                assert_eq!(found, expected, "{access:?} {search:?}");
                assert_eq!(counts, BTreeSet::from([expected.len() as u64]), "{access:?} {search:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_collection_that_is_hidden_looks_like_one_that_does_not_exist() {
    let fixture = filled().await;
    let catalog = &fixture.catalog;
    for (access, visible) in callers() {
        let listed = catalog.collections(&access).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.collection.id.as_str()).collect::<Vec<_>>(), visible, "{access:?}");
        for ((id, text), number) in COLLECTIONS.into_iter().zip(30..) {
            let is_visible = visible.contains(&id);
            let stored = catalog.collection(id, &access).await.unwrap();
            assert_eq!(stored.is_some(), is_visible, "{access:?} {id}");
            if let Some(stored) = stored {
                assert_eq!(stored.policy, policy(text), "{id}");
                let interval = &stored.collection.document["extent"]["temporal"]["interval"];
                assert_eq!(interval[0][1], json!(format!("20{number}-01-01T00:00:00Z")), "the extent is its own");
            }
            for item in ["a", id] {
                assert_eq!(catalog.item(id, item, &access).await.unwrap().is_some(), is_visible, "{access:?} {id}");
            }
            // To the letter.
            let within = |id: &str| Search { collections: vec![id.to_owned()], limit: 1, ..Search::default() };
            let found = format!("{:?}", catalog.search(&within(id), &access).await.unwrap());
            let nothing = format!("{:?}", catalog.search(&within("none"), &access).await.unwrap());
            assert_eq!(found == nothing, !is_visible, "{access:?} {id}: {found}");
        }
    }
}

#[tokio::test]
async fn a_token_got_with_more_rights_opens_nothing() {
    let fixture = filled().await;
    for limit in [1, 5, 11] {
        let first = fixture.catalog.search(&Search { limit, ..Search::default() }, &Access::Full).await.unwrap();
        let rest = Search { limit: 1000, token: first.next, ..Search::default() };
        assert_eq!(fixture.catalog.search(&rest, &Access::Full).await.unwrap().items.len(), 24 - limit);
        for (access, visible) in callers() {
            let page = fixture.catalog.search(&rest, &access).await.unwrap();
            assert!(page.items.iter().all(|item| visible.contains(&item.collection.as_str())), "{access:?}");
            let expected = Matched { count: visible.len() as u64 * 3, exact: true };
            assert_eq!(page.matched.unwrap(), expected, "{access:?}: the whole search's number, not the page's");
        }
    }
}

#[tokio::test]
async fn a_policy_acts_from_the_next_query_on() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put([plain("a", "1")]).await;
    let catalog = &fixture.catalog;
    let (alice, ranger) = (member(&["user:alice"]), member(&["group:rangers"]));
    for (text, seen) in [
        (r#"{"visibility": "owner"}"#, [false, false, false]),
        (r#"{"visibility": "owner", "owner": "user:alice"}"#, [false, true, false]),
        (r#"{"visibility": "groups", "subjects": ["group:rangers"], "owner": "user:alice"}"#, [false, true, true]),
        (r#"{"visibility": "groups", "subjects": ["group:rangers"]}"#, [false, false, true]),
        (r#"{"visibility": "groups", "subjects": ["group:others"]}"#, [false, false, false]),
        (r#"{"visibility": "public"}"#, [true, true, true]),
        (r#"{"visibility": "owner"}"#, [false, false, false]),
    ] {
        catalog.set_collection_policy("a", &policy(text)).await.unwrap();
        // A new document does not open it.
        assert!(!catalog.put_collection(&collection("a")).await.unwrap());
        for (access, is_seen) in [&Access::Public, &alice, &ranger].into_iter().zip(seen) {
            let page = catalog.search(&Search::default(), access).await.unwrap();
            assert_eq!(!page.items.is_empty(), is_seen, "{text} {access:?}");
            assert_eq!(catalog.item("a", "1", access).await.unwrap().is_some(), is_seen, "{text} {access:?}");
            assert_eq!(catalog.collection("a", access).await.unwrap().is_some(), is_seen, "{text} {access:?}");
        }
        assert_eq!(catalog.collection_policy("a").await.unwrap(), Some(policy(text)));
    }
}

#[tokio::test]
async fn a_policy_is_refused_where_it_says_nothing_or_two_things() {
    let fixture = Fixture::with(&["a"]).await;
    let catalog = &fixture.catalog;
    assert_eq!(catalog.collection_policy("a").await.unwrap(), Some(CollectionPolicy::default()));
    for id in ["none", "none\0", "a\0"] {
        assert_eq!(catalog.collection_policy(id).await.unwrap(), None);
        let missing = catalog.set_collection_policy(id, &CollectionPolicy::default()).await;
        assert!(matches!(missing, Err(Error::NoCollection { collection }) if collection == id));
    }
    let groups = CollectionPolicy { visibility: Visibility::Groups, ..CollectionPolicy::default() };
    let error = catalog.set_collection_policy("a", &groups).await.unwrap_err();
    assert!(matches!(error, Error::Model(_)) && error.to_string().contains("group:rangers"), "{error}");
    // A group whose name no text form can have.
    let subjects = [ardent_model::Subject::group("a\nb")].into();
    let error = catalog.set_collection_policy("a", &CollectionPolicy { subjects, ..groups }).await.unwrap_err();
    assert!(matches!(error, Error::Model(_)), "{error}");
    let all = catalog.collection_policies().await.unwrap();
    assert_eq!(all, [("a".to_owned(), CollectionPolicy::default())].into(), "nothing was changed");
}
