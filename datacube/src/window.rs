//! One window of one group: place, read the masks, read what they leave, warp, fuse, reduce.

mod compose;
mod fuse;
pub(crate) mod place;
pub(crate) mod read;
mod shared;
mod survey;
pub(crate) mod touched;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ardent_cog::Samples;
use ardent_model::Window;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::Semaphore;

pub(crate) use shared::SharedTiles;

use crate::{Error, Result, cut::Cut, failures::Failures, plan::Plan};
use shared::Stage;

/// What a cube took, counted while it is made.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) tiles_read: AtomicU64,
    pub(crate) tiles_skipped: AtomicU64,
    pub(crate) bytes_read: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, amount: usize) {
        counter.fetch_add(amount as u64, Ordering::Relaxed);
    }
}

/// What the windows of a cube share.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) plan: Arc<Plan>,
    /// Files fetched at the same time, in the whole process.
    pub(crate) fetches: Arc<Semaphore>,
    pub(crate) counters: Arc<Counters>,
    /// Scenes that turned out to be broken.
    pub(crate) failures: Arc<Failures>,
    /// Tiles that windows share.
    pub(crate) shared: Arc<SharedTiles>,
    /// How the work is cut.
    pub(crate) cut: Cut,
}

/// Dates of a window that are fetched or computed at the same time.
pub(crate) const DATES_AHEAD: usize = 8;

/// A window of a group, made.
pub(crate) struct Made {
    /// Its bands, as they are stored.
    pub(crate) bands: Vec<Samples>,
    /// The scenes that it is made of.
    pub(crate) scenes: Vec<usize>,
    /// Pixels × scenes × bands whose values did not fit the type any more.
    pub(crate) clamped_px: u64,
}

impl Work {
    /// The bands of a group over a window, without the scenes that failed until now.
    #[tracing::instrument(level = "debug", skip_all, fields(group, col = window.col, row = window.row))]
    pub(crate) async fn window(&self, group: usize, window: Window) -> Result<Made> {
        loop {
            let made = self.attempt(group, window).await?;
            // A scene failed while this was made, here or elsewhere: once more without it.
            if !self.failures.touch(&made.scenes) {
                return Ok(made);
            }
        }
    }

    /// Lets go of the tiles that neither this row of windows needs, nor the one before, of which some may be under way.
    fn forget_tiles(&self, (group, row): Stage) {
        let height_px = self.cut.window_px.1;
        self.shared.forget_before(match (group, row) {
            (0, 0) => (0, 0),
            (group, 0) => (group - 1, self.plan.grid.height_px.saturating_sub(height_px)),
            (group, row) => (group, row.saturating_sub(height_px)),
        });
    }

    async fn attempt(&self, group: usize, window: Window) -> Result<Made> {
        self.forget_tiles((group, window.row));
        let work = self.clone();
        let mut placed = on_cpu(move || place::place(&work.plan, &work.failures, (group, &window))).await??;
        let mut by_date = Vec::new();
        while let Some(first) = placed.first() {
            let slot = first.slot;
            let rest = placed.split_off(placed.iter().take_while(|scene| scene.slot == slot).count());
            by_date.push(self.date(group, std::mem::replace(&mut placed, rest)));
        }
        // In their order, whichever is ready first.
        let dates = stream::iter(by_date).buffered(DATES_AHEAD);
        let dates: Vec<fuse::Date> = dates.try_filter_map(|date| async { Ok(date) }).try_collect().await?;
        let scenes = dates.iter().flat_map(|date| date.scenes.iter().copied()).collect();
        let clamped_px = dates.iter().map(|date| date.clamped_px).sum();
        let work = self.clone();
        let bands = on_cpu(move || compose::compose(&work.plan, group, (&dates, window.pixels()))).await??;
        Ok(Made { bands, scenes, clamped_px })
    }

    /// One date over a window, of its scenes there; nothing where the masks keep nothing.
    async fn date(&self, group: usize, placed: Vec<place::PlacedScene>) -> Result<Option<fuse::Date>> {
        let Some(slot) = placed.first().map(|scene| scene.slot) else { return Ok(None) };
        let masks = read::masks(self, group, &placed).await?;
        let work = self.clone();
        let needed = on_cpu(move || read::needed(&work, placed, masks)).await??;
        if needed.is_empty() {
            return Ok(None);
        }
        let tiles = read::data(self, group, &needed).await?;
        let found = needed.into_iter().zip(tiles).filter_map(|(scene, tiles)| Some((scene, tiles?))).collect();
        let work = self.clone();
        on_cpu(move || fuse::fuse(&work, (slot, found))).await?.map(Some)
    }
}

/// Runs work on the pool of CPU threads, and waits for it without blocking this one.
pub(crate) async fn on_cpu<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let span = tracing::Span::current();
    rayon::spawn(move || {
        // Nobody waits any more: the client is gone, and the work is not begun.
        if !send.is_closed() {
            // A panic on a rayon thread would end the process; so it ends this cube: the sender is dropped unused.
            if let Ok(answer) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| span.in_scope(work))) {
                let _ = send.send(answer);
            }
        }
    });
    receive.await.map_err(|_| Error::WorkerGone)
}
