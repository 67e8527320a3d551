//! Windows under way at the same time, within the memory they may have.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ardent_model::{Window, recipe::Select};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Error, Result,
    cut::{Budget, Cut},
    encode::{Disk, Memory, PERMIT_BYTES, Scratch, needed_bytes},
    failures::Failures,
    idle::Idle,
    plan::Plan,
    survey,
    window::{Counters, SharedTiles, Work},
};

/// Bounds of a process: one for all requests.
#[derive(Debug, Clone)]
pub struct Engine {
    memory: Arc<Semaphore>,
    memory_bytes: usize,
    /// Memory for tiles that windows share.
    kept: Arc<Semaphore>,
    kept_bytes: usize,
    fetches: Arc<Semaphore>,
    disk: Disk,
    idle: Idle,
}

/// What a cube took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Source tiles decoded.
    pub tiles_read: u64,
    /// Data tiles that no kept pixel needed.
    pub tiles_skipped: u64,
    /// Bytes fetched.
    pub bytes_read: u64,
}

/// A cube whose windows are all made.
#[derive(Debug)]
pub struct Made {
    /// Its pixels.
    pub scratch: Scratch,
    /// What it took.
    pub taken: Taken,
    /// What it is made from in the end, without what was left out.
    pub plan: Arc<Plan>,
}

/// The part of the memory that is for tiles which windows share.
const KEPT_PART: usize = 4;
/// With less memory than this no tiles are kept.
const KEPT_FROM_BYTES: usize = 128 << 20;

impl Engine {
    /// With so much memory for all cubes together, so many files fetched at the same time, and any disk space.
    pub fn new(memory_bytes: usize, fetches: usize) -> Self {
        set_up_raster_library();
        let kept_bytes = if memory_bytes < KEPT_FROM_BYTES { 0 } else { memory_bytes / KEPT_PART };
        let memory_bytes = memory_bytes - kept_bytes;
        Self {
            memory: Arc::new(Semaphore::new(memory_bytes / PERMIT_BYTES)),
            memory_bytes,
            kept: Arc::new(Semaphore::new(kept_bytes / PERMIT_BYTES)),
            kept_bytes,
            fetches: Arc::new(Semaphore::new(fetches.max(1))),
            disk: Disk::new(u64::MAX),
            idle: Idle::new(Duration::ZERO, || ()),
        }
    }

    /// The same with so much disk space for all cubes together.
    #[must_use]
    pub fn with_disk(self, disk_bytes: u64) -> Self {
        Self { disk: Disk::new(disk_bytes), ..self }
    }

    /// The same, calling this when no cube was made for as long as `rest`: allocators keep what they are given back, and the
    /// system may want it.
    #[must_use]
    pub fn with_give_back(self, rest: Duration, give_back: fn()) -> Self {
        Self { idle: Idle::new(rest, give_back), ..self }
    }

