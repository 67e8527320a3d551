//! Every operator of a filter, with items and expectations written by hand.

use std::collections::BTreeSet;

use crate::fixture::{Fixture, document, plain, square};
use ardent_model::Search;
use ardent_model::filter::Condition;
use serde_json::{Value, json};

pub(crate) fn filtered(text: &str) -> Search {
    let condition = Condition::from_text(text);
    assert!(condition.is_ok(), "{text}: {condition:?}");
    Search { filter: condition.ok(), ..Search::default() }
}

/// Ids that a filter finds, in their own order.
pub(crate) async fn found(fixture: &Fixture, text: &str) -> String {
    let ids: BTreeSet<String> = fixture.ids(filtered(text)).await.into_iter().collect();
    Vec::from_iter(ids).join(" ")
}

async fn expect(fixture: &Fixture, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(found(fixture, text).await, *expected, "{text}");
    }
}

fn with(id: &str, properties: &Value) -> Value {
    let mut document = plain("a", id);
    for (name, value) in properties.as_object().unwrap() {
        document["properties"][name] = value.clone();
    }
    document
}

/// Five items: `n` is a number, a text, null, missing, and a list.
async fn mixed() -> Fixture {
    let fixture = Fixture::with(&["a"]).await;
    let items = [
        with("1", &json!({"n": 7, "m": 7, "t": "Straße", "b": true, "l": ["x", 1, true], "eo:cloud_cover": 10.1})),
        with("2", &json!({"n": "7", "m": 8, "t": "STRASSE", "b": false, "l": ["x"], "eo:cloud_cover": 20})),
        with("3", &json!({"n": null, "m": 7.5, "t": "café", "b": "true", "l": [], "eo:cloud_cover": "30"})),
        with("4", &json!({"m": -7, "t": "100%_\\", "l": [["x"]], "eo:cloud_cover": 40.000_000_1})),
        with("5", &json!({"n": [7], "m": "x", "t": "Cafe", "l": "x", "eo:cloud_cover": null})),
    ];
    fixture.put(items).await;
    fixture
}

#[tokio::test]
async fn values_of_other_kinds_are_neither_this_nor_not_this() {
    let fixture = mixed().await;
    let cases = [
        ("n = 7", "1"),
        ("NOT n = 7", ""),
        ("n <> 8", "1"),
        ("n = '7'", "2"),
        ("n <> '8'", "2"),
        ("n IS NULL", "3 4"),
        ("n IS NOT NULL", "1 2 5"),
        ("n = 7 OR n IS NULL", "1 3 4"),
        ("NOT (n = 8 AND m = 7)", "1 2 3 4"),
        ("m < 7.5", "1 4"),
        ("m BETWEEN 7 AND 7.5", "1 3"),
        ("m NOT BETWEEN 7 AND 7.5", "2 4"),
        ("m IN (7, 8)", "1 2"),
        ("m NOT IN (7, 8)", "3 4"),
        ("m IN ('x', 8)", "2 5"),
        ("b", "1"),
        ("NOT b", "2"),
        ("b = true", "1"),
        ("b <> TRUE", "2"),
        ("n = m", "1"),
        ("n < m", ""),
        ("m > n", ""),
        ("none = 1", ""),
        ("NOT none = 1", ""),
        ("none IS NULL AND id = '1'", "1"),
        ("true", "1 2 3 4 5"),
        ("false OR id IN ('1', '9')", "1"),
        ("eo:cloud_cover < 20", "1"),
        ("eo:cloud_cover <= 20", "1 2"),
        ("properties.eo:cloud_cover = 10.1", "1"),
        ("\"eo:cloud_cover\" > 40", "4"),
        ("40 < eo:cloud_cover", "4"),
        ("eo:cloud_cover <> 20", "1 4"),
        ("eo:cloud_cover IN (10.1, 20)", "1 2"),
        ("eo:cloud_cover IS NULL", "5"),
        ("geometry IS NULL OR id IS NULL", ""),
        ("collection = 'a' AND id > '3'", "4 5"),
        ("id = collection", ""),
    ];
    expect(&fixture, &cases).await;
}

