//! Putting items into the catalogue in batches, without losing the good for the bad.

use std::sync::Arc;

use ardent_catalog::{Counts, Error as CatalogError, NewItem};

use crate::error::chain;

/// An item, and the document it came from.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The document, or the part of one.
    pub(crate) href: String,
    /// The item.
    pub(crate) item: Arc<NewItem>,
    /// An item of its id came before in this run.
    pub(crate) is_repeat: bool,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What became of the items that were stored.
    pub(crate) counts: Counts,
    /// Items that were stored, each id once.
    pub(crate) stored: u64,
    /// Those that the catalogue refused, with its reasons.
    pub(crate) refused: Vec<(Entry, String)>,
}

/// Puts `entries` with `put`. A batch that fails is halved until the items at fault are found; only a catalogue that is
/// away ends it all.
pub(crate) async fn put<P, F>(entries: Vec<Entry>, put: P) -> Result<Outcome, CatalogError>
where
    P: Fn(Vec<Arc<NewItem>>) -> F,
    F: Future<Output = ardent_catalog::Result<Counts>>,
{
    let mut outcome = Outcome::default();
    let mut waiting = vec![entries];
    while let Some(mut entries) = waiting.pop() {
        if entries.is_empty() {
            continue;
        }
        match put(entries.iter().map(|entry| Arc::clone(&entry.item)).collect()).await {
            Ok(counts) => {
                outcome.counts.inserted += counts.inserted;
                outcome.counts.updated += counts.updated;
                outcome.counts.unchanged += counts.unchanged;
                outcome.stored += entries.iter().filter(|entry| !entry.is_repeat).count() as u64;
            }
            Err(error @ CatalogError::Unavailable { .. }) => return Err(error),
            Err(error) if entries.len() == 1 || matches!(error, CatalogError::NoCollection { .. }) => {
                let reason = chain(&error);
                outcome.refused.extend(entries.into_iter().map(|entry| (entry, reason.clone())));
            }
            Err(_) => {
                // The first half goes first: the last of equal ids wins.
                let rest = entries.split_off(entries.len() / 2);
                waiting.push(rest);
                waiting.push(entries);
            }
        }
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    fn entries(count: usize) -> Vec<Entry> {
        let entry = |number: usize| {
            let document = json!({"type": "Feature", "stac_version": "1.1.0", "id": number.to_string(), "collection": "c",
                "geometry": {"type": "Point", "coordinates": [0, 0]}, "assets": {}, "links": [],
                "properties": {"datetime": "2019-06-27T11:21:21Z"}});
            let item = ardent_model::Item::from_stac(&document).unwrap();
            Entry {
                href: format!("{number}.json"),
                item: Arc::new(NewItem::new(item, &document).unwrap()),
                is_repeat: number == 0,
            }
        };
        (0..count).map(entry).collect()
    }

    fn bad(reason: &str) -> CatalogError {
        CatalogError::Token { reason: reason.to_owned() }
    }

    #[tokio::test]
    async fn one_bad_item_does_not_lose_the_others() {
        let stored = Mutex::new(Vec::new());
        let outcome = put(entries(11), async |items: Vec<Arc<NewItem>>| {
            if items.iter().any(|item| item.item().id == "7") {
                return Err(bad("a zero byte"));
            }
            stored.lock().unwrap().extend(items.iter().map(|item| item.item().id.clone()));
            Ok(Counts { inserted: items.len() as u64, ..Counts::default() })
        })
        .await
        .unwrap();
        assert_eq!(*stored.lock().unwrap(), ["0", "1", "2", "3", "4", "5", "6", "8", "9", "10"], "in order");
        assert_eq!((outcome.counts.inserted, outcome.stored, outcome.refused.len()), (10, 9, 1));
        assert_eq!(outcome.refused[0].0.href, "7.json");
        assert!(outcome.refused[0].1.contains("a zero byte"));
    }

    #[tokio::test]
    async fn a_collection_that_is_gone_refuses_all_at_once() {
        let calls = Mutex::new(0);
        let outcome = put(entries(5), async |_| {
            *calls.lock().unwrap() += 1;
            Err(CatalogError::NoCollection { collection: "c".to_owned() })
        })
        .await
        .unwrap();
        assert_eq!((outcome.refused.len(), *calls.lock().unwrap()), (5, 1));
    }
}
