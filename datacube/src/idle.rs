//! When memory goes back to the system: not between one cube and the next, which would have to fetch it again, page by page,
//! but once nobody has asked for a cube for a while.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::runtime::Handle;

/// What is done when an engine has rested.
#[derive(Debug, Clone)]
pub(crate) struct Idle(Arc<State>);

#[derive(Debug)]
struct State {
    running: AtomicUsize,
    begun: AtomicUsize,
    rest: Duration,
    give_back: fn(),
}

/// A cube that is being made, until this is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Idle);

impl Idle {
    /// Calls `give_back` when no cube was made for as long as `rest`.
    pub(crate) fn new(rest: Duration, give_back: fn()) -> Self {
        Self(Arc::new(State { running: AtomicUsize::new(0), begun: AtomicUsize::new(0), rest, give_back }))
    }

    /// A cube begins.
    pub(crate) fn busy(&self) -> Busy {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        self.0.running.fetch_add(1, Ordering::SeqCst);
        Busy(self.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Idle(state) = &self.0;
        if state.running.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        // Without a runtime the process is about to end.
        let Ok(runtime) = Handle::try_current() else { return };
        let (state, begun) = (Arc::clone(state), state.begun.load(Ordering::SeqCst));
        runtime.spawn(async move {
            tokio::time::sleep(state.rest).await;
            // Whoever has begun since then comes here at the end.
            if state.begun.load(Ordering::SeqCst) == begun {
                // An allocator may take its time for it.
                drop(tokio::task::spawn_blocking(state.give_back).await);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    static GIVEN_BACK: AtomicUsize = AtomicUsize::new(0);

    fn give_back() {
        GIVEN_BACK.fetch_add(1, Ordering::SeqCst);
    }

    #[tokio::test]
    async fn memory_goes_back_once_after_the_last_cube() {
        let idle = Idle::new(Duration::from_millis(60), give_back);
        let (first, second) = (idle.busy(), idle.busy());
        drop(first);
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert_eq!(GIVEN_BACK.load(Ordering::SeqCst), 0, "another is being made");
        drop(second);
        let third = idle.busy();
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert_eq!(GIVEN_BACK.load(Ordering::SeqCst), 0, "another has begun");
        drop(third);
        let begin = Instant::now();
        while GIVEN_BACK.load(Ordering::SeqCst) == 0 {
            assert!(begin.elapsed() < Duration::from_secs(20), "nothing is given back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert_eq!(GIVEN_BACK.load(Ordering::SeqCst), 1);
    }
}
