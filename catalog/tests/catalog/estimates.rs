//! What is hidden is not counted either, be it exactly or by guess.

use std::time::Duration;

use crate::access::{member, policy};
use crate::fixture::Fixture;
use ardent_catalog::{Access, Matched};
use ardent_model::{Bbox, Search};

const FIJI: &str = "165,-30,179,0";

/// 100 000 items in Fiji that are hidden; `OPEN` items all over the world and four in Fiji that are not.
async fn filled(open: u32) -> Fixture {
    let fixture = Fixture::with(&["open", "secret"]).await;
    let fill = format!(
        "INSERT INTO items (collection, id, datetime, time, hash, geometry, properties, document)
        SELECT collection, id, '2020-01-01Z', '[2020-01-01Z,2020-01-01Z]', sha256(''), place, '{{}}', '{{}}' FROM (
            SELECT 'secret', n::text, ST_Point(170 + n % 80 / 10.0, -10 - n % 77 / 10.0, 4326)
            FROM generate_series(1, 100000) AS n
            UNION ALL SELECT 'open', n::text, ST_Point(n % 300 - 180, n % 90, 4326) FROM generate_series(1, {open}) AS n
            UNION ALL SELECT 'open', 'fiji' || n, ST_Point(170 + n, -12, 4326) FROM generate_series(1, 4) AS n
        ) AS made (collection, id, place);
        ANALYZE items"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&mut fixture.connection().await).await.unwrap();
    fixture.catalog.set_collection_policy("secret", &policy(r#"{"visibility": "owner"}"#)).await.unwrap();
    fixture
}

/// The first page of a search in a box, counted in no time.
async fn matched(fixture: &Fixture, bbox: Option<&str>, access: &Access) -> Matched {
    let catalog = fixture.catalog.clone().with_count_budget(Some(Duration::from_millis(1)));
    let bbox = bbox.map(|text| Bbox::parse(text).unwrap());
    let page = catalog.search(&Search { limit: 1, bbox, ..Search::default() }, access).await.unwrap();
    page.matched.unwrap()
}

#[tokio::test]
async fn few_items_beside_many_hidden_ones_are_counted() {
    let fixture = filled(3).await;
    for access in [Access::Public, member(&["group:a", "user:b"])] {
        for (bbox, count) in [(None, 7), (Some("-180,-90,180,90"), 7), (Some(FIJI), 4)] {
            assert_eq!(matched(&fixture, bbox, &access).await, Matched { count, exact: true }, "{bbox:?}");
        }
    }
    assert_eq!(matched(&fixture, None, &Access::Nothing).await, Matched { count: 0, exact: true });
    let all = matched(&fixture, Some(FIJI), &Access::Full).await;
    assert!(!all.exact && (50_000..200_000).contains(&all.count), "{all:?}");
}

/// The planner knows where the hidden items are, and would guess from that where the others are.
#[tokio::test]
async fn an_estimate_does_not_tell_where_hidden_items_are() {
    let fixture = filled(200_000).await;
    for access in [Access::Public, member(&["group:a", "user:b"])] {
        let everywhere = matched(&fixture, None, &access).await;
        assert!(!everywhere.exact && (150_000..250_000).contains(&everywhere.count), "{everywhere:?}");
        let half = matched(&fixture, Some("-180,-1,180,44.5"), &access).await;
        assert!(!half.exact && (70_000..130_000).contains(&half.count), "{half:?}");
        let fiji = matched(&fixture, Some(FIJI), &access).await;
        assert!(fiji.count < 1000, "four, and 100 000 hidden: {fiji:?}");
        assert!(fiji.exact || fiji.count >= 2, "at least what the first page shows: {fiji:?}");
    }
}
