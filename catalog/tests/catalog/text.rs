//! Free text: what is found is compared with what a few lines here find in the same texts.

use ardent_catalog::Access;
use ardent_model::{FreeText, Search};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection};

use crate::access::member;
use crate::fixture::{Fixture, plain};

/// Title, description and keywords of some items.
fn texts() -> Vec<Value> {
    vec![
        json!({"title": "Sentinel-2 mosaic", "description": "Surface reflectance of the Po valley"}),
        json!({"title": "SENTINEL 1 backscatter", "keywords": ["radar", "Earth Observation", "flood"]}),
        json!({"description": "Été à Évreux: crue\nde la Seine (inondation)", "keywords": ["Flood", "EO"]}),
        json!({"keywords": ["earth", "observation"]}),
        json!({"title": "observation earth", "description": "S2A_20190627_lat50lon544"}),
        json!({"keywords": ["it's \"quoted\" \\ back\\\\slash \u{1}"]}),
        json!({"platform": "flood sentinel"}),
        json!({}),
        json!({"description": format!("{} flood", "word ".repeat(100))}),
        json!({"title": "земля и вода", "keywords": ["ЗЕМЛЯ", "水"]}),
    ]
}

fn with_texts() -> Vec<Value> {
    let item = |(number, texts): (usize, Value)| {
        let mut item = plain("a", &format!("t{number:02}"));
        item["properties"].as_object_mut().unwrap().extend(texts.as_object().unwrap().clone());
        item
    };
    texts().into_iter().enumerate().map(item).collect()
}

fn words(text: &str) -> Vec<String> {
    let folded = text.to_uppercase().to_lowercase();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// Whether the words of `term` follow each other in one of the texts.
fn occurs(term: &str, properties: &Value) -> bool {
    let mut all: Vec<&str> = ["title", "description"].iter().filter_map(|name| properties[*name].as_str()).collect();
    all.extend(properties["keywords"].as_array().into_iter().flatten().filter_map(Value::as_str));
    let term = words(term);
    all.iter().any(|text| words(text).windows(term.len()).any(|window| window == term))
}

#[tokio::test]
async fn terms_are_found_as_words_and_phrases() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put(with_texts()).await;
    let mut found_any = 0;
    for q in [
        "flood",
        "FLOOD",
        "Earth Observation",
        "earth-observation",
        "observation earth",
        "observation,radar",
        "EO",
        "sentinel",
        "Sentinel-2",
        "sentinel 2",
        "2",
        "été",
        "ÉTÉ",
        "évreux crue",
        "inondation",
        "seine inondation",
        "S2A_20190627",
        "s2a 20190627 lat50lon544",
        "lat50",
        "it's",
        "quoted",
        "back slash",
        "земля",
        "水",
        "no such thing",
        "b",
        "valley sentinel",
        "flood,no such,mosaic",
        "reflectance of the",
        "of  the   Po",
        "(Seine)",
        "'); DROP TABLE items; --",
        "a & b | !c <-> d:*",
    ] {
        let text = FreeText::parse(q).unwrap();
        let mut expected: Vec<String> = (0..)
            .zip(with_texts())
            .filter(|(_, item)| text.terms().iter().any(|term| occurs(term, &item["properties"])))
            .map(|(number, _): (usize, _)| format!("t{number:02}"))
            .collect();
        expected.sort();
        let found = fixture.ids(Search { text: text.clone(), ..Search::default() }).await;
        assert_eq!(found, expected, "{q}");
        found_any += usize::from(!found.is_empty());
    }
    assert!(found_any > 20, "{found_any}");
}

