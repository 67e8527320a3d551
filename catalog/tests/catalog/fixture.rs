//! A catalogue of a test's own, and documents to put into it.

use std::time::Duration;

use ardent_catalog::{Access, Catalog, Counts, NewItem};
use ardent_model::{Collection, Item, Search};
use ardent_testkit::database::{self, Database};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

pub(crate) struct Fixture {
    pub(crate) catalog: Catalog,
    pub(crate) database: Database,
}

impl Fixture {
    /// An empty catalogue with these collections.
    pub(crate) async fn with(collections: &[&str]) -> Self {
        let database = database::fresh().await;
        // Exact counts however busy the machine is.
        let catalog = Catalog::connect(&database.url()).await.unwrap().with_count_budget(Some(Duration::from_secs(20)));
        catalog.migrate().await.unwrap();
        for id in collections {
            assert!(catalog.put_collection(&collection(id)).await.unwrap());
        }
        Self { catalog, database }
    }

    pub(crate) async fn put(&self, documents: impl IntoIterator<Item = Value>) -> Counts {
        self.catalog.put_items(documents.into_iter().map(new).collect()).await.unwrap()
    }

    /// Ids that a search finds, in order, on one page.
    pub(crate) async fn ids(&self, search: Search) -> Vec<String> {
        let page = self.catalog.search(&Search { limit: 1000, ..search }, &Access::Full).await.unwrap();
        assert!(page.next.is_none());
        page.items.into_iter().map(|item| item.id).collect()
    }

    /// Waits until indexes alone tell of all items: that they are stored is not known at once, since the database of the
    /// tests does not wait for its disk, and a few dead rows would be left alone.
    pub(crate) async fn vacuum(&self) {
        let mut connection = self.connection().await;
        let pages = "SELECT relpages > 0 AND relallvisible = relpages FROM pg_class WHERE relname = 'items'";
        while !{
            sqlx::raw_sql("VACUUM (ANALYZE, INDEX_CLEANUP ON) items").execute(&mut connection).await.unwrap();
            sqlx::query_scalar::<_, bool>(pages).fetch_one(&mut connection).await.unwrap()
        } {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn connection(&self) -> PgConnection {
        PgConnection::connect(self.database.url().expose_secret()).await.unwrap()
    }
}

pub(crate) fn collection(id: &str) -> Collection {
    Collection::from_stac(json!({
        "type": "Collection", "stac_version": "1.1.0", "id": id, "description": "A product", "license": "other",
        "extent": {"spatial": {"bbox": [[-10, 48, 5, 62]]}, "temporal": {"interval": [["2015-01-01T00:00:00Z", null]]}},
        "links": [{"rel": "self", "href": "https://elsewhere"}]
    }))
    .unwrap()
}

/// An item of `collection` at a place and time.
pub(crate) fn document(collection: &str, id: &str, geometry: Value, datetime: &str) -> Value {
    let mut document = json!({
        "type": "Feature", "stac_version": "1.1.0", "id": id, "collection": collection,
        "properties": {"datetime": datetime, "eo:cloud_cover": 12.5},
        "assets": {"data": {"href": format!("s3://ard/{id}.tif")}},
        "links": [{"rel": "self", "href": "https://elsewhere"}]
    });
    document["geometry"] = geometry;
    document
}

/// As [`document`], for tests in which place and time do not matter.
pub(crate) fn plain(collection: &str, id: &str) -> Value {
    document(collection, id, square(0.0, 50.0, 1.0), "2019-06-27T11:21:21Z")
}

#[expect(clippy::needless_pass_by_value, reason = "callers build the value in place")]
pub(crate) fn new(document: Value) -> NewItem {
    NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap()
}

/// A square by its lower left corner, in degrees.
pub(crate) fn square(west: f64, south: f64, size: f64) -> Value {
    let (east, north) = (west + size, south + size);
    json!({"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]})
}

/// Small random numbers that are the same in every run (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
