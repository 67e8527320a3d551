//! What the items of a collection have in their properties, kept up with every ingest rather than computed when it is
//! read: the queryables and sortables of a collection, and its summaries.

mod instant;

use std::collections::{BTreeMap, BTreeSet};

use ardent_model::Item;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{PgConnection, QueryBuilder};
use tracing::instrument;

use crate::error::while_doing;
use crate::item::is_text;
use crate::{Access, Catalog, Result};
use instant::instant;

/// Most texts that are told apart, and most bytes of one; the database's first count of them has these numbers too.
const MAX_TEXTS: usize = 50;
const MAX_TEXT_BYTES: usize = 100;
/// Longest name that is kept, in bytes: that of a field to sort by.
const MAX_NAME_BYTES: usize = 200;
/// Most names of a collection that are told; those beyond can be filtered by all the same.
const MAX_NAMES: usize = 1000;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// A list.
    Array,
    /// True or false.
    Boolean,
    /// A text that is a date.
    Date,
    /// A number without a fraction.
    Integer,
    /// A number with a fraction.
    Number,
    /// An object.
    Object,
    /// Any other text.
    Text,
    /// A text that is a date and a time.
    Time,
}

/// The values that items have for one property; null is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PropertyDomain {
    /// The property's name.
    pub name: String,
    /// What they are.
    pub kinds: BTreeSet<ValueKind>,
    /// The least number.
    pub minimum: Option<f64>,
    /// The greatest number.
    pub maximum: Option<f64>,
    /// The first time.
    pub earliest: Option<DateTime<Utc>>,
    /// The last time.
    pub latest: Option<DateTime<Utc>>,
    /// The texts that are no times, by code points; none if there are more than 50, or one has more than 100 bytes.
    pub texts: Option<BTreeSet<String>>,
}

impl PropertyDomain {
    /// Of no values.
    fn new(name: String) -> Self {
        let (minimum, maximum, earliest, latest) = (None, None, None, None);
        Self { name, kinds: BTreeSet::new(), minimum, maximum, earliest, latest, texts: Some(BTreeSet::new()) }
    }

    /// Whether every value is one of these, and there is one.
    pub fn is_only(&self, kinds: &[ValueKind]) -> bool {
        !self.kinds.is_empty() && self.kinds.iter().all(|kind| kinds.contains(kind))
    }

    /// The least and the greatest, if all values are numbers; without a fraction if none has one.
    pub fn range(&self) -> Option<(Value, Value)> {
        if !self.is_only(&[ValueKind::Integer, ValueKind::Number]) {
            return None;
        }
        let are_whole = self.is_only(&[ValueKind::Integer]);
        let number = |number: f64| match number as i64 {
            whole if are_whole && whole as f64 == number => json!(whole),
            _ => json!(number),
        };
        Some((number(self.minimum?), number(self.maximum?)))
    }

    fn add(&mut self, value: &Value) {
        let kind = match value {
            Value::Null => return,
            Value::Bool(_) => ValueKind::Boolean,
            Value::Array(_) => ValueKind::Array,
            Value::Object(_) => ValueKind::Object,
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                self.minimum = Some(self.minimum.map_or(number, |known| known.min(number)));
                self.maximum = Some(self.maximum.map_or(number, |known| known.max(number)));
                if number.fract() == 0.0 { ValueKind::Integer } else { ValueKind::Number }
            }
            Value::String(text) => {
                if let Some(at) = instant(text) {
                    self.earliest = Some(self.earliest.map_or(at, |known| known.min(at)));
                    self.latest = Some(self.latest.map_or(at, |known| known.max(at)));
                    if text.len() == 10 { ValueKind::Date } else { ValueKind::Time }
                } else {
                    self.add_text(text);
                    ValueKind::Text
                }
            }
        };
        self.kinds.insert(kind);
    }

    fn add_text(&mut self, text: &str) {
        if let Some(texts) = self.texts.as_mut().filter(|texts| !texts.contains(text)) {
            if texts.len() == MAX_TEXTS || text.len() > MAX_TEXT_BYTES {
                self.texts = None;
            } else {
                texts.insert(text.to_owned());
            }
        }
    }

    /// With the values of another.
    fn merge(&mut self, other: Self) {
        let either = |one: Option<f64>, two: Option<f64>, choose: fn(f64, f64) -> f64| match (one, two) {
            (Some(one), Some(two)) => Some(choose(one, two)),
            (one, two) => one.or(two),
        };
        self.minimum = either(self.minimum, other.minimum, f64::min);
        self.maximum = either(self.maximum, other.maximum, f64::max);
        // A missing time is less than any.
        self.earliest = [self.earliest, other.earliest].into_iter().flatten().min();
        self.latest = self.latest.max(other.latest);
        self.kinds.extend(other.kinds);
        match other.texts {
            Some(texts) => texts.iter().for_each(|text| self.add_text(text)),
            None => self.texts = None,
        }
    }
}