    /// Refuses a cube that needs more memory or disk space than there is.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        self.disk.check(needed_bytes(plan))?;
        self.cut(plan).map(|_| ())
    }

    /// How the work on a plan is cut.
    pub(crate) fn cut(&self, plan: &Plan) -> Result<Cut> {
        Cut::of(plan, self.budget())
    }

    const fn budget(&self) -> Budget {
        Budget { windows_bytes: self.memory_bytes, kept_bytes: self.kept_bytes }
    }

    /// Whether all tiles that windows share stay until they are not needed any more.
    pub(crate) fn keeps_tiles(&self, cut: &Cut) -> bool {
        cut.keeps_tiles(self.budget())
    }

    /// Memory of so many windows: those under way at once, and the tiles they share.
    pub(crate) fn memory_at_once(&self, cut: &Cut, windows: usize) -> usize {
        let under_way = Order::of(cut).windows_ahead().min(windows).min(self.memory_bytes / cut.window_bytes.max(1));
        cut.window_bytes * under_way.max(1) + cut.shared_bytes.min(self.kept_bytes)
    }

    /// Makes a planned cube, window by window, into a temporary file. Dropping the future stops the work.
    ///
    /// A scene that cannot be read is an error or, if the recipe says so, left out of the whole cube: windows that it was
    /// part of are made again.
    #[tracing::instrument(skip_all, fields(width_px = plan.grid.width_px, height_px = plan.grid.height_px, scenes = plan.scenes.len()))]
    pub async fn run(&self, plan: Arc<Plan>) -> Result<Made> {
        let busy = self.idle.busy();
        let counters = Arc::new(Counters::default());
        let mut plan = match plan.recipe.select.clone() {
            Some(select) => self.select(&plan, &select, &counters).await?,
            None => plan,
        };
        let cut = self.cut(&plan)?;
        let room = self.disk.room(needed_bytes(&plan)).await?;
        let (shared, _kept) = self.shared_tiles(&cut);
        let memory = Memory::new(Arc::clone(&self.memory), self.memory_bytes);
        let scratch = Scratch::create((Arc::clone(&plan), cut.cells(&plan)), (room, memory), busy).await?;
        let work = self.work(&plan, &counters, (shared, cut));
        let windows = self.windows(&work, |group, window| {
            let (work, scratch) = (&work, &scratch);
            async move {
                let made = work.window(group, window).await?;
                scratch.write(group, window, made.bands).await?;
                Ok((made.scenes, made.clamped_px))
            }
            .boxed()
        });
        let clamped_px = windows.await?.into_iter().sum();
        let failed = work.failures.take();
        if !failed.is_empty() || clamped_px > 0 {
            let mut left = plan.without(failed);
            left.ledger.clamped_px = clamped_px;
            plan = Arc::new(left);
            scratch.describe(&plan).await?;
        }
        let taken = Taken {
            tiles_read: counters.tiles_read.load(Ordering::Relaxed),
            tiles_skipped: counters.tiles_skipped.load(Ordering::Relaxed),
            bytes_read: counters.bytes_read.load(Ordering::Relaxed),
        };
        Ok(Made { scratch, taken, plan })
    }

    /// The plan with the dates that the recipe selects: a pass over the masks.
    async fn select(&self, plan: &Arc<Plan>, select: &Select, counters: &Arc<Counters>) -> Result<Arc<Plan>> {
        let cut = self.cut(plan)?;
        let (shared, _kept) = self.shared_tiles(&cut);
        let work = self.work(plan, counters, (shared, cut));
        let tallies = self.windows(&work, |group, window| work.survey(group, window).boxed()).await?;
        let failed = work.failures.take();
        let chosen = survey::choose(plan, select, &tallies, &failed)?;
        let mut selected = plan.selected(&chosen.scenes, failed);
        selected.ledger.dates_left_out = chosen.told;
        Ok(Arc::new(selected))
    }

    fn work(&self, plan: &Arc<Plan>, counters: &Arc<Counters>, (shared, cut): (Arc<SharedTiles>, Cut)) -> Work {
        Work {
            plan: Arc::clone(plan),
            fetches: Arc::clone(&self.fetches),
            counters: Arc::clone(counters),
            failures: Arc::new(plan.failures()),
            shared,
            cut,
        }
    }

    /// Does a thing for all windows of all groups, a few at a time, within the memory there is.
    async fn windows<T, F>(&self, work: &Work, make: impl Fn(usize, Window) -> F) -> Result<Vec<T>>
    where
        F: Future<Output = Result<(Vec<usize>, T)>>,
    {
        // Rounding up must not ask for more than there is: that would wait for ever.
        let permits = work.cut.window_bytes.div_ceil(PERMIT_BYTES).min(self.memory_bytes / PERMIT_BYTES);
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        let groups = work.plan.groups.len();
        let windows = work.cut.cells(&work.plan).windows();
        // Group by group, so that the tiles which windows share are those of one group at a time.
        let jobs = (0..groups).flat_map(|group| windows.iter().map(move |window| (group, *window))).collect();
        let make = &make;
        passes(&work.failures, (jobs, Order::of(&work.cut)), |(group, window)| async move {
            let _permit = self.memory.acquire_many(permits).await.map_err(|_| Error::WorkerGone)?;
            make(group, window).await
        })
        .await
    }

    /// Room for tiles that windows share: what is free now of what two rows of windows need.
    fn shared_tiles(&self, cut: &Cut) -> (Arc<SharedTiles>, Option<OwnedSemaphorePermit>) {
        let wanted = cut.shared_bytes.div_ceil(PERMIT_BYTES);
        let permits = u32::try_from(wanted.min(self.kept.available_permits())).unwrap_or(u32::MAX);
        // Somebody else may have taken them in between: then nothing is kept.
        let permit = Arc::clone(&self.kept).try_acquire_many_owned(permits).ok();
        let budget_bytes = if permit.is_some() { permits as usize * PERMIT_BYTES } else { 0 };
        (Arc::new(SharedTiles::new(budget_bytes)), permit)
    }
}

/// A window of a group.
type Job = (usize, Window);

/// Which window may begin when another is done.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// The next, whichever is done.
    Any,
    /// The next once the earliest is done: none lags behind the tiles that it shares with others.
    Kept,
}

impl Order {
    const fn of(cut: &Cut) -> Self {
        if cut.shared_bytes > 0 { Self::Kept } else { Self::Any }
    }

    /// Windows of one request under way: the next is fetched while this one is computed. Where they share no tiles one more
    /// is, which far stores take a tenth less time for; where they do, it would keep tiles for longer.
    const fn windows_ahead(self) -> usize {
        match self {
            Self::Any => 3,
            Self::Kept => 2,
        }
    }
}

