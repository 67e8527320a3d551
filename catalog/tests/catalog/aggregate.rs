//! Aggregations, against what the test counts itself over items that it made.

use std::collections::BTreeMap;
use std::time::Duration;

use ardent_catalog::{Access, Aggregated, Catalog, Error};
use ardent_model::aggregation::CalendarInterval;
use ardent_model::filter::Condition;
use ardent_model::{Aggregate, Aggregation, Bbox, CollectionPolicy, Interval, Search, Visibility};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Random, document};

/// Degrees of a side of every footprint.
const SIZE: f64 = 0.5;
const ITEMS: u64 = 600;

/// What the test knows of an item.
#[derive(Debug, Clone)]
struct Known {
    collection: &'static str,
    /// Of the footprint's west and south side; beyond 179.5 it lies across the antimeridian.
    west: f64,
    south: f64,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    cover: Option<f64>,
    platform: Option<&'static str>,
    sun: Option<f64>,
}

impl Known {
    fn centre(&self) -> (f64, f64) {
        let longitude = self.west + SIZE / 2.0;
        (if longitude > 180.0 { longitude - 360.0 } else { longitude }, self.south + SIZE / 2.0)
    }

    fn document(&self, id: &str) -> Value {
        let (west, south, east, north) = (self.west, self.south, self.west + SIZE, self.south + SIZE);
        let ring =
            |west: f64, east: f64| json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]]);
        let geometry = if east > 180.0 {
            json!({"type": "MultiPolygon", "coordinates": [ring(west, 180.0), ring(-180.0, east - 360.0)]})
        } else {
            json!({"type": "Polygon", "coordinates": ring(west, east)})
        };
        let time = |at: DateTime<Utc>| at.to_rfc3339();
        let mut document = document(self.collection, id, geometry, &time(self.start));
        let properties = &mut document["properties"];
        if self.start != self.end {
            *properties = json!({"datetime": null, "start_datetime": time(self.start), "end_datetime": time(self.end)});
        }
        properties.as_object_mut().unwrap().remove("eo:cloud_cover");
        for (name, value) in [
            ("eo:cloud_cover", self.cover.map(|cover| json!(cover))),
            ("platform", self.platform.map(|platform| json!(platform))),
            ("view:sun_elevation", self.sun.map(|sun| json!(sun))),
            // Of another kind than it should be, so that no item has it.
            ("grid:code", Some(json!(7))),
        ] {
            if let Some(value) = value {
                properties[name] = value;
            }
        }
        document
    }
}

