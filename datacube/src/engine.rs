//! Windows under way at the same time, within the memory they may have.

use std::sync::{Arc, atomic::Ordering};

use ardent_model::{
    Window,
    recipe::{Resampling, Select},
};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Error, Result,
    encode::{Disk, Memory, PERMIT_BYTES, Scratch, needed_bytes},
    failures::Failures,
    plan::{Layered, OutputKind, Plan, Scene},
    survey,
    window::{Counters, DATES_AHEAD, SharedTiles, Work},
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

/// How the work on a plan is cut.
pub(crate) struct Cut {
    /// The windows of each group.
    pub(crate) windows: Vec<Window>,
    /// Their side.
    pub(crate) side_px: usize,
    /// Memory at once, of windows under way and the tiles they share.
    pub(crate) memory_bytes: usize,
    /// Whether all tiles that windows share stay until they are not needed any more.
    pub(crate) keeps_tiles: bool,
}

/// Windows of one request under way: the next is fetched while this one is computed.
const WINDOWS_AHEAD: usize = 2;
/// Sides of windows that are tried, greatest first.
const SIDES_PX: [usize; 5] = [1024, 512, 256, 128, 64];
/// A window that takes this much is large enough: more only takes memory, and leaves the processor's cache.
const ENOUGH_BYTES: usize = 96 << 20;
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
        }
    }

    /// The same with so much disk space for all cubes together.
    #[must_use]
    pub fn with_disk(self, disk_bytes: u64) -> Self {
        Self { disk: Disk::new(disk_bytes), ..self }
    }

    /// Refuses a cube that needs more memory or disk space than there is.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        self.disk.check(needed_bytes(plan))?;
        self.window_side(plan).map(|_| ())
    }

    /// How the work on a plan is cut, and what it may take at once.
    pub(crate) fn cut(&self, plan: &Plan) -> Result<Cut> {
        let (side_px, window_bytes) = self.window_side(plan)?;
        let windows = windows(plan, side_px);
        let under_way =
            WINDOWS_AHEAD.min(windows.len() * plan.groups.len()).min(self.memory_bytes / window_bytes.max(1));
        let shared_bytes = shared_bytes(plan, side_px);
        let memory_bytes = window_bytes * under_way.max(1) + shared_bytes.min(self.kept_bytes);
        Ok(Cut { windows, side_px, memory_bytes, keeps_tiles: shared_bytes <= self.kept_bytes })
    }

    /// Makes a planned cube, window by window, into a temporary file. Dropping the future stops the work.
    ///
    /// A scene that cannot be read is an error or, if the recipe says so, left out of the whole cube: windows that it was
    /// part of are made again.
    #[tracing::instrument(skip_all, fields(width_px = plan.grid.width_px, height_px = plan.grid.height_px, scenes = plan.scenes.len()))]
    pub async fn run(&self, plan: Arc<Plan>) -> Result<Made> {
        let counters = Arc::new(Counters::default());
        let mut plan = match plan.recipe.select.clone() {
            Some(select) => self.select(&plan, &select, &counters).await?,
            None => plan,
        };
        let (side_px, bytes) = self.window_side(&plan)?;
        let room = self.disk.room(needed_bytes(&plan)).await?;
        let (shared, _kept) = self.shared_tiles(&plan, side_px);
        let memory = Memory::new(Arc::clone(&self.memory), self.memory_bytes);
        let scratch = Scratch::create(Arc::clone(&plan), (room, memory)).await?;
        let work = self.work(&plan, &counters, (shared, side_px));
        let cut = self.windows((&work, bytes), |group, window| {
            let (work, scratch) = (&work, &scratch);
            async move {
                let made = work.window(group, window).await?;
                scratch.write(group, window, made.bands).await?;
                Ok((made.scenes, made.clamped_px))
            }
            .boxed()
        });
        let clamped_px = cut.await?.into_iter().sum();
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
        let (side_px, bytes) = self.window_side(plan)?;
        let (shared, _kept) = self.shared_tiles(plan, side_px);
        let work = self.work(plan, counters, (shared, side_px));
        let tallies = self.windows((&work, bytes), |group, window| work.survey(group, window).boxed()).await?;
        let failed = work.failures.take();
        let chosen = survey::choose(plan, select, &tallies, &failed)?;
        let mut selected = plan.selected(&chosen.scenes, failed);
        selected.ledger.dates_left_out = chosen.told;
        Ok(Arc::new(selected))
    }

    fn work(&self, plan: &Arc<Plan>, counters: &Arc<Counters>, (shared, side_px): (Arc<SharedTiles>, usize)) -> Work {
        Work {
            plan: Arc::clone(plan),
            fetches: Arc::clone(&self.fetches),
            counters: Arc::clone(counters),
            failures: Arc::new(plan.failures()),
            shared,
            side_px,
        }
    }

    /// Does a thing for all windows of all groups, a few at a time, within the memory there is.
    async fn windows<T, F>(&self, (work, bytes): (&Work, usize), make: impl Fn(usize, Window) -> F) -> Result<Vec<T>>
    where
        F: Future<Output = Result<(Vec<usize>, T)>>,
    {
        // Rounding up must not ask for more than there is: that would wait for ever.
        let permits = bytes.div_ceil(PERMIT_BYTES).min(self.memory_bytes / PERMIT_BYTES);
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        let groups = work.plan.groups.len();
        let windows = windows(&work.plan, work.side_px);
        // Group by group, so that the tiles which windows share are those of one group at a time.
        let jobs = (0..groups).flat_map(|group| windows.iter().map(move |window| (group, *window))).collect();
        let make = &make;
        passes(&work.failures, jobs, |(group, window)| async move {
            let _permit = self.memory.acquire_many(permits).await.map_err(|_| Error::WorkerGone)?;
            make(group, window).await
        })
        .await
    }

    /// Room for tiles that windows share: what is free now of what a row of windows and the next need.
    fn shared_tiles(&self, plan: &Plan, side_px: usize) -> (Arc<SharedTiles>, Option<OwnedSemaphorePermit>) {
        let wanted = shared_bytes(plan, side_px).div_ceil(PERMIT_BYTES);
        let permits = u32::try_from(wanted.min(self.kept.available_permits())).unwrap_or(u32::MAX);
        // Somebody else may have taken them in between: then nothing is kept.
        let permit = Arc::clone(&self.kept).try_acquire_many_owned(permits).ok();
        let budget_bytes = if permit.is_some() { permits as usize * PERMIT_BYTES } else { 0 };
        (Arc::new(SharedTiles::new(budget_bytes)), permit)
    }

    /// The side of windows that are large enough, if the pool holds two of them so that fetching and computing overlap;
    /// else the greatest of which it holds two, or one.
    fn window_side(&self, plan: &Plan) -> Result<(usize, usize)> {
        let density = plan.source_density()?;
        let window_bytes = |side_px: usize| window_bytes(plan, side_px, density);
        let fits = |side_px: usize, times: usize| window_bytes(side_px) * times <= self.memory_bytes;
        // A tile that lies in two windows is decoded twice.
        let tile_px = aligned_tile_px(plan).unwrap_or(1);
        let (least_px, greatest_px) = (SIDES_PX[SIDES_PX.len() - 1], SIDES_PX[0]);
        let mut sides_px: Vec<usize> = [4, 2, 1].map(|times| tile_px * times).into_iter().chain(SIDES_PX).collect();
        sides_px.sort_unstable_by_key(|side_px| std::cmp::Reverse(*side_px));
        sides_px.retain(|side_px| side_px % tile_px == 0 && (least_px..=greatest_px).contains(side_px));
        let aligned = || sides_px.iter().copied().filter(|side_px| fits(*side_px, 2));
        let found = aligned().find(|side_px| window_bytes(*side_px) <= ENOUGH_BYTES).or_else(|| aligned().next_back());
        let any = |times: usize| SIDES_PX.into_iter().find(|side_px| fits(*side_px, times));
        let found = found.or_else(|| any(2)).or_else(|| any(1));
        let least = window_bytes(SIDES_PX[SIDES_PX.len() - 1]);
        found.map(|side_px| (side_px, window_bytes(side_px))).ok_or_else(|| {
            let dates = plan.groups.iter().map(|group| group.slots.len()).max().unwrap_or(0);
            let pass = dates as u64 * self.memory_bytes as u64 / least.max(1) as u64;
            let hint = format!(
                "groups of {pass} dates instead of {dates} would pass: shorten datetime or choose a finer group"
            );
            Error::TooLarge { what: "bytes of memory", asked: least as u64, allowed: self.memory_bytes as u64, hint }
        })
    }
}

