//! Scenes that failed, while the windows of a cube are made.
//!
//! A scene of which any part that is needed cannot be read is left out of the whole cube, not of the window where it
//! failed: otherwise the result would depend on how the work is cut. Windows that it was part of are made again.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ardent_model::recipe::OnError;

use crate::{Error, Failure, Result};

/// Scenes that failed so far, and whether they may.
#[derive(Debug)]
pub(crate) struct Failures {
    policy: OnError,
    /// Item and collection of each scene.
    scenes: Vec<(String, String)>,
    /// By index of the scene.
    found: Mutex<BTreeMap<usize, Failure>>,
    /// What failed before, and is not among the scenes any more.
    earlier: Vec<Failure>,
}

impl Failures {
    /// Of scenes, each an item and its collection; `earlier` have failed before and are not among them.
    pub(crate) fn new(policy: OnError, scenes: Vec<(String, String)>, earlier: Vec<Failure>) -> Self {
        Self { policy, scenes, found: Mutex::default(), earlier }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Failure>> {
        // What a thread that panicked has left is whole: entries are inserted in one step.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether scenes may be left out at all.
    pub(crate) fn may_skip(&self) -> bool {
        self.policy != OnError::Fail
    }

    /// Deals with a failure as the recipe says: it is an error, or the scene is left out from now on.
    pub(crate) fn record(&self, scene: usize, error: Error) -> Result<()> {
        if !self.may_skip() {
            return Err(error);
        }
        let Some((item, collection)) = self.scenes.get(scene) else { return Err(error) };
        let Some(failure) = Failure::of((item, collection), &error) else { return Err(error) };
        let mut found = self.lock();
        found.entry(scene).or_insert(failure);
        let (failed, scenes) = (found.len() + self.earlier.len(), self.scenes.len() + self.earlier.len());
        if found.len() == self.scenes.len() && self.earlier.is_empty() && self.policy == OnError::Skip {
            // Nothing is left: what is wrong with all of them is the recipe's fault more often than not.
            return Err(error);
        }
        if self.policy.tolerates(failed, scenes) && found.len() < self.scenes.len() {
            return Ok(());
        }
        let failures = self.earlier.iter().chain(found.values()).cloned().collect();
        Err(Error::TooManyFailures { failures, scenes })
    }

    /// The scenes among `scenes` that are still to be read.
    pub(crate) fn good(&self, scenes: impl Iterator<Item = usize>) -> Vec<usize> {
        if !self.may_skip() {
            return scenes.collect();
        }
        let found = self.lock();
        scenes.filter(|scene| !found.contains_key(scene)).collect()
    }

    /// Whether one of these scenes failed.
    pub(crate) fn touch(&self, scenes: &[usize]) -> bool {
        self.may_skip() && {
            let found = self.lock();
            !found.is_empty() && scenes.iter().any(|scene| found.contains_key(scene))
        }
    }

    /// The scenes that failed, by index.
    pub(crate) fn take(&self) -> BTreeMap<usize, Failure> {
        std::mem::take(&mut *self.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(item: usize) -> Error {
        Error::NoGrid { item: item.to_string(), href: format!("s3://b/{item}.tif") }
    }

    fn failures(policy: OnError, scenes: usize, earlier: usize) -> Failures {
        let name = |item: usize| (item.to_string(), "c".to_owned());
        let before = (0..earlier).map(|item| Failure::of((&format!("before{item}"), "c"), &broken(item)).unwrap());
        Failures::new(policy, (0..scenes).map(name).collect(), before.collect())
    }

    #[test]
    fn what_is_not_the_scenes_own_fault_ends_the_cube() {
        let failures = failures(OnError::Skip, 10, 0);
        assert!(matches!(failures.record(3, Error::WorkerGone), Err(Error::WorkerGone)));
        assert!(failures.record(3, broken(3)).is_ok());
        assert!(failures.touch(&[1, 3]) && !failures.touch(&[1, 2]));
        assert_eq!(failures.good(0..5), [0, 1, 2, 4]);
    }

    #[test]
    fn a_share_may_fail_and_no_more() {
        let failures = failures(OnError::Threshold(0.2), 9, 1);
        failures.record(4, broken(4)).unwrap();
        failures.record(4, broken(4)).unwrap();
        let error = failures.record(0, broken(0)).unwrap_err().to_string();
        assert!(
            error.contains("3 of 10") && error.contains("s3://b/0.tif") && error.contains("s3://b/4.tif"),
            "{error}"
        );
    }

    #[test]
    fn not_all_may_fail() {
        let some = failures(OnError::Skip, 1, 1);
        assert!(matches!(some.record(0, broken(0)), Err(Error::TooManyFailures { scenes: 2, .. })));
        let all = failures(OnError::Skip, 2, 0);
        all.record(1, broken(1)).unwrap();
        assert!(matches!(all.record(0, broken(0)), Err(Error::NoGrid { .. })));
    }

    #[test]
    fn by_default_nothing_may() {
        let failures = failures(OnError::Fail, 2, 0);
        assert!(failures.record(0, broken(0)).is_err_and(|error| error.to_string().contains("s3://b/0.tif")));
    }
}
