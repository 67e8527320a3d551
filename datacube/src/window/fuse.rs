//! The scenes of one date: the first valid pixel wins.

use ardent_cog::{Sample, dispatch_type};

use super::{
    read::{self, Needed, SceneTiles},
    shared::Piece,
};
use crate::{
    Error, Result,
    adjust::{adjust, count_cut},
    patch::Patch,
    plan::Plan,
    reduce::Plane,
    warp::Warp,
    window::{Counters, Work},
};

/// One date over a window.
pub(crate) struct Date {
    /// Its index in the group.
    pub(crate) slot: usize,
    /// A plane per source band; none where no scene has a pixel.
    pub(crate) planes: Vec<Option<Plane>>,
    /// Pixels × scenes × bands whose values did not fit the type any more.
    pub(crate) clamped_px: u64,
    /// The scenes that it is made of.
    pub(crate) scenes: Vec<usize>,
}

/// Decodes, warps and fuses the scenes of a date, given in fusing order. After a failure that was recorded the date is
/// not whole, and the window is made again.
pub(crate) fn fuse(work: &Work, (slot, scenes): (usize, Vec<(Needed, SceneTiles)>)) -> Result<Date> {
    let mut planes: Vec<Option<Plane>> = vec![None; work.plan.sources.len()];
    let (mut clamped_px, numbers) = (0, scenes.iter().map(|(scene, _)| scene.scene).collect());
    for (scene, files) in scenes {
        for (file, tiles) in files.into_iter().enumerate() {
            let warped = match warp_file(&work.plan, &work.counters, &scene, (file, tiles)) {
                Ok(warped) => warped,
                Err(error) => {
                    work.failures.record(scene.scene, error)?;
                    break;
                }
            };
            for Warped { source, plane, clamped_px: clamped } in warped {
                clamped_px += clamped;
                match &mut planes[source] {
                    None => planes[source] = Some(plane),
                    Some(kept) => merge(kept, &plane),
                }
            }
        }
    }
    Ok(Date { slot, planes, clamped_px, scenes: numbers })
}

/// A band of a file over the window.
struct Warped {
    source: usize,
    plane: Plane,
    clamped_px: u64,
}

/// The bands of one file of a scene over the window.
fn warp_file(
    plan: &Plan,
    counters: &Counters,
    scene: &Needed,
    (file, tiles): (usize, Vec<Piece>),
) -> Result<Vec<Warped>> {
    let (found, placed) = (&plan.scenes[scene.scene], &scene.rasters[file]);
    let raster = &found.rasters[placed.index];
    let failed =
        |error| Error::Source { item: found.id.clone(), band: read::band_of(plan, raster), source: Box::new(error) };
    let mut tiles = read::decode(counters, &tiles, failed)?;
    let tile_px = read::tile_px(&raster.raster, raster.level);
    let warp = |band: usize| {
        dispatch_type!(raster.raster.data_type(), T => {
            let mut patch = Patch::<T>::assemble(placed.window, &mut tiles, band, tile_px);
            let cut = raster.adjustments[band].and_then(|how| adjust(&mut patch, raster.nodata[band], how));
            let plane = Warp {
                mapping: &placed.mapping,
                patch,
                nodata: raster.nodata[band],
                kept: &scene.kept,
                kept_source: scene.kept_source[file].as_ref().map(|kept| kept.as_slice()),
                resampling: plan.recipe.resampling,
            }
            .run();
            let clamped_px = cut.map_or(0, |cut| count_cut(&plane, &placed.mapping, &cut));
            Warped { source: raster.layers[band].1, plane, clamped_px }
        })
    };
    Ok((0..raster.layers.len()).map(warp).collect())
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
