//! The whole upload.

use std::time::Instant;

use ardent_model::Progress;
use ardent_storage::Stores;
use futures::{StreamExt as _, stream};
use tokio::{sync::Semaphore, task::spawn_blocking};
use tracing::{info, instrument};

use crate::{Error, Options, Receipt, Result, product::Sender, scan, target::Target};

/// Uploads products: scans the archive, and sends what is complete and not yet in the store. What is wrong with single
/// products is in the receipt; an error is what keeps all of them from being sent.
#[instrument(skip_all, fields(source = %options.source.display(), target = options.target))]
pub async fn upload(options: &Options, stores: &Stores, progress: &dyn Progress) -> Result<Receipt> {
    let started = Instant::now();
    options.check()?;
    let target = Target::open(stores, &options.target).await?;
    let asked = options.clone();
    let scanned = spawn_blocking(move || scan::scan(&asked)).await.map_err(Error::Stopped)??;
    let mut receipt = Receipt {
        target: options.target.clone(),
        dry_run: options.dry_run,
        unknown: scanned.unknown,
        ..Receipt::default()
    };
    let transfers = options.transfers.max(1);
    let permits = Semaphore::new(transfers);
    let sender = Sender { target: &target, permits: &permits, dry_run: options.dry_run };
    progress.begin("upload", scanned.products.len() as u64);
    let mut outcomes =
        stream::iter(scanned.products.values().map(|candidate| sender.product(candidate))).buffer_unordered(transfers);
    while let Some(product) = outcomes.next().await {
        progress.advance(1);
        if let Some(reason) = &product.reason {
            progress.note(&format!("{}: {reason}", product.product));
        }
        receipt.add(product);
    }
    receipt.products.sort_by(|one, other| one.product.cmp(&other.product));
    receipt.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    info!(
        found = receipt.found,
        uploaded = receipt.uploaded,
        skipped = receipt.skipped,
        incomplete = receipt.incomplete,
        failed = receipt.failed,
        bytes = receipt.bytes,
        "upload finished"
    );
    Ok(receipt)
}