/// A window of a group.
type Job = (usize, Window);

/// Does all jobs, each of which tells the scenes that its result is made of; those whose scenes fail later are done again.
/// Ends, since no scene fails twice. Returns the results, in any order.
async fn passes<T, F: Future<Output = Result<(Vec<usize>, T)>>>(
    failures: &Failures,
    mut jobs: Vec<Job>,
    work: impl Fn(Job) -> F,
) -> Result<Vec<T>> {
    let mut done: Vec<(Job, (Vec<usize>, T))> = Vec::new();
    while !jobs.is_empty() {
        let running = jobs.into_iter().map(|job| {
            let result = work(job);
            async move { Ok::<_, Error>((job, result.await?)) }
        });
        let mut running = stream::iter(running).buffer_unordered(WINDOWS_AHEAD);
        while let Some(one) = running.try_next().await? {
            done.push(one);
        }
        let (spoilt, good): (Vec<_>, Vec<_>) = done.into_iter().partition(|(_, (scenes, _))| failures.touch(scenes));
        done = good;
        jobs = spoilt.into_iter().map(|(job, _)| job).collect();
    }
    Ok(done.into_iter().map(|(_, (_, result))| result).collect())
}

/// Blocks of results that the raster library keeps, in its own unit; by default a twentieth of the machine's memory.
const LIBRARY_CACHE_MIB: &str = "64";

