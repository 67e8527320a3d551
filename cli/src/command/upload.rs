//! `ardent upload`.

use anyhow::{Result, anyhow};
use ardent_uploader::{Options, Receipt};

use super::{Context, Outcome};
use crate::{
    arguments::{Archive, Batch, Upload},
    output, progress, stores,
};

/// Uploads, and writes the receipt.
pub(super) async fn run(context: &Context<'_>, options: &Upload) -> Result<Outcome> {
    let receipt = upload(context, &options.archive, &options.batch).await?;
    output::receipt(&receipt, options.batch.receipt.as_deref())?;
    Ok(Outcome::of(receipt.is_complete()))
}

/// Uploads.
pub(super) async fn upload(context: &Context<'_>, archive: &Archive, batch: &Batch) -> Result<Receipt> {
    if !archive.source.is_dir() {
        return Err(anyhow!("the archive {} is not a folder that can be read", archive.source.display()));
    }
    let stores = stores::stores(context.settings, &context.folder, [archive.target.as_str()])?;
    let options = Options {
        source: archive.source.clone(),
        target: archive.target.clone(),
        from: batch.from,
        to: batch.to,
        platforms: archive.platform.clone(),
        dry_run: batch.dry_run,
        transfers: archive.transfers,
    };
    Ok(ardent_uploader::upload(&options, &stores, &*progress::on_stderr()).await?)
}
