//! The scenes of one date: the first valid pixel wins.

use ardent_cog::{Fetched, Sample, dispatch_type};

use super::read::{self, Needed, SceneTiles};
use crate::{Error, Result, patch::Patch, plan::Plan, reduce::Plane, warp::Warp, window::Counters};

/// One date over a window.
pub(crate) struct Date {
    /// Its index in the group.
    pub(crate) slot: usize,
    /// A plane per source band; none where no scene has a pixel.
    pub(crate) planes: Vec<Option<Plane>>,
}

/// Decodes, warps and fuses the scenes of a date, given in fusing order.
pub(crate) fn fuse(
    plan: &Plan,
    counters: &Counters,
    (slot, scenes): (usize, Vec<(Needed, SceneTiles)>),
) -> Result<Date> {
    let mut planes: Vec<Option<Plane>> = vec![None; plan.sources.len()];
    for (scene, files) in scenes {
        for (file, tiles) in files.into_iter().enumerate() {
            for (source, plane) in warp_file(plan, counters, &scene, (file, tiles))? {
                match &mut planes[source] {
                    None => planes[source] = Some(plane),
                    Some(kept) => merge(kept, &plane),
                }
            }
        }
    }
    Ok(Date { slot, planes })
}

/// The bands of one file of a scene over the window.
fn warp_file(
    plan: &Plan,
    counters: &Counters,
    scene: &Needed,
    (file, tiles): (usize, Vec<Fetched>),
) -> Result<Vec<(usize, Plane)>> {
    let (found, placed) = (&plan.scenes[scene.scene], &scene.rasters[file]);
    let raster = &found.rasters[placed.index];
    let failed =
        |error| Error::Source { item: found.id.clone(), band: read::band_of(plan, raster), source: Box::new(error) };
    let tiles = read::decode(counters, &tiles, failed)?;
    let tile_px = read::tile_px(&raster.raster, raster.level);
    let warp = |band: usize| {
        dispatch_type!(raster.raster.data_type(), T => {
            let patch = Patch::<T>::assemble(placed.window, &tiles, band, tile_px);
            Warp {
                mapping: &placed.mapping,
                patch: &patch,
                nodata: raster.nodata[band],
                kept: &scene.kept,
                kept_source: scene.kept_source[file].as_deref(),
                resampling: plan.recipe.resampling,
            }
            .run()
        })
    };
    Ok(raster.layers.iter().enumerate().map(|(band, (_, source))| (*source, warp(band))).collect())
}

/// Fills pixels that are not valid yet.
fn merge(kept: &mut Plane, next: &Plane) {
    dispatch_type!(next.samples.data_type(), T => {
        if let (Some(values), Some(others)) = (T::slice_mut(&mut kept.samples), T::slice(&next.samples)) {
            let pixels = values.iter_mut().zip(&mut kept.valid).zip(others.iter().zip(&next.valid));
            for ((value, valid), (other, is_valid)) in pixels {
                if *valid == 0 && *is_valid != 0 {
                    (*value, *valid) = (*other, 1);
                }
            }
        }
    });
}
