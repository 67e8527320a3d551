//! A run: what has been taken so far, and what is still to be stored.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque, hash_map};
use std::sync::Arc;

use ardent_catalog::{Catalog, Counts, Error as CatalogError};
use ardent_model::{Collection, Interval, Progress};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::task::JoinHandle;
use tracing::{Instrument, debug, instrument, warn};
use uuid::Uuid;

use crate::{
    Options, Receipt, Result,
    batch::{self, Entry, Outcome},
    collections::Collections,
    error::chain,
    interpret::{Meaning, Rank, interpret},
    read::{Content, Part},
    receipt::{Duplicate, Reject},
    rejects::Rejects,
};

/// Items stored at a time.
const BATCH_ITEMS: usize = 1000;
/// The same in bytes of their documents, for items of long geometries.
const BATCH_BYTES: u64 = 64 << 20;

/// Batches that are stored at once: while one waits for the disk, the database works on the other.
const BATCHES_AT_ONCE: usize = 2;

/// What became of a batch, by collection.
type Stored = std::result::Result<Vec<(String, Outcome)>, CatalogError>;

/// Collections that are written at once.
const COLLECTIONS_AT_ONCE: usize = 4;

/// A run.
pub(crate) struct Run<'a> {
    options: &'a Options,
    interval: Option<Interval>,
    catalog: &'a Catalog,
    progress: &'a dyn Progress,
    collections: Collections,
    rejects: Option<Rejects>,
    receipt: Receipt,
    /// Every item of this run by its collection and id, as a hash: runs may have millions.
    seen: HashMap<Uuid, Rank>,
    waiting: Vec<Entry>,
    waiting_bytes: u64,
    /// The batches that are being stored while the next is read.
    storing: VecDeque<JoinHandle<Stored>>,
    /// Addresses of the documents of which something was refused.
    refused: HashSet<String>,
    /// Documents whose parts have all been taken.
    done: u64,
}

