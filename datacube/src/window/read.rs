//! Masks first; then only the tiles that a kept pixel needs.

use std::sync::Arc;

use ardent_cog::{Fetched, Raster, Tile, TileAt};
use ardent_model::{Window, recipe::Resampling};
use futures::{StreamExt, future, stream};
use rayon::prelude::*;

use super::{
    Counters, Work,
    place::{PlacedFile, PlacedScene},
    shared::Piece,
    touched::touched,
};
use crate::{
    Error, Result,
    mapping::{Mapping, tiles_of},
    mask::{self, Kept},
    plan::{Layered, MaskLayer, Plan, Scene},
};

/// The compressed tiles of each file of a scene.
pub(crate) type SceneTiles = Vec<Vec<Piece>>;

/// A scene of which something is kept.
#[derive(Debug)]
pub(crate) struct Needed {
    /// Index in the plan.
    pub(crate) scene: usize,
    /// Its files.
    pub(crate) rasters: Vec<PlacedFile>,
    /// The tiles of each that are needed.
    pub(crate) tiles: Vec<Vec<TileAt>>,
    /// Which pixels of the window the masks keep.
    pub(crate) kept: Vec<u8>,
    /// For each file, which of its pixels the masks keep; none if no kernel is wider than a pixel.
    pub(crate) kept_source: Vec<Option<Arc<Vec<u8>>>>,
}

/// What is fetched from one file.
struct Wanted<'a> {
    raster: &'a Arc<Raster>,
    level: usize,
    tiles: Vec<TileAt>,
    layers: Vec<usize>,
    item: &'a str,
    band: String,
    /// If other windows may need the same tiles, where they lie, and the group.
    shared: Option<(&'a PlacedFile, usize)>,
}

impl Wanted<'_> {
    async fn fetch(self, work: &Work) -> Result<Vec<Piece>> {
        let Some((placed, group)) = self.shared else {
            let tiles = self.fetch_tiles(work, &self.tiles).await?;
            return Ok(tiles.into_iter().map(Piece::Own).collect());
        };
        let mut file = work.shared.open(self.raster, self.level, &self.layers).await;
        let mut found: Vec<Option<Piece>> = self.tiles.iter().map(|at| file.find(*at)).collect();
        let missing: Vec<TileAt> =
            self.tiles.iter().zip(&found).filter(|(_, piece)| piece.is_none()).map(|(at, _)| *at).collect();
        let mut fetched = self.fetch_tiles(work, &missing).await?.into_iter();
        let (width_px, height_px) = tile_px(self.raster, self.level);
        let bytes = width_px * height_px * self.layers.len() * self.raster.data_type().size_bytes();
        for piece in found.iter_mut().filter(|piece| piece.is_none()) {
            let Some(tile) = fetched.next() else { continue };
            let at = tile.at();
            let window = Window { col: at.col * width_px, row: at.row * height_px, width_px, height_px };
            let last = placed.mapping.last_row(&work.plan.grid, (&window, placed.margin_px))?;
            *piece = Some(work.shared.keep(&mut file, tile, ((group, last), bytes)));
        }
        Ok(found.into_iter().flatten().collect())
    }

    async fn fetch_tiles(&self, work: &Work, tiles: &[TileAt]) -> Result<Vec<Fetched>> {
        if tiles.is_empty() {
            return Ok(Vec::new());
        }
        let _permit = work.fetches.acquire().await.map_err(|_| Error::WorkerGone)?;
        let fetched = self.raster.fetch(self.level, tiles, &self.layers).await;
        let fetched = fetched.map_err(|error| failed(self.item, self.band.clone(), error))?;
        Counters::add(&work.counters.bytes_read, fetched.iter().map(Fetched::size_bytes).sum());
        Ok(fetched)
    }
}

fn failed(item: &str, band: String, error: ardent_cog::Error) -> Error {
    Error::Source { item: item.to_owned(), band, source: Box::new(error) }
}

/// Scenes whose files are asked for at the same time; the process-wide bound is on the files.
const SCENES_AHEAD: usize = 64;

async fn fetch_files(work: &Work, files: Vec<Wanted<'_>>) -> Result<SceneTiles> {
    future::try_join_all(files.into_iter().map(|file| file.fetch(work))).await
}

