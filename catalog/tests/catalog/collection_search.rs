//! Searching for collections.

use ardent_catalog::Access;
use ardent_model::filter::Condition;
use ardent_model::{Bbox, Collection, FreeText, Interval, Search, SortKey};
use serde_json::{Value, json};
use sqlx::Connection;

use crate::access::{member, policy};
use crate::fixture::{Fixture, document, square};

fn stated(id: &str, boxes: &Value, intervals: &Value, more: &Value) -> Collection {
    let mut document = json!({
        "type": "Collection", "stac_version": "1.1.0", "id": id, "description": format!("Product {id}"),
        "license": "other", "links": [],
        "extent": {"spatial": {"bbox": boxes}, "temporal": {"interval": intervals}},
    });
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Collection::from_stac(document).unwrap()
}

/// `britain` has items, though its document says the world; the others have what they state.
async fn fixture() -> Fixture {
    let fixture = Fixture::with(&[]).await;
    let open = json!([[null, null]]);
    for collection in [
        stated("britain", &json!([[-180, -90, 180, 90]]), &open, &json!({"title": "Britain", "gsd": 10})),
        stated(
            "fiji",
            &json!([[177, -20, -178, -16]]),
            &json!([["2018-01-01T00:00:00Z", "2018-12-31T00:00:00Z"]]),
            &json!({"title": "Fiji", "keywords": ["Reef", "coral sea"], "license": "CC-BY-4.0",
                "summaries": {"platform": ["S2A", "S2B"], "gsd": [10, 20]}}),
        ),
        stated(
            "alps",
            &json!([[5, 44, 0, 16, 48, 4000], [100, 0, 0, 101, 1, 10]]),
            &json!([["2020-01-01T00:00:00Z", null]]),
            &json!({"title": "alps", "sci:doi": "10.1/x", "summaries": {"platform": ["S1A"]}}),
        ),
        stated("point", &json!([[8, 50, 8, 50]]), &json!([[null, "1999-12-31T23:59:59Z"]]), &json!({"gsd": 30})),
        stated("none", &json!("nowhere"), &json!([]), &json!({"summaries": [], "keywords": {}})),
    ] {
        fixture.catalog.put_collection(&collection).await.unwrap();
    }
    let item = |id: &str, west: f64, day: &str| document("britain", id, square(west, 51.0, 1.0), day);
    fixture.put([item("a", -3.0, "2019-01-01T00:00:00Z"), item("b", 0.5, "2019-06-01T00:00:00Z")]).await;
    fixture
}

async fn ids(fixture: &Fixture, search: &Search) -> Vec<String> {
    let search = Search { limit: 100, ..search.clone() };
    let page = fixture.catalog.search_collections(&search, &Access::Full).await.unwrap();
    assert_eq!(page.matched.unwrap().count, page.collections.len() as u64);
    page.collections.into_iter().map(|stored| stored.collection.id).collect()
}

#[tokio::test]
async fn a_box_finds_what_the_extent_touches() {
    let fixture = fixture().await;
    for (bbox, expected) in [
        ("-180,-90,180,90", &["alps", "britain", "fiji", "point"][..]),
        ("-1,51,0,52", &["britain"]),
        ("-10,40,-3.5,60", &[]),
        ("179,-18,179.5,-17", &["fiji"]),
        ("-179,-18,-178.5,-17", &["fiji"]),
        ("-177,-18,176,-17", &[]),
        ("170,-30,-170,-10", &["fiji"]),
        ("10,45,11,46", &["alps"]),
        ("100.5,0.5,100.6,0.6", &["alps"]),
        ("50,10,51,11", &[]),
        ("7,49,9,51", &["point"]),
    ] {
        let search = Search { bbox: Some(Bbox::parse(bbox).unwrap()), ..Search::default() };
        assert_eq!(ids(&fixture, &search).await, expected, "{bbox}");
    }
}

#[tokio::test]
async fn a_time_finds_what_the_extent_overlaps() {
    let fixture = fixture().await;
    for (datetime, expected) in [
        ("2019-03-01T00:00:00Z", &["britain"][..]),
        ("../2018-06-01T00:00:00Z", &["fiji", "point"]),
        ("2019-06-01T00:00:00Z/..", &["alps", "britain"]),
        ("2030-01-01T00:00:00Z", &["alps"]),
        ("1999-12-31T23:59:59Z", &["point"]),
        ("2000-01-01T00:00:00Z/2017-12-31T00:00:00Z", &[]),
    ] {
        let search = Search { datetime: Some(Interval::parse_rfc3339(datetime).unwrap()), ..Search::default() };
        assert_eq!(ids(&fixture, &search).await, expected, "{datetime}");
    }
}

