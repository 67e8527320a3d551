//! `ardent index`.

use anyhow::{Result, anyhow};
use ardent_catalog::{Catalog, Counts};
use ardent_indexer::{Options, Receipt};

use super::{
    Context, Outcome,
    operator::{self, Deed},
};
use crate::{
    arguments::{Batch, Documents, Index},
    output, progress, stores,
};

/// Indexes, and writes the receipt.
pub(super) async fn run(context: &Context<'_>, options: &Index, catalog: &Catalog) -> Result<Outcome> {
    let receipt = index(context, options.sources.clone(), (&options.documents, &options.batch), catalog).await?;
    output::receipt(&receipt, options.batch.receipt.as_deref())?;
    Ok(Outcome::of(receipt.is_complete()))
}

/// Indexes.
pub(super) async fn index(
    context: &Context<'_>,
    sources: Vec<String>,
    (documents, batch): (&Documents, &Batch),
    catalog: &Catalog,
) -> Result<Receipt> {
    for source in &sources {
        if let Some(path) = stores::local_path(source)?
            && !path.exists()
        {
            return Err(anyhow!("the source {source} does not exist"));
        }
    }
    let stores = stores::stores(context.settings, &context.folder, sources.iter().map(String::as_str))?;
    let options = Options {
        sources,
        from: batch.from,
        to: batch.to,
        collection: documents.collection.clone(),
        rejects: documents.rejects.clone(),
        dry_run: batch.dry_run,
    };
    let receipt = ardent_indexer::index(&options, &stores, catalog, &*progress::on_stderr()).await?;
    let Counts { inserted, updated, unchanged } = receipt.counts;
    if inserted + updated > 0 {
        let (target, detail) =
            (options.sources.join(" "), format!("{inserted} new, {updated} changed, {unchanged} same"));
        operator::record(catalog, [Deed { action: "items.index", target: &target, detail }]).await?;
    }
    Ok(receipt)
}