/// The files of each scene; none of a scene that failed and may be left out.
async fn fetch_scenes(work: &Work, scenes: Vec<(usize, Vec<Wanted<'_>>)>) -> Result<Vec<Option<SceneTiles>>> {
    let (numbers, scenes): (Vec<usize>, Vec<_>) = scenes.into_iter().unzip();
    // Collected first: a lazy iterator's borrows are too subtle for a future that moves between threads.
    let scenes: Vec<_> = scenes.into_iter().map(|files| fetch_files(work, files)).collect();
    let mut fetching = stream::iter(scenes).buffered(SCENES_AHEAD).enumerate();
    let mut fetched = Vec::with_capacity(numbers.len());
    while let Some((index, files)) = fetching.next().await {
        fetched.push(or_leave_out(work, numbers[index], files)?);
    }
    Ok(fetched)
}

/// What was made of a scene, or nothing if it failed and may be left out.
pub(crate) fn or_leave_out<T>(work: &Work, scene: usize, made: Result<T>) -> Result<Option<T>> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(error) => work.failures.record(scene, error).map(|()| None),
    }
}

/// Fetches the masks of all scenes.
pub(crate) async fn masks(work: &Work, group: usize, placed: &[PlacedScene]) -> Result<Vec<Option<SceneTiles>>> {
    let wanted = placed.iter().map(|one| {
        let scene = &work.plan.scenes[one.scene];
        let files = one.masks.iter().zip(&scene.masks).map(|(file, mask)| Wanted {
            raster: &mask.raster,
            level: mask.level,
            tiles: file.tiles.to_vec(),
            layers: vec![mask.layer],
            item: &scene.id,
            band: mask.band.clone(),
            shared: (!file.mapping.is_shift()).then_some((file, group)),
        });
        (one.scene, files.collect())
    });
    fetch_scenes(work, wanted.collect()).await
}

/// Fetches the needed data tiles of all scenes.
pub(crate) async fn data(work: &Work, group: usize, needed: &[Needed]) -> Result<Vec<Option<SceneTiles>>> {
    let wanted = needed.iter().map(|one| {
        let scene = &work.plan.scenes[one.scene];
        let files = one.rasters.iter().zip(&one.tiles).map(|(file, tiles)| {
            let raster = &scene.rasters[file.index];
            Wanted {
                raster: &raster.raster,
                level: raster.level,
                tiles: tiles.clone(),
                layers: raster.layers.iter().map(|(layer, _)| *layer).collect(),
                item: &scene.id,
                band: band_of(&work.plan, raster),
                shared: (!file.mapping.is_shift()).then_some((file, group)),
            }
        });
        (one.scene, files.collect())
    });
    fetch_scenes(work, wanted.collect()).await
}