#[tokio::test]
async fn texts() {
    let fixture = mixed().await;
    let cases = [
        ("t LIKE 'caf_'", "3"),
        ("t LIKE '%a%'", "1 3 5"),
        ("t NOT LIKE '%a%'", "2 4"),
        ("t LIKE '100\\%\\_\\\\'", "4"),
        ("t LIKE '100%'", "4"),
        ("n LIKE '7%'", "2"),
        ("CASEI(t) = CASEI('strasse')", "1 2"),
        ("CASEI(t) LIKE CASEI('CAF%')", "3 5"),
        ("ACCENTI(t) = ACCENTI('cafe')", "3"),
        ("CASEI(ACCENTI(t)) = 'cafe'", "3 5"),
        ("CASEI(t) IN (CASEI('CAFÉ'), 'cafe')", "3 5"),
        ("t < 'b'", "1 2 4 5"),
        ("t = 'it''s'", ""),
    ];
    expect(&fixture, &cases).await;
}

#[tokio::test]
async fn arithmetic() {
    let fixture = mixed().await;
    let cases = [
        ("m + 1 = 8", "1"),
        ("m - 1 > 6 + 0.4", "2 3"),
        ("2 * m = 15", "3"),
        ("m / 2 = 3.5", "1"),
        ("m / 0 = 1 OR NOT m / 0 = 1", ""),
        ("m % 4 = 3", "1"),
        ("m % 4 = -3", "4"),
        ("m div 2 = 3", "1 3"),
        ("m div 2 = -3", "4"),
        ("m ^ 2 = 49", "1 4"),
        ("m ^ 0.5 > 0", "1 2 3"),
        ("m * 1e308 > 0", ""),
        ("-m = 7", "4"),
        ("m = n + 0", "1"),
        ("(m + 1) * 2 = 16 AND 1 + 2 * 3 = 7", "1"),
        ("m * 2 IS NULL", "5"),
        ("eo:cloud_cover * 2 = 40", "2"),
    ];
    expect(&fixture, &cases).await;
}

#[tokio::test]
async fn arrays_are_sets() {
    let fixture = mixed().await;
    let cases = [
        ("A_EQUALS(l, (true, 1.0, 'x', 'x'))", "1"),
        ("A_EQUALS(l, ('x'))", "2"),
        ("A_EQUALS(('x'), l)", "2"),
        ("A_CONTAINS(l, ('x'))", "1 2"),
        ("A_CONTAINS(l, ('x', 1))", "1"),
        ("A_CONTAINEDBY(l, ('x', 'y'))", "2 3"),
        ("A_OVERLAPS(l, (1, 2))", "1"),
        ("NOT A_OVERLAPS(l, (1, 2))", "2 3 4"),
        ("A_CONTAINS(l, l)", "1 2 3 4"),
        ("A_CONTAINS(l, ())", "1 2 3 4"),
    ];
    expect(&fixture, &cases).await;
}

