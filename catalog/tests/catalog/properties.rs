//! What the items of a collection have, as ingests tell it.

use std::collections::BTreeSet;

use crate::access::{member, policy};
use crate::cql2::filtered;
use crate::fixture::{Fixture, Random, collection, new, plain};
use ardent_catalog::{Access, Catalog, PropertyDomain, ValueKind};
use ardent_testkit::database;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

fn with(collection: &str, id: &str, properties: &Value) -> Value {
    let mut document = plain(collection, id);
    for (name, value) in properties.as_object().unwrap() {
        document["properties"][name] = value.clone();
    }
    document
}

async fn domains(fixture: &Fixture, collection: Option<&str>, access: &Access) -> Vec<PropertyDomain> {
    fixture.catalog.item_properties(collection, access).await.unwrap()
}

fn find<'a>(domains: &'a [PropertyDomain], name: &str) -> Option<&'a PropertyDomain> {
    domains.iter().find(|domain| domain.name == name)
}

fn texts(domains: &[PropertyDomain], name: &str) -> Option<Vec<String>> {
    find(domains, name)?.texts.clone().map(Vec::from_iter)
}

#[tokio::test]
async fn every_ingest_widens_what_is_known() {
    use ValueKind::{Array, Boolean, Date, Integer, Number, Object, Text, Time};
    let fixture = Fixture::with(&["a"]).await;
    assert!(domains(&fixture, Some("a"), &Access::Full).await.is_empty());
    let long = "x".repeat(101);
    let name = "n".repeat(201);
    let first =
        json!({"n": 3, "t": "b", "mixed": 1, "w": "2020-01-01", "l": [1], "o": {}, "b": true, "z": null, "long": long});
    fixture.put([with("a", "1", &first)]).await;
    let mut second = json!({"n": -1.5, "t": "a", "mixed": "1", "w": "2020-01-01T01:00:00+02:00", "created": "noon"});
    second[&name] = json!(1);
    fixture.put([with("a", "2", &second), with("a", "3", &json!({"t": "b", "n": 2}))]).await;
    let known = domains(&fixture, Some("a"), &Access::Full).await;
    let names: Vec<&str> = known.iter().map(|domain| domain.name.as_str()).collect();
    assert_eq!(names, ["b", "created", "datetime", "eo:cloud_cover", "l", "long", "mixed", "n", "o", "t", "w"]);
    let kinds = |name: &str| Vec::from_iter(find(&known, name).unwrap().kinds.clone());
    for (name, expected) in [
        ("n", vec![Integer, Number]),
        ("t", vec![Text]),
        ("mixed", vec![Integer, Text]),
        ("w", vec![Date, Time]),
        ("l", vec![Array]),
        ("o", vec![Object]),
        ("b", vec![Boolean]),
        ("created", vec![Text]),
        ("datetime", vec![Time]),
        ("eo:cloud_cover", vec![Number]),
    ] {
        assert_eq!(kinds(name), expected, "{name}");
    }
    let number = find(&known, "n").unwrap();
    assert_eq!((number.minimum, number.maximum), (Some(-1.5), Some(3.0)));
    assert_eq!(texts(&known, "t").unwrap(), ["a", "b"]);
    assert_eq!(texts(&known, "long"), None, "it is long");
    let w = find(&known, "w").unwrap();
    assert_eq!((w.earliest, w.latest), ("2019-12-31T23:00:00Z".parse().ok(), "2020-01-01T00:00:00Z".parse().ok()));
}

#[tokio::test]
async fn fifty_texts_are_listed_and_one_more_is_none() {
    let fixture = Fixture::with(&["a"]).await;
    let item = |number: usize| with("a", &format!("{number}"), &json!({"t": format!("t{number:03}")}));
    fixture.put((0..50).map(item)).await;
    assert_eq!(texts(&domains(&fixture, None, &Access::Full).await, "t").unwrap().len(), 50);
    fixture.put([item(50)]).await;
    assert_eq!(texts(&domains(&fixture, None, &Access::Full).await, "t"), None);
    // Nothing brings them back.
    fixture.put([item(1), with("a", "x", &json!({"t": "t001"}))]).await;
    assert_eq!(texts(&domains(&fixture, None, &Access::Full).await, "t"), None);
}

