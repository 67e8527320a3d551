//! What callers are granted, as the database has it, looked at again every second.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use ardent_catalog::Catalog;
use ardent_model::{Scopes, Subject};

/// How long a grant that was changed may go on counting.
const FRESH: Duration = Duration::from_secs(1);

/// Scopes by whom they are granted to, and when that was read.
type Read = (Instant, Arc<BTreeMap<Subject, Scopes>>);

/// The grants.
#[derive(Debug)]
pub(super) struct Grants {
    catalog: Catalog,
    kept: RwLock<Option<Read>>,
}

impl Grants {
    pub(super) fn new(catalog: Catalog) -> Self {
        Self { catalog, kept: RwLock::default() }
    }

    /// What one who is all of these may do.
    pub(super) async fn of(&self, subjects: &[Subject]) -> Result<Scopes, ardent_catalog::Error> {
        let grants = self.current().await?;
        let granted = subjects.iter().filter_map(|subject| grants.get(subject));
        Ok(granted.fold(Scopes::NONE, |all, scopes| all.union(*scopes)))
    }

    async fn current(&self) -> Result<Arc<BTreeMap<Subject, Scopes>>, ardent_catalog::Error> {
        if let Some((read, grants)) = &*self.kept.read().unwrap_or_else(PoisonError::into_inner)
            && read.elapsed() < FRESH
        {
            return Ok(Arc::clone(grants));
        }
        // The time from before: a change while they are read must not count as known.
        let now = Instant::now();
        let grants = Arc::new(self.catalog.grants().await?);
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&grants)));
        Ok(grants)
    }
}