/// What a batch of items has, by collection and name.
#[derive(Debug, Default)]
pub(crate) struct Seen(BTreeMap<String, BTreeMap<String, PropertyDomain>>);

impl Seen {
    /// With what an item has.
    pub(crate) fn add(&mut self, item: &Item) {
        if !self.0.contains_key(&item.collection) {
            self.0.insert(item.collection.clone(), BTreeMap::new());
        }
        let Some(known) = self.0.get_mut(&item.collection) else { return };
        for (name, value) in &item.properties {
            // What is longer can be filtered by all the same.
            if value.is_null() || name.len() > MAX_NAME_BYTES {
                continue;
            }
            if let Some(domain) = known.get_mut(name) {
                domain.add(value);
            } else if known.len() < MAX_NAMES {
                let mut domain = PropertyDomain::new(name.clone());
                domain.add(value);
                known.insert(name.clone(), domain);
            }
        }
    }

    /// Widens what the database has for `collection`, whose row the transaction holds, so that writers queue.
    pub(crate) async fn save(&self, collection: &str, transaction: &mut PgConnection) -> sqlx::Result<()> {
        let Some(seen) = self.0.get(collection).filter(|seen| !seen.is_empty()) else { return Ok(()) };
        let domains: Vec<&PropertyDomain> = seen.values().collect();
        let query = sqlx::query(WIDEN).bind(collection).bind(Json(domains));
        let query = query.bind(i32::try_from(MAX_TEXTS).unwrap_or(i32::MAX));
        query.bind(i64::try_from(MAX_NAMES).unwrap_or(i64::MAX)).execute(transaction).await?;
        Ok(())
    }
}

/// Rows that stay the same are left out, and so are names beyond the bound. The collection's row is held, so nobody else
/// widens these meanwhile.
const WIDEN: &str = r#"
INSERT INTO item_properties (collection, name, kinds, minimum, maximum, earliest, latest, texts)
SELECT $1, name, kinds, minimum, maximum, earliest, latest, texts
FROM (
    SELECT given.name, known.name IS NULL AS is_new,
        count(*) FILTER (WHERE known.name IS NULL) OVER (ORDER BY given.name COLLATE "C") AS place,
        CASE WHEN known.name IS NULL THEN given.kinds ELSE merged_texts(known.kinds, given.kinds, 100) END AS kinds,
        least(known.minimum, given.minimum) AS minimum, greatest(known.maximum, given.maximum) AS maximum,
        least(known.earliest, given.earliest) AS earliest, greatest(known.latest, given.latest) AS latest,
        CASE WHEN known.name IS NULL THEN given.texts ELSE merged_texts(known.texts, given.texts, $3) END AS texts,
        (known.kinds, known.minimum, known.maximum, known.earliest, known.latest, known.texts) AS before
    FROM jsonb_to_recordset($2) AS given (name text, kinds text[], minimum double precision, maximum double precision,
        earliest timestamptz, latest timestamptz, texts text[])
    LEFT JOIN item_properties AS known ON known.collection = $1 AND known.name = given.name COLLATE "C"
) AS merged
WHERE CASE WHEN is_new THEN place + (SELECT count(*) FROM item_properties WHERE collection = $1) <= $4
    ELSE before IS DISTINCT FROM (kinds, minimum, maximum, earliest, latest, texts) END
ORDER BY name COLLATE "C"
ON CONFLICT (collection, name) DO UPDATE SET
    kinds = excluded.kinds, minimum = excluded.minimum, maximum = excluded.maximum,
    earliest = excluded.earliest, latest = excluded.latest, texts = excluded.texts
"#;

impl Catalog {
    /// What the items of the collections one may see have in their properties, by name: those of one collection, or of
    /// all of them together.
    #[instrument(skip_all)]
    pub async fn item_properties(&self, collection: Option<&str>, access: &Access) -> Result<Vec<PropertyDomain>> {
        if collection.is_some_and(|id| !is_text(id)) {
            return Ok(Vec::new());
        }
        let mut query = QueryBuilder::new(
            "SELECT coalesce(jsonb_agg(to_jsonb(known) ORDER BY collection), '[]') FROM item_properties AS known \
             WHERE collection = ANY (ARRAY(SELECT id FROM collections WHERE ",
        );
        access.of_collections(&mut query);
        query.push("))");
        if let Some(id) = collection {
            query.push(" AND collection = ").push_bind(id);
        }
        let query = query.build_query_scalar::<Json<Vec<PropertyDomain>>>();
        let Json(found) = query.fetch_one(&self.pool).await.map_err(while_doing("reading the properties"))?;
        let mut merged: BTreeMap<String, PropertyDomain> = BTreeMap::new();
        for domain in found {
            match merged.get_mut(&domain.name) {
                Some(known) => known.merge(domain),
                None => drop(merged.insert(domain.name.clone(), domain)),
            }
        }
        Ok(merged.into_values().collect())
    }
}
