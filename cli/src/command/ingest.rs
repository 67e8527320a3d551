//! `ardent ingest`: upload, then index what lies at the target.

use anyhow::Result;
use ardent_catalog::Catalog;
use serde::Serialize;

use super::{Context, Outcome, index, upload};
use crate::{arguments::Ingest, output};

/// Both receipts.
#[derive(Serialize)]
struct Receipt {
    upload: ardent_uploader::Receipt,
    index: ardent_indexer::Receipt,
}

/// Uploads and indexes, and writes one receipt of both.
pub(super) async fn run(context: &Context<'_>, options: &Ingest, catalog: &Catalog) -> Result<Outcome> {
    let upload = upload::upload(context, &options.archive, &options.batch).await?;
    let sources = vec![options.archive.target.clone()];
    let index = index::index(context, sources, (&options.documents, &options.batch), catalog).await?;
    let is_complete = upload.is_complete() && index.is_complete();
    output::receipt(&Receipt { upload, index }, options.batch.receipt.as_deref())?;
    Ok(Outcome::of(is_complete))
}
