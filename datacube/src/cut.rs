//! How the work on a cube is cut: into windows that keep to the memory there is and, where they can, to the tiles of the
//! files.

use ardent_model::recipe::Resampling;

use crate::{
    Error, Result,
    encode::Cells,
    plan::{Layered, OutputKind, Plan, Scene},
    window::DATES_AHEAD,
};

/// Memory of a process, for windows under way and for the tiles that they share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) windows_bytes: usize,
    pub(crate) kept_bytes: usize,
}

/// How the work on a plan is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// Width and height of the windows.
    pub(crate) window_px: (usize, usize),
    /// Memory of one of them.
    pub(crate) window_bytes: usize,
    /// Memory of the tiles that they share, if all of them stay until they are not needed any more.
    pub(crate) shared_bytes: usize,
}

/// Sides of windows that are tried, greatest first.
const SIDES_PX: [usize; 5] = [1024, 512, 256, 128, 64];
/// A window that takes this much is large enough: more only takes memory, and leaves the processor's cache.
const ENOUGH_BYTES: usize = 96 << 20;
/// The least height of windows as wide as the result, of which all heights are multiples.
const LEAST_STRIP_PX: usize = 64;
/// Of as many pixels as a square has, a strip needs no more than a part: the tiles it shares with the next one stay.
const STRIP_PART: usize = 2;
/// They are no more than so many times as wide as high: on a grid that is turned against theirs, sources are read over the
/// box around a strip.
const LONGEST_STRIP: usize = 32;

impl Cut {
    /// Windows that are large enough, if the memory holds two of them so that fetching and computing overlap; else the
    /// greatest of which it holds two, or one. Squares on the sources' own grid, else strips if the tiles they share fit.
    pub(crate) fn of(plan: &Plan, budget: Budget) -> Result<Self> {
        let density = plan.source_density()?;
        let (side_px, window_bytes) = window_side(plan, budget.windows_bytes, density)?;
        let square = Self { window_px: (side_px, side_px), window_bytes, shared_bytes: 0 };
        if is_shift(plan) {
            return Ok(square);
        }
        let with_shared = |cut: Self| Self { shared_bytes: shared_bytes(plan, cut.window_px.1), ..cut };
        // Strips share tiles with the next strip alone. Where there is no room for those they would be fetched once for
        // each strip, and squares need fewer of them.
        let width_px = plan.grid.width_px;
        let height_of = |pixels: usize| pixels / width_px.max(1) / LEAST_STRIP_PX * LEAST_STRIP_PX;
        let (greatest_px, height_px) = (height_of(side_px * side_px), height_of(side_px * side_px / STRIP_PART));
        let height_px = height_px.max(LEAST_STRIP_PX);
        let window_bytes = self::window_bytes(plan, width_px * height_px, density);
        let strip = with_shared(Self { window_px: (width_px, height_px), window_bytes, ..square });
        let is_strip = (LEAST_STRIP_PX..=side_px).contains(&greatest_px)
            && height_px * LONGEST_STRIP >= width_px
            && strip.keeps_tiles(budget);
        Ok(if is_strip { strip } else { with_shared(square) })
    }

    /// Whether all tiles that windows share stay until they are not needed any more.
    pub(crate) fn keeps_tiles(&self, budget: Budget) -> bool {
        self.shared_bytes <= budget.kept_bytes
    }

    /// The grid of the result, cut into windows. On the sources' own grid their edges are the edges of the source tiles.
    pub(crate) fn cells(&self, plan: &Plan) -> Cells {
        let full = plan.grid.full_window();
        let offset = plan.scenes.first().and_then(|scene| scene.rasters.first()?.grid.offset_to(&plan.grid));
        let (width_px, height_px) = self.window_px;
        let offset = offset.filter(|_| width_px == height_px);
        let before = |at: i64, length_px: usize| (-at).rem_euclid(length_px as i64) as usize;
        let (skip_col, skip_row) = offset.map_or((0, 0), |(col, row)| (before(col, width_px), before(row, height_px)));
        let cut = |length: usize, first: usize, step_px: usize| {
            let mut edges = vec![0];
            edges.extend((first..length).step_by(step_px).filter(|edge| *edge > 0));
            edges.push(length);
            edges
        };
        Cells::new(cut(full.width_px, skip_col, width_px), cut(full.height_px, skip_row, height_px))
    }
}

/// The side of square windows, and the memory of one.
fn window_side(plan: &Plan, memory_bytes: usize, density: f64) -> Result<(usize, usize)> {
    let window_bytes = |side_px: usize| {
        let side_px = side_px.min(plan.grid.width_px.max(plan.grid.height_px));
        window_bytes(plan, side_px * side_px, density)
    };
    let fits = |side_px: usize, times: usize| window_bytes(side_px) * times <= memory_bytes;
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
        let pass = dates as u64 * memory_bytes as u64 / least.max(1) as u64;
        let hint =
            format!("groups of {pass} dates instead of {dates} would pass: shorten datetime or choose a finer group");
        Error::TooLarge { what: "bytes of memory", asked: least as u64, allowed: memory_bytes as u64, hint }
    })
}

/// Memory of a window of a group: planes of all dates, masks, positions, tiles under way, the result. `density`: pixels
/// of a source under one of the result.
fn window_bytes(plan: &Plan, pixels: usize, density: f64) -> usize {
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

/// Whether the result is on the sources' own grid, so that windows share no tiles.
fn is_shift(plan: &Plan) -> bool {
    let is_shift = |scene: &Scene| scene.rasters.iter().all(|file| file.grid.offset_to(&plan.grid).is_some());
    plan.scenes.iter().all(is_shift)
}

/// Memory of the tiles under two rows of windows, which stay: those of one group, since its tiles go row by row, too.
fn shared_bytes(plan: &Plan, height_px: usize) -> usize {
    const TILE_PX: usize = 512;
    let dates = plan.groups.iter().map(|group| group.slots.len()).max().unwrap_or(0);
    let bands: usize = plan.sources.iter().map(|source| source.data_type.size_bytes()).sum();
    let masks = plan.scenes.iter().map(|scene| scene.masks.len()).max().unwrap_or(0);
    dates * (bands + masks) * (plan.grid.width_px + 2 * TILE_PX) * 2 * (height_px + TILE_PX)
}