/// Bounds the raster library's own memory, and sends what it and the projection library say to the log instead of the
/// terminal: what matters of it comes back as an error, which names the file or CRS.
pub(crate) fn set_up_raster_library() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        if let Err(error) = gdal::config::set_config_option("GDAL_CACHEMAX", LIBRARY_CACHE_MIB) {
            tracing::warn!(%error, "the raster library's memory is not bounded");
        }
        gdal::config::set_error_handler(|class, number, message| {
            tracing::debug!(?class, number, message, "the raster library says");
        });
    });
}

/// Memory of a window of a group: planes of all dates, masks, positions, tiles under way, the result. `density`: pixels
/// of a source under one of the result.
fn window_bytes(plan: &Plan, side_px: usize, density: f64) -> usize {
    let side_px = side_px.min(plan.grid.width_px.max(plan.grid.height_px));
    let pixels = side_px * side_px;
    // Dates of one tile share a grid; how many scenes of a date a window touches is not known: count two.
    let dates = plan.groups.iter().map(|group| group.slots.len()).max().unwrap_or(0);
    let scenes =
        plan.groups.iter().map(|group| group.slots.iter().map(|slot| slot.scenes.len().min(2)).sum::<usize>()).max();
    let scenes = scenes.unwrap_or(0);
    let plane: usize = plan.sources.iter().map(|source| source.data_type.size_bytes() + 1).sum();
    // An expression of a date: its bands as float32, and what comes of it. The best date: whether its bands are valid.
    let per_date = |kind: &OutputKind| match kind {
        OutputKind::Expression(formula) => formula.variables.len() * 4 + 5,
        _ => 0,
    };
    let expressions: usize = plan.outputs.iter().map(|band| per_date(&band.kind)).sum();
    let expressions = expressions + plan.best.as_ref().map_or(0, |best| per_date(best) + 2);
    // Bands that are reduced for an expression afterwards, or together in float64; the dates that are picked.
    let after = |kind: &OutputKind| match kind {
        OutputKind::AfterReduce(formula) => formula.variables.len() * 12,
        OutputKind::Extra(..) => 4,
        _ => 0,
    };
    let after: usize = plan.outputs.iter().map(|band| after(&band.kind)).sum();
    let together = if plan.recipe.reduce.is_apart() { 0 } else { 2 + plan.joint.len() * 8 };
    // A wider kernel needs the mask in the source's grid, which of its pixels are good, and which blocks of them.
    let dilates = plan.recipe.valid.iter().chain(&plan.recipe.mask).any(|rule| rule.dilate_px > 0);
    let masks = if plan.recipe.resampling == Resampling::Nearest { 2 } else { 6 } + if dilates { 4 } else { 0 };
    let compressed: usize = plan.scenes.first().map_or(0, |scene| {
        let raster = |file: &Layered| file.raster.bands_read(file.layers.len()) * file.raster.data_type().size_bytes();
        scene.rasters.iter().map(raster).sum()
    });
    // Of the dates that are under way, the files are in memory as they are stored.
    let compressed = compressed * DATES_AHEAD.min(dates) * scenes.div_ceil(dates.max(1));
    // Where the result is coarser they are read from more pixels than it has.
    let source = compressed + DATES_AHEAD.min(scenes) * (plane + masks);
    let denser = (source as f64 * (density - 1.0)) as usize;
    // Places in four grids and, for kernels that take all a pixel covers, what that is.
    let places = 16 * if matches!(plan.recipe.resampling, Resampling::Average | Resampling::Mode) { 8 } else { 4 };
    let per_pixel = dates * (plane + expressions)
        + scenes * masks
        + compressed
        + denser
        + places
        + plan.outputs.len() * 8
        + after
        + together;
    pixels * per_pixel + (8 << 20)
}

