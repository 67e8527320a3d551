//! `ardent audit`.

use anyhow::Result;
use ardent_catalog::{AuditQuery, Catalog};
use chrono::SecondsFormat;

use super::Outcome;
use crate::{arguments::Audit, output, table};

/// Prints what was done, the newest first.
pub(super) async fn run(options: &Audit, catalog: &Catalog) -> Result<Outcome> {
    let query = AuditQuery {
        since: options.since,
        actor: options.actor.clone(),
        limit: options.limit,
        ..AuditQuery::default()
    };
    let found = catalog.audit(&query).await?;
    if options.form.json {
        output::receipt(&found, None)?;
        return Ok(Outcome::Complete);
    }
    let rows = found.into_iter().map(|stored| {
        let entry = stored.entry;
        let at = entry.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let outcome = if entry.count > 1 { format!("{} × {}", entry.outcome, entry.count) } else { entry.outcome };
        let [actor, address, target, detail] =
            [entry.actor, entry.address, entry.target, entry.detail].map(Option::unwrap_or_default);
        [at, actor, address, entry.action, target, outcome, detail]
    });
    output::print(&table::of(["time", "actor", "address", "action", "target", "outcome", "detail"], rows))
}