#[tokio::test]
async fn times() {
    let fixture = Fixture::with(&["a"]).await;
    let season =
        json!({"datetime": null, "start_datetime": "2019-06-01T00:00:00Z", "end_datetime": "2019-08-31T00:00:00Z"});
    let items = [
        document("a", "may", square(0.0, 50.0, 1.0), "2019-05-15T12:00:00Z"),
        document("a", "july", square(0.0, 50.0, 1.0), "2019-07-01T23:30:00Z"),
        with("season", &season),
        with(
            "x",
            &json!({"datetime": "2020-01-01T00:00:00Z", "created": "2020-02-30T00:00:00Z", "w": "2020-01-01T01:00:00+01:00"}),
        ),
        with(
            "y",
            &json!({"datetime": "2021-01-01T00:00:00Z", "created": "2020-02-01 00:00:00", "w": "2019-12-31T23:30:00Z"}),
        ),
    ];
    fixture.put(items).await;
    let cases = [
        ("datetime < TIMESTAMP('2019-07-01T23:30:00Z')", "may season"),
        ("datetime = DATE('2019-07-01')", "july"),
        ("datetime <> DATE('2019-07-01') AND datetime <= DATE('2019-07-01')", "may season"),
        ("datetime >= DATE('2019-07-01') AND datetime < DATE('2020-01-01')", "july"),
        ("DATE('2019-07-01') < datetime", "x y"),
        ("datetime > '2020-06-01T00:00:00Z'", "y"),
        ("datetime BETWEEN DATE('2019-07-01') AND DATE('2020-01-01')", "july x"),
        ("datetime IN (DATE('2019-07-01'), TIMESTAMP('2020-01-01T00:00:00Z'))", "july x"),
        ("datetime IS NULL", "season"),
        ("created = TIMESTAMP('2020-02-01T00:00:00Z')", "y"),
        ("w = TIMESTAMP('2020-01-01T00:00:00Z')", "x"),
        ("w = datetime", "x"),
        ("w < datetime", "y"),
        ("T_INTERSECTS(datetime, INTERVAL('2019-07-01', '2019-07-01'))", "july season"),
        ("T_DISJOINT(datetime, INTERVAL('2019-07-01', '2019-07-01'))", "may x y"),
        ("T_AFTER(datetime, DATE('2019-08-31'))", "x y"),
        ("T_BEFORE(datetime, TIMESTAMP('2019-06-01T00:00:00Z'))", "may"),
        ("T_DURING(datetime, INTERVAL('2019-05-01', '2019-09-01'))", "july may season"),
        ("T_DURING(datetime, INTERVAL('..', '2019-09-01'))", "july may season"),
        ("T_CONTAINS(datetime, DATE('2019-07-01'))", "season"),
        ("T_EQUALS(datetime, INTERVAL('2019-06-01T00:00:00Z', '2019-08-31T00:00:00Z'))", "season"),
        ("T_EQUALS(datetime, TIMESTAMP('2020-01-01T00:00:00Z'))", "x"),
        ("T_STARTS(datetime, INTERVAL('2019-06-01', '..'))", "season"),
        ("T_STARTEDBY(datetime, INTERVAL('2019-06-01', '2019-07-01'))", "season"),
        ("T_FINISHES(datetime, INTERVAL('..', '2019-08-31T00:00:00Z'))", "season"),
        ("T_FINISHEDBY(datetime, TIMESTAMP('2019-08-31T00:00:00Z'))", "season"),
        ("T_MEETS(datetime, INTERVAL('2019-08-31T00:00:00Z', '2020-01-01'))", "season"),
        ("T_METBY(datetime, INTERVAL('2019-01-01', '2019-06-01T00:00:00Z'))", "season"),
        ("T_OVERLAPS(datetime, INTERVAL('2019-07-01', '2019-12-01'))", "season"),
        ("T_OVERLAPPEDBY(datetime, INTERVAL('2019-01-01', '2019-07-01'))", "season"),
        ("T_INTERSECTS(INTERVAL(start_datetime, end_datetime), INTERVAL('2019-08-01', '..'))", "season"),
        ("NOT T_INTERSECTS(INTERVAL(start_datetime, end_datetime), INTERVAL('2019-09-01', '..'))", "season"),
        ("T_AFTER(datetime, end_datetime) OR T_BEFORE(start_datetime, end_datetime)", "season"),
    ];
    expect(&fixture, &cases).await;
}

#[tokio::test]
async fn places() {
    let fixture = Fixture::with(&["a"]).await;
    let line = json!({"type": "LineString", "coordinates": [[0, 0], [2, 2]]});
    let bow_tie = json!({"type": "Polygon", "coordinates": [[[20, 0], [22, 2], [22, 0], [20, 2], [20, 0]]]});
    let crossing = json!({"type": "Polygon", "coordinates": [[[179, 0], [181, 0], [181, 1], [179, 1], [179, 0]]]});
    let mixed = json!({"type": "GeometryCollection", "geometries": [
        {"type": "Point", "coordinates": [40, 40]}, square(30.0, 30.0, 2.0)]});
    let at = "2020-01-01T00:00:00Z";
    fixture
        .put([
            document("a", "line", line, at),
            document("a", "square", square(0.0, 0.0, 2.0), at),
            document("a", "next", square(2.0, 0.0, 2.0), at),
            document("a", "tie", bow_tie, at),
            document("a", "date", crossing, at),
            document("a", "mixed", mixed, at),
        ])
        .await;
    let cases = [
        ("S_INTERSECTS(geometry, POINT(1 1))", "line square"),
        ("S_INTERSECTS(POINT(3 1), geometry)", "next"),
        ("S_INTERSECTS(geometry, BBOX(179.5, -1, -179.5, 2))", "date"),
        ("S_INTERSECTS(geometry, BBOX(-179.9, -1, -179.5, 2))", "date"),
        ("S_DISJOINT(geometry, BBOX(-1, -1, 5, 5))", "date mixed tie"),
        ("S_DISJOINT(geometry, BBOX(179.5, -1, -179.5, 2))", "line mixed next square tie"),
        ("S_WITHIN(geometry, BBOX(178, -1, -178, 2))", "date"),
        ("S_WITHIN(geometry, BBOX(-1, -1, 3, 3))", "line square"),
        ("S_CONTAINS(geometry, POINT(1.5 1.2))", "square"),
        ("S_CONTAINS(BBOX(-1, -1, 3, 3), geometry)", "line square"),
        ("S_TOUCHES(geometry, POLYGON((2 0, 4 0, 4 2, 2 2, 2 0)))", "line square"),
        ("S_EQUALS(geometry, POLYGON((4 0, 4 2, 2 2, 2 0, 4 0)))", "next"),
        ("S_OVERLAPS(geometry, BBOX(1, -1, 3, 3))", "next square"),
        ("S_CROSSES(geometry, BBOX(1, 0, 3, 3))", "line"),
        ("S_CROSSES(geometry, LINESTRING(-1 1, 1 1))", "square"),
        ("S_CROSSES(geometry, MULTILINESTRING((0 2, 2 0)))", "line"),
        ("NOT S_TOUCHES(geometry, POINT(90 90))", "date line mixed next square tie"),
        ("S_INTERSECTS(geometry, POLYGON((20 0, 22 2, 22 0, 20 2, 20 0)))", "tie"),
        ("S_EQUALS(geometry, POLYGON((20 0, 22 2, 22 0, 20 2, 20 0)))", "tie"),
        ("S_WITHIN(geometry, BBOX(29, 29, 33, 33))", "mixed"),
        ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(40 40), LINESTRING(3 1, 5 1)))", "mixed next"),
        ("S_INTERSECTS(geometry, MULTIPOINT((1 0), (3 1)))", "next square"),
        ("S_WITHIN(POINT(1 1), BBOX(0, 0, 2, 2)) AND id = 'tie'", "tie"),
        ("S_EQUALS(geometry, geometry) AND S_INTERSECTS(geometry, POINT(1 0))", "square"),
    ];
    expect(&fixture, &cases).await;
}

