//! The memory of encoders, from the pool that windows take theirs from.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Error, Result};

/// One permit of memory, in bytes: a semaphore counts to 2²⁹ at least.
pub(crate) const PERMIT_BYTES: usize = 1 << 16;

/// The pool of a process.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    permits: Arc<Semaphore>,
    bytes: usize,
}

impl Memory {
    /// The pool with these permits, of so many bytes when nothing is taken.
    pub(crate) const fn new(permits: Arc<Semaphore>, bytes: usize) -> Self {
        Self { permits, bytes }
    }

    /// So much of it, once there is; all of it if it has less.
    pub(crate) async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit> {
        let permits = bytes.div_ceil(PERMIT_BYTES).min(self.bytes / PERMIT_BYTES);
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        Arc::clone(&self.permits).acquire_many_owned(permits).await.map_err(|_| Error::WorkerGone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_is_taken_than_there_is() {
        let memory = Memory::new(Arc::new(Semaphore::new(3)), 3 * PERMIT_BYTES);
        let two = memory.take(2 * PERMIT_BYTES - 1).await.unwrap();
        assert_eq!((two.num_permits(), memory.permits.available_permits()), (2, 1));
        drop(two);
        assert_eq!(memory.take(usize::MAX).await.unwrap().num_permits(), 3, "it would wait for ever for more");
    }
}
