//! The searches that matter find their index.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::access::member;
use crate::cql2::filtered;
use crate::fixture::Fixture;
use ardent_catalog::{Access, Catalog};
use ardent_model::{Bbox, Interval, Search, SortKey};
use geo_types::polygon;
use sqlx::{Connection, PgConnection};

/// 20 000 items over the world and five years, made by the database itself.
const FILL: &str = "
    INSERT INTO items (collection, id, datetime, time, cloud_cover, hash, geometry, properties, document)
    SELECT 'a', 'item' || n, at, tstzrange(at, at, '[]'), n % 100, sha256(''), box,
        jsonb_build_object('eo:cloud_cover', n % 100), '{}'
    FROM generate_series(1, 20000) AS n,
        LATERAL (SELECT '2015-01-01Z'::timestamptz + n * interval '131 minutes' AS at,
            ST_MakeEnvelope(-180 + (n * 7919 % 3590) / 10.0, -80 + (n * 104729 % 1590) / 10.0,
                -180 + (n * 7919 % 3590) / 10.0 + 1, -80 + (n * 104729 % 1590) / 10.0 + 1, 4326) AS box) AS made";

/// Fills the table; what an index alone tells counts once it is vacuumed.
async fn fill(fixture: &Fixture, connection: &mut PgConnection) {
    sqlx::raw_sql(FILL).execute(connection).await.unwrap();
    fixture.vacuum().await;
}