/// The names of the bands of a file, for messages.
pub(crate) fn band_of(plan: &Plan, raster: &Layered) -> String {
    raster.layers.iter().map(|(_, source)| plan.sources[*source].name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Width and height of a whole tile.
pub(crate) fn tile_px(raster: &Raster, level: usize) -> (usize, usize) {
    let level = &raster.levels()[level];
    (level.tile_width_px, level.tile_height_px)
}

/// Decodes tiles one after the other, for this thread's scene.
pub(crate) fn decode(
    work: &Counters,
    tiles: &[Piece],
    name: impl Fn(ardent_cog::Error) -> Error,
) -> Result<Vec<Arc<Tile>>> {
    let decode = |fetched: &Fetched| {
        Counters::add(&work.tiles_read, 1);
        fetched.decode().map_err(&name)
    };
    tiles.iter().map(|tile| tile.decode(decode)).collect()
}

/// Where a mask keeps pixels, over the part of it that the window needs.
pub(crate) fn kept(
    work: &Work,
    scene: &Scene,
    (file, layer, tiles): (&PlacedFile, &MaskLayer, &[Piece]),
) -> Result<Kept> {
    let mut tiles = decode(&work.counters, tiles, |error| failed(&scene.id, layer.band.clone(), error))?;
    Ok(mask::kept(layer, file.window, &mut tiles))
}

/// Which tiles the kept pixels need. Scenes of which nothing is kept are gone.
pub(crate) fn needed(work: &Work, placed: Vec<PlacedScene>, masks: Vec<Option<SceneTiles>>) -> Result<Vec<Needed>> {
    let found: Vec<Option<Needed>> = placed
        .into_par_iter()
        .zip(masks)
        .map(|(scene, tiles)| {
            let Some(tiles) = tiles else { return Ok(None) };
            let number = scene.scene;
            Ok(or_leave_out(work, number, needed_of(work, scene, &tiles))?.flatten())
        })
        .collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn needed_of(work: &Work, placed: PlacedScene, tiles: &[Vec<Piece>]) -> Result<Option<Needed>> {
    let scene = &work.plan.scenes[placed.scene];
    let mut masks: Vec<Kept> = Vec::with_capacity(scene.masks.len());
    for ((file, layer), tiles) in placed.masks.iter().zip(&scene.masks).zip(tiles) {
        masks.push(kept(work, scene, (file, layer, tiles))?);
    }
    let pixels = placed.rasters.first().map_or(0, |file| file.mapping.pixels());
    let mut kept = placed.inside.as_ref().map_or_else(|| vec![1_u8; pixels], |inside| inside.to_vec());
    for (file, mask) in placed.masks.iter().zip(&masks) {
        mask::narrow(&mut kept, &file.mapping, mask);
    }
    let (mut all, mut wanted): (usize, Vec<Vec<TileAt>>) = (0, Vec::new());
    for (number, file) in placed.rasters.iter().enumerate() {
        let tile_px = tile_px(&scene.rasters[file.index].raster, scene.rasters[file.index].level);
        // The bands of a scene are files of one shape more often than not.
        if let Some(same) = alike(scene, &placed.rasters, number) {
            all += tiles_of(&file.window, tile_px).len();
            wanted.push(wanted[same].clone());
            continue;
        }
        let tiles = tiles_of(&file.window, tile_px);
        all += tiles.len();
        // Pixels that are copied need no others.
        let margin_px = if file.mapping.is_shift() { 0 } else { file.margin_px };
        wanted.push(touched((&kept, margin_px), file, tiles, tile_px));
    }
    let skipped = all - wanted.iter().map(Vec::len).sum::<usize>();
    Counters::add(&work.counters.tiles_skipped, skipped);
    if wanted.iter().all(Vec::is_empty) {
        return Ok(None);
    }
    let kept_source = kept_source(work, scene, &placed, &masks)?;
    let PlacedScene { scene, rasters, .. } = placed;
    Ok(Some(Needed { scene, rasters, tiles: wanted, kept, kept_source }))
}

/// A file before file `number` that lies as it does under the window, in tiles of the same size.
fn alike(scene: &Scene, files: &[PlacedFile], number: usize) -> Option<usize> {
    let tile_px = |file: &PlacedFile| tile_px(&scene.rasters[file.index].raster, scene.rasters[file.index].level);
    let file = &files[number];
    files[..number].iter().position(|other| {
        Arc::ptr_eq(&other.mapping, &file.mapping) && other.window == file.window && tile_px(other) == tile_px(file)
    })
}

/// Which pixels of each file the masks keep, in the file's own grid, for the taps of wider kernels.
fn kept_source(work: &Work, scene: &Scene, placed: &PlacedScene, masks: &[Kept]) -> Result<Vec<Option<Arc<Vec<u8>>>>> {
    let mut found: Vec<Option<Arc<Vec<u8>>>> = Vec::with_capacity(placed.rasters.len());
    for (number, file) in placed.rasters.iter().enumerate() {
        if work.plan.recipe.resampling == Resampling::Nearest || file.mapping.is_shift() || masks.is_empty() {
            found.push(None);
            continue;
        }
        if let Some(same) = alike(scene, &placed.rasters, number) {
            found.push(found[same].clone());
            continue;
        }
        let mut kept = vec![1_u8; file.window.pixels()];
        for (layer, mask) in scene.masks.iter().zip(masks) {
            let mapping = Mapping::compute(&scene.rasters[file.index].grid, &file.window, &layer.grid)?;
            mask::narrow(&mut kept, &mapping, mask);
        }
        found.push(Some(Arc::new(kept)));
    }
    Ok(found)
}
