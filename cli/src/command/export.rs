//! `ardent export`.

use std::{
    collections::BTreeMap,
    fs::{File, Permissions},
    io::ErrorKind,
    os::{fd::AsFd, unix::fs::PermissionsExt},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow};
use ardent_catalog::{Access, Catalog};
use ardent_export::{Document, Error, Form, Order, Summary, with_links};
use ardent_model::{Progress, Search};
use futures::StreamExt;
use serde::Serialize;
use tempfile::NamedTempFile;

use super::Outcome;
use crate::{arguments::Export, output, progress};

/// What was written.
#[derive(Serialize)]
struct Receipt<'a> {
    output: &'a Path,
    format: Form,
    size_bytes: u64,
    items: u64,
    collections: &'a BTreeMap<String, u64>,
}

/// Writes the file.
pub(super) async fn run(options: &Export, catalog: &Catalog) -> Result<Outcome> {
    let form = form(options)?;
    let search = search(options)?;
    for id in &options.collections {
        let found = catalog.collection(id, &Access::Full).await?;
        found.with_context(|| format!("there is no collection `{id}`; `ardent product list` lists those there are"))?;
    }
    if options.output.as_os_str() == "-" {
        return to_stdout(options, search, form, catalog).await;
    }
    let fault = || format!("{} cannot be written", options.output.display());
    let part = part(&options.output).with_context(fault)?;
    let file = part.reopen().with_context(fault)?;
    let summary = write(options, (search, form, file), catalog).await.with_context(fault)?;
    part.as_file().sync_all().with_context(fault)?;
    part.persist(&options.output).map_err(|error| error.error).with_context(fault)?;
    output::receipt(&receipt(options, form, &summary), options.receipt.as_deref())?;
    Ok(Outcome::Complete)
}

async fn to_stdout(options: &Export, search: Search, form: Form, catalog: &Catalog) -> Result<Outcome> {
    let stdout = std::io::stdout().as_fd().try_clone_to_owned().context("stdout cannot be written")?;
    let summary = match write(options, (search, form, File::from(stdout)), catalog).await {
        Ok(summary) => summary,
        // A reader that has gone, such as `head`, is no fault.
        Err(Error::Disk(error)) if error.kind() == ErrorKind::BrokenPipe => return Ok(Outcome::Complete),
        Err(error) => return Err(error).context("stdout cannot be written"),
    };
    let Some(file) = &options.receipt else { return Ok(Outcome::Complete) };
    output::receipt(&receipt(options, form, &summary), Some(file))?;
    Ok(Outcome::Complete)
}

fn receipt<'a>(options: &'a Export, format: Form, summary: &'a Summary) -> Receipt<'a> {
    let Summary { items, collections, size_bytes } = summary;
    Receipt { output: &options.output, format, size_bytes: *size_bytes, items: *items, collections }
}

async fn write(
    options: &Export,
    (search, form, file): (Search, Form, File),
    catalog: &Catalog,
) -> Result<Summary, Error> {
    let progress: Arc<dyn Progress> = progress::on_stderr().into();
    let counting = catalog.search(&Search { limit: 0, ..search.clone() }, &Access::Full).await?;
    let expected = counting.matched.map_or(0, |matched| matched.count);
    progress.begin("export", expected.min(options.limit.unwrap_or(u64::MAX)));
    let known = catalog.collections(&Access::Full).await?;
    let collections = known.into_iter().map(|known| {
        let mut document = known.collection.document;
        document["links"] = serde_json::json!([]);
        document
    });
    let order = Order { form, file, collections: collections.collect(), most_bytes: None, progress };
    let pages = catalog.walk(search, Access::Full, options.limit).map(|page| {
        let whole = page?.into_iter().map(|item| Document {
            // Without a server there is nothing to link to.
            text: with_links(&item.document, "[]"),
            collection: item.collection,
        });
        Ok(whole.collect())
    });
    ardent_export::write(pages, order).await
}

fn form(options: &Export) -> Result<Form> {
    if let Some(format) = options.format {
        return Ok(format.into());
    }
    let extension = options.output.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    Form::of_extension(extension).ok_or_else(|| {
        let forms = "--format geojson, geojsonseq, ndjson or parquet";
        anyhow!("the name {} does not tell the form of the file; add {forms}", options.output.display())
    })
}

fn search(options: &Export) -> Result<Search> {
    let search = Search {
        ids: options.ids.clone(),
        collections: options.collections.clone(),
        bbox: options.bbox,
        datetime: options.datetime,
        filter: options.filter.clone(),
        sort: options.sortby.clone(),
        ..Search::default()
    };
    search.validate()?;
    Ok(search)
}

/// A file beside the output, which takes its place when it is whole, and is gone if it never is.
fn part(output: &Path) -> std::io::Result<NamedTempFile> {
    if output.is_dir() {
        return Err(std::io::Error::new(ErrorKind::IsADirectory, "it is a folder"));
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any new file; the process's mask takes its part away.
    let permissions = Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(".ardent-export-").suffix(".part").permissions(permissions).tempfile_in(folder)
}
