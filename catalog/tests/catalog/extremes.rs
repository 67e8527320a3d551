//! What is at the edge of what the database can do: stored, found, or refused, and never its failure.

use ardent_catalog::{Access, Error};
use ardent_model::filter::Condition;
use ardent_model::{OfferedCrs, Search, SortKey};
use serde_json::{Value, json};

use crate::fixture::{Fixture, document, plain};

fn searching(filter: Condition) -> Search {
    Search { filter: Some(filter), limit: 100, ..Search::default() }
}

#[tokio::test]
async fn times_beyond_the_years_of_documents_are_texts() {
    let fixture = Fixture::with(&["a"]).await;
    for (id, time) in [("low", "0001-01-01T00:00:00+01:00"), ("high", "9999-12-31T23:59:59-05:00")] {
        let mut item = plain("a", id);
        item["properties"]["made"] = json!(time);
        assert_eq!(fixture.put([item]).await.inserted, 1, "{time}");
    }
    let mut known = fixture.catalog.item_properties(Some("a"), &Access::Full).await.unwrap();
    known.retain(|domain| domain.name == "made");
    assert_eq!((known.len(), known[0].earliest, known[0].latest), (1, None, None));
    let earlier = Condition::from_text("T_BEFORE(made, TIMESTAMP('2020-01-01T00:00:00Z'))").unwrap();
    assert!(fixture.ids(searching(earlier)).await.is_empty(), "it has no time");
    assert_eq!(fixture.ids(searching(Condition::from_text("made LIKE '%-05:00'").unwrap())).await, ["high"]);
}

#[tokio::test]
async fn the_whole_world_has_an_area() {
    let fixture = Fixture::with(&["a"]).await;
    let world = json!({"type": "Polygon",
        "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]});
    let half = json!({"type": "Polygon", "coordinates": [[[-180, -90], [0, -90], [0, 90], [-180, 90], [-180, -90]]]});
    let band =
        json!({"type": "Polygon", "coordinates": [[[-180, -30], [180, -30], [180, 30], [-180, 30], [-180, -30]]]});
    let shapes = [("world", world), ("half", half), ("band", band)];
    let items = shapes.map(|(id, shape): (&str, Value)| document("a", id, shape, "2020-01-01T00:00:00Z"));
    fixture.put(items).await;
    // The Earth has 510.07 million km², half of them between 30 degrees north and south, but for its flattening.
    for (filter, expected) in [
        ("area_km2(geometry) BETWEEN 509e6 AND 511e6", "world"),
        ("area_km2(geometry) BETWEEN 254.9e6 AND 255.2e6", "half"),
        ("area_km2(geometry) BETWEEN 253e6 AND 254.8e6", "band"),
    ] {
        assert_eq!(fixture.ids(searching(Condition::from_text(filter).unwrap())).await, [expected], "{filter}");
    }
}

#[tokio::test]
async fn numbers_compare_however_far_they_are_apart() {
    let fixture = Fixture::with(&["a"]).await;
    let mut item = plain("a", "far");
    (item["properties"]["n"], item["properties"]["m"]) = (json!(1e308), json!(-1e308));
    fixture.put([item]).await;
    for (filter, count) in [("m < n", 1), ("n < m", 0), ("n <> m", 1)] {
        assert_eq!(fixture.ids(searching(Condition::from_text(filter).unwrap())).await.len(), count, "{filter}");
    }
}

#[tokio::test]
async fn long_lists_of_all_kinds_are_asked_about_or_refused() {
    let fixture = Fixture::with(&["a"]).await;
    let mut item = plain("a", "one");
    item["properties"]["n"] = json!(3);
    fixture.put([item, plain("a", "other")]).await;
    let n = json!({"property": "n"});
    let sum = |terms: usize| (1..terms).fold(n.clone(), |sum, _| json!({"op": "+", "args": [sum, n]}));
    let mixed: Vec<Value> =
        (0..9000).map(|number| if number % 2 == 0 { json!(number.to_string()) } else { json!(number) }).collect();
    let within = Condition::from_json(&json!({"op": "in", "args": [n, mixed]})).unwrap();
    assert_eq!(fixture.ids(searching(within)).await, ["one"]);
    let numbers: Vec<usize> = (0..9000).collect();
    let computed = Condition::from_json(&json!({"op": "in", "args": [sum(3), numbers]})).unwrap();
    assert_eq!(fixture.ids(searching(computed)).await, ["one"]);
    let listed: Vec<Value> = std::iter::once(json!({"property": "m"})).chain((0..9000).map(Value::from)).collect();
    for filter in [json!({"op": "in", "args": [sum(8), listed]}), json!({"op": "in", "args": [sum(30), numbers]})] {
        let refused = Condition::from_json(&filter).map(|_| ()).unwrap_err();
        assert!(matches!(refused, ardent_model::Error::FilterTooLarge { .. }), "{refused}");
    }
    let many = json!({"a": {"in": vec!["x"; 6000]}, "b": {"in": vec!["x"; 6000]}});
    let refused = Condition::from_query(&many).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ardent_model::Error::FilterTooLarge { .. }), "{refused}");
}

#[tokio::test]
async fn a_line_that_winds_is_refused_before_it_is_cut() {
    let fixture = Fixture::with(&["a"]).await;
    let crs = OfferedCrs::parse("crs", "http://www.opengis.net/def/crs/EPSG/0/3857").unwrap();
    let winding: Vec<[f64; 2]> = (0..20_000).map(|n| if n % 2 == 0 { [0.0, 0.0] } else { [9.0, 9.0] }).collect();
    let filter = json!({"op": "s_intersects",
        "args": [{"property": "geometry"}, {"type": "LineString", "coordinates": winding}]});
    let search = searching(Condition::from_json_in(&filter, crs).unwrap());
    let refused = fixture.catalog.search(&search, &Access::Full).await.unwrap_err();
    assert!(matches!(refused, Error::Model(ardent_model::Error::TooManyVertices { .. })), "{refused}");
}

/// Pages go on in one step through items that are alike.
#[tokio::test]
async fn ties_are_no_detour() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put((0..600).map(|number| plain("a", &format!("{number:03}")))).await;
    for keys in ["eo:cloud_cover", "-eo:cloud_cover", "collection"] {
        let sort = vec![SortKey::parse(keys).unwrap()];
        let mut search = Search { sort, limit: 100, ..Search::default() };
        let mut found = Vec::new();
        loop {
            let page = fixture.catalog.search(&search, &Access::Full).await.unwrap();
            found.extend(page.items.into_iter().map(|item| item.id));
            let Some(next) = page.next else { break };
            search.token = Some(next);
        }
        let expected: Vec<String> = (0..600).map(|number| format!("{number:03}")).collect();
        assert_eq!(found, expected, "{keys}");
    }
}

#[tokio::test]
async fn names_of_properties_are_told_up_to_a_bound() {
    let fixture = Fixture::with(&["a"]).await;
    let item = |id: &str, names: std::ops::Range<usize>| {
        let mut item = plain("a", id);
        for number in names {
            item["properties"][format!("name{number:05}")] = json!(number);
        }
        item
    };
    fixture.put([item("one", 0..700)]).await;
    fixture.put([item("two", 600..3000)]).await;
    let known = fixture.catalog.item_properties(Some("a"), &Access::Full).await.unwrap();
    assert_eq!(known.len(), 1000);
    assert!(known.iter().any(|domain| domain.name == "name00699"), "what was known first stays");
    let beyond = Condition::from_text("name02999 = 2999").unwrap();
    assert_eq!(fixture.ids(searching(beyond)).await, ["two"], "it is found all the same");
}