#[tokio::test]
async fn words_follow_the_item() {
    let fixture = Fixture::with(&["a"]).await;
    for (title, found) in [(None, ""), (Some("old"), "old"), (Some("new"), "new"), (None, ""), (Some("old"), "old")] {
        let mut item = plain("a", "one");
        if let Some(title) = title {
            item["properties"]["title"] = json!(title);
        }
        fixture.put([item]).await;
        for q in ["old", "new"] {
            let ids = fixture.ids(Search { text: FreeText::parse(q).unwrap(), ..Search::default() }).await;
            assert_eq!(!ids.is_empty(), q == found, "{q} in {title:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_text_has_no_words() {
    let fixture = Fixture::with(&[]).await;
    let mut connection = fixture.connection().await;
    for (given, expected) in [
        (json!({"title": 7, "description": null, "keywords": "a text"}), ""),
        (
            json!({"title": ["a"], "description": {"b": "c"}, "keywords": [1, {"d": "e"}, ["f"], null, "Last One"]}),
            "'last':1 'one':2",
        ),
        (json!([]), ""),
        (json!("a"), ""),
    ] {
        let found: String = sqlx::query_scalar("SELECT words_of($1::text::jsonb)::text")
            .bind(given.to_string())
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(found, expected, "{given}");
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn texts_of_any_length_are_stored_and_their_start_is_found() {
    let fixture = Fixture::with(&["a"]).await;
    let mut long = plain("a", "long");
    let words: Vec<String> = (0..300_000).map(|number| format!("w{number}")).collect();
    let keywords: Vec<String> = (0..2000).map(|number| format!("k{number}")).collect();
    long["properties"]["title"] = json!(format!("first {}", "𝒳é".repeat(200_000)));
    long["properties"]["description"] = json!(words.join(" "));
    long["properties"]["keywords"] = json!(keywords);
    let counts = fixture.put([long]).await;
    assert_eq!(counts.inserted, 1);
    for (q, is_found) in [("first", true), ("w0 w1", true), ("k0", true), ("k1999", false), ("w299999", false)] {
        let found = fixture.ids(Search { text: FreeText::parse(q).unwrap(), ..Search::default() }).await;
        assert_eq!(!found.is_empty(), is_found, "{q}");
    }
}

#[tokio::test]
async fn text_goes_with_other_conditions_pages_and_access() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let mut items = with_texts();
    for item in &mut items.clone() {
        item["collection"] = json!("b");
        items.push(item.clone());
    }
    fixture.put(items).await;
    let hidden = ardent_model::CollectionPolicy {
        visibility: ardent_model::Visibility::Owner,
        ..ardent_model::CollectionPolicy::default()
    };
    fixture.catalog.set_collection_policy("b", &hidden).await.unwrap();
    let expected = texts().iter().filter(|texts| occurs("flood", texts) || occurs("sentinel", texts)).count();
    for (access, times) in [(Access::Full, 2), (Access::Public, 1), (Access::Nothing, 0)] {
        let mut search = Search { text: FreeText::parse("flood,sentinel").unwrap(), limit: 2, ..Search::default() };
        let mut ids = Vec::new();
        loop {
            let page = fixture.catalog.search(&search, &access).await.unwrap();
            assert_eq!(page.matched.unwrap().count, (expected * times) as u64, "{access:?}");
            ids.extend(page.items.into_iter().map(|item| (item.collection, item.id)));
            let Some(next) = page.next else { break };
            search.token = Some(next);
        }
        ids.dedup();
        assert_eq!(ids.len(), expected * times, "{access:?}");
    }
}

#[tokio::test]
async fn an_index_finds_texts_and_holds_nothing_else() {
    let fixture = Fixture::with(&["a"]).await;
    let mut connection = fixture.connection().await;
    let fill = "INSERT INTO items (collection, id, datetime, time, hash, geometry, properties, document)
        SELECT 'a', 'item' || n, at, tstzrange(at, at, '[]'), sha256(''), ST_MakePoint(0, 0)::geometry(Point, 4326),
            CASE WHEN n % 100 = 0 THEN jsonb_build_object('title', 'scene ' || n, 'keywords', array['common', 'k' || n % 1000])
                ELSE '{\"platform\": \"common\"}' END, '{}'
        FROM generate_series(1, 20000) AS n, LATERAL (SELECT '2015-01-01Z'::timestamptz + n * interval '1 hour' AS at) AS made;
        ANALYZE items";
    let fill = fill.replace("ST_MakePoint(0, 0)::geometry(Point, 4326)", "ST_SetSRID(ST_MakePoint(0, 0), 4326)");
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(&mut connection).await.unwrap();
    sqlx::raw_sql("SELECT gin_clean_pending_list('items_words')").execute(&mut connection).await.unwrap();
    let callers = [Access::Full, Access::Public, member(&["authenticated"])];
    let scans = "SELECT (SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'items'), \
        (SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'items_words')";
    let before: (i64, i64) = sqlx::query_as(scans).fetch_one(&mut connection).await.unwrap();
    for access in &callers {
        for (q, count) in [("scene 700", 1), ("k700", 20), ("k700,k300", 40), ("absent", 0)] {
            let search = Search { text: FreeText::parse(q).unwrap(), limit: 100, ..Search::default() };
            let page = fixture.catalog.search(&search, access).await.unwrap();
            assert_eq!(page.items.len(), count, "{access:?} {q}");
        }
    }
    fixture.catalog.close().await;
    // Sessions tell what they did when they end, which may take them a moment.
    let mut after = before;
    for _ in 0..100 {
        let flush = sqlx::raw_sql("SELECT pg_stat_force_next_flush(); SELECT pg_stat_clear_snapshot()");
        flush.execute(&mut connection).await.unwrap();
        after = sqlx::query_as(scans).fetch_one(&mut connection).await.unwrap();
        if after.1 >= before.1 + 12 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(after.0, before.0, "no scan of the whole table");
    assert!(after.1 >= before.1 + 12, "{before:?} {after:?}");
    let entries: f32 = sqlx::query_scalar("SELECT reltuples FROM pg_class WHERE relname = 'items_words'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!((0.0..=200.0).contains(&entries), "items without texts are not in it: {entries}");
    connection.close().await.unwrap();
}
