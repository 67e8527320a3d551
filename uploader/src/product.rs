//! One product, from the archive into the store.

use ardent_model::interval::parse_document_datetime;
use ardent_storage::Object;
use chrono::{DateTime, SubsecRound as _, Utc};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use tokio::sync::Semaphore;
use tracing::{instrument, warn};

use crate::{
    Outcome, ProductOutcome,
    digest::Digest,
    eo,
    error::chain,
    inspect::{self, Inspection},
    item,
    metadata::Metadata,
    rule::Content,
    scan::{ArchiveFile, Candidate},
    scene::{Scene, SceneFile},
    target::Target,
    transfer::{self, Comparison, Said},
};

/// A metadata file is some 20 kB; what is larger is none.
const METADATA_MAX_BYTES: u64 = 16 << 20;

/// How products are sent.
pub(crate) struct Sender<'a> {
    /// Where to.
    pub(crate) target: &'a Target<'a>,
    /// One for each file that may be read or sent at a time.
    pub(crate) permits: &'a Semaphore,
    /// Write nothing.
    pub(crate) dry_run: bool,
}

/// Why a product did not get into the store.
enum Fault {
    /// It is not whole, or not readable.
    Incomplete(String),
    /// It could not be sent.
    Failed(String),
}

/// What an earlier run left in the store.
struct Earlier {
    item: Value,
    written: DateTime<Utc>,
    files: Vec<item::Recorded>,
    has_dataset: bool,
}

impl Earlier {
    /// When the item was written first.
    fn created(&self) -> Option<DateTime<Utc>> {
        parse_document_datetime(self.item["properties"]["created"].as_str()?).ok()
    }

    fn said(&self, file: &ArchiveFile) -> Option<Said<'_>> {
        let recorded = self.files.iter().find(|recorded| recorded.key == file.part.key)?;
        Some(Said { recorded, written: self.written })
    }

    /// Whether its documents are there and say of the files what is the case.
    fn describes(&self, files: &[(&ArchiveFile, Comparison)]) -> bool {
        let is_same = |(file, comparison): &(&ArchiveFile, Comparison)| match (comparison, self.said(file)) {
            (Comparison::Same(digest), Some(said)) => {
                said.recorded.checksum == crate::digest::multihash(&digest.sha256)
            }
            _ => false,
        };
        self.has_dataset && self.files.len() == files.len() && files.iter().all(is_same)
    }
}

