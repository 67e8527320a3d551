//! Pages that are found in indexes alone: the same items, in the same order, as a list of them gives.

use ardent_catalog::Access;
use ardent_model::filter::Condition;
use ardent_model::{Bbox, Interval, Search, SortKey};
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::fixture::{Fixture, Random, document, square};

/// What was put, as numbers: hours, tenths of degrees, percent.
#[derive(Debug, Clone)]
struct Made {
    collection: &'static str,
    id: String,
    west: u64,
    south: u64,
    size: u64,
    hour: u64,
    hours: u64,
    cover: Option<u64>,
}

fn time(hour: u64) -> String {
    format!("2020-{:02}-{:02}T{:02}:00:00Z", 1 + hour / 672, 1 + hour / 24 % 28, hour % 24)
}

impl Made {
    fn of(random: &mut Random, number: u64, longest_hours: u64) -> Self {
        Self {
            collection: ["a", "b", "c"][random.below(3) as usize],
            id: format!("{number:04}"),
            west: random.below(200),
            south: random.below(200),
            size: 1 + random.below(10),
            hour: random.below(2000),
            hours: random.below(longest_hours + 1),
            cover: (random.below(5) > 0).then(|| random.below(101)),
        }
    }

    fn document(&self, origin: f64) -> Value {
        let place = square(origin + self.west as f64 / 10.0, self.south as f64 / 10.0, self.size as f64 / 10.0);
        let mut document = document(self.collection, &self.id, place, &time(self.hour));
        document["properties"]["eo:cloud_cover"] = json!(self.cover);
        if self.hours > 0 {
            document["properties"]["start_datetime"] = json!(time(self.hour));
            document["properties"]["end_datetime"] = json!(time(self.hour + self.hours));
        }
        document
    }
}

/// Bounds of a search, of which an item must have something. Halves of tenths: nothing touches by a hair.
#[derive(Debug)]
struct Asked {
    collection: Option<&'static str>,
    /// West, south, and the size, in tenths of degrees.
    area: Option<(u64, u64, u64)>,
    hours: Option<(u64, u64)>,
    below: Option<u64>,
    sort: Vec<SortKey>,
}

impl Asked {
    fn of(random: &mut Random) -> Self {
        let sorts = ["-datetime", "datetime", "eo:cloud_cover", "-eo:cloud_cover", "collection", "id", ""];
        let sort = sorts[random.below(7) as usize];
        let begin = random.below(2000);
        Self {
            collection: (random.below(2) == 0).then_some("b"),
            area: (random.below(4) > 0).then(|| (random.below(180), random.below(180), 1 + random.below(120))),
            hours: (random.below(2) == 0).then(|| (begin, begin + random.below(1000))),
            below: (random.below(2) == 0).then(|| random.below(101)),
            sort: if sort.is_empty() { Vec::new() } else { vec![SortKey::parse(sort).unwrap()] },
        }
    }

    fn search(&self, origin: f64, limit: usize) -> Search {
        let half = |tenths: u64| tenths as f64 / 10.0 + 0.05;
        let longitude = |tenths: u64| {
            let longitude = origin + half(tenths);
            if longitude > 180.0 { longitude - 360.0 } else { longitude }
        };
        let bbox = self.area.map(|(west, south, size)| {
            let sides = [longitude(west), half(south), longitude(west + size), half(south + size)];
            Bbox::parse(&sides.map(|side| side.to_string()).join(",")).unwrap()
        });
        Search {
            collections: self.collection.map(ToOwned::to_owned).into_iter().collect(),
            bbox,
            datetime: self
                .hours
                .map(|(first, last)| Interval::parse_recipe(&format!("{}/{}", time(first), time(last))).unwrap()),
            filter: self.below.map(|below| Condition::from_text(&format!("eo:cloud_cover < {below}")).unwrap()),
            sort: self.sort.clone(),
            limit,
            ..Search::default()
        }
    }

    fn wants(&self, made: &Made) -> bool {
        let crosses = |first: u64, last: u64, from: u64, size: u64| first <= from + size && from < last;
        self.collection.is_none_or(|collection| collection == made.collection)
            && self.area.is_none_or(|(west, south, size)| {
                crosses(made.west, made.west + made.size, west, size)
                    && crosses(made.south, made.south + made.size, south, size)
            })
            && self.hours.is_none_or(|(first, last)| made.hour <= last && first <= made.hour + made.hours)
            && self.below.is_none_or(|below| made.cover.is_some_and(|cover| cover < below))
    }