#[tokio::test]
async fn no_text_is_ever_a_statement() {
    let fixture = mixed().await;
    let hostile = "'; DROP TABLE items; --\\\"$1%_";
    let text = json!(hostile);
    let property = json!({"property": hostile});
    for filter in [
        json!({"op": "=", "args": [property, text]}),
        json!({"op": "=", "args": [text, text]}),
        json!({"op": "<", "args": [property, property]}),
        json!({"op": "in", "args": [property, [text, 1, true]]}),
        json!({"op": "in", "args": [{"property": "id"}, [text]]}),
        json!({"op": "like", "args": [{"op": "casei", "args": [property]}, {"op": "accenti", "args": [text]}]}),
        json!({"op": "isNull", "args": [property]}),
        json!({"op": "not", "args": [property]}),
        json!({"op": "=", "args": [{"op": "+", "args": [property, 1]}, 2]}),
        json!({"op": "a_contains", "args": [property, [text]]}),
        json!({"op": "=", "args": [property, {"date": "2020-01-01"}]}),
        json!({"op": "t_after", "args": [property, property]}),
    ] {
        let filter = Condition::from_json(&filter).unwrap();
        fixture.ids(Search { filter: Some(filter), ..Search::default() }).await;
    }
    assert_eq!(found(&fixture, "true").await, "1 2 3 4 5");
}

#[tokio::test]
async fn a_large_polygon_and_long_lists_are_answered() {
    let fixture = mixed().await;
    let circle = (0..99_998).map(|n| f64::from(n) / 99_998.0 * std::f64::consts::TAU);
    let circle: Vec<String> = circle.map(|angle| format!("{:.9} {:.9}", angle.cos(), 50.0 + angle.sin())).collect();
    let polygon = format!("POLYGON(({},{}))", circle.join(","), circle[0]);
    let json = json!({"type": "Polygon", "coordinates": [circle.iter().chain([&circle[0]]).map(|position| {
        position.split(' ').map(|number| number.parse::<f64>().unwrap()).collect::<Vec<_>>()
    }).collect::<Vec<_>>()]});
    let filter = json!({"op": "s_intersects", "args": [{"property": "geometry"}, json]});
    let filter = Condition::from_json(&filter).unwrap();
    assert_eq!(fixture.ids(Search { filter: Some(filter), ..Search::default() }).await.len(), 5);
    let error = Condition::from_text(&format!("S_INTERSECTS(geometry, {polygon})")).unwrap_err().to_string();
    assert!(error.contains("1048576 bytes"), "{error}");
    let many = |one: &str, joint: &str, count: usize| vec![one; count].join(joint);
    assert_eq!(found(&fixture, &format!("m IN ({})", many("7", ",", 9000))).await, "1");
    assert_eq!(found(&fixture, &format!("m IN ('x', {})", many("DATE('2020-01-01')", ",", 9000))).await, "5");
    assert_eq!(found(&fixture, &many("m = 7", " OR ", 900)).await, "1");
    assert_eq!(found(&fixture, &format!("m = 7{}", many(" - 0", "", 60))).await, "1");
}
