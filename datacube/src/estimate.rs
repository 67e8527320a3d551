//! What a cube will take, from items and headers alone.
//!
//! Every window is placed as it is when the cube is made, so that what has no masks is exact. How much masks will spare is
//! not known before they are read: of that there is the least and the most.

use std::{
    collections::{HashMap, HashSet},
    ops::AddAssign,
    sync::Arc,
};

use ardent_cog::{Raster, TileAt};
use ardent_model::Window;
use rayon::prelude::*;
use serde::Serialize;

use crate::{
    Engine, Error, Result,
    encode::needed_bytes,
    plan::Plan,
    window::{
        on_cpu,
        place::{PlacedFile, PlacedScene, place},
        read::{band_of, tile_px},
        touched::touched,
    },
};

/// What is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Reads {
    /// Source tiles.
    pub tiles: u64,
    /// Requests to stores, if windows that share tiles are read one after the other: two at the same time may find other
    /// tiles to fetch in one request.
    pub requests: u64,
    /// Bytes of their answers.
    pub bytes: u64,
}

impl AddAssign for Reads {
    fn add_assign(&mut self, other: Self) {
        self.tiles += other.tiles;
        self.requests += other.requests;
        self.bytes += other.bytes;
    }
}

/// What a cube will take. Headers, which have been read for it, are not counted, nor what is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// What is read of masks, whatever they say; with `select` twice.
    pub masks: Reads,
    /// What is read of data at most: all if nothing is masked, and none if everything is.
    pub data: Reads,
    /// Pieces that the work is cut into.
    pub windows: u64,
    /// Their width.
    pub window_width_px: usize,
    /// Their height.
    pub window_height_px: usize,
    /// Memory at once, of what the engine counts.
    pub memory_bytes: u64,
    /// Disk space while it is made.
    pub disk_bytes: u64,
}

impl Engine {
    /// What a planned cube will take. An error if it would need more than there is, as [`Engine::check`] has it.
    #[tracing::instrument(skip_all, fields(width_px = plan.grid.width_px, height_px = plan.grid.height_px, scenes = plan.scenes.len()))]
    pub async fn estimate(&self, plan: Arc<Plan>) -> Result<Estimate> {
        self.check(&plan)?;
        let cut = self.cut(&plan)?;
        let windows = cut.cells(&plan).windows();
        let memory_bytes = self.memory_at_once(&cut, windows.len() * plan.groups.len()) as u64;
        let keeps_tiles = self.keeps_tiles(&cut);
        on_cpu(move || {
            let (masks, data) = count(&plan, &windows, keeps_tiles)?;
            Ok(Estimate {
                masks,
                data,
                windows: (windows.len() * plan.groups.len()) as u64,
                window_width_px: cut.window_px.0,
                window_height_px: cut.window_px.1,
                memory_bytes,
                disk_bytes: needed_bytes(&plan),
            })
        })
        .await?
    }
}

/// What all windows read of masks and, at most, of data.
fn count(plan: &Plan, windows: &[Window], keeps_tiles: bool) -> Result<(Reads, Reads)> {
    // A file is of one date and so of one group, and groups do not share tiles.
    let groups: Vec<Result<(Reads, Reads)>> = (0..plan.groups.len())
        .into_par_iter()
        .map(|group| {
            let mut counted = Counted { plan, keeps_tiles, known: HashMap::new() };
            let (mut masks, mut data) = (Reads::default(), Reads::default());
            for window in windows {
                let (of_masks, of_data) = counted.window(group, window)?;
                masks += of_masks;
                data += of_data;
            }
            Ok((masks, data))
        })
        .collect();
    let (mut masks, mut data) = (Reads::default(), Reads::default());
    for group in groups {
        let (of_masks, of_data) = group?;
        masks += of_masks;
        data += of_data;
    }
    if plan.recipe.select.is_some() {
        masks += masks;
    }
    Ok((masks, data))
}

/// A file at one resolution, and the layers that are wanted of it.
type File = (usize, usize, Vec<usize>);

/// What the windows of a group read.
struct Counted<'a> {
    plan: &'a Plan,
    keeps_tiles: bool,
    /// Tiles that an earlier window has read and left to the others.
    known: HashMap<File, HashSet<TileAt>>,
}

impl Counted<'_> {
    /// What a window reads of masks and, at most, of data.
    fn window(&mut self, group: usize, window: &Window) -> Result<(Reads, Reads)> {
        let (mut masks, mut data) = (Reads::default(), Reads::default());
        for placed in place(self.plan, &self.plan.failures(), (group, window))? {
            let scene = &self.plan.scenes[placed.scene];
            for (file, mask) in placed.masks.iter().zip(&scene.masks) {
                let failed = |source| Error::Source {
                    item: scene.id.clone(),
                    band: mask.band.clone(),
                    source: Box::new(source),
                };
                let wanted = (&mask.raster, mask.level, vec![mask.layer]);
                masks += self.file(wanted, file, file.tiles.to_vec()).map_err(failed)?;
            }
            for file in &placed.rasters {
                let raster = &scene.rasters[file.index];
                let failed = |source| Error::Source {
                    item: scene.id.clone(),
                    band: band_of(self.plan, raster),
                    source: Box::new(source),
                };
                let tiles = tiles(&placed, file, tile_px(&raster.raster, raster.level));
                let layers = raster.layers.iter().map(|(layer, _)| *layer).collect();
                data += self.file((&raster.raster, raster.level, layers), file, tiles).map_err(failed)?;
            }
        }
        Ok((masks, data))
    }

    fn file(
        &mut self,
        (raster, level, layers): (&Arc<Raster>, usize, Vec<usize>),
        file: &PlacedFile,
        mut tiles: Vec<TileAt>,
    ) -> ardent_cog::Result<Reads> {
        if !file.mapping.is_shift() && self.keeps_tiles {
            let known = self.known.entry((Arc::as_ptr(raster) as usize, level, layers.clone())).or_default();
            tiles.retain(|tile| known.insert(*tile));
        }
        if tiles.is_empty() {
            return Ok(Reads::default());
        }
        let ardent_cog::Reads { requests, bytes } = raster.reads(level, &tiles, &layers)?;
        Ok(Reads { tiles: tiles.len() as u64, requests: requests as u64, bytes })
    }
}

/// The tiles of a file that a window needs if no pixel is masked.
fn tiles(placed: &PlacedScene, file: &PlacedFile, tile_px: (usize, usize)) -> Vec<TileAt> {
    let all = vec![1; file.mapping.pixels()];
    let wanted = placed.inside.as_ref().map_or(all.as_slice(), |inside| inside.as_slice());
    let margin_px = if file.mapping.is_shift() { 0 } else { file.margin_px };
    touched((wanted, margin_px), file, crate::mapping::tiles_of(&file.window, tile_px), tile_px)
}