    /// The ids, in order.
    fn of_list<'a>(&self, list: &'a [Made]) -> Vec<&'a str> {
        let mut wanted: Vec<&Made> = list.iter().filter(|made| self.wants(made)).collect();
        wanted.sort_by_key(|made| (made.collection, &made.id));
        let key = self.sort.first();
        let is_down = key.is_none_or(SortKey::is_descending);
        let turned = |number: u64| if is_down { u64::MAX - number } else { number };
        match key.map_or("datetime", SortKey::field) {
            "datetime" => wanted.sort_by_key(|made| turned(made.hour)),
            "eo:cloud_cover" => wanted.sort_by_key(|made| (made.cover.is_none(), made.cover.map(turned))),
            "id" => wanted.sort_by_key(|made| &made.id),
            _ => {}
        }
        wanted.into_iter().map(|made| made.id.as_str()).collect()
    }
}

async fn walked(fixture: &Fixture, mut search: Search) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let page = fixture.catalog.search(&search, &Access::Public).await.unwrap();
        ids.extend(page.items.into_iter().map(|item| item.id));
        match page.next {
            Some(token) => search.token = Some(token),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn pages_are_those_of_a_list() {
    // From 0 to 21 degrees east, and across the antimeridian.
    for (longest_hours, origin) in [(0, 0.0), (300, 0.0), (0, 169.0), (300, 175.0)] {
        let fixture = Fixture::with(&["a", "b", "c"]).await;
        let mut random = Random(17 + longest_hours);
        let list: Vec<Made> = (0..1500).map(|number| Made::of(&mut random, number, longest_hours)).collect();
        fixture.put(list.iter().map(|made| made.document(origin))).await;
        fixture.vacuum().await;
        for round in 0..250 {
            let (asked, limit) = (Asked::of(&mut random), [7, 40, 300][random.below(3) as usize]);
            let found = walked(&fixture, asked.search(origin, limit)).await;
            assert_eq!(found, asked.of_list(&list), "{origin}, {round}: {asked:?}");
        }
    }
}

/// Rows that index scans fetched from the table, by sessions that have ended.
async fn fetched(connection: &mut PgConnection) -> i64 {
    sqlx::raw_sql("SELECT pg_stat_force_next_flush(); SELECT pg_stat_clear_snapshot()")
        .execute(&mut *connection)
        .await
        .unwrap();
    let statement = "SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read FROM pg_stat_user_tables WHERE relname = 'items'";
    sqlx::query_scalar(statement).fetch_one(connection).await.unwrap()
}

/// The rows that a search reads are those of its page, and few more.
#[tokio::test]
async fn a_page_reads_its_own_rows() {
    let fixture = Fixture::with(&["a", "b", "c"]).await;
    let mut connection = fixture.connection().await;
    let mut random = Random(3);
    let list: Vec<Made> = (0..3000).map(|number| Made::of(&mut random, number, 0)).collect();
    fixture.put(list.iter().map(|made| made.document(0.0))).await;
    fixture.vacuum().await;
    let (area, corner) = (Some((0, 0, 110)), Some((20, 20, 35)));
    let by = |key: &str| vec![SortKey::parse(key).unwrap()];
    for asked in [
        Asked { collection: None, area, hours: None, below: None, sort: Vec::new() },
        Asked { collection: None, area: corner, hours: None, below: None, sort: Vec::new() },
        Asked { collection: None, area: corner, hours: None, below: None, sort: by("eo:cloud_cover") },
        Asked { collection: Some("b"), area, hours: Some((200, 1800)), below: Some(40), sort: by("-datetime") },
        Asked { collection: None, area: None, hours: None, below: Some(10), sort: by("datetime") },
        Asked { collection: Some("a"), area: None, hours: Some((500, 1500)), below: None, sort: by("eo:cloud_cover") },
    ] {
        let wanted = asked.of_list(&list);
        assert!(wanted.len() > 60, "{asked:?}");
        let before = fetched(&mut connection).await;
        let catalog = ardent_catalog::Catalog::connect(&fixture.database.url()).await.unwrap().with_count_budget(None);
        let page = catalog.search(&asked.search(0.0, 20), &Access::Public).await.unwrap();
        let ids: Vec<&str> = page.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, wanted[..20], "{asked:?}");
        catalog.close().await;
        let mut read = 0;
        for _ in 0..100 {
            read = fetched(&mut connection).await - before;
            if read > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!((20..60).contains(&read), "{asked:?}: {read} rows of the table");
    }
}