/// The plan of a search with this condition.
async fn plan(connection: &mut PgConnection, condition: &str) -> String {
    let statement = format!("EXPLAIN SELECT collection, id, document, updated, datetime FROM items WHERE {condition}");
    let lines: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_all(connection).await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn box_time_and_order_use_their_indexes() {
    let fixture = Fixture::with(&["a"]).await;
    let mut connection = fixture.connection().await;
    fill(&fixture, &mut connection).await;
    let visible = [
        "visibility = 'public'",
        "(visibility = 'public' OR visibility = 'groups' AND subjects && '{authenticated,group:a,user:b}'::text[] \
            OR owner = ANY ('{authenticated,group:a,user:b}'))",
    ];
    let visible = visible
        .map(|one| format!("collection COLLATE \"POSIX\" = ANY (ARRAY(SELECT id FROM collections WHERE {one}))"));
    let order = "ORDER BY datetime DESC, collection, id LIMIT 11";
    let area =
        "bbox && box(point(0, 50), point(2, 52)) AND ST_Intersects(geometry, ST_MakeEnvelope(0, 50, 2, 52, 4326))";
    let month = "time && tstzrange('2018-06-01Z', '2018-07-01Z', '[]') AND datetime >= '2018-06-01Z' AND datetime <= '2018-07-01Z'";
    let shapes = visible.iter().flat_map(|visible| {
        [
            (format!("{visible} AND {month} AND {area} {order}"), "items_bbox"),
            (format!("{visible} AND {area} {order}"), "items_bbox"),
            (format!("{visible} {order}"), "items_datetime"),
            (format!("{visible} AND collection = 'a' {order}"), "datetime"),
            (format!("{visible} AND {month} {order}"), "datetime"),
            (format!("{visible} AND id = ANY (ARRAY['item7', 'item8']) {order}"), "items_pkey"),
            (format!("collection = 'a' AND id = 'item7' AND {visible}"), "Index Scan using items_pkey"),
        ]
    });
    let clearest = "ORDER BY coalesce(cloud_cover, 'infinity'::real), collection, id LIMIT 11";
    let sorted = visible.iter().flat_map(|visible| {
        [
            (format!("{visible} {clearest}"), "items_clearest"),
            (format!("{visible} AND collection = 'a' {clearest}"), "items_clearest"),
            (format!("{visible} ORDER BY id, collection LIMIT 11"), "items_pkey"),
            (format!("{visible} ORDER BY id DESC, collection LIMIT 11"), "Backward using items_pkey"),
            (format!("{visible} ORDER BY datetime, collection, id LIMIT 11"), "Backward using items_datetime"),
        ]
    });
    for (condition, index) in shapes.chain(sorted) {
        let plan = plan(&mut connection, &condition).await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan on items"), "{condition}\n{plan}");
    }
    connection.close().await.unwrap();
}

/// What the search itself runs, told by the database's own statistics.
#[tokio::test]
async fn a_search_scans_indexes_and_not_the_table() {
    let fixture = Fixture::with(&["a"]).await;
    let mut connection = fixture.connection().await;
    fill(&fixture, &mut connection).await;
    let full = |collections: &[&str]| Search {
        collections: collections.iter().map(ToString::to_string).collect(),
        bbox: Some(Bbox::parse("0,30,20,50").unwrap()),
        datetime: Some(Interval::parse_recipe("2018-01/2018-12").unwrap()),
        ..Search::default()
    };
    let by = |key: &str| Search { sort: vec![SortKey::parse(key).unwrap()], ..Search::default() };
    let searches = [
        full(&[]),
        full(&["a"]),
        Search { bbox: Some(Bbox::parse("179,-10,-179,10").unwrap()), ..Search::default() },
        Search { datetime: Some(Interval::parse_recipe("2016-02").unwrap()), ..Search::default() },
        Search { ids: vec!["item7".to_owned()], ..Search::default() },
        by("eo:cloud_cover"),
        by("-eo:cloud_cover"),
        by("id"),
        by("-id"),
        by("datetime"),
        Search { collections: vec!["a".to_owned()], ..by("-eo:cloud_cover") },
    ];
    let scans = "SELECT seq_scan, coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'items'";
    let flush = async |connection: &mut PgConnection| -> (i64, i64) {
        // The statistics of other sessions arrive when they end, or after a second at the latest.
        fixture.catalog.close().await;
        sqlx::raw_sql("SELECT pg_stat_force_next_flush(); SELECT pg_stat_clear_snapshot()")
            .execute(&mut *connection)
            .await
            .unwrap();
        sqlx::query_as(scans).fetch_one(connection).await.unwrap()
    };
    let before: (i64, i64) = sqlx::query_as(scans).fetch_one(&mut connection).await.unwrap();
    let callers = [Access::Public, member(&["authenticated", "group:a", "user:b"])];
    for (access, search) in callers.iter().flat_map(|access| searches.iter().map(move |search| (access, search))) {
        // Without a filter everything is counted, and that is quickest without an index.
        let budget = search.sort.is_empty().then_some(Duration::from_secs(20));
        let catalog = fixture.catalog.clone().with_count_budget(budget);
        let page = catalog.search(search, access).await.unwrap();
        assert!(!page.items.is_empty(), "{access:?} {search:?}");
        if !search.sort.is_empty() {
            let search = Search { token: page.next, ..search.clone() };
            assert_eq!(catalog.search(&search, access).await.unwrap().items.len(), search.limit);
        }
    }
    let after = flush(&mut connection).await;
    assert_eq!(after.0, before.0, "no scan of the whole table");
    assert!(after.1 >= before.1 + (callers.len() * searches.len()) as i64, "{before:?} {after:?}");
}

/// How often each index was used, and the table was read whole (`items`), by the sessions that have ended.
async fn scans(connection: &mut PgConnection) -> BTreeMap<String, i64> {
    sqlx::raw_sql("SELECT pg_stat_force_next_flush(); SELECT pg_stat_clear_snapshot()")
        .execute(&mut *connection)
        .await
        .unwrap();
    let statement = "SELECT indexrelname::text, idx_scan FROM pg_stat_user_indexes WHERE relname = 'items' \
                     UNION ALL SELECT 'items', seq_scan FROM pg_stat_user_tables WHERE relname = 'items'";
    let rows: Vec<(String, i64)> = sqlx::query_as(statement).fetch_all(connection).await.unwrap();
    rows.into_iter().collect()
}

/// The indexes that searches used, and `items` if the table was read whole, told by the database's own statistics.
async fn used_by(
    fixture: &Fixture,
    connection: &mut PgConnection,
    searches: impl AsyncFnOnce(&Catalog),
) -> Vec<String> {
    let before = scans(connection).await;
    let catalog = Catalog::connect(&fixture.database.url()).await.unwrap().with_count_budget(None);
    searches(&catalog).await;
    catalog.close().await;
    // The statistics of a session arrive when it has ended.
    for _ in 0..100 {
        let grown = scans(connection).await.into_iter().filter(|(name, count)| *count > before[name]);
        let used: Vec<String> = grown.map(|(name, _)| name).collect();
        if !used.is_empty() {
            return used;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Vec::new()
}

/// What the statement of a search with a filter runs, told by the database's own statistics.
#[tokio::test]
async fn a_filter_finds_its_index() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let mut connection = fixture.connection().await;
    fill(&fixture, &mut connection).await;
    for (text, indexes) in [
        ("eo:cloud_cover < 20", "items_datetime items_pkey"),
        ("eo:cloud_cover < 20 AND collection = 'a'", "items_datetime items_collection_datetime items_pkey"),
        ("id IN ('item7', 'item8')", "items_pkey"),
        ("id = 'item7'", "items_pkey"),
        ("id = 'item7' AND collection = 'a'", "items_pkey"),
        ("collection = 'a'", "items_datetime items_collection_datetime"),
        ("collection = 'a' AND datetime < DATE('2016-01-01')", "items_datetime items_collection_datetime"),
        ("S_INTERSECTS(geometry, BBOX(0, 50, 2, 52))", "items_bbox items_pkey"),
        ("S_WITHIN(geometry, POLYGON((0 40, 20 40, 20 60, 0 60, 0 40)))", "items_bbox items_pkey"),
        ("S_INTERSECTS(geometry, BBOX(179, -10, -179, 10)) AND eo:cloud_cover < 50", "items_bbox items_pkey"),
        ("datetime > TIMESTAMP('2019-12-01T00:00:00Z')", "items_datetime"),
        ("datetime < DATE('2015-03-01')", "items_datetime"),
        ("datetime BETWEEN DATE('2018-06-01') AND DATE('2018-06-30')", "items_datetime"),
        ("T_AFTER(datetime, DATE('2019-12-01'))", "items_datetime"),
        ("T_BEFORE(datetime, DATE('2015-03-01'))", "items_datetime"),
        ("T_AFTER(TIMESTAMP('2015-03-01T00:00:00Z'), datetime)", "items_datetime"),
        ("T_INTERSECTS(datetime, INTERVAL('2018-06-01', '2018-06-30'))", "items_datetime"),
        ("T_DURING(datetime, INTERVAL('2018-06-01', '2018-06-30'))", "items_datetime"),
        ("year(datetime) = 2018 AND datetime < DATE('2018-02-01')", "items_datetime"),
    ] {
        let used = used_by(&fixture, &mut connection, async |catalog: &Catalog| {
            let page = catalog.search(&filtered(text), &Access::Public).await.unwrap();
            assert!(!page.items.is_empty(), "{text}");
        })
        .await;
        let is_wanted = |one: &String| indexes.split(' ').any(|index| index == one);
        assert!(!used.is_empty() && used.iter().all(is_wanted), "{text}: {used:?}");
    }
    connection.close().await.unwrap();
}

/// Whatever else is asked for, and however often: the plan is kept.
#[tokio::test]
async fn a_small_box_is_found_by_its_index_alone() {
    let fixture = Fixture::with(&["a", "b", "c"]).await;
    let mut connection = fixture.connection().await;
    fill(&fixture, &mut connection).await;
    let named = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let datetime = |text: &str| Some(Interval::parse_recipe(text).unwrap());
    for (collections, datetime, bbox) in [
        (named(&["a"]), datetime("2015-01/2019-12"), "0,50,2,52"),
        (named(&["a"]), datetime("2015-02/.."), "-10,-10,-8,-8"),
        (named(&["a", "b"]), None, "0,50,2,52"),
        (named(&[]), datetime("2015-01/2019-12"), "179,-10,-179,10"),
    ] {
        let bbox = Some(Bbox::parse(bbox).unwrap());
        let search = Search { collections, datetime, bbox, limit: 1, ..Search::default() };
        let used = used_by(&fixture, &mut connection, async |catalog: &Catalog| {
            let page = catalog.search(&search, &Access::Public).await.unwrap();
            let next = Search { token: page.next, ..search.clone() };
            assert_eq!((page.items.len(), catalog.search(&next, &Access::Public).await.unwrap().items.len()), (1, 1));
        })
        .await;
        assert_eq!(used, ["items_bbox", "items_pkey"], "{search:?}");
    }
    connection.close().await.unwrap();
}

/// The kinds of pages that are measured beside another server (`make bench-search`).
#[tokio::test]
async fn each_kind_of_page_uses_its_index() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let mut connection = fixture.connection().await;
    fill(&fixture, &mut connection).await;
    let halve = "UPDATE items SET collection = 'b' WHERE right(id, 1) IN ('0', '2', '4', '6', '8')";
    sqlx::raw_sql(halve).execute(&mut connection).await.unwrap();
    fixture.vacuum().await;
    let all = Search::default;
    let bbox = |text: &str| Some(Bbox::parse(text).unwrap());
    let datetime = |text: &str| Some(Interval::parse_recipe(text).unwrap());
    let by = |key: &str| vec![SortKey::parse(key).unwrap()];
    let island = || Some(polygon![(x: 0.0, y: 50.0), (x: 2.0, y: 50.5), (x: 1.0, y: 52.0)].into());
    let (a, year) = (|| vec!["a".to_owned()], "2016-01/2016-12");
    for (search, indexes) in [
        (Search { bbox: bbox("0,50,2,52"), ..all() }, ["items_bbox", "items_pkey"]),
        (
            Search { bbox: bbox("-60,-60,60,60"), datetime: datetime("2016-03"), ..all() },
            ["items_datetime", "items_pkey"],
        ),
        (
            Search {
                bbox: bbox("-90,-60,90,60"),
                datetime: datetime(year),
                sort: by("-datetime"),
                ..filtered("eo:cloud_cover < 20")
            },
            ["items_datetime", "items_pkey"],
        ),
        (Search { intersects: island(), datetime: datetime("2015/2019"), ..all() }, ["items_bbox", "items_pkey"]),
        (Search { ids: vec!["item7".to_owned(), "item9".to_owned()], ..all() }, ["items_pkey"; 2]),
        (
            Search { collections: a(), datetime: datetime(year), sort: by("eo:cloud_cover"), ..all() },
            ["items_clearest", "items_pkey"],
        ),
        (Search { collections: a(), sort: by("-datetime"), ..all() }, ["items_collection_datetime"; 2]),
        (Search { limit: 1000, ..all() }, ["items_datetime"; 2]),
        (Search { collections: a(), bbox: bbox("0,50,2,52"), ..all() }, ["items_bbox", "items_pkey"]),
        (Search { bbox: bbox("178,-10,-178,10"), ..all() }, ["items_bbox", "items_pkey"]),
    ] {
        let used = used_by(&fixture, &mut connection, async |catalog: &Catalog| {
            assert!(!catalog.search(&search, &Access::Public).await.unwrap().items.is_empty(), "{search:?}");
        })
        .await;
        let wanted: BTreeSet<&str> = indexes.into();
        assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), wanted, "{search:?}");
    }
    connection.close().await.unwrap();
}

/// However many other items there are, and whatever was asked for before.
#[tokio::test]
async fn a_small_collection_is_found_by_its_own_index() {
    let fixture = Fixture::with(&["a", "small"]).await;
    let mut connection = fixture.connection().await;
    fill(&fixture, &mut connection).await;
    let few = "UPDATE items SET collection = 'small' WHERE id IN ('item7', 'item11111', 'item19999')";
    sqlx::raw_sql(few).execute(&mut connection).await.unwrap();
    fixture.vacuum().await;
    let named = |id: &str| Search { collections: vec![id.to_owned()], ..Search::default() };
    let used = used_by(&fixture, &mut connection, async |catalog: &Catalog| {
        assert_eq!(catalog.search(&named("a"), &Access::Public).await.unwrap().items.len(), 10);
        assert_eq!(catalog.search(&named("small"), &Access::Public).await.unwrap().items.len(), 3);
    })
    .await;
    assert!(used.iter().any(|index| index == "items_collection_datetime"), "{used:?}");
    connection.close().await.unwrap();
}
