//! The grid of the result.

use std::collections::BTreeMap;

use ardent_model::{Anchor, Bounds, Crs, GeoBox, Item, Recipe};

use super::{Request, Scene, scenes::Opened};
use crate::{DatumShift, Error, Result, datum_shift::lies_between, projection};

/// Refuses what is far too large before any file is opened.
pub(super) fn check_size_early(request: &Request<'_>, groups: usize) -> Result<()> {
    let recipe = request.recipe;
    if let (Some(crs), Some(resolution), Some(area)) = (recipe.crs, recipe.resolution, recipe.area()?) {
        let bounds = projection::transform_bounds(recipe.bbox_crs, crs, &area)?;
        let planes = recipe.bands_per_group() * groups.max(1);
        let pixels = (bounds.right - bounds.left) / resolution * ((bounds.top - bounds.bottom) / resolution);
        check_pixels(pixels, planes, request.max_pixels)?;
    }
    Ok(())
}

/// Refuses a result of more than `max_pixels` pixels in all its bands.
pub(super) fn check_size(grid: &GeoBox, planes: usize, max_pixels: u64) -> Result<()> {
    check_pixels(grid.width_px as f64 * grid.height_px as f64, planes, max_pixels)
}

fn check_pixels(pixels: f64, planes: usize, max_pixels: u64) -> Result<()> {
    let asked = pixels * planes as f64;
    if asked <= max_pixels as f64 {
        return Ok(());
    }
    let side = (max_pixels as f64 / planes as f64).sqrt().floor();
    let hint = format!(
        "with these {planes} bands × groups an area of {side} × {side} pixels would pass, or a coarser resolution"
    );
    Err(Error::TooLarge { what: "pixels × bands × groups", asked: asked as u64, allowed: max_pixels, hint })
}

/// The grid the recipe asks for.
pub(super) fn resolve(request: &Request<'_>, scenes: &[Opened]) -> Result<GeoBox> {
    let recipe = request.recipe;
    let area = recipe.area()?;
    let area_in = |crs: Crs| area.map(|area| projection::transform_bounds(recipe.bbox_crs, crs, &area)).transpose();
    let reference = match &recipe.anchor {
        Anchor::Like { like } => Some(like_item(&request.items, scenes, like)?),
        _ if recipe.crs.is_none() => Some(shared_grid(scenes)?),
        _ => None,
    };
    match (reference, recipe.crs, recipe.resolution) {
        (None, Some(crs), Some(resolution)) => {
            let bounds = area_in(crs)?.map_or_else(|| extent(scenes, crs), Ok)?;
            Ok(GeoBox::covering(crs, &bounds, resolution, &recipe.anchor)?)
        }
        (Some(reference), ..) => {
            let like_itself = matches!(recipe.anchor, Anchor::Like { .. });
            let bounds = match area_in(reference.crs)? {
                Some(bounds) => bounds,
                None if like_itself => return Ok(reference),
                None => extent(scenes, reference.crs)?,
            };
            let corner = reference.affine.apply(0.0, 0.0);
            Ok(GeoBox::snapped(reference.crs, &bounds, reference.affine.resolution(), corner)?)
        }
        // The recipe's validation has refused one of crs and resolution without the other.
        (None, ..) => shared_grid(scenes),
    }
}

/// The grids of the files with wanted bands, each with the scene that has it.
fn data_grids(scenes: &[Opened]) -> impl Iterator<Item = (&str, &GeoBox)> {
    scenes.iter().flat_map(|scene| scene.bands.iter().map(move |band| (scene.id.as_str(), &band.grid)))
}

fn like_item(items: &[Item], scenes: &[Opened], id: &str) -> Result<GeoBox> {
    let missing = || ardent_model::Error::Grid {
        reason: format!("the anchor item `{id}` is not among the {} items found", items.len()),
    };
    Ok(data_grids(scenes).find(|(item, _)| *item == id).map(|(_, grid)| *grid).ok_or_else(missing)?)
}

/// The grid all files share, or an error that lists the grids.
fn shared_grid(scenes: &[Opened]) -> Result<GeoBox> {
    let mut families: Vec<(&str, GeoBox)> = Vec::new();
    for (item, grid) in data_grids(scenes) {
        if !families.iter().any(|(_, known)| known.offset_to(grid).is_some()) {
            families.push((item, *grid));
        }
    }
    match families.as_slice() {
        [(_, grid)] if grid.affine.is_north_up() => Ok(*grid),
        _ => {
            let described: BTreeMap<String, &str> =
                families.iter().map(|(item, grid)| (describe(grid), *item)).collect();
            let grids = described.into_iter().map(|(grid, item)| format!("{grid} (item `{item}`)")).collect();
            Err(Error::SeveralGrids { grids })
        }
    }
}