#[tokio::test]
async fn filters_ask_about_documents_summaries_and_extents() {
    let fixture = fixture().await;
    for (filter, expected) in [
        ("license = 'CC-BY-4.0'", &["fiji"][..]),
        ("id = 'alps' OR collection = 'fiji'", &["alps", "fiji"]),
        ("title LIKE '%i%' AND title IS NOT NULL", &["britain", "fiji"]),
        ("A_CONTAINS(platform, ('S2A'))", &["fiji"]),
        ("A_OVERLAPS(platform, ('S2A', 'S1A'))", &["alps", "fiji"]),
        ("gsd >= 10", &["britain", "point"]),
        ("\"sci:doi\" IS NOT NULL", &["alps"]),
        ("S_INTERSECTS(geometry, BBOX(-4, 50, 0, 52))", &["britain"]),
        ("S_WITHIN(geometry, BBOX(-10, 40, 20, 60))", &["britain", "point"]),
        ("T_INTERSECTS(datetime, INTERVAL('2019-01-01', '2019-12-31'))", &["britain"]),
        ("T_AFTER(datetime, TIMESTAMP('2019-12-31T00:00:00Z'))", &["alps"]),
        ("end_datetime < TIMESTAMP('2019-01-01T00:00:00Z')", &["fiji", "point"]),
        ("datetime >= DATE('2018-01-01')", &["alps", "britain", "fiji"]),
        ("end_datetime IS NULL", &["alps", "none"]),
        ("\"eo:cloud_cover\" < 20", &[]),
    ] {
        let search = Search { filter: Some(Condition::from_text(filter).unwrap()), ..Search::default() };
        assert_eq!(ids(&fixture, &search).await, expected, "{filter}");
    }
    for (q, expected) in [
        ("reef", &["fiji"][..]),
        ("Coral-Sea,ALPS", &["alps", "fiji"]),
        ("product", &["alps", "britain", "fiji", "none", "point"]),
        ("point", &["point"]),
        ("reef coral", &[]),
    ] {
        let search = Search { text: FreeText::parse(q).unwrap(), ..Search::default() };
        assert_eq!(ids(&fixture, &search).await, expected, "{q}");
    }
}

#[tokio::test]
async fn orders_are_followed_over_pages() {
    let fixture = fixture().await;
    for (keys, expected) in [
        ("", ["alps", "britain", "fiji", "none", "point"]),
        ("-id", ["point", "none", "fiji", "britain", "alps"]),
        ("title", ["britain", "fiji", "alps", "none", "point"]),
        ("-title", ["alps", "fiji", "britain", "none", "point"]),
        ("datetime", ["point", "fiji", "britain", "alps", "none"]),
        ("-datetime,id", ["alps", "britain", "fiji", "point", "none"]),
        ("gsd,-id", ["britain", "point", "fiji", "none", "alps"]),
        ("eo:cloud_cover,-id", ["point", "none", "fiji", "britain", "alps"]),
    ] {
        let sort: Vec<SortKey> =
            keys.split(',').filter(|key| !key.is_empty()).map(|key| SortKey::parse(key).unwrap()).collect();
        for limit in [1, 2, 4, 5, 6] {
            let mut search = Search { sort: sort.clone(), limit, ..Search::default() };
            let mut found = Vec::new();
            loop {
                let page = fixture.catalog.search_collections(&search, &Access::Full).await.unwrap();
                assert_eq!(page.matched.unwrap().count, 5);
                found.extend(page.collections.into_iter().map(|stored| stored.collection.id));
                let Some(next) = page.next else { break };
                search.token = Some(next);
            }
            assert_eq!(found, expected, "{keys} by {limit}");
        }
    }
    let page =
        fixture.catalog.search_collections(&Search { limit: 2, ..Search::default() }, &Access::Full).await.unwrap();
    let other = Search { token: page.next, text: FreeText::parse("a").unwrap(), ..Search::default() };
    let error = fixture.catalog.search_collections(&other, &Access::Full).await.unwrap_err().to_string();
    assert!(error.contains("another search"), "{error}");
    let items = Search { text: FreeText::default(), ..other };
    assert!(fixture.catalog.search(&items, &Access::Full).await.is_err(), "a token of collections finds no items");
}

#[tokio::test]
async fn what_is_hidden_is_neither_found_nor_counted() {
    let fixture = fixture().await;
    let rangers = policy(r#"{"visibility": "groups", "subjects": ["group:rangers"]}"#);
    fixture.catalog.set_collection_policy("fiji", &policy(r#"{"visibility": "owner"}"#)).await.unwrap();
    fixture.catalog.set_collection_policy("alps", &rangers).await.unwrap();
    let searches = [
        Search { limit: 100, ..Search::default() },
        Search { limit: 1, ..Search::default() },
        Search { text: FreeText::parse("product").unwrap(), limit: 100, ..Search::default() },
        Search {
            filter: Some(Condition::from_text("id IN ('fiji','alps','britain','none','point')").unwrap()),
            ..Search::default()
        },
    ];
    for (access, seen) in [
        (Access::Full, &["alps", "britain", "fiji", "none", "point"][..]),
        (member(&["authenticated", "group:rangers"]), &["alps", "britain", "none", "point"]),
        (Access::Public, &["britain", "none", "point"]),
        (Access::Nothing, &[]),
    ] {
        for search in &searches {
            let page = fixture.catalog.search_collections(search, &access).await.unwrap();
            let found: Vec<String> = page.collections.into_iter().map(|stored| stored.collection.id).collect();
            assert_eq!(found, &seen[..seen.len().min(search.limit)], "{access:?}");
            assert_eq!(page.matched.unwrap().count, seen.len() as u64, "{access:?}");
        }
    }
}

#[tokio::test]
async fn a_document_that_the_database_cannot_read_is_listed() {
    let fixture = fixture().await;
    let mut connection = fixture.connection().await;
    let document = r#"{"type":"Collection","id":"nul","description":"a \u0000 b","license":"other"}"#;
    sqlx::query("INSERT INTO collections (id, document) VALUES ('nul', $1)")
        .bind(document)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let given = stated("new", &json!([]), &json!([]), &json!({"keywords": ["a\u{0}b"]}));
    let error = fixture.catalog.put_collection(&given).await.unwrap_err().to_string();
    assert!(error.contains("U+0000"), "{error}");
    assert!(ids(&fixture, &Search::default()).await.contains(&"nul".to_owned()));
    let search = Search { bbox: Some(Bbox::parse("-180,-90,180,90").unwrap()), ..Search::default() };
    assert!(!ids(&fixture, &search).await.contains(&"nul".to_owned()));
}
