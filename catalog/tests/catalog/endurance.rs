//! Writers and searchers for as long as one likes: `ARDENT_TEST_LOAD_SECONDS`, 10 by default.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ardent_catalog::{Access, Counts, Error, ItemName, Terms};
use ardent_model::{Bbox, Interval, Search, SortKey, filter::Condition};
use futures::TryStreamExt;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Random, document, new, square};

const WRITERS: u64 = 16;
const SEARCHERS: u64 = 8;
const COLLECTIONS: [&str; 4] = ["a", "b", "c", "d"];
/// Ids that stay, and after them ids that come and go.
const LASTING: u64 = 600;
const PASSING: u64 = 200;
/// Longest time that one step may take: far below the patience of the database.
const STEP: Duration = Duration::from_mins(1);

fn seconds() -> Duration {
    let named = std::env::var("ARDENT_TEST_LOAD_SECONDS").ok();
    Duration::from_secs(named.map_or(10, |text| text.parse().unwrap()))
}

fn id(number: u64) -> String {
    format!("item{number:04}")
}

fn collection_of(number: u64) -> &'static str {
    COLLECTIONS[(number % COLLECTIONS.len() as u64) as usize]
}

/// Places and times stay, so that searches know what they must find; what is written differs each time.
fn version(number: u64, writer: u64, round: u64) -> Value {
    let place = square((number % 40) as f64 - 20.0, 50.0, 0.5);
    let day = number % 28 + 1;
    let mut document = document(collection_of(number), &id(number), place, &format!("2019-06-{day:02}T11:00:00Z"));
    document["properties"]["writer"] = json!(writer);
    document["properties"]["round"] = json!(round);
    document["properties"]["number"] = json!(number);
    document
}

#[derive(Default)]
struct Written {
    counts: Counts,
    given: u64,
    removed: u64,
    /// The last round in which each item was written.
    last: HashMap<u64, u64>,
}

async fn write(fixture: Arc<Fixture>, writer: u64, end: Instant) -> Written {
    let mut random = Random(writer);
    let mut written = Written::default();
    let mut round = 0;
    while Instant::now() < end {
        round += 1;
        if random.below(8) == 0 {
            let number = LASTING + random.below(PASSING);
            let name = ItemName { collection: collection_of(number).to_owned(), id: id(number) };
            let terms = Terms::always(Access::Full);
            let removal = fixture.catalog.remove_item(&name, &terms);
            match tokio::time::timeout(STEP, removal).await.unwrap() {
                Err(Error::NoItem { .. }) => {}
                removed => {
                    removed.unwrap();
                    written.removed += 1;
                }
            }
            continue;
        }
        let first = random.below(LASTING + PASSING - 60);
        let mut numbers: Vec<u64> = (first..first + 1 + random.below(60)).collect();
        if random.below(2) == 0 {
            numbers.reverse();
        }
        let batch = numbers.iter().map(|number| new(version(*number, writer, round))).collect();
        let put = tokio::time::timeout(STEP, fixture.catalog.put_items(batch)).await;
        let counts = put.unwrap().unwrap();
        assert_eq!(counts.inserted + counts.updated + counts.unchanged, numbers.len() as u64);
        written.given += numbers.len() as u64;
        written.counts.inserted += counts.inserted;
        written.counts.updated += counts.updated;
        written.counts.unchanged += counts.unchanged;
        written.last.extend(numbers.into_iter().map(|number| (number, round)));
    }
    written
}

