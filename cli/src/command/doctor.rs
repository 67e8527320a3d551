//! `ardent doctor`: what a working Ardent needs, each a line.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, anyhow};
use ardent_storage::{StoreProfile, Stores, object_store::ObjectStore};
use futures::StreamExt;

use super::{Context, Outcome};
use crate::{database::Database, output, stores};

/// Checks everything, and fails if something is wrong.
pub(super) async fn run(context: &Context<'_>) -> Result<Outcome> {
    let mut report = Report::default();
    report.add("data folder", folder(context));
    report.add("database", database(context).await);
    match stores::profiles(context.settings, &context.folder) {
        Err(error) => report.add("stores", Err(error)),
        Ok(profiles) => {
            for profile in &profiles.stores {
                report.add(&format!("store {}", profile.url), store(profile).await);
            }
        }
    }
    output::print(&report.text)?;
    match report.faults {
        0 => Ok(Outcome::Complete),
        1 => Err(anyhow!("one check failed")),
        faults => Err(anyhow!("{faults} checks failed")),
    }
}

#[derive(Default)]
struct Report {
    text: String,
    faults: usize,
}

impl Report {
    fn add(&mut self, what: &str, found: Result<String>) {
        let _ = match found {
            Ok(found) => writeln!(self.text, "ok     {what}: {found}"),
            Err(error) => {
                self.faults += 1;
                writeln!(self.text, "fault  {what}: {error:#}")
            }
        };
    }
}

fn folder(context: &Context<'_>) -> Result<String> {
    context.folder.create()?;
    let store = context.folder.store();
    let probe = store.join(".ardent-doctor");
    let written = std::fs::write(&probe, "").and_then(|()| std::fs::remove_file(&probe));
    written.with_context(|| format!("{} cannot be written; make it writable for this user", store.display()))?;
    Ok(context.folder.path().display().to_string())
}

async fn database(context: &Context<'_>) -> Result<String> {
    let database = Database::open(context.settings, &context.folder).await?;
    let found = database.catalog.ping().await;
    database.close().await;
    found?;
    let which = if context.settings.database_url.is_some() { "the one of ARDENT_DATABASE_URL" } else { "private" };
    Ok(format!("{which}, with PostGIS, its schema up to date"))
}

async fn store(profile: &StoreProfile) -> Result<String> {
    if profile.url == "s3://" {
        return Ok("for every bucket; not checked, since it names none".to_owned());
    }
    let profiles = ardent_storage::Profiles { stores: vec![profile.clone()] };
    let object = Stores::new(profiles)?.object(&profile.url)?;
    if !profile.url.starts_with("s3://") && !profile.url.starts_with("file://") {
        return Ok("a web server; not checked, since it may not list".to_owned());
    }
    match object.store.list(None).next().await {
        None => Ok("can be listed; empty".to_owned()),
        Some(Ok(_)) => Ok("can be listed".to_owned()),
        Some(Err(error)) => Err(error).context("it cannot be listed; check its endpoint, keys and name"),
    }
}
