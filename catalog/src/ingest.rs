//! Storing items: one transaction, in the order of their keys, so that writers queue rather than deadlock.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use ardent_model::Item;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::PgRange;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, PgConnection, Postgres, Row, Type};
use tracing::instrument;

use crate::error::{Error, while_doing};
use crate::extent::{Extent, time_range};
use crate::property::Seen;
use crate::{Catalog, NewItem, Result};

/// Most items of one statement, and most bytes of their documents.
const STATEMENT_ITEMS: usize = 1000;
const STATEMENT_BYTES: usize = 8 << 20;

/// What became of a batch of items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// New.
    pub inserted: u64,
    /// There, and different.
    pub updated: u64,
    /// There, and the same.
    pub unchanged: u64,
}

/// Columns of the rows of one statement.
#[derive(Default)]
struct Columns<'a> {
    bytes: usize,
    collection: Vec<&'a str>,
    id: Vec<&'a str>,
    document: Vec<&'a str>,
    properties: Vec<&'a str>,
    geometry: Vec<&'a [u8]>,
    time: Vec<PgRange<DateTime<Utc>>>,
    datetime: Vec<DateTime<Utc>>,
    cloud_cover: Vec<Option<f32>>,
    hash: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, new: &'a NewItem) {
        let item = new.item();
        self.bytes += new.document().len();
        self.hash.push(&new.hash);
        self.cloud_cover.push(item.properties.get("eo:cloud_cover").and_then(Value::as_f64).map(|cover| cover as f32));
        self.properties.push(&new.properties);
        self.collection.push(&item.collection);
        self.id.push(&item.id);
        self.document.push(new.document());
        self.geometry.push(new.footprint.geometry.as_bytes());
        self.time.push(time_range(item.interval.start, item.interval.end));
        self.datetime.push(item.datetime);
    }

    fn is_full(&self) -> bool {
        self.id.len() >= STATEMENT_ITEMS || self.bytes >= STATEMENT_BYTES
    }

    /// Writes the rows that are new or different. Returns, per collection, how many were inserted and updated.
    async fn write(self, transaction: &mut PgConnection) -> sqlx::Result<Vec<(String, u64, u64)>> {
        let rows = sqlx::query(UPSERT)
            .bind(self.collection)
            .bind(self.id)
            .bind(Documents { texts: self.document, bytes: self.bytes })
            .bind(self.properties)
            .bind(self.geometry)
            .bind(self.time)
            .bind(self.datetime)
            .bind(self.cloud_cover)
            .bind(self.hash)
            .fetch_all(transaction)
            .await?;
        let count = |row: &sqlx::postgres::PgRow, column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        rows.iter().map(|row| Ok((row.try_get(0)?, count(row, 1)?, count(row, 2)?))).collect()
    }
}

/// Documents whose room is made at once: a buffer that grows to so many megabytes copies them over and over.
struct Documents<'a> {
    texts: Vec<&'a str>,
    bytes: usize,
}

impl Type<Postgres> for Documents<'_> {
    fn type_info() -> PgTypeInfo {
        <Vec<&str> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Documents<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> std::result::Result<IsNull, BoxDynError> {
        // Each has its length before it, and the array has a few words.
        buffer.reserve(self.bytes + size_of::<i32>() * self.texts.len() + 64);
        self.texts.encode_by_ref(buffer)
    }
}

/// Rows that are the same are left out beforehand, so that indexing again costs little; the condition of the update
/// is for those that another writer has just stored.
const UPSERT: &str = r#"
WITH written AS (
    INSERT INTO items AS stored
        (collection, id, document, properties, geometry, time, datetime, cloud_cover, hash)
    SELECT given.collection, given.id, given.document, given.properties::jsonb,
        normal_footprint(ST_GeomFromEWKB(given.geometry)), given.time, given.datetime, given.cloud_cover, given.hash
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::tstzrange[], $7::timestamptz[],
        $8::real[], $9::bytea[])
        AS given (collection, id, document, properties, geometry, time, datetime, cloud_cover, hash)
    WHERE NOT EXISTS (
        SELECT FROM items AS same
        WHERE same.collection = given.collection AND same.id = given.id AND same.hash = given.hash)
    ORDER BY given.collection COLLATE "C", given.id COLLATE "C"
    ON CONFLICT (collection, id) DO UPDATE SET
        document = excluded.document, properties = excluded.properties, geometry = excluded.geometry,
        time = excluded.time, datetime = excluded.datetime, cloud_cover = excluded.cloud_cover,
        hash = excluded.hash, updated = excluded.updated
    WHERE stored.hash <> excluded.hash
    RETURNING stored.collection, stored.xmax = 0 AS is_new
)
SELECT collection, count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written GROUP BY collection
"#;