fn describe(grid: &GeoBox) -> String {
    let (x, y) = grid.affine.apply(0.0, 0.0);
    let (rx, ry) = grid.affine.resolution();
    format!("{} with pixels of {rx} × {ry} from the corner [{x}, {y}]", grid.crs)
}

/// The least rectangle in `crs` that holds every file; in degrees it may cross the antimeridian.
fn extent(scenes: &[Opened], crs: Crs) -> Result<Bounds> {
    let mut grids: Vec<&GeoBox> = Vec::new();
    for (_, grid) in data_grids(scenes) {
        if !grids.contains(&grid) {
            grids.push(grid);
        }
    }
    let all = grids.iter().map(|grid| projection::transform_bounds(grid.crs, crs, &grid.bounds()));
    let mut all = all.collect::<Result<Vec<_>>>()?;
    if let Some(period) = projection::period(crs)? {
        come_round(&mut all, period);
    }
    all.into_iter().reduce(|one, other| one.union(&other)).ok_or(Error::Unprojectable { crs })
}

/// Moves rectangles in degrees by whole turns so that together they are the least wide: those on both sides of the
/// antimeridian come together.
fn come_round(all: &mut [Bounds], period: f64) {
    let width = |all: &[Bounds]| {
        let left = all.iter().map(|bounds| bounds.left).fold(f64::INFINITY, f64::min);
        all.iter().map(|bounds| bounds.right).fold(f64::NEG_INFINITY, f64::max) - left
    };
    // Each of them may be the westernmost.
    let arranged = all.iter().map(|first| {
        let moved = |bounds: &Bounds| {
            let turns = ((bounds.left - first.left) / period).floor() * period;
            Bounds { left: bounds.left - turns, right: bounds.right - turns, ..*bounds }
        };
        all.iter().map(moved).collect::<Vec<_>>()
    });
    let narrowest = arranged.min_by(|one, other| width(one).total_cmp(&width(other)));
    if let Some(narrowest) = narrowest.filter(|narrowest| width(narrowest) < width(all)) {
        all.copy_from_slice(&narrowest);
    }
}

/// Longitude of the middle of the grid, which decides the solar day.
pub(super) fn centre_longitude(grid: &GeoBox) -> Result<f64> {
    let longitude = centre(grid)?.0;
    // A grid in degrees may go on beyond 180.
    let within = longitude + projection::turns(longitude, 0.0, 360.0);
    Ok(if within.is_finite() { within } else { 0.0 })
}

/// The middle of the grid, in degrees.
fn centre(grid: &GeoBox) -> Result<(f64, f64)> {
    let (x, y) = grid.affine.apply(grid.width_px as f64 / 2.0, grid.height_px as f64 / 2.0);
    let (mut x, mut y) = ([x], [y]);
    projection::transform(grid.crs, Crs::WGS84, &mut x, &mut y)?;
    Ok((x[0], y[0]))
}

/// The datum shift that lies between the result and its area or its files.
pub(super) fn datum_shift(recipe: &Recipe, grid: &GeoBox, scenes: &[Scene]) -> Result<Option<&'static str>> {
    let area = recipe.area()?.map(|_| recipe.bbox_crs);
    let files = scenes.iter().flat_map(|scene| {
        let data = scene.rasters.iter().map(|file| file.grid.crs);
        data.chain(scene.masks.iter().map(|mask| mask.grid.crs))
    });
    let is_needed = files.chain(area).any(|crs| lies_between(crs, grid.crs));
    is_needed.then(|| Ok(DatumShift::chosen().name_at(centre(grid)?))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(spans: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let bounds = |(left, right): &(f64, f64)| Bounds { left: *left, bottom: 0.0, right: *right, top: 1.0 };
        let mut all: Vec<Bounds> = spans.iter().map(bounds).collect();
        come_round(&mut all, 360.0);
        all.into_iter().map(|bounds| (bounds.left, bounds.right)).collect()
    }

    #[test]
    fn files_on_both_sides_of_the_antimeridian_come_together() {
        assert_eq!(sides(&[(179.0, 180.0), (-180.0, -179.0)]), [(179.0, 180.0), (180.0, 181.0)]);
        assert_eq!(sides(&[(-180.0, -174.0), (174.0, 180.5)]), [(180.0, 186.0), (174.0, 180.5)]);
        assert_eq!(sides(&[(-150.0, -140.0), (130.0, 140.0)]), [(210.0, 220.0), (130.0, 140.0)]);
    }

    #[test]
    fn files_that_are_together_stay_where_they_are() {
        for spans in [&[(-10.0, 0.0), (0.0, 10.0)][..], &[(-180.0, 180.0)], &[(-100.0, 0.0), (70.0, 90.0)]] {
            assert_eq!(sides(spans), spans);
        }
    }
}
