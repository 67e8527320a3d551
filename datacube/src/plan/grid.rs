//! The grid of the result.

use std::collections::BTreeMap;

use ardent_model::{Anchor, Bounds, Crs, GeoBox, Item};

use super::{Request, scenes::Opened};
use crate::{Error, Result, projection};

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

/// The least rectangle in `crs` that holds every file.
fn extent(scenes: &[Opened], crs: Crs) -> Result<Bounds> {
    let mut extent: Option<Bounds> = None;
    for (_, grid) in data_grids(scenes) {
        let bounds = projection::transform_bounds(grid.crs, crs, &grid.bounds())?;
        extent = Some(extent.map_or(bounds, |extent| extent.union(&bounds)));
    }
    extent.ok_or(Error::Unprojectable { crs })
}

/// Longitude of the middle of the grid, which decides the solar day.
pub(super) fn centre_longitude(grid: &GeoBox) -> Result<f64> {
    let (x, y) = grid.affine.apply(grid.width_px as f64 / 2.0, grid.height_px as f64 / 2.0);
    let (mut x, mut y) = ([x], [y]);
    projection::transform(grid.crs, Crs::WGS84, &mut x, &mut y)?;
    Ok(if x[0].is_finite() { x[0] } else { 0.0 })
}
