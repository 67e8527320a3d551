//! Any order: its pages are the set, in the order that a comparison apart from the database gives.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use ardent_catalog::{Access, Error};
use ardent_model::{Search, SortKey};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Random, document, square};

type Key = (String, String);

/// What a property is of one item and another: of few values, so that there are ties.
fn value(random: &mut Random, kind: u64) -> Option<Value> {
    let values = match kind {
        0 => vec![None, Some(json!(0)), Some(json!(12.5)), Some(json!(99.9)), Some(json!(-1))],
        1 => vec![None, Some(Value::Null), Some(json!("b")), Some(json!("B")), Some(json!("é")), Some(json!(""))],
        _ => vec![
            None,
            Some(Value::Null),
            Some(json!(9)),
            Some(json!(10)),
            Some(json!(1e300)),
            Some(json!("9")),
            Some(json!("10")),
            Some(json!(true)),
            Some(json!([1, "a"])),
            Some(json!({"a": 1})),
        ],
    };
    values[random.below(values.len() as u64) as usize].clone()
}

fn made(random: &mut Random, collection: &str, id: &str) -> Value {
    let datetime = format!("2020-01-0{}T00:00:00Z", 1 + random.below(4));
    let mut made = document(collection, id, square(random.below(10) as f64, 50.0, 1.0), &datetime);
    let properties = made["properties"].as_object_mut().unwrap();
    for (name, kind) in [("eo:cloud_cover", 0), ("text", 1), ("mixed", 2), ("a.b", 2)] {
        properties.remove(name);
        properties.extend(value(random, kind).map(|value| (name.to_owned(), value)));
    }
    made
}

/// Numbers, then the rest as text, then nothing: in both directions.
fn compare(one: &Value, other: &Value, key: &SortKey) -> Ordering {
    let part = |document: &Value| match key.field() {
        name @ ("id" | "collection") => document[name].clone(),
        name => document["properties"][name].clone(),
    };
    let rank = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::Null => 2,
        _ => 1,
    };
    // PostgreSQL writes a blank after commas and colons.
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string().replace(',', ", ").replace(':', ": "),
    };
    let (one, other) = (part(one), part(other));
    let within = match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => text(&one).cmp(&text(&other)),
    };
    let within = if key.is_descending() { within.reverse() } else { within };
    rank(&one).cmp(&rank(&other)).then(if rank(&one) == 2 { Ordering::Equal } else { within })
}

fn name(document: &Value) -> Key {
    let text = |key: &str| document[key].as_str().unwrap().to_owned();
    (text("collection"), text("id"))
}

fn order(random: &mut Random) -> Vec<SortKey> {
    let fields = ["datetime", "id", "collection", "eo:cloud_cover", "properties.text", "mixed", "a.b", "no:such"];
    let mut keys: Vec<SortKey> = Vec::new();
    for _ in 0..=random.below(3) {
        let key = SortKey::new(fields[random.below(fields.len() as u64) as usize], random.below(2) == 0).unwrap();
        if keys.iter().all(|earlier| earlier.field() != key.field()) {
            keys.push(key);
        }
    }
    keys
}

/// All pages of a search, and what is done after each.
async fn walk(fixture: &Fixture, random: &mut Random, sort: &[SortKey], mut between: impl AsyncFnMut()) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    let mut token = None;
    loop {
        let limit = 1 + random.below(30) as usize;
        let search = Search { limit, token, sort: sort.to_vec(), ..Search::default() };
        let page = fixture.catalog.search(&search, &Access::Public).await.unwrap();
        assert!(page.items.len() == limit || page.next.is_none(), "only the last page is short");
        found.extend(page.items.into_iter().map(|item| (item.collection, item.id)));
        assert!(found.len() < 1000, "it goes round: {sort:?}");
        token = page.next;
        if token.is_none() {
            return found;
        }
        between().await;
    }
}

#[tokio::test]
async fn the_pages_of_any_order_are_the_set_in_order() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let mut random = Random(11);
    let documents: Vec<Value> = (0..150)
        .map(|number| {
            let collection = if random.below(3) == 0 { "a" } else { "b" };
            made(&mut random, collection, &format!("id-{}", number * 7 % 150 / 2 * 2 + number % 2))
        })
        .collect();
    let documents: std::collections::BTreeMap<Key, Value> =
        documents.into_iter().map(|document| (name(&document), document)).collect();
    fixture.put(documents.values().cloned()).await;
    for _ in 0..60 {
        let sort = order(&mut random);
        let mut expected: Vec<&Value> = documents.values().collect();
        expected.sort_by(|one, other| {
            let keys = sort.iter().map(|key| compare(one, other, key));
            keys.fold(Ordering::Equal, Ordering::then).then_with(|| name(one).cmp(&name(other)))
        });
        let expected: Vec<Key> = expected.into_iter().map(name).collect();
        let found = walk(&fixture, &mut random, &sort, async || ()).await;
        assert!(found == expected, "{sort:?}\n{found:?}\n{expected:?}");
    }
}

