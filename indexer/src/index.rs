//! The whole of indexing: find, read, understand, store.

use std::time::Instant;

use ardent_catalog::{Access, Catalog};
use ardent_model::Progress;
use ardent_storage::Stores;
use tracing::{info, instrument};

use crate::{
    Options, Receipt, Result,
    collections::Collections,
    discover::{self, Document},
    read::{self, Event},
    rejects::Rejects,
    run::Run,
};

/// Indexes the documents of the sources.
///
/// No document stops the others: what is refused is in the receipt, with its reason. An error means that nothing can
/// go on: options that cannot be followed, a folder for rejects that cannot be made, a catalogue that is away. Running
/// it again is safe: items that are there already are unchanged.
#[instrument(skip_all, fields(sources = ?options.sources))]
pub async fn index(options: &Options, stores: &Stores, catalog: &Catalog, progress: &dyn Progress) -> Result<Receipt> {
    let started = Instant::now();
    options.check()?;
    let rejects = options.rejects.as_deref().filter(|_| !options.dry_run).map(Rejects::open).transpose()?;
    let mut collections = Collections::default();
    for stored in catalog.collections(&Access::Full).await? {
        collections.add(stored.collection);
    }
    let found = discover::discover(options, stores).await;
    let mut receipt = Receipt { dry_run: options.dry_run, ..Receipt::default() };
    receipt.documents.found = found.documents.len() as u64;
    receipt.documents.other_files = found.other_files;
    for source in &found.sources {
        if let Some(fault) = &source.fault {
            progress.note(&format!("{}: {fault}", source.source));
        }
    }
    receipt.sources = found.sources;
    progress.begin("index", receipt.documents.found);
    let mut run = Run::new((options, catalog, progress), collections, rejects, receipt);
    let (first, rest) = found.documents.into_iter().partition(is_collection);
    for documents in [first, rest] {
        let (mut events, reader) = read::spawn(documents, options.collection.as_deref());
        while let Some(event) = events.recv().await {
            match event {
                Event::Part(part) => run.take(part).await?,
                Event::Done => run.document_done(),
            }
        }
        // A reader that died read less than everything: never take that for the end.
        if let Err(Ok(panic)) = reader.await.map_err(tokio::task::JoinError::try_into_panic) {
            std::panic::resume_unwind(panic);
        }
    }
    let mut receipt = run.finish().await?;
    receipt.elapsed_ms = started.elapsed().as_millis() as u64;
    info!(items = receipt.items, refused = receipt.rejects.len(), elapsed_ms = receipt.elapsed_ms, "indexed");
    Ok(receipt)
}

/// Whether the document's name is that of a collection: those are read first, so that the items find them.
fn is_collection(document: &Document) -> bool {
    let name = document.url.path().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    name.ends_with("collection.json")
}