fn make() -> Vec<Known> {
    let mut random = Random(23);
    let first = NaiveDate::from_ymd_opt(1968, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
    (0..ITEMS)
        .map(|index| {
            let start = first + TimeDelta::seconds(random.below(55 * 365 * 86_400) as i64);
            let days = if random.below(3) == 0 { 1 + random.below(4000) as i64 } else { 0 };
            let west = match random.below(4) {
                0 => 179.5 + random.below(5000) as f64 * 1e-4,
                _ => random.below(3_590_000) as f64 * 1e-4 - 180.0,
            };
            Known {
                collection: ["a", "b", "hidden"][(index % 3) as usize],
                west,
                south: random.below(1_750_000) as f64 * 1e-4 - 88.0,
                start,
                end: start + TimeDelta::days(days),
                cover: [None, Some(0.0), Some(5.0), Some(14.999_999_99), Some(15.0), Some(40.0), Some(100.0)]
                    [random.below(7) as usize],
                platform: [None, Some("sentinel-2a"), Some("sentinel-2b")][random.below(3) as usize],
                sun: (random.below(4) > 0).then(|| random.below(1000) as f64 / 10.0 - 10.0),
            }
        })
        .collect()
}

async fn filled() -> (Fixture, Vec<Known>) {
    let fixture = Fixture::with(&["a", "b", "hidden"]).await;
    let hidden = CollectionPolicy { visibility: Visibility::Owner, ..CollectionPolicy::default() };
    fixture.catalog.set_collection_policy("hidden", &hidden).await.unwrap();
    let known = make();
    fixture.put(known.iter().enumerate().map(|(index, known)| known.document(&format!("i{index:03}")))).await;
    (fixture, known)
}

/// The characters of a geohash by halving, as its inventor describes it.
fn geohash((longitude, latitude): (f64, f64), characters: usize) -> String {
    let (mut x, mut y) = ((-180.0, 180.0), (-90.0, 90.0));
    let mut bits = 0..;
    let mut character = || {
        let number = (0..5).fold(0, |number, _| {
            let (range, at) = if bits.next().unwrap() % 2 == 0 { (&mut x, longitude) } else { (&mut y, latitude) };
            let middle = f64::midpoint(range.0, range.1);
            let upper = at >= middle;
            *range = if upper { (middle, range.1) } else { (range.0, middle) };
            number * 2 + usize::from(upper)
        });
        char::from(b"0123456789bcdefghjkmnpqrstuvwxyz"[number])
    };
    (0..characters).map(|_| character()).collect()
}

/// The tile of a web map, by its formula.
fn geotile((longitude, latitude): (f64, f64), zoom: i32) -> String {
    let tiles = 2.0_f64.powi(zoom);
    let radians = latitude.to_radians();
    let down = (1.0 - (radians.tan() + 1.0 / radians.cos()).ln() / std::f64::consts::PI) / 2.0;
    let inside = |place: f64| (place * tiles).floor().clamp(0.0, tiles - 1.0) as i64;
    format!("{zoom}/{}/{}", inside((longitude + 180.0) / 360.0), inside(down))
}

fn start_of(at: DateTime<Utc>, interval: CalendarInterval) -> DateTime<Utc> {
    let date = at.date_naive();
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let date = match interval {
        CalendarInterval::Year => day(date.year(), 1, 1),
        CalendarInterval::Quarter => day(date.year(), date.month0() / 3 * 3 + 1, 1),
        CalendarInterval::Month => day(date.year(), date.month(), 1),
        CalendarInterval::Week => date - TimeDelta::days(i64::from(date.weekday().num_days_from_monday())),
        _ => date,
    };
    let time = match interval {
        CalendarInterval::Hour => (at.hour(), 0, 0),
        CalendarInterval::Minute => (at.hour(), at.minute(), 0),
        CalendarInterval::Second => (at.hour(), at.minute(), at.second()),
        _ => (0, 0, 0),
    };
    date.and_hms_opt(time.0, time.1, time.2).unwrap().and_utc()
}

type Counts = BTreeMap<String, u64>;

fn counted(items: &[Known], key: impl Fn(&Known) -> Option<String>) -> (Counts, u64) {
    let mut counts = Counts::new();
    let mut lacking = 0;
    for item in items {
        match key(item) {
            Some(key) => *counts.entry(key).or_default() += 1,
            None => lacking += 1,
        }
    }
    (counts, lacking)
}

fn ask(search: Search, aggregations: &[Aggregation]) -> Aggregate {
    Aggregate {
        search,
        aggregations: aggregations.to_vec(),
        interval: CalendarInterval::Month,
        geohash_precision: 3,
        geotile_precision: 6,
    }
}

#[expect(clippy::panic, reason = "it fails the test")]
fn told(aggregated: &Aggregated) -> (Counts, u64) {
    let Aggregated::Buckets { buckets, overflow } = aggregated else { panic!("{aggregated:?} has no buckets") };
    let counts: Counts = buckets.iter().map(|bucket| (bucket.key.clone(), bucket.frequency)).collect();
    assert_eq!(counts.len(), buckets.len(), "no key twice");
    (counts, *overflow)
}

/// Everything at once about these items, who are those that the search finds.
async fn check(catalog: &Catalog, search: Search, access: &Access, items: &[Known]) {
    let told_all = catalog.aggregate(&ask(search, &Aggregation::ALL), access).await.unwrap();
    assert_eq!(told_all.len(), Aggregation::ALL.len());
    for (aggregation, told_one) in Aggregation::ALL.into_iter().zip(&told_all) {
        let name = aggregation.name();
        let step = |value: f64| ((value / 5.0).floor() as i64 * 5).to_string();
        let cover = |cover: f64| match cover {
            cover if cover < 5.0 => "*-5.0",
            cover if cover < 15.0 => "5.0-15.0",
            cover if cover < 40.0 => "15.0-40.0",
            _ => "40.0-*",
        };
        let expected = match aggregation {
            Aggregation::TotalCount => {
                assert_eq!(*told_one, Aggregated::Count(items.len() as u64));
                continue;
            }
            Aggregation::DatetimeMin => {
                assert_eq!(*told_one, Aggregated::Time(items.iter().map(|item| item.start).min()));
                continue;
            }
            Aggregation::DatetimeMax => {
                assert_eq!(*told_one, Aggregated::Time(items.iter().map(|item| item.end).max()));
                continue;
            }
            Aggregation::Collection => counted(items, |item| Some(item.collection.to_owned())),
            Aggregation::Platform => counted(items, |item| item.platform.map(ToOwned::to_owned)),
            Aggregation::SunElevation => counted(items, |item| item.sun.map(step)),
            Aggregation::GridCode | Aggregation::SunAzimuth | Aggregation::OffNadir => counted(items, |_| None),
            Aggregation::CloudCover => {
                let (mut counts, lacking) = counted(items, |item| item.cover.map(|value| cover(value).to_owned()));
                for key in ["*-5.0", "5.0-15.0", "15.0-40.0", "40.0-*"] {
                    counts.entry(key.to_owned()).or_default();
                }
                (counts, lacking)
            }
            Aggregation::Datetime => counted(items, |item| {
                let start = start_of(item.start, CalendarInterval::Month);
                Some(start.format("%Y-%m-%dT%H:%M:%SZ").to_string())
            }),
            Aggregation::CentroidGeohash => counted(items, |item| Some(geohash(item.centre(), 3))),
            Aggregation::CentroidGeotile => counted(items, |item| Some(geotile(item.centre(), 6))),
        };
        assert_eq!(told(told_one), expected, "{name}");
    }
}

#[tokio::test]
async fn everything_at_once_is_what_the_test_counts() {
    let (fixture, known) = filled().await;
    let catalog = &fixture.catalog;
    check(catalog, Search::default(), &Access::Full, &known).await;

    let visible: Vec<Known> = known.iter().filter(|item| item.collection != "hidden").cloned().collect();
    check(catalog, Search::default(), &Access::Public, &visible).await;
    check(catalog, Search::default(), &Access::Nothing, &[]).await;
    let hidden = Search { collections: vec!["hidden".to_owned()], ..Search::default() };
    check(catalog, hidden, &Access::Public, &[]).await;

    let clear = |item: &&Known| item.cover.is_some_and(|cover| cover < 15.0);
    let condition = Condition::from_text("eo:cloud_cover < 15").unwrap();
    let search = Search { filter: Some(condition), ..Search::default() };
    check(catalog, search, &Access::Full, &known.iter().filter(clear).cloned().collect::<Vec<_>>()).await;

    let interval = Interval::parse_rfc3339("1990-01-01T00:00:00Z/2000-06-30T12:00:00Z").unwrap();
    let (start, end) = (interval.start.unwrap(), interval.end.unwrap());
    let then = known.iter().filter(|item| item.start <= end && item.end >= start);
    let then: Vec<Known> = then.cloned().collect();
    assert!(then.iter().any(|item| item.start < start), "some range begins before");
    check(catalog, Search { datetime: Some(interval), ..Search::default() }, &Access::Full, &then).await;

    let bbox = Bbox::parse("175.05,-40.05,-150.05,40.05").unwrap();
    let crosses = |item: &&Known| {
        let east = item.west + SIZE;
        let touches = east >= 175.05 || item.west <= -150.05;
        touches && item.south <= 40.05 && item.south + SIZE >= -40.05
    };
    let there: Vec<Known> = known.iter().filter(crosses).cloned().collect();
    assert!(there.len() > 20 && there.len() < known.len() / 2, "{}", there.len());
    check(catalog, Search { bbox: Some(bbox), ..Search::default() }, &Access::Full, &there).await;

    let ids = Search { ids: vec!["i007".to_owned(), "none".to_owned()], ..Search::default() };
    check(catalog, ids, &Access::Full, &known[7..8]).await;
}

#[tokio::test]
async fn intervals_and_precisions_are_as_they_are_asked_for() {
    let (fixture, known) = filled().await;
    for interval in CalendarInterval::ALL {
        let asked = Aggregate { interval, ..ask(Search::default(), &[Aggregation::Datetime]) };
        let answer = fixture.catalog.aggregate(&asked, &Access::Full).await.unwrap();
        let key = |item: &Known| Some(start_of(item.start, interval).format("%Y-%m-%dT%H:%M:%SZ").to_string());
        assert_eq!(told(&answer[0]), counted(&known, key), "{}", interval.name());
        let Aggregated::Buckets { buckets, .. } = &answer[0] else { panic!() };
        assert!(buckets.is_sorted_by_key(|bucket| bucket.key.clone()), "in the order of time");
    }
    for (geohash_precision, geotile_precision) in [(1, 0), (5, 12), (12, 29)] {
        let both = [Aggregation::CentroidGeohash, Aggregation::CentroidGeotile];
        let asked = Aggregate { geohash_precision, geotile_precision, ..ask(Search::default(), &both) };
        let answer = fixture.catalog.aggregate(&asked, &Access::Full).await.unwrap();
        let (hashes, _) = told(&answer[0]);
        assert_eq!(hashes.values().sum::<u64>(), ITEMS);
        if geohash_precision < 12 {
            // At the finest, a centroid's last digits decide.
            assert_eq!(hashes, counted(&known, |item| Some(geohash(item.centre(), geohash_precision as usize))).0);
            assert_eq!(
                told(&answer[1]).0,
                counted(&known, |item| Some(geotile(item.centre(), geotile_precision as i32))).0
            );
        }
    }
    for (geohash_precision, geotile_precision) in [(0, 0), (13, 0), (1, 30)] {
        let asked = Aggregate { geohash_precision, geotile_precision, ..ask(Search::default(), &[]) };
        let refusal = fixture.catalog.aggregate(&asked, &Access::Full).await.unwrap_err().to_string();
        assert!(refusal.contains("_precision") && refusal.contains("whole number from"), "{refusal}");
    }
}

#[tokio::test]
async fn too_many_buckets_overflow_into_a_number() {
    let fixture = Fixture::with(&["c"]).await;
    // 10 000 codes of one item each would fit; the first 100 have two, so these must be kept.
    let mut documents = Vec::new();
    for index in 0..10_200_u64 {
        let code = if index < 10_100 { index } else { index - 10_100 };
        let mut one = document(
            "c",
            &format!("i{index:05}"),
            json!({"type": "Point", "coordinates": [0, 0]}),
            "2020-01-01T00:00:00Z",
        );
        one["properties"]["grid:code"] = json!(format!("MGRS-{code:05}"));
        documents.push(one);
    }
    fixture.put(documents).await;
    let asked = ask(Search::default(), &[Aggregation::GridCode]);
    let answer = fixture.catalog.aggregate(&asked, &Access::Full).await.unwrap();
    let (counts, overflow) = told(&answer[0]);
    assert_eq!((counts.len(), overflow), (10_000, 100));
    assert_eq!(counts.values().sum::<u64>(), 10_100);
    assert!((0..100).all(|code| counts[&format!("MGRS-{code:05}")] == 2), "the most frequent are kept");
}

#[tokio::test]
async fn what_takes_too_long_says_how_to_ask_for_less() {
    let fixture = Fixture::with(&["c"]).await;
    let mut connection = fixture.connection().await;
    // A lock that the statement waits for is as good as a slow one.
    sqlx::raw_sql("BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE").execute(&mut connection).await.unwrap();
    let catalog = fixture.catalog.clone().with_aggregation_budget(Duration::from_millis(50));
    let error =
        catalog.aggregate(&ask(Search::default(), &[Aggregation::TotalCount]), &Access::Full).await.unwrap_err();
    assert!(matches!(error, Error::Slow { .. }), "{error}");
    assert!(error.to_string().contains("50 ms") && error.to_string().contains("fewer items"), "{error}");
    sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
    assert!(catalog.aggregate(&ask(Search::default(), &[Aggregation::TotalCount]), &Access::Full).await.is_ok());
}