/// Batches of many writers, in whatever order they arrive, tell the same as all items at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_once_lose_nothing() {
    let fixture = std::sync::Arc::new(Fixture::with(&["a", "b"]).await);
    let item = |number: u64| {
        let collection = if number.is_multiple_of(2) { "a" } else { "b" };
        let properties = json!({"n": number, "t": format!("t{}", number % 40), "many": format!("m{number}")});
        with(collection, &format!("{number}"), &properties)
    };
    let writers = (0..12_u64).map(|writer| {
        let fixture = fixture.clone();
        tokio::spawn(async move {
            let mut numbers: Vec<u64> = (0..20).map(|step| step * 12 + writer).collect();
            if writer % 2 == 0 {
                numbers.reverse();
            }
            for batch in numbers.chunks(4) {
                fixture.put(batch.iter().map(|number| item(*number)).chain([item((batch[0] + 1) % 240)])).await;
            }
        })
    });
    for done in futures::future::join_all(writers).await {
        done.unwrap();
    }
    for (id, first) in [("a", 0), ("b", 1)] {
        let known = domains(&fixture, Some(id), &Access::Full).await;
        let expected: BTreeSet<String> = (first..40).step_by(2).map(|number| format!("t{number}")).collect();
        assert_eq!(texts(&known, "t"), Some(Vec::from_iter(expected)));
        assert_eq!(texts(&known, "many"), None);
        let number = find(&known, "n").unwrap();
        assert_eq!((number.minimum, number.maximum), (Some(first as f64), Some(238.0 + first as f64)));
    }
}

/// Values of every kind, among them texts that only look like times.
fn random_value(random: &mut Random) -> Value {
    let times = [
        "2019-06-27",
        "2019-06-27T11:21:21Z",
        "2019-06-27 11:21:21.5",
        "2020-02-29T00:30:00+01:00",
        "2019-02-29",
        "0000-01-01",
        "2019-06-27T24:00:00Z",
        "2019-06-27T11:21:60Z",
        "2019-06-27T11:21:21+16:00",
        "2019-06-27T11:21:21.1234567890Z",
        "2019-6-27",
        "2019",
    ];
    match random.below(9) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 => json!([1, "x"]),
        3 => json!({"a": 1}),
        4 => json!(random.below(1000)),
        5 => json!(-0.1 * random.below(1000) as f64),
        6 => json!(format!("{}é", random.below(70))),
        7 => json!("x".repeat(90 + random.below(11) as usize)),
        _ => json!(times[random.below(12) as usize]),
    }
}

/// The step that makes the table tells of the items that are there what an ingest of them tells.
#[tokio::test]
async fn a_catalogue_from_before_is_filled_in() {
    let mut random = Random(3);
    let documents: Vec<Value> = (0..300)
        .map(|number| {
            let mut properties = json!({"text": format!("{}", random.below(50)), "more": format!("{}", number / 3 % if number % 3 == 0 { 50 } else { 51 })});
            for name in ["one", "two", "three"] {
                properties[name] = random_value(&mut random);
            }
            // Of one kind each, some values being rare.
            properties["number"] = json!(random.below(9) as f64 / if number == 7 { 2.0 } else { 1.0 });
            properties["short"] = json!("é".repeat(if number == 9 { 51 } else { 50 }));
            properties["x".repeat(199 + number / 3 % 3)] = json!(1);
            with(if number % 3 == 0 { "a" } else { "b" }, &format!("{number}"), &properties)
        })
        .collect();
    let fixture = Fixture::with(&["a", "b"]).await;
    fixture.put(documents.clone()).await;

    let database = database::fresh().await;
    let mut connection = PgConnection::connect(database.url().expose_secret()).await.unwrap();
    sqlx::migrate!("../migrations").run_to(4, &mut connection).await.unwrap();
    for id in ["a", "b"] {
        let insert = sqlx::query("INSERT INTO collections (id, document) VALUES ($1, $2)").bind(id);
        insert.bind(collection(id).document.to_string()).execute(&mut connection).await.unwrap();
    }
    for document in &documents {
        sqlx::query(
            "INSERT INTO items (collection, id, datetime, time, hash, geometry, properties, document) \
             SELECT $1, $2, '2020-01-01Z', '[2020-01-01Z,2020-01-01Z]', sha256(''), ST_Point(0, 50, 4326), $3, '{}'",
        )
        .bind(document["collection"].as_str())
        .bind(document["id"].as_str())
        .bind(Value::Object(new(document.clone()).item().properties.clone()))
        .execute(&mut connection)
        .await
        .unwrap();
    }
    let catalog = Catalog::connect(&database.url()).await.unwrap();
    catalog.migrate().await.unwrap();
    for id in ["a", "b"] {
        let filled = catalog.item_properties(Some(id), &Access::Full).await.unwrap();
        let ingested = domains(&fixture, Some(id), &Access::Full).await;
        assert_eq!(filled, ingested);
        assert!(filled.len() >= 11, "{filled:?}");
        assert!(texts(&filled, "text").is_some_and(|texts| texts.len() > 30));
        assert_eq!(texts(&filled, "more").is_some(), id == "a", "50 in the one, 51 in the other");
    }
}