impl Catalog {
    /// Adds or replaces items, all in one transaction; items name their collections. The last of equal ids wins.
    /// An item that is the same as the stored one is not written. Nothing is stored if a collection does not exist.
    #[instrument(skip_all, fields(items = items.len()))]
    pub async fn put_items<N: Borrow<NewItem> + Send + Sync>(&self, items: Vec<N>) -> Result<Counts> {
        let doing = while_doing("storing items");
        let batch = Batch::of(items);
        if batch.0.is_empty() {
            return Ok(Counts::default());
        }
        let mut transaction = self.pool.begin().await.map_err(doing)?;
        be_patient(&mut transaction).await?;
        hold_collections(batch.0.keys().map(|(collection, _)| collection), &mut transaction).await?;
        let counts = batch.store(&mut transaction).await?;
        transaction.commit().await.map_err(doing)?;
        Ok(counts)
    }
}

/// Writers of the same items wait for each other.
pub(crate) async fn be_patient(transaction: &mut PgConnection) -> Result<()> {
    let patience = "SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '10min'";
    sqlx::raw_sql(patience).execute(transaction).await.map(drop).map_err(while_doing("storing items"))
}

/// Items by collection and id, each once: the order in which everyone writes them.
pub(crate) struct Batch<N>(BTreeMap<(String, String), N>);

impl<N: Borrow<NewItem> + Send + Sync> Batch<N> {
    /// The last of equal ids wins.
    pub(crate) fn of(items: Vec<N>) -> Self {
        let key = |item: &Item| (item.collection.clone(), item.id.clone());
        Self(items.into_iter().map(|new| (key(new.borrow().item()), new)).collect())
    }

    /// The ids of the items.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.0.keys().map(|(_, id)| id.clone()).collect()
    }

    /// Adds or replaces the items; their collections are held already.
    pub(crate) async fn store(self, transaction: &mut PgConnection) -> Result<Counts> {
        let doing = while_doing("storing items");
        let total = self.0.len() as u64;
        let mut extents: BTreeMap<&str, Extent> = BTreeMap::new();
        let mut seen = Seen::default();
        let mut changed: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut columns = Columns::default();
        let mut rest = self.0.values().map(Borrow::borrow).peekable();
        while let Some(new) = rest.next() {
            let item = new.item();
            let extent = Extent::of(item, &new.footprint.parts);
            let known = extents.get(item.collection.as_str()).copied();
            extents.insert(&item.collection, known.map_or(extent, |known| known.merge(extent)));
            seen.add(item);
            columns.push(new);
            if columns.is_full() || rest.peek().is_none() {
                let written = std::mem::take(&mut columns).write(transaction).await.map_err(doing)?;
                for (collection, inserted, updated) in written {
                    let counts = changed.entry(collection).or_default();
                    *counts = (counts.0 + inserted, counts.1 + updated);
                }
            }
        }
        // Last, since other writers wait for these rows; in the order of ids, as everyone does.
        for collection in changed.keys() {
            if let Some(extent) = extents.get(collection.as_str()) {
                extent.save(collection, transaction).await.map_err(doing)?;
            }
            seen.save(collection, transaction).await.map_err(doing)?;
        }
        let (inserted, updated) = changed.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Ok(Counts { inserted, updated, unchanged: total - inserted - updated })
    }
}

/// Sees that the collections exist, and that they will until the transaction ends.
async fn hold_collections(ids: impl Iterator<Item = &String>, transaction: &mut PgConnection) -> Result<()> {
    let mut wanted: Vec<&String> = ids.collect();
    wanted.dedup();
    let hold = "SELECT id FROM collections WHERE id = ANY ($1) AND visibility <> 'removed' ORDER BY id FOR KEY SHARE";
    let query = sqlx::query_scalar(hold);
    let found: Vec<String> =
        query.bind(&wanted).fetch_all(transaction).await.map_err(while_doing("reading the collections"))?;
    match wanted.into_iter().find(|id| !found.contains(id)) {
        Some(missing) => Err(Error::NoCollection { collection: missing.clone() }),
        None => Ok(()),
    }
}
