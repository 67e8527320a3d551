//! What a search finds.

use std::time::Duration;

use crate::fixture::{Fixture, document, plain, square};
use ardent_catalog::Access;
use ardent_model::{Bbox, Interval, Search};
use geo_types::{Geometry, polygon};
use serde_json::{Value, json};

fn in_box(text: &str) -> Search {
    Search { bbox: Some(Bbox::parse(text).unwrap()), ..Search::default() }
}

fn touching(geometry: impl Into<Geometry<f64>>) -> Search {
    Search { intersects: Some(geometry.into()), ..Search::default() }
}

fn during(text: &str) -> Search {
    Search { datetime: Some(Interval::parse_rfc3339(text).unwrap()), ..Search::default() }
}

fn names(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn ids_and_collections_are_any_of_and_both() {
    let fixture = Fixture::with(&["a", "b", "c"]).await;
    fixture.put([plain("a", "1"), plain("b", "1"), plain("b", "2"), plain("c", "3")]).await;
    let search = |ids: &[&str], collections: &[&str]| Search {
        ids: names(ids),
        collections: names(collections),
        ..Search::default()
    };
    assert_eq!(fixture.ids(search(&["1"], &[])).await, ["1", "1"]);
    assert_eq!(fixture.ids(search(&["1", "2", "none"], &["b"])).await, ["1", "2"]);
    assert_eq!(fixture.ids(search(&[], &["c", "b"])).await, ["1", "2", "3"]);
    assert!(fixture.ids(search(&["3"], &["a"])).await.is_empty());
    assert!(fixture.ids(search(&["'; DROP TABLE items; --"], &["\0"])).await.is_empty());
    assert!(fixture.ids(search(&["1\0"], &[])).await.is_empty(), "not: any");
}

#[tokio::test]
async fn a_box_finds_what_touches_it() {
    let fixture = Fixture::with(&["a"]).await;
    let triangle = json!({"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [0, 4], [0, 0]]]});
    fixture.put([document("a", "triangle", triangle, "2020-01-01T00:00:00Z")]).await;
    for (text, found) in [
        ("1,1,2,2", true),
        ("3,3,4,4", false),
        ("-5,-5,-1,5", false),
        ("-5,-5,0,5", true),
        ("1,1,1,1", true),
        ("3,3,3,3", false),
        ("-1,1,9,1", true),
        ("-180,-90,180,90", true),
    ] {
        assert_eq!(!fixture.ids(in_box(text)).await.is_empty(), found, "{text}: the footprint counts, not its box");
    }
}

/// Five ways in which documents cross the antimeridian.
fn crossers() -> Vec<Value> {
    let split = json!({"type": "MultiPolygon", "coordinates": [
        [[[178, -20], [180, -20], [180, -10], [178, -10], [178, -20]]],
        [[[-180, -20], [-178, -20], [-178, -10], [-180, -10], [-180, -20]]]]});
    let beyond_east =
        json!({"type": "Polygon", "coordinates": [[[178, -20], [182, -20], [182, -10], [178, -10], [178, -20]]]});
    let beyond_west =
        json!({"type": "Polygon", "coordinates": [[[-182, -20], [-178, -20], [-178, -10], [-182, -10], [-182, -20]]]});
    let jumping =
        json!({"type": "Polygon", "coordinates": [[[178, -20], [-178, -20], [-178, -10], [178, -10], [178, -20]]]});
    let documents =
        [("beyond-east", beyond_east), ("beyond-west", beyond_west), ("jumping", jumping), ("split", split)];
    let mut documents: Vec<_> =
        documents.map(|(id, geometry)| document("a", id, geometry, "2020-01-01T00:00:00Z")).into();
    documents[2]["bbox"] = json!([178, -20, -178, -10]);
    documents
}

#[tokio::test]
async fn items_across_the_antimeridian_are_found_from_both_sides_and_nowhere_else() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put(crossers()).await;
    fixture.put([document("a", "greenwich", square(-1.0, -15.0, 2.0), "2020-01-01T00:00:00Z")]).await;
    let all = ["beyond-east", "beyond-west", "jumping", "split"];
    for text in
        ["179,-16,179.5,-15", "-179.5,-16,-179,-15", "177,-16,179,-15", "175,-16,-175,-15", "179.9,-16,-179.9,-15"]
    {
        assert_eq!(fixture.ids(in_box(text)).await, all, "{text}");
    }
    assert_eq!(fixture.ids(in_box("-177,-16,177,-15")).await, ["greenwich"]);
    assert!(fixture.ids(in_box("-177,-16,-100,-15")).await.is_empty());
    assert!(fixture.ids(in_box("176,-16,177,-15")).await.is_empty());
    assert_eq!(fixture.ids(touching(geo_types::Point::new(179.0, -15.0))).await, all);
    assert_eq!(fixture.ids(touching(geo_types::Point::new(-179.0, -15.0))).await, all);
    let east: Geometry<f64> = polygon![(x: 179.0, y: -16.0), (x: 180.0, y: -16.0), (x: 180.0, y: -15.0)].into();
    assert_eq!(fixture.ids(touching(east)).await, all);
    let both = geo_types::MultiPolygon::new(vec![
        polygon![(x: 179.5, y: -16.0), (x: 180.0, y: -16.0), (x: 180.0, y: -15.0), (x: 179.5, y: -15.0)],
        polygon![(x: -180.0, y: -16.0), (x: -179.5, y: -16.0), (x: -179.5, y: -15.0), (x: -180.0, y: -15.0)],
    ]);
    assert_eq!(fixture.ids(touching(both)).await, all);
    for original in crossers() {
        let id = original["id"].as_str().unwrap();
        let stored = fixture.catalog.item("a", id, &Access::Public).await.unwrap().unwrap();
        let stored: Value = serde_json::from_str(&stored.document).unwrap();
        assert_eq!(stored["geometry"], original["geometry"], "the document of {id} keeps its geometry");
    }
}

#[tokio::test]
async fn any_geometry_may_be_intersected() {
    let fixture = Fixture::with(&["a"]).await;
    fixture.put([document("a", "here", square(0.0, 50.0, 1.0), "2020-01-01T00:00:00Z")]).await;
    let line = |positions: &[(f64, f64)]| geo_types::LineString::from(positions.to_vec());
    let bow_tie = |x: f64| polygon![(x: x, y: 50.0), (x: x + 1.0, y: 51.0), (x: x + 1.0, y: 50.0), (x: x, y: 51.0)];
    let hole = geo_types::Polygon::new(
        line(&[(-9.0, 40.0), (9.0, 40.0), (9.0, 60.0), (-9.0, 60.0)]),
        vec![line(&[(-1.0, 49.0), (2.0, 49.0), (2.0, 52.0), (-1.0, 52.0)])],
    );
    let geometries: Vec<(Geometry<f64>, bool)> = vec![
        (geo_types::Point::new(0.5, 50.5).into(), true),
        (geo_types::Point::new(1.5, 50.5).into(), false),
        (geo_types::MultiPoint::from(vec![(5.0, 5.0), (0.5, 50.5)]).into(), true),
        (line(&[(-1.0, 50.5), (2.0, 50.5)]).into(), true),
        (geo_types::MultiLineString::new(vec![line(&[(5.0, 5.0), (6.0, 6.0)])]).into(), false),
        (geo_types::Line::new((-1.0, 50.5), (2.0, 50.5)).into(), true),
        (geo_types::Rect::new((0.9, 50.9), (3.0, 53.0)).into(), true),
        (bow_tie(0.5).into(), true),
        (bow_tie(5.0).into(), false),
        (hole.into(), false),
        (
            Geometry::GeometryCollection(geo_types::GeometryCollection::from(vec![
                Geometry::from(geo_types::Point::new(-180.0, 0.0)),
                geo_types::Point::new(180.0, 0.0).into(),
                line(&[(-1.0, 50.5), (2.0, 50.5)]).into(),
            ])),
            true,
        ),
    ];
    for (geometry, found) in geometries {
        let shown = format!("{geometry:?}");
        assert_eq!(!fixture.ids(touching(geometry)).await.is_empty(), found, "{shown}");
    }
    // 99 999 vertices: answered.
    let circle = (0..99_998).map(|n| f64::from(n) / 99_998.0 * std::f64::consts::TAU);
    let circle: Vec<_> = circle.map(|angle| (angle.cos(), 50.0 + angle.sin())).collect();
    assert_eq!(fixture.ids(touching(geo_types::Polygon::new(line(&circle), vec![]))).await, ["here"]);
}

#[tokio::test]
async fn time_is_a_range_and_its_ends_count() {
    let fixture = Fixture::with(&["a", "mosaics"]).await;
    let instant = |id: &str, at: &str| document("a", id, square(0.0, 50.0, 1.0), at);
    let mut season = plain("mosaics", "season");
    season["properties"] =
        json!({"datetime": null, "start_datetime": "2019-06-01T00:00:00Z", "end_datetime": "2019-08-31T23:59:59Z"});
    let mut decade = plain("mosaics", "decade");
    decade["properties"] = json!({"datetime": "2015-01-01T00:00:00Z",
        "start_datetime": "2010-01-01T00:00:00Z", "end_datetime": "2020-01-01T00:00:00Z"});
    fixture
        .put([instant("may", "2019-05-15T12:00:00Z"), instant("july", "2019-07-01T00:00:00Z"), season, decade])
        .await;
    for (text, expected) in [
        ("2019-07-01T00:00:00Z", vec!["july", "season", "decade"]),
        ("2019-07-01T02:00:00+02:00", vec!["july", "season", "decade"]),
        ("2019-07-01T00:00:00.001Z/..", vec!["season", "decade"]),
        ("2019-05-15T12:00:00Z/2019-06-01T00:00:00Z", vec!["season", "may", "decade"]),
        ("2019-05-15T12:00:00Z/2019-05-31T23:59:59Z", vec!["may", "decade"]),
        ("2019-08-31T23:59:59Z/2019-08-31T23:59:59Z", vec!["season", "decade"]),
        ("2019-08-31T23:59:59.5Z/2019-09-30T00:00:00Z", vec!["decade"]),
        ("../2009-12-31T00:00:00Z", vec![]),
        ("../2010-01-01T00:00:00Z", vec!["decade"]),
        ("../2019-05-31T00:00:00Z", vec!["may", "decade"]),
        ("2020-01-01T00:00:00Z/..", vec!["decade"]),
        ("2020-01-01T00:00:01Z/..", vec![]),
        ("0000-01-01T00:00:00Z/9999-12-31T23:59:59Z", vec!["july", "season", "may", "decade"]),
    ] {
        assert_eq!(fixture.ids(during(text)).await, expected, "{text}");
        let page = fixture.catalog.search(&Search { limit: 1, ..during(text) }, &Access::Public).await.unwrap();
        assert_eq!(page.matched.unwrap().count, expected.len() as u64, "{text}");
    }
    let in_a = Search { collections: names(&["a"]), ..during("2019-07-01T00:00:00Z") };
    assert_eq!(fixture.ids(in_a).await, ["july"]);
}

#[tokio::test]
async fn counting_is_exact_within_its_budget_and_an_estimate_beyond() {
    let fixture = Fixture::with(&["a"]).await;
    let mut connection = fixture.connection().await;
    let fill = "INSERT INTO items (collection, id, datetime, time, hash, geometry, properties, document)
        SELECT 'a', n::text, '2020-01-01Z', '[2020-01-01Z,2020-01-01Z]', sha256(''), ST_SetSRID(ST_Point(n % 360 - 180, n % 90), 4326),
            '{}', '{}' FROM generate_series(1, 200000) AS n; ANALYZE items";
    sqlx::raw_sql(fill).execute(&mut connection).await.unwrap();
    let counted = async |budget, search: &Search| {
        let catalog = fixture.catalog.clone().with_count_budget(budget);
        catalog.search(search, &Access::Full).await.unwrap().matched
    };
    let every =
        Search { intersects: Some(geo_types::Rect::new((-180.0, -90.0), (180.0, 90.0)).into()), ..Search::default() };
    let exact = counted(Some(Duration::from_secs(20)), &every).await.unwrap();
    assert_eq!((exact.count, exact.exact), (200_000, true));
    let estimate = counted(Some(Duration::from_millis(1)), &every).await.unwrap();
    assert!(!estimate.exact && (50_000..=400_000).contains(&estimate.count), "{estimate:?}");
    assert_eq!(counted(None, &every).await, None);
    assert_eq!(counted(None, &Search { ids: names(&["7"]), ..Search::default() }).await, None, "off is off");
    let few = Search { ids: names(&["7", "8"]), limit: 1, ..Search::default() };
    let few = counted(Some(Duration::from_millis(5)), &few).await.unwrap();
    assert_eq!((few.count, few.exact), (2, true));
}