#[tokio::test]
async fn what_is_hidden_tells_nothing() {
    let fixture = Fixture::with(&["hidden", "open", "rangers"]).await;
    for id in ["hidden", "open", "rangers"] {
        let number = id.len();
        let properties = json!({"shared": format!("of {id}"), "n": number, format!("only:{id}"): "x"});
        fixture.put([with(id, "1", &properties)]).await;
    }
    fixture.catalog.set_collection_policy("hidden", &policy(r#"{"visibility": "owner"}"#)).await.unwrap();
    let groups = policy(r#"{"visibility": "groups", "subjects": ["group:rangers"]}"#);
    fixture.catalog.set_collection_policy("rangers", &groups).await.unwrap();
    for (access, seen) in [
        (Access::Nothing, vec![]),
        (Access::Public, vec!["open"]),
        (member(&["group:rangers"]), vec!["open", "rangers"]),
        (Access::Full, vec!["hidden", "open", "rangers"]),
    ] {
        let known = domains(&fixture, None, &access).await;
        let expected: Vec<String> = seen.iter().map(|id| format!("of {id}")).collect();
        assert_eq!(texts(&known, "shared").unwrap_or_default(), expected, "{access:?}");
        let lengths = seen.iter().map(|id| id.len() as f64);
        assert_eq!(find(&known, "n").and_then(|one| one.minimum), lengths.clone().reduce(f64::min));
        assert_eq!(find(&known, "n").and_then(|one| one.maximum), lengths.reduce(f64::max));
        for id in ["hidden", "open", "rangers"] {
            assert_eq!(find(&known, &format!("only:{id}")).is_some(), seen.contains(&id), "{access:?}: {id}");
            assert_eq!(domains(&fixture, Some(id), &access).await.is_empty(), !seen.contains(&id), "{access:?}: {id}");
        }
        assert!(domains(&fixture, Some("none\0"), &access).await.is_empty());
    }
}

#[tokio::test]
async fn summaries_are_what_the_items_have_unless_the_document_knows_better() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let summaries = async |id: &str| {
        let stored = fixture.catalog.collection(id, &Access::Public).await.unwrap().unwrap();
        stored.collection.document.get("summaries").cloned()
    };
    assert_eq!(summaries("a").await, None, "there are no items");
    let mut named = collection("a");
    named.document["summaries"] = json!({"platform": ["S2A", "S2B"], "empty": []});
    fixture.catalog.put_collection(&named).await.unwrap();
    let item = |id: &str, number: Value, platform: &str, at: &str| {
        let properties = json!({"gsd": number, "platform": platform, "mode": platform, "created": at, "b": true, "l": [1],
            "orbit": id.len(), "mixed": if id == "1" { json!(1) } else { json!("x") }});
        with("a", id, &properties)
    };
    fixture
        .put([item("1", json!(10), "S2A", "2020-01-01T00:00:00Z"), item("22", json!(20.5), "S2C", "2021-01-01")])
        .await;
    let expected = json!({
        "platform": ["S2A", "S2B"], "empty": [], "mode": ["S2A", "S2C"], "gsd": {"minimum": 10, "maximum": 20.5},
        "orbit": {"minimum": 1, "maximum": 2}, "eo:cloud_cover": {"minimum": 12.5, "maximum": 12.5},
        "created": {"minimum": "2020-01-01T00:00:00Z", "maximum": "2021-01-01T00:00:00Z"},
    });
    assert_eq!(summaries("a").await, Some(expected.clone()));
    let all = fixture.catalog.collections(&Access::Public).await.unwrap();
    assert_eq!(all[0].collection.document["summaries"], expected);
    assert_eq!(summaries("b").await, None);
    // Searches for collections know them too.
    for (filter, found) in [
        ("A_CONTAINS(mode, ('S2C'))", 1),
        ("A_CONTAINS(mode, ('S2D'))", 0),
        ("A_CONTAINS(platform, ('S2B'))", 1),
        ("A_CONTAINS(platform, ('S2C'))", 0),
        ("T_AFTER(datetime, DATE('2019-01-01'))", 1),
        ("NOT T_BEFORE(datetime, DATE('2019-01-01'))", 2),
    ] {
        let page = fixture.catalog.search_collections(&filtered(filter), &Access::Public).await.unwrap();
        assert_eq!(page.collections.len(), found, "{filter}");
    }
    let mut odd = collection("b");
    odd.document["summaries"] = json!("none");
    fixture.catalog.put_collection(&odd).await.unwrap();
    fixture.put([with("b", "1", &json!({}))]).await;
    assert_eq!(summaries("b").await, Some(json!("none")), "it is left alone");
}
