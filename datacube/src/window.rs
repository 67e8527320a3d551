//! One window of one group: place, read the masks, read what they leave, warp, fuse, reduce.

mod compose;
mod fuse;
mod place;
mod read;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ardent_cog::Samples;
use ardent_model::Window;
use rayon::prelude::*;
use tokio::sync::Semaphore;

use crate::{Error, Result, failures::Failures, plan::Plan};

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
}

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

    async fn attempt(&self, group: usize, window: Window) -> Result<Made> {
        let work = self.clone();
        let placed = on_cpu(move || place::place(&work.plan, &work.failures, (group, &window))).await??;
        let masks = read::masks(self, &placed).await?;
        let work = self.clone();
        let needed = on_cpu(move || read::needed(&work, placed, masks)).await??;
        let scenes = needed.iter().map(|one| one.scene).collect();
        let tiles = read::data(self, &needed).await?;
        let found = needed.into_iter().zip(tiles).filter_map(|(scene, tiles)| Some((scene, tiles?))).collect();
        let work = self.clone();
        let (bands, clamped_px) = on_cpu(move || work.compute(group, &window, found)).await??;
        Ok(Made { bands, scenes, clamped_px })
    }

    fn compute(
        &self,
        group: usize,
        window: &Window,
        scenes: Vec<(read::Needed, read::SceneTiles)>,
    ) -> Result<(Vec<Samples>, u64)> {
        let plan = &self.plan;
        let slots = plan.groups[group].slots.len();
        let mut by_slot: Vec<Vec<_>> = (0..slots).map(|_| Vec::new()).collect();
        for (scene, tiles) in scenes {
            by_slot[scene.slot].push((scene, tiles));
        }
        let dates: Vec<fuse::Date> = by_slot
            .into_par_iter()
            .enumerate()
            .filter(|(_, scenes)| !scenes.is_empty())
            .map(|(slot, scenes)| fuse::fuse(self, (slot, scenes)))
            .collect::<Result<_>>()?;
        let bands = compose::compose(plan, group, (&dates, window.pixels()))?;
        Ok((bands, dates.iter().map(|date| date.clamped_px).sum()))
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
