//! Where a window lies in each of the group's files.

use std::sync::Arc;

use ardent_model::{GeoBox, Window, recipe::Resampling};
use rayon::prelude::*;

use crate::{Result, failures::Failures, mapping::Mapping, plan::Plan};

/// A file, and the part of it that the window needs.
#[derive(Debug, Clone)]
pub(crate) struct PlacedFile {
    /// Index in the scene's masks or rasters.
    pub(crate) index: usize,
    /// Where the window's pixels lie in it.
    pub(crate) mapping: Arc<Mapping>,
    /// The part of its grid that is needed.
    pub(crate) window: Window,
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
}

/// The scenes of a group that a window touches, by date, in fusing order; those that failed are left out.
pub(crate) fn place(plan: &Plan, failures: &Failures, (group, window): (usize, &Window)) -> Result<Vec<PlacedScene>> {
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
            Some(PlacedFile { index, mapping, window })
        };
        let bilinear = plan.recipe.resampling == Resampling::Bilinear;
        let margin = usize::from(bilinear);
        let rasters = found.rasters.iter().enumerate();
        let rasters: Vec<_> = rasters.filter_map(|(index, raster)| place(index, &raster.grid, margin)).collect();
        let coarsest = found.rasters.iter().map(|raster| raster.grid.affine.resolution().0).fold(0.0, f64::max);
        let masks: Option<Vec<_>> = found
            .masks
            .iter()
            .enumerate()
            .map(|(index, mask)| {
                // Far enough for the mask samples of the kernel's taps.
                let ratio = (coarsest / mask.grid.affine.resolution().0).ceil().clamp(1.0, 64.0) as usize;
                place(index, &mask.grid, if bilinear { 2 * ratio + 1 } else { 0 })
            })
            .collect();
        // Beyond a mask nothing is kept.
        masks.filter(|_| !rasters.is_empty()).map(|masks| PlacedScene { slot, scene, masks, rasters })
    });
    Ok(placed.collect())
}

/// The mappings into each distinct grid: the dates of a tile share theirs.
struct Mappings(Vec<(GeoBox, Arc<Mapping>)>);

impl Mappings {
    fn compute(plan: &Plan, window: &Window, scenes: impl Iterator<Item = usize>) -> Result<Self> {
        let mut grids: Vec<GeoBox> = Vec::new();
        for scene in scenes.map(|scene| &plan.scenes[scene]) {
            let all = scene.rasters.iter().map(|raster| raster.grid).chain(scene.masks.iter().map(|mask| mask.grid));
            for grid in all {
                if !grids.contains(&grid) {
                    grids.push(grid);
                }
            }
        }
        let computed =
            grids.into_par_iter().map(|grid| Ok((grid, Arc::new(Mapping::compute(&plan.grid, window, &grid)?))));
        Ok(Self(computed.collect::<Result<_>>()?))
    }

    fn of(&self, grid: &GeoBox) -> Option<Arc<Mapping>> {
        self.0.iter().find(|(known, _)| known == grid).map(|(_, mapping)| Arc::clone(mapping))
    }
}