impl<'a> Run<'a> {
    /// A run that begins.
    pub(crate) fn new(
        (options, catalog, progress): (&'a Options, &'a Catalog, &'a dyn Progress),
        collections: Collections,
        rejects: Option<Rejects>,
        receipt: Receipt,
    ) -> Self {
        Self {
            interval: options.interval(),
            seen: HashMap::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            storing: VecDeque::new(),
            refused: HashSet::new(),
            done: 0,
            options,
            catalog,
            progress,
            collections,
            rejects,
            receipt,
        }
    }

    /// Takes a document, or a part of one.
    pub(crate) async fn take(&mut self, mut part: Part) -> Result<()> {
        let content = match std::mem::replace(&mut part.content, Ok(Content::Value(Value::Null))) {
            Ok(content) => content,
            Err(reason) => {
                self.refuse(part.href(), &part.raw, reason);
                return Ok(());
            }
        };
        // What has no bytes of its own is kept aside as what it says.
        let kept = match &content {
            Content::Value(value) if part.raw.is_empty() => Some(value.clone()),
            _ => None,
        };
        match interpret(content, &part.document.url, &self.collections, self.options.collection.as_deref()) {
            Err(reason) if let Some(value) = kept => {
                let content = serde_json::to_vec_pretty(&value).unwrap_or_default();
                self.refuse(part.href(), &content, reason);
            }
            Err(reason) => self.refuse(part.href(), &part.raw, reason),
            Ok(Meaning::PassedOver) => {
                self.receipt.documents.passed_over += 1;
                self.progress.note(&format!(
                    "{}: a product definition or STAC catalogue, which holds no item; definitions are added with \
                     `ardent product add`",
                    part.href()
                ));
            }
            Ok(Meaning::Collection(collection)) => self.add_collection(*collection, &part).await?,
            Ok(Meaning::Item(item, rank)) => {
                let is_outside = self.interval.is_some_and(|days| !days.overlaps(&item.item().interval));
                if is_outside && !part.document.is_dated {
                    self.receipt.documents.out_of_range += 1;
                } else if let Some(is_repeat) = self.admit(item.item(), rank, &part) {
                    self.waiting_bytes += part.size_bytes;
                    self.waiting.push(Entry { href: part.href(), item: Arc::from(item), is_repeat });
                }
            }
        }
        if self.waiting.len() >= BATCH_ITEMS || self.waiting_bytes >= BATCH_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// Whether the item is to be stored: not if a STAC item of its id came before and it is none. If so, whether it
    /// comes again.
    fn admit(&mut self, item: &ardent_model::Item, rank: Rank, part: &Part) -> Option<bool> {
        let key = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}\0{}", item.collection, item.id).as_bytes());
        let mut entry = match self.seen.entry(key) {
            hash_map::Entry::Vacant(entry) => {
                entry.insert(rank);
                return Some(false);
            }
            hash_map::Entry::Occupied(entry) => entry,
        };
        let before = *entry.get();
        if rank == before {
            let duplicate = Duplicate { collection: item.collection.clone(), id: item.id.clone(), href: part.href() };
            self.progress.note(&format!("{}: the item `{}` comes again; the last is kept", duplicate.href, item.id));
            self.receipt.duplicates.push(duplicate);
        } else {
            self.receipt.documents.superseded += 1;
        }
        entry.insert(rank.max(before));
        (rank >= before).then_some(true)
    }

    async fn add_collection(&mut self, collection: Collection, part: &Part) -> Result<()> {
        debug!(collection.id = collection.id, "collection");
        if !self.options.dry_run {
            match self.catalog.put_collection(&collection).await {
                Ok(_) => {}
                Err(error @ CatalogError::Unavailable { .. }) => return Err(error.into()),
                Err(error) => {
                    self.refuse(part.href(), &part.raw, chain(&error));
                    return Ok(());
                }
            }
        }
        self.receipt.collections.entry(collection.id.clone()).or_default().document = true;
        self.collections.add(collection);
        Ok(())
    }

    /// Counts a document whose parts have all been taken.
    pub(crate) fn document_done(&mut self) {
        self.done += 1;
        self.progress.advance(1);
    }

    /// Stores what is left, and gives the receipt.
    pub(crate) async fn finish(mut self) -> Result<Receipt> {
        self.flush().await?;
        self.settle(0).await?;
        self.receipt.documents.refused = self.refused.len() as u64;
        self.receipt.documents.read = self.done.saturating_sub(self.receipt.documents.refused);
        Ok(self.receipt)
    }

    /// Keeps a document aside.
    fn refuse(&mut self, href: String, content: &[u8], reason: String) {
        let document = href.split_once('#').map_or(href.as_str(), |(document, _)| document);
        self.refused.insert(document.to_owned());
        self.progress.note(&format!("{href}: {reason}"));
        if let Some(Err(error)) = self.rejects.as_mut().map(|rejects| rejects.keep(&href, content, &reason)) {
            warn!(href, error = %error, "a refused document could not be kept");
            self.progress.note(&format!("{href}: it could not be kept: {error}"));
        }
        self.receipt.rejects.push(Reject { href, reason });
    }

    /// Begins to store what is waiting, collection by collection, while what came before is still being stored.
    #[instrument(skip_all, fields(items = self.waiting.len()))]
    async fn flush(&mut self) -> Result<()> {
        // The last of equal ids wins, so it is stored last.
        let has_repeats = self.waiting.iter().any(|entry| entry.is_repeat);
        self.settle(if has_repeats { 0 } else { BATCHES_AT_ONCE - 1 }).await?;
        self.waiting_bytes = 0;
        let mut by_collection = BTreeMap::<String, Vec<Entry>>::new();
        for entry in self.waiting.drain(..) {
            by_collection.entry(entry.item.item().collection.clone()).or_default().push(entry);
        }
        if self.options.dry_run {
            for (collection, entries) in by_collection {
                let items = entries.iter().filter(|entry| !entry.is_repeat).count() as u64;
                self.receipt.add(&collection, items, Counts::default());
            }
            return Ok(());
        }
        let catalog = self.catalog.clone();
        let store = async move {
            // Each has rows of its own, so they do not wait for each other.
            let put = async |(collection, entries)| {
                let outcome = batch::put(entries, |items| catalog.put_items(items)).await?;
                Ok((collection, outcome))
            };
            stream::iter(by_collection).map(put).buffered(COLLECTIONS_AT_ONCE).try_collect().await
        };
        self.storing.push_back(tokio::spawn(store.in_current_span()));
        Ok(())
    }

    /// Waits until so few batches are being stored.
    async fn settle(&mut self, left: usize) -> Result<()> {
        while self.storing.len() > left
            && let Some(storing) = self.storing.pop_front()
        {
            match storing.await.map_err(tokio::task::JoinError::try_into_panic) {
                Ok(outcomes) => self.account(outcomes?),
                Err(Ok(panic)) => std::panic::resume_unwind(panic),
                // The runtime is going down, and with it this run.
                Err(Err(_)) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Adds what became of a batch to the receipt.
    fn account(&mut self, outcomes: Vec<(String, Outcome)>) {
        for (collection, outcome) in outcomes {
            self.receipt.add(&collection, outcome.stored, outcome.counts);
            for (entry, reason) in outcome.refused {
                let document: Option<Value> = serde_json::from_str(entry.item.document()).ok();
                let content = document.and_then(|document| serde_json::to_vec_pretty(&document).ok());
                self.refuse(entry.href, content.as_deref().unwrap_or(entry.item.document().as_bytes()), reason);
            }
        }
    }
}
