//! The user of the machine who runs a command, and answers for what it changes.

use anyhow::{Context as _, Result};
use ardent_catalog::{AuditEntry, Catalog};
use ardent_model::Subject;
use chrono::Utc;

/// What was done, and to what.
pub(super) struct Deed<'a> {
    pub(super) action: &'a str,
    pub(super) target: &'a str,
    pub(super) detail: String,
}

/// The name of the user, or its number if it has none.
fn name() -> String {
    let id = nix::unistd::geteuid();
    let user = nix::unistd::User::from_uid(id).ok().flatten();
    user.map_or_else(|| id.to_string(), |user| user.name)
}

/// The owner of keys that are nobody's else. No issuer of tokens is called `cli`.
pub(super) fn subject() -> Subject {
    Subject::user(&name()).of(Some("cli"))
}

/// Puts into the audit what was done.
pub(super) async fn record(catalog: &Catalog, deeds: impl IntoIterator<Item = Deed<'_>>) -> Result<()> {
    let actor = format!("cli:{}", name());
    let entry = |deed: Deed<'_>| AuditEntry {
        at: Utc::now(),
        actor: Some(actor.clone()),
        address: None,
        action: deed.action.to_owned(),
        target: Some(deed.target.to_owned()),
        outcome: "done".to_owned(),
        request_id: None,
        detail: Some(deed.detail).filter(|detail| !detail.is_empty()),
        count: 1,
    };
    let entries: Vec<AuditEntry> = deeds.into_iter().map(entry).collect();
    catalog.record(&entries).await.context("it is done, but could not be recorded in the audit")
}