#[tokio::test]
async fn inserts_meanwhile_neither_hide_nor_repeat_what_was_there() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let mut random = Random(12);
    let before: BTreeSet<Key> = (0..80).map(|number| ("a".to_owned(), format!("old{number}"))).collect();
    let documents: Vec<Value> = before.iter().map(|(collection, id)| made(&mut random, collection, id)).collect();
    fixture.put(documents).await;
    let (mut inserts, mut number) = (Random(13), 0);
    for _ in 0..12 {
        let sort = order(&mut random);
        let found = walk(&fixture, &mut random, &sort, async || {
            number += 1;
            let new = made(&mut inserts, if number % 2 == 0 { "a" } else { "b" }, &format!("new{number}"));
            fixture.put([new]).await;
        })
        .await;
        let distinct: BTreeSet<Key> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), found.len(), "{sort:?}: an item came twice");
        assert!(before.is_subset(&distinct), "{sort:?}: an item is missing");
    }
}

#[tokio::test]
async fn a_token_belongs_to_its_order() {
    let fixture = Fixture::with(&["a"]).await;
    let mut random = Random(14);
    fixture.put((0..3).map(|number| made(&mut random, "a", &format!("{number}")))).await;
    let by = |key: &str| Search { limit: 1, sort: vec![SortKey::parse(key).unwrap()], ..Search::default() };
    let token = fixture.catalog.search(&by("-mixed"), &Access::Public).await.unwrap().next;
    for other in [by("mixed"), by("-text"), Search { limit: 1, ..Search::default() }] {
        let search = Search { token: token.clone(), ..other };
        let error = fixture.catalog.search(&search, &Access::Public).await.unwrap_err();
        assert!(matches!(error, Error::Token { .. }), "{error}");
    }
}

/// A text as long as it likes makes no token longer than an address may be.
#[tokio::test]
async fn a_long_text_makes_a_short_token() {
    let fixture = Fixture::with(&["a"]).await;
    let documents = (0..3).map(|number| {
        let mut document = made(&mut Random(number), "a", &format!("{number}"));
        document["properties"]["text"] = json!("é".repeat(100_000) + &number.to_string());
        document
    });
    fixture.put(documents).await;
    let search = Search { limit: 1, sort: vec![SortKey::parse("text").unwrap()], ..Search::default() };
    let token = fixture.catalog.search(&search, &Access::Public).await.unwrap().next.unwrap();
    assert!(token.len() < 1000, "{}", token.len());
    assert_eq!(walk(&fixture, &mut Random(1), &search.sort, async || ()).await.len(), 3);
}

#[tokio::test]
async fn a_heavy_page_ends_early_and_the_next_goes_on() {
    let mut fixture = Fixture::with(&["a"]).await;
    fixture.put((0..20).map(|number| made(&mut Random(number), "a", &format!("{number:02}")))).await;
    let sort = vec![SortKey::parse("id").unwrap()];
    let all = walk(&fixture, &mut Random(1), &sort, async || ()).await;
    fixture.catalog = fixture.catalog.clone().with_page_bytes(1000);
    let (mut found, mut pages, mut token) = (Vec::new(), 0, None);
    loop {
        let search = Search { limit: 10_000, sort: sort.clone(), token, ..Search::default() };
        let page = fixture.catalog.search(&search, &Access::Public).await.unwrap();
        assert_eq!(page.matched.unwrap().count, 20);
        found.extend(page.items.into_iter().map(|item| (item.collection, item.id)));
        (pages, token) = (pages + 1, page.next);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(found, all);
    assert!((3..20).contains(&pages), "{pages} pages");
}

#[tokio::test]
async fn without_items_there_is_still_their_number() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put((0..7).map(|number| made(&mut Random(number), "a", &format!("{number}")))).await;
    let search = Search { limit: 0, ..Search::default() };
    let page = fixture.catalog.search(&search, &Access::Public).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());
    assert!(page.matched.is_some_and(|matched| matched.count == 7 && matched.exact));
}