/// Searches whose answer follows from the ids alone. What was once found of the lasting items is always found.
async fn search(fixture: Arc<Fixture>, searcher: u64, end: Instant) -> u64 {
    let mut random = Random(1000 + searcher);
    let mut known = BTreeMap::<u64, BTreeSet<u64>>::new();
    let mut searches = 0;
    while Instant::now() < end {
        let kind = random.below(5);
        let mut wanted = Search { limit: 50, ..Search::default() };
        let fits: fn(u64) -> bool = match kind {
            0 => {
                wanted.bbox = Some(Bbox::parse("-20,50,-10.1,51").unwrap());
                |number| number % 40 < 10
            }
            1 => {
                wanted.datetime = Some(Interval::parse_recipe("2019-06-01/2019-06-07").unwrap());
                |number| number % 28 < 7
            }
            2 => {
                wanted.filter = Some(Condition::from_text("number < 100").unwrap());
                wanted.sort = vec![SortKey::parse("-number").unwrap()];
                |number| number < 100
            }
            3 => {
                wanted.collections = vec!["b".to_owned()];
                |number| number % 4 == 1
            }
            _ => |_| true,
        };
        let walk = fixture.catalog.walk(wanted, Access::Public, None).try_collect::<Vec<_>>();
        let pages = tokio::time::timeout(STEP, walk).await.unwrap().unwrap();
        let mut found = BTreeSet::new();
        for item in pages.into_iter().flatten() {
            let number: u64 = item.id[4..].parse().unwrap();
            assert!(fits(number), "kind {kind} found {number}");
            assert!(found.insert(number), "kind {kind} found {number} twice");
        }
        let lasting: BTreeSet<u64> = found.into_iter().filter(|number| *number < LASTING).collect();
        let before = known.insert(kind, lasting.clone()).unwrap_or_default();
        assert!(before.is_subset(&lasting), "kind {kind} lost {:?}", before.difference(&lasting));
        searches += 1;
    }
    searches
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_and_searchers_neither_deadlock_nor_lose_anything() {
    let fixture = Arc::new(Fixture::with(&COLLECTIONS).await);
    let end = Instant::now() + seconds();
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(Arc::clone(&fixture), writer, end)));
    let writers = futures::future::join_all(writers.collect::<Vec<_>>());
    let searchers = (0..SEARCHERS).map(|searcher| tokio::spawn(search(Arc::clone(&fixture), searcher, end)));
    let searchers = futures::future::join_all(searchers.collect::<Vec<_>>());
    let (written, searches) = tokio::join!(writers, searchers);
    let written: Vec<Written> = written.into_iter().map(Result::unwrap).collect();
    let searches: u64 = searches.into_iter().map(Result::unwrap).sum();

    let mut connection = fixture.connection().await;
    let rows: Vec<(String, String, String)> =
        sqlx::query_as("SELECT collection, id, document FROM items").fetch_all(&mut connection).await.unwrap();
    let sum = |of: fn(&Written) -> u64| written.iter().map(of).sum::<u64>();
    let (given, inserted, removed) = (sum(|one| one.given), sum(|one| one.counts.inserted), sum(|one| one.removed));
    let counted = inserted + sum(|one| one.counts.updated) + sum(|one| one.counts.unchanged);
    assert_eq!(counted, given, "every item of every batch is accounted for");
    assert_eq!(inserted - removed, rows.len() as u64, "what was added and not removed is there");
    assert!(given > 1000 && searches > 20 && removed > 0, "{given} items, {searches} searches, {removed} removals");

    let mut stored = BTreeSet::new();
    for (collection, id, document) in &rows {
        let document: Value = serde_json::from_str(document).unwrap();
        let part = |name: &str| document["properties"][name].as_u64().unwrap();
        let (number, writer) = (part("number"), part("writer"));
        assert_eq!((collection.as_str(), id), (collection_of(number), &self::id(number)));
        assert_eq!(document["id"], *id);
        // Whoever wrote last wrote what is there; an earlier version of the same writer would be a lost update.
        assert_eq!(written[writer as usize].last[&number], part("round"), "{id} by writer {writer}");
        stored.insert(number);
    }
    let ever: BTreeSet<u64> = written.iter().flat_map(|one| one.last.keys().copied()).collect();
    let lost: Vec<&u64> = ever.iter().filter(|number| **number < LASTING && !stored.contains(number)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let mismatched = "SELECT count(*) FROM items WHERE document::jsonb -> 'properties' <> properties \
                      OR hash <> sha256(convert_to(document, 'UTF8'))";
    let mismatched: i64 = sqlx::query_scalar(mismatched).fetch_one(&mut connection).await.unwrap();
    assert_eq!(mismatched, 0, "the columns of a row come from one document");
    println!("{given} items written, {removed} removed, {searches} searches in {:?}", seconds());
}