impl Sender<'_> {
    /// Sends a product, or what of it is not in the store yet.
    #[instrument(skip_all, fields(item.id = %candidate.product.name))]
    pub(crate) async fn product(&self, candidate: &Candidate) -> ProductOutcome {
        let product = &candidate.product;
        let mut outcome = ProductOutcome {
            product: product.name.clone(),
            collection: product.kind.collection().to_owned(),
            outcome: Outcome::Skipped,
            reason: None,
            item: self.target.href_of(product, &item_file(candidate)),
            files_sent: 0,
            files_skipped: 0,
            bytes: 0,
        };
        (outcome.outcome, outcome.reason) = match self.try_product(candidate, &mut outcome).await {
            Ok(kind) => (kind, None),
            Err(Fault::Incomplete(reason)) => (Outcome::Incomplete, Some(reason)),
            Err(Fault::Failed(reason)) => (Outcome::Failed, Some(reason)),
        };
        outcome
    }

    async fn try_product(&self, candidate: &Candidate, counts: &mut ProductOutcome) -> Result<Outcome, Fault> {
        if let Some(reason) = candidate.missing() {
            return Err(Fault::Incomplete(reason));
        }
        let earlier = self.earlier(candidate).await.map_err(Fault::Failed)?;
        let compared = self.compare(candidate, earlier.as_ref()).await.map_err(Fault::Failed)?;
        let is_same = |comparison: &Comparison| matches!(comparison, Comparison::Same(_));
        counts.files_skipped = compared.iter().filter(|(_, comparison)| is_same(comparison)).count() as u64;
        if earlier.as_ref().is_some_and(|earlier| earlier.describes(&compared)) {
            return Ok(Outcome::Skipped);
        }
        // Nothing is sent of a product that cannot be read.
        let metadata = metadata(candidate).await.map_err(Fault::Incomplete)?;
        let inspection = inspect::inspect(candidate).await.map_err(Fault::Incomplete)?;
        let missing = compared.iter().filter(|(_, comparison)| !is_same(comparison));
        let missing_bytes = missing.clone().map(|(file, _)| file.size_bytes).sum();
        let missing = missing.count() as u64;
        if !self.dry_run {
            let digests = self.send(candidate, compared).await.map_err(Fault::Failed)?;
            let now = Utc::now().trunc_subsecs(0);
            let created = earlier.and_then(|earlier| earlier.created()).unwrap_or(now);
            let files = self.files(candidate, digests, &inspection);
            let Inspection { grid, footprint, cover, .. } = inspection;
            let product = candidate.product.clone();
            let scene = Scene { product, metadata, grid, footprint, cover, files, created, updated: now };
            self.write_documents(candidate, &scene).await.map_err(Fault::Failed)?;
        }
        (counts.files_sent, counts.bytes) = (missing, missing_bytes);
        Ok(Outcome::Uploaded)
    }

    fn object(&self, candidate: &Candidate, file: &str) -> Result<Object, String> {
        self.target.object(&candidate.product, file).map_err(|error| chain(&error))
    }

    /// The item in the store and what it says of the files; `None` if there is none, or none of ours.
    async fn earlier(&self, candidate: &Candidate) -> Result<Option<Earlier>, String> {
        let object = self.object(candidate, &item_file(candidate))?;
        let written = match object.head().await {
            Ok(meta) => meta.last_modified,
            Err(ardent_storage::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(chain(&error)),
        };
        let bytes = object.get().await.map_err(|error| chain(&error))?;
        let Ok(item) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
        let Some(files) = item::recorded(&item) else { return Ok(None) };
        let dataset = self.object(candidate, &dataset_file(candidate))?.head().await;
        Ok(Some(Earlier { item, written, files, has_dataset: dataset.is_ok() }))
    }

    async fn compare<'a>(
        &self,
        candidate: &'a Candidate,
        earlier: Option<&Earlier>,
    ) -> Result<Vec<(&'a ArchiveFile, Comparison)>, String> {
        let one = async |file: &'a ArchiveFile| {
            let object = self.object(candidate, &file_name(candidate, file))?;
            let _permit = self.permits.acquire().await.map_err(|error| chain(&error))?;
            let said = earlier.and_then(|earlier| earlier.said(file));
            Ok((file, transfer::compare(file, &object, said).await?))
        };
        stream::iter(&candidate.files).then(one).try_collect().await
    }

    /// Sends the files that are not in the store, as many at a time as there are permits. In the order of `compared`.
    async fn send<'a>(
        &self,
        candidate: &'a Candidate,
        compared: Vec<(&'a ArchiveFile, Comparison)>,
    ) -> Result<Vec<(&'a ArchiveFile, Digest)>, String> {
        let one = async |(file, comparison): (&'a ArchiveFile, Comparison)| match comparison {
            Comparison::Same(digest) => Ok((file, digest)),
            Comparison::Different => {
                let object = self.object(candidate, &file_name(candidate, file))?;
                let _permit = self.permits.acquire().await.map_err(|error| chain(&error))?;
                Ok((file, transfer::send(file, &object).await?))
            }
        };
        // All are tried even if one fails: what is in the store need not be sent again.
        let sent: Vec<_> = stream::iter(compared.into_iter().map(one)).buffered(usize::MAX).collect().await;
        sent.into_iter().collect()
    }

    fn files(
        &self,
        candidate: &Candidate,
        digests: Vec<(&ArchiveFile, Digest)>,
        inspection: &Inspection,
    ) -> Vec<SceneFile> {
        let one = |(file, digest): (&ArchiveFile, Digest)| SceneFile {
            part: file.part,
            href: self.target.href_of(&candidate.product, &file_name(candidate, file)),
            size_bytes: digest.size_bytes,
            sha256: digest.sha256,
            raster: inspection.rasters.get(file.part.key).copied(),
        };
        digests.into_iter().map(one).collect()
    }

    /// The legacy document, then the item, by which a later run knows that everything is there.
    async fn write_documents(&self, candidate: &Candidate, scene: &Scene) -> Result<(), String> {
        let dataset = eo::document(scene)?;
        let item = serde_json::to_vec_pretty(&item::document(scene)).map_err(|error| chain(&error))?;
        for (file, bytes) in [(dataset_file(candidate), dataset.into_bytes()), (item_file(candidate), item)] {
            self.object(candidate, &file)?.put(bytes.into()).await.map_err(|error| chain(&error))?;
        }
        Ok(())
    }
}

async fn metadata(candidate: &Candidate) -> Result<Metadata, String> {
    let file = candidate.files.iter().find(|file| file.part.content == Content::Metadata);
    let file = file.ok_or("it has no metadata")?;
    let fault = |reason: String| format!("{}: {reason}", file_name(candidate, file));
    if file.size_bytes > METADATA_MAX_BYTES {
        return Err(fault(format!("{} bytes are too many for metadata", file.size_bytes)));
    }
    let text = tokio::fs::read_to_string(&file.path).await.map_err(|error| fault(chain(&error)))?;
    let metadata = Metadata::parse(&text).map_err(fault)?;
    if let Some(identifier) = metadata.identifier.as_ref().filter(|name| !name.starts_with(&candidate.product.name)) {
        warn!(item.id = %candidate.product.name, identifier, "the metadata names another product");
    }
    Ok(metadata)
}

fn file_name(candidate: &Candidate, file: &ArchiveFile) -> String {
    format!("{}{}", candidate.product.name, file.part.suffix)
}

fn item_file(candidate: &Candidate) -> String {
    format!("{}.json", candidate.product.name)
}

fn dataset_file(candidate: &Candidate) -> String {
    format!("{}.yaml", candidate.product.name)
}