/// Does all jobs, each of which tells the scenes that its result is made of; those whose scenes fail later are done again.
/// Ends, since no scene fails twice. Returns the results, in any order.
async fn passes<T, F: Future<Output = Result<(Vec<usize>, T)>>>(
    failures: &Failures,
    (mut jobs, order): (Vec<Job>, Order),
    work: impl Fn(Job) -> F,
) -> Result<Vec<T>> {
    let mut done: Vec<(Job, (Vec<usize>, T))> = Vec::new();
    while !jobs.is_empty() {
        let running = jobs.into_iter().map(|job| {
            let result = work(job);
            async move { Ok::<_, Error>((job, result.await?)) }
        });
        let running = stream::iter(running);
        let mut running = match order {
            Order::Any => running.buffer_unordered(order.windows_ahead()).left_stream(),
            Order::Kept => running.buffered(order.windows_ahead()).right_stream(),
        };
        while let Some(one) = running.try_next().await? {
            done.push(one);
        }
        let (spoilt, good): (Vec<_>, Vec<_>) = done.into_iter().partition(|(_, (scenes, _))| failures.touch(scenes));
        done = good;
        jobs = spoilt.into_iter().map(|(job, _)| job).collect();
    }
    Ok(done.into_iter().map(|(_, (_, result))| result).collect())
}

/// Blocks that the raster library keeps, in its own unit, by CPU threads: results that are written, of which next to nothing
/// is wanted again, and for each thread what it unpacks of a file of many bands at once. By default a twentieth of the
/// machine's memory.
fn library_cache_mib() -> usize {
    2 + 3 * rayon::current_num_threads()
}

/// Bounds the raster library's own memory, and sends what it and the projection library say to the log instead of the
/// terminal: what matters of it comes back as an error, which names the file or CRS.
pub(crate) fn set_up_raster_library() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        if let Err(error) = gdal::config::set_config_option("GDAL_CACHEMAX", &library_cache_mib().to_string()) {
            tracing::warn!(%error, "the raster library's memory is not bounded");
        }
        gdal::config::set_error_handler(|class, number, message| {
            tracing::debug!(?class, number, message, "the raster library says");
        });
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ardent_model::recipe::OnError;
    use tokio::sync::Notify;

    use super::*;

    /// Which of four jobs begin while the first is not done: its end is what the last that may begin brings about.
    async fn begun_before_the_first_is_done(order: Order, last: usize) -> Vec<usize> {
        let failures = Failures::new(OnError::Fail, Vec::new(), Vec::new());
        let window = Window { col: 0, row: 0, width_px: 1, height_px: 1 };
        let jobs = (0..4).map(|group| (group, window)).collect();
        let (begun, seen, may_end) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()), Notify::new());
        let work = |(group, _): Job| {
            let (begun, seen, may_end) = (&begun, &seen, &may_end);
            async move {
                begun.lock().unwrap().push(group);
                if group == 0 {
                    may_end.notified().await;
                    // Time for others to begin, if they may.
                    for _ in 0..16 {
                        tokio::task::yield_now().await;
                    }
                    seen.lock().unwrap().clone_from(&begun.lock().unwrap());
                } else if group == last {
                    may_end.notify_one();
                }
                Ok((Vec::new(), group))
            }
        };
        let mut done = passes(&failures, (jobs, order), work).await.unwrap();
        done.sort_unstable();
        assert_eq!(done, [0, 1, 2, 3]);
        seen.into_inner().unwrap()
    }

    #[tokio::test]
    async fn one_more_is_under_way_where_none_are_shared() {
        for (order, wanted) in [(Order::Any, 3), (Order::Kept, 2)] {
            let failures = Failures::new(OnError::Fail, Vec::new(), Vec::new());
            let window = Window { col: 0, row: 0, width_px: 1, height_px: 1 };
            let counts = Mutex::new((0_usize, 0));
            let work = |(group, _): Job| {
                let counts = &counts;
                async move {
                    {
                        let (running, most) = &mut *counts.lock().unwrap();
                        *running += 1;
                        *most = (*most).max(*running);
                    }
                    // Time for others to begin, if they may.
                    for _ in 0..16 {
                        tokio::task::yield_now().await;
                    }
                    counts.lock().unwrap().0 -= 1;
                    Ok((Vec::new(), group))
                }
            };
            passes(&failures, ((0..8).map(|group| (group, window)).collect(), order), work).await.unwrap();
            assert_eq!(counts.into_inner().unwrap(), (0, wanted), "{order:?}");
        }
    }

    #[tokio::test]
    async fn no_window_lags_behind_the_tiles_that_it_shares() {
        assert_eq!(begun_before_the_first_is_done(Order::Kept, 1).await, [0, 1]);
        assert_eq!(begun_before_the_first_is_done(Order::Any, 3).await, [0, 1, 2, 3]);
    }
}