/// The side of the tiles of the files, if windows can keep to them.
fn aligned_tile_px(plan: &Plan) -> Option<usize> {
    let file = plan.scenes.first()?.rasters.first()?;
    file.grid.offset_to(&plan.grid)?;
    let level = &file.raster.levels()[file.level];
    (level.tile_width_px == level.tile_height_px).then_some(level.tile_width_px)
}

/// Memory of the tiles that windows of a row share with those of the next; none on the sources' own grid.
fn shared_bytes(plan: &Plan, side_px: usize) -> usize {
    const TILE_PX: usize = 512;
    let is_shift = |scene: &Scene| scene.rasters.iter().all(|file| file.grid.offset_to(&plan.grid).is_some());
    if plan.scenes.iter().all(is_shift) {
        return 0;
    }
    let dates = plan.groups.iter().map(|group| group.slots.len()).max().unwrap_or(0);
    let bands: usize = plan.sources.iter().map(|source| source.data_type.size_bytes()).sum();
    let masks = plan.scenes.iter().map(|scene| scene.masks.len()).max().unwrap_or(0);
    // Those of a group stay until the next one is well under way.
    let dates = dates * plan.groups.len().min(2);
    dates * (bands + masks) * (plan.grid.width_px + 2 * TILE_PX) * (side_px + 2 * TILE_PX)
}

/// The windows of the result. On the sources' own grid their edges are the edges of the source tiles.
fn windows(plan: &Plan, side_px: usize) -> Vec<Window> {
    let full = plan.grid.full_window();
    let offset = plan.scenes.first().and_then(|scene| scene.rasters.first()?.grid.offset_to(&plan.grid));
    let (skip_col, skip_row) = offset.map_or((0, 0), |(col, row)| {
        let before = |at: i64| (-at).rem_euclid(side_px as i64) as usize;
        (before(col), before(row))
    });
    let cut = |length: usize, first: usize| {
        let mut edges = vec![0];
        edges.extend((first..length).step_by(side_px).filter(|edge| *edge > 0));
        edges.push(length);
        edges
    };
    let (cols, rows) = (cut(full.width_px, skip_col), cut(full.height_px, skip_row));
    let spans = |edges: &[usize]| edges.windows(2).map(|pair| (pair[0], pair[1] - pair[0])).collect::<Vec<_>>();
    let (cols, rows) = (spans(&cols), spans(&rows));
    let window =
        |(row, height_px): (usize, usize), (col, width_px): (usize, usize)| Window { col, row, width_px, height_px };
    rows.iter().flat_map(|row| cols.iter().map(|col| window(*row, *col))).collect()
}
