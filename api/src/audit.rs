//! The audit: writes are recorded before they are answered, refusals shortly after, the same ones together.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::{HttpMessage, HttpRequest};
use ardent_catalog::{AuditEntry, Catalog};
use chrono::{DateTime, Utc};
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};
use tracing_actix_web::RequestId;

use crate::{
    caller::{Caller, Credential},
    problem::Problem,
};

/// Refusals that wait to be written; beyond that they are only counted, so that a flood of them fills no memory.
const WAITING: usize = 10_000;
/// Ids that are listed of documents that were added together.
const LISTED: usize = 50;
/// Different refusals that are told apart in one go.
const DISTINCT: usize = 100;
/// How long refusals are gathered.
const GATHER: Duration = Duration::from_secs(2);

/// Writes down who did what, and who was not let.
#[derive(Debug)]
pub(crate) struct Audit {
    catalog: Catalog,
    sender: mpsc::Sender<AuditEntry>,
    lost: Arc<AtomicU64>,
}

/// A write.
pub(crate) struct Deed {
    pub(crate) action: &'static str,
    pub(crate) target: String,
    pub(crate) detail: String,
}

/// Who was not let through, as far as that is known.
pub(crate) struct Refused {
    pub(crate) actor: Option<String>,
    pub(crate) address: String,
}

impl Audit {
    /// Starts the writer of refusals on `runtime`; it ends, everything written, when this is dropped.
    pub(crate) fn start(catalog: Catalog, runtime: &Handle) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let lost = Arc::default();
        let writer = runtime.spawn(write(receiver, catalog.clone(), Arc::clone(&lost)));
        (Self { catalog, sender, lost }, writer)
    }

    /// Writes down what a caller does, and what comes of it.
    pub(crate) async fn deed(
        &self,
        (caller, request_id): (&Caller, Option<String>),
        deed: &Deed,
        outcome: &str,
    ) -> Result<(), Problem> {
        let Deed { action, target, detail } = deed;
        // A key acts for its owner, and may have been stolen.
        let detail = match caller.credential {
            Credential::Key { id, .. } => format!("by the key {id}; {detail}"),
            _ => detail.clone(),
        };
        let actor = caller.account();
        tracing::info!(target: "audit", actor, address = caller.address, action, target, detail, outcome, "write");
        let entry = AuditEntry {
            at: Utc::now(),
            actor: Some(actor),
            address: Some(caller.address.clone()),
            action: (*action).to_owned(),
            target: Some(target.clone()),
            outcome: outcome.to_owned(),
            request_id,
            detail: Some(detail).filter(|detail| !detail.is_empty()),
            count: 1,
        };
        Ok(self.catalog.record(&[entry]).await?)
    }

    /// Writes down a request that was not let through.
    pub(crate) fn refused(&self, request: &HttpRequest, by: Refused, problem: &Problem) {
        let (status, code) = problem.status_and_code();
        if status.is_server_error() {
            return;
        }
        let Refused { actor, address } = by;
        let route = request.match_pattern().unwrap_or_default();
        let action = format!("{} {route}", request.method());
        tracing::info!(target: "audit", actor, address, action, code, "refused");
        let entry = AuditEntry {
            at: Utc::now(),
            actor,
            address: Some(address),
            action,
            target: None,
            outcome: code.to_owned(),
            request_id: request_id(request),
            detail: Some(problem.to_string().chars().take(500).collect()),
            count: 1,
        };
        if self.sender.try_send(entry).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The first of the ids of documents that were added together.
pub(crate) fn listed<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    ids.take(LISTED).collect()
}

/// The id under which the log knows a request.
pub(crate) fn request_id(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<RequestId>().map(ToString::to_string)
}

async fn write(mut receiver: mpsc::Receiver<AuditEntry>, catalog: Catalog, lost: Arc<AtomicU64>) {
    let mut waiting = Vec::new();
    while receiver.recv_many(&mut waiting, WAITING).await > 0 {
        if !receiver.is_closed() {
            tokio::time::sleep(GATHER).await;
        }
        while let Ok(entry) = receiver.try_recv() {
            waiting.push(entry);
        }
        let entries = together(std::mem::take(&mut waiting), lost.swap(0, Ordering::Relaxed));
        if let Err(error) = catalog.record(&entries).await {
            let refusals: u32 = entries.iter().map(|entry| entry.count).sum();
            tracing::error!(error = &error as &dyn std::error::Error, refusals, "not written to the audit");
        }
    }
}

/// The same refusals as one, with their number; of very many different ones the rest as one.
fn together(entries: Vec<AuditEntry>, lost: u64) -> Vec<AuditEntry> {
    let mut known: BTreeMap<_, AuditEntry> = BTreeMap::new();
    let mut rest = lost;
    let mut last = DateTime::<Utc>::MIN_UTC;
    for entry in entries {
        last = last.max(entry.at);
        let key = (entry.actor.clone(), entry.address.clone(), entry.action.clone(), entry.outcome.clone());
        if let Some(same) = known.get_mut(&key) {
            (same.count, same.at) = (same.count.saturating_add(1), entry.at);
        } else if known.len() < DISTINCT {
            known.insert(key, entry);
        } else {
            rest += 1;
        }
    }
    let others = (rest > 0).then(|| AuditEntry {
        at: if last == DateTime::<Utc>::MIN_UTC { Utc::now() } else { last },
        actor: None,
        address: None,
        action: "(various)".to_owned(),
        target: None,
        outcome: "refused".to_owned(),
        request_id: None,
        detail: Some("too many different refusals to tell each".to_owned()),
        count: u32::try_from(rest).unwrap_or(u32::MAX),
    });
    known.into_values().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(address: usize, outcome: &str) -> AuditEntry {
        AuditEntry {
            at: Utc::now(),
            actor: None,
            address: Some(format!("a{address}")),
            action: "GET /x".to_owned(),
            target: None,
            outcome: outcome.to_owned(),
            request_id: None,
            detail: None,
            count: 1,
        }
    }

    #[test]
    fn no_refusal_goes_uncounted() {
        let mut entries: Vec<_> = (0..5000).map(|index| entry(index % 3, "InvalidToken")).collect();
        entries.extend((0..2000).map(|index| entry(index, "Other")));
        let written = together(entries, 7);
        assert_eq!(written.len(), DISTINCT + 1);
        assert_eq!(written.iter().map(|entry| entry.count).sum::<u32>(), 7007);
        let same = written.iter().find(|one| one.address.as_deref() == Some("a0") && one.outcome == "InvalidToken");
        assert_eq!(same.unwrap().count, 1667);
    }
}
