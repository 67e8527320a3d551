//! Where a window lies in each of the group's files.

use std::sync::Arc;

use ardent_cog::TileAt;
use ardent_model::{GeoBox, Window, recipe::Resampling};
use rayon::prelude::*;

use super::{read::tile_px, touched::touched};
use crate::{
    Result,
    failures::Failures,
    mapping::{Mapping, tiles_of},
    plan::Plan,
};

/// A file, and the part of it that the window needs.
#[derive(Debug, Clone)]
pub(crate) struct PlacedFile {
    /// Index in the scene's masks or rasters.
    pub(crate) index: usize,
    /// Where the window's pixels lie in it.
    pub(crate) mapping: Arc<Mapping>,
    /// The part of its grid that is needed.
    pub(crate) window: Window,
    /// How many pixels around a nearest one count.
    pub(crate) margin_px: usize,
    /// Of a mask, the tiles that decide about a pixel.
    pub(crate) tiles: Arc<[TileAt]>,
}

/// A scene that the window touches.
#[derive(Debug, Clone)]
pub(crate) struct PlacedScene {
    /// Index of its date in the group.
    pub(crate) slot: usize,
    /// Index in the plan.
    pub(crate) scene: usize,
    /// All of its masks.
    pub(crate) masks: Vec<PlacedFile>,
    /// Those of its files that the window touches.
    pub(crate) rasters: Vec<PlacedFile>,
    /// 1 for the pixels of the window that are to have values; none: all are.
    pub(crate) inside: Option<Arc<Vec<u8>>>,
}

/// The scenes of a group that a window touches, by date, in fusing order; those that failed are left out.
pub(crate) fn place(plan: &Plan, failures: &Failures, (group, window): (usize, &Window)) -> Result<Vec<PlacedScene>> {
    let inside = plan.clip.as_ref().map(|clip| Arc::new(clip.inside(window)));
    if inside.as_ref().is_some_and(|inside| !inside.contains(&1)) {
        return Ok(Vec::new());
    }
    let slots = plan.groups[group].slots.iter().enumerate();
    let scenes: Vec<(usize, usize)> = slots
        .flat_map(|(slot, one)| failures.good(one.scenes.iter().copied()).into_iter().map(move |scene| (slot, scene)))
        .collect();
    let mappings = Mappings::compute(plan, window, scenes.iter().map(|(_, scene)| *scene))?;
    let placed = scenes.into_iter().filter_map(|(slot, scene)| {
        let found = &plan.scenes[scene];
        let place = |index: usize, grid: &GeoBox, margin_px: usize| {
            let mapping = mappings.of(grid)?;
            let window = mapping.source_window(margin_px)?;
            Some(PlacedFile { index, mapping, window, margin_px, tiles: Arc::default() })
        };
        let reach_of =
            |grid: &GeoBox| mappings.of(grid).map_or(0, |mapping| reach_px(plan.recipe.resampling, &mapping));
        let rasters = found.rasters.iter().enumerate();
        let rasters: Vec<_> =
            rasters.filter_map(|(index, raster)| place(index, &raster.grid, reach_of(&raster.grid))).collect();
        let reach = found.rasters.iter().map(|raster| reach_of(&raster.grid)).max().unwrap_or(0);
        let coarsest = found.rasters.iter().map(|raster| raster.grid.affine.resolution().0).fold(0.0, f64::max);
        let masks: Option<Vec<_>> = found
            .masks
            .iter()
            .enumerate()
            .map(|(index, mask)| {
                // Far enough for the mask samples of the kernel's taps.
                let ratio = (coarsest / mask.grid.affine.resolution().0).ceil().clamp(1.0, 64.0) as usize;
                place(index, &mask.grid, if reach > 0 { (reach + 1) * ratio + 1 } else { 0 } + mask.halo_px())
            })
            .collect();
        // Beyond a mask nothing is kept.
        masks.filter(|_| !rasters.is_empty()).map(|masks| PlacedScene {
            slot,
            scene,
            masks,
            rasters,
            inside: inside.clone(),
        })
    });
    let mut placed: Vec<PlacedScene> = placed.collect();
    let mut tiles = MaskTiles::default();
    for scene in &mut placed {
        for file in &mut scene.masks {
            let mask = &plan.scenes[scene.scene].masks[file.index];
            file.tiles = tiles.of(file, tile_px(&mask.raster, mask.level), scene.inside.as_deref());
        }
    }
    Ok(placed)
}

/// The tiles of masks that decide about a pixel, which the dates of a tile share: whether a scene fails does not depend on
/// the window, and no window asks for a tile that all others are done with.
#[derive(Default)]
struct MaskTiles(Vec<(PlacedFile, (usize, usize))>);

impl MaskTiles {
    fn of(&mut self, file: &PlacedFile, tile_px: (usize, usize), inside: Option<&Vec<u8>>) -> Arc<[TileAt]> {
        let same = |(known, known_px): &&(PlacedFile, (usize, usize))| {
            Arc::ptr_eq(&known.mapping, &file.mapping) && known.margin_px == file.margin_px && *known_px == tile_px
        };
        if let Some((known, _)) = self.0.iter().find(same) {
            return Arc::clone(&known.tiles);
        }
        let all = tiles_of(&file.window, tile_px);
        let tiles: Arc<[TileAt]> = match inside {
            Some(inside) => touched((inside, file.margin_px), file, all, tile_px).into(),
            None if !file.mapping.is_shift() => {
                touched((&vec![1; file.mapping.pixels()], file.margin_px), file, all, tile_px).into()
            }
            None => all.into(),
        };
        self.0.push((PlacedFile { tiles: Arc::clone(&tiles), ..file.clone() }, tile_px));
        tiles
    }
}

/// How many source pixels around the nearest one a kernel needs.
pub(crate) fn reach_px(resampling: Resampling, mapping: &Mapping) -> usize {
    match resampling {
        _ if mapping.is_shift() => 0,
        Resampling::Nearest => 0,
        Resampling::Bilinear => 1,
        Resampling::Cubic => 2,
        Resampling::Average | Resampling::Mode => mapping.area_reach_px(),
    }
}

/// The mappings into each distinct grid: the dates of a tile share theirs.
struct Mappings(Vec<(GeoBox, Arc<Mapping>)>);

impl Mappings {
    fn compute(plan: &Plan, window: &Window, scenes: impl Iterator<Item = usize>) -> Result<Self> {
        let mut grids: Vec<(GeoBox, bool)> = Vec::new();
        let with_areas = matches!(plan.recipe.resampling, Resampling::Average | Resampling::Mode);
        for scene in scenes.map(|scene| &plan.scenes[scene]) {
            let data = scene.rasters.iter().map(|raster| (raster.grid, with_areas));
            for (grid, with_areas) in data.chain(scene.masks.iter().map(|mask| (mask.grid, false))) {
                match grids.iter_mut().find(|(known, _)| *known == grid) {
                    Some((_, areas)) => *areas |= with_areas,
                    None => grids.push((grid, with_areas)),
                }
            }
        }
        let computed = grids.into_par_iter().map(|(grid, with_areas)| {
            let mapping = Mapping::compute_by(&plan.nodes, (&plan.grid, window), &grid)?;
            Ok((grid, Arc::new(if with_areas { mapping.with_areas(&plan.grid)? } else { mapping })))
        });
        Ok(Self(computed.collect::<Result<_>>()?))
    }

    fn of(&self, grid: &GeoBox) -> Option<Arc<Mapping>> {
        self.0.iter().find(|(known, _)| known == grid).map(|(_, mapping)| Arc::clone(mapping))
    }
}
