//! The files of the items, with their headers.

use std::sync::Arc;

use ardent_cog::Raster;
use ardent_model::{Asset, Band, Collection, DataType, GeoBox, Item, recipe::MaskRule};
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};

use super::{Adjustment, Layered, MaskLayer, Request, Scene, SourceBand};
use crate::{Error, Result, failures::Failures, projection};

/// A band of an opened file.
#[derive(Debug)]
pub(super) struct OpenedBand {
    /// Index of the source band.
    pub(super) source: usize,
    raster: Arc<Raster>,
    /// Layer, from 0.
    layer: usize,
    /// The grid of the full resolution.
    pub(super) grid: GeoBox,
    nodata: Option<f64>,
    pub(super) scale: f64,
    pub(super) offset: f64,
    /// The item declares an offset that its values have already.
    pub(super) is_applied: bool,
    /// What is to be done to its values.
    pub(super) adjustment: Option<Adjustment>,
}

/// A mask of an opened file.
#[derive(Debug)]
struct OpenedMask {
    rule: MaskRule,
    is_of_valid: bool,
    raster: Arc<Raster>,
    layer: usize,
    grid: GeoBox,
}

/// An item whose files are opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) id: String,
    collection: String,
    datetime: DateTime<Utc>,
    pub(super) bands: Vec<OpenedBand>,
    masks: Vec<OpenedMask>,
}

impl OpenedBand {
    /// Pixel type of its file.
    pub(super) fn data_type(&self) -> DataType {
        self.raster.data_type()
    }

    /// Its file.
    pub(super) fn href(&self) -> &str {
        self.raster.href()
    }

    pub(super) fn described(&self, name: &str) -> SourceBand {
        SourceBand {
            name: name.to_owned(),
            data_type: self.data_type(),
            nodata: self.nodata,
            scale: self.scale,
            offset: self.offset,
        }
    }
}

/// Opens the files of all items, in the items' order, each with its item's index.
pub(super) async fn open(request: &Request<'_>, names: &[String], failures: &Failures) -> Result<Vec<(usize, Opened)>> {
    let items: Vec<_> = request.items.iter().map(|item| open_item(request, item, names)).collect();
    let mut opening = stream::iter(items).buffered(request.fetches.max(1)).enumerate();
    let mut found = Vec::with_capacity(request.items.len());
    while let Some((index, opened)) = opening.next().await {
        match opened {
            Ok(opened) => found.push((index, opened)),
            Err(error) => failures.record(index, error)?,
        }
    }
    Ok(found)
}

async fn open_item(request: &Request<'_>, item: &Item, names: &[String]) -> Result<Opened> {
    let collection = request.collections.iter().find(|collection| collection.id == item.collection);
    let mut bands = Vec::with_capacity(names.len());
    for (source, name) in names.iter().enumerate() {
        let (asset, band) = resolve(item, collection, name)?;
        let (raster, grid) = open_asset(request, item, asset).await?;
        let layer = layer_of(item, &raster, band, name)?;
        // A described band's missing value is the description's, even none: files declare 0 where 0 means clear.
        let described = Some(band).filter(|band| band.data_type.is_some());
        let described =
            described.or_else(|| collection.and_then(|c| c.band(name)).filter(|band| band.data_type.is_some()));
        let nodata = described.map_or_else(|| raster.nodata(), |band| band.nodata);
        let is_applied = band.offset != 0.0 && offset_is_applied(item);
        let (scale, offset) = (band.scale, if is_applied { 0.0 } else { band.offset });
        let adjustment = None;
        bands.push(OpenedBand { source, raster, layer, grid, nodata, scale, offset, is_applied, adjustment });
    }
    let mut masks = Vec::new();
    let valid = request.recipe.valid.iter().map(|rule| (rule, true));
    for (rule, is_of_valid) in valid.chain(request.recipe.mask.iter().map(|rule| (rule, false))) {
        let (asset, band) = resolve(item, collection, &rule.band)?;
        let (raster, grid) = open_asset(request, item, asset).await?;
        let layer = layer_of(item, &raster, band, &rule.band)?;
        masks.push(OpenedMask { rule: rule.clone(), is_of_valid, raster, layer, grid });
    }
    let (id, collection) = (item.id.clone(), item.collection.clone());
    Ok(Opened { id, collection, datetime: item.datetime, bands, masks })
}

/// Catalogues exist whose items declare the offset of Sentinel-2's baseline 04.00 although their files have it applied.
fn offset_is_applied(item: &Item) -> bool {
    let flags = ["earthsearch:boa_offset_applied", "s2:boa_offset_applied"];
    flags.iter().any(|flag| item.properties.get(*flag).and_then(serde_json::Value::as_bool) == Some(true))
}

/// The band of an item that answers to `name`, by its own names or by an alias that its collection knows.
pub(super) fn resolve<'a>(
    item: &'a Item,
    collection: Option<&Collection>,
    name: &str,
) -> Result<(&'a Asset, &'a Band)> {
    let found = item.resolve_band(name);
    let canonical = || collection.and_then(|collection| collection.band(name)).map(|band| band.name.clone());
    match found {
        Ok(found) => Ok(found),
        Err(error) => canonical().and_then(|name| item.resolve_band(&name).ok()).ok_or_else(|| Error::NoBand {
            item: item.id.clone(),
            band: name.to_owned(),
            reason: Box::new(error),
        }),
    }
}

fn layer_of(item: &Item, raster: &Raster, band: &Band, name: &str) -> Result<usize> {
    if (1..=raster.bands()).contains(&band.layer) {
        return Ok(band.layer - 1);
    }
    Err(Error::NoLayer {
        item: item.id.clone(),
        href: raster.href().to_owned(),
        band: name.to_owned(),
        layer: band.layer,
        bands: raster.bands(),
    })
}

async fn open_asset(request: &Request<'_>, item: &Item, asset: &Asset) -> Result<(Arc<Raster>, GeoBox)> {
    let failed = |error: ardent_cog::Error| Error::Source {
        item: item.id.clone(),
        band: asset.key.clone(),
        source: Box::new(error),
    };
    let object = request.stores.object(&asset.href).map_err(|error| failed(error.into()))?;
    let raster = request.rasters.open(object).await.map_err(failed)?;
    // The file knows best where its pixels lie; the document speaks for files without georeference.
    let shape = &raster.levels()[0];
    let from_document = asset.grid.filter(|grid| (grid.width_px, grid.height_px) == (shape.width_px, shape.height_px));
    let grid = raster.grid().or(from_document);
    let grid = grid.ok_or_else(|| Error::NoGrid { item: item.id.clone(), href: asset.href.clone() })?;
    Ok((raster, grid))
}

/// Chooses for each file the resolution to read: the coarsest that is not coarser than the result.
pub(super) fn at_resolution(scenes: Vec<Opened>, target: &GeoBox) -> Result<Vec<Scene>> {
    scenes.into_iter().map(|scene| scene_at_resolution(scene, target)).collect()
}

fn scene_at_resolution(scene: Opened, target: &GeoBox) -> Result<Scene> {
    let mut rasters: Vec<Layered> = Vec::new();
    for band in scene.bands {
        let known = rasters.iter_mut().find(|one| Arc::ptr_eq(&one.raster, &band.raster));
        if let Some(one) = known {
            one.layers.push((band.layer, band.source));
            one.nodata.push(band.nodata);
            one.adjustments.push(band.adjustment);
            continue;
        }
        let (level, grid) = level_for(&band.raster, &band.grid, target)?;
        let layers = vec![(band.layer, band.source)];
        let (nodata, adjustments) = (vec![band.nodata], vec![band.adjustment]);
        rasters.push(Layered { raster: band.raster, level, grid, layers, nodata, adjustments });
    }
    let masks = scene.masks.into_iter().map(|mask| {
        let (level, grid) = level_for(&mask.raster, &mask.grid, target)?;
        let MaskRule { band, keep, dilate_px } = mask.rule;
        // The same distance on the ground, whichever resolution is read.
        let dilate_px = f64::from(dilate_px) * mask.grid.affine.resolution().0 / grid.affine.resolution().0;
        let (raster, layer, is_of_valid) = (mask.raster, mask.layer, mask.is_of_valid);
        Ok(MaskLayer { raster, level, grid, layer, band, keep, is_of_valid, dilate_px })
    });
    let masks = masks.collect::<Result<_>>()?;
    Ok(Scene { id: scene.id, collection: scene.collection, datetime: scene.datetime, rasters, masks })
}

fn level_for(raster: &Raster, full: &GeoBox, target: &GeoBox) -> Result<(usize, GeoBox)> {
    let step = source_pixels_per_pixel(full, target)?;
    let grids = raster.levels().iter().map(|level| {
        let [a, b, c, d, e, f] = full.affine.0;
        let (across, down) =
            (full.width_px as f64 / level.width_px as f64, full.height_px as f64 / level.height_px as f64);
        let affine = ardent_model::Affine([a * across, b * down, c, d * across, e * down, f]);
        let grid = GeoBox { crs: full.crs, affine, width_px: level.width_px, height_px: level.height_px };
        (across.max(down), grid)
    });
    // 1e-6: an overview of exactly the result's resolution may be used.
    let usable = grids.enumerate().filter(|(index, (factor, _))| *index == 0 || *factor <= step * (1.0 + 1e-6));
    let (level, (_, grid)) = usable.max_by_key(|(level, _)| *level).unwrap_or((0, (1.0, *full)));
    Ok((level, grid))
}

/// How many source pixels a pixel in the middle of the result is wide or high, whichever is less.
pub(super) fn source_pixels_per_pixel(source: &GeoBox, target: &GeoBox) -> Result<f64> {
    // Degrees are of no one size: near a pole, and where they begin anew, one place says nothing of the others.
    let places: &[f64] = if projection::period(source.crs)?.is_some() { &[0.25, 0.5, 0.75] } else { &[0.5] };
    let (mut least, places) =
        (f64::INFINITY, places.iter().flat_map(|down| places.iter().map(move |across| (across, down))));
    for (across, down) in places {
        let (col, row) = (target.width_px as f64 * across, target.height_px as f64 * down);
        let corners = [(col, row), (col + 1.0, row), (col, row + 1.0)].map(|(col, row)| target.affine.apply(col, row));
        let (mut x, mut y) = (corners.map(|corner| corner.0), corners.map(|corner| corner.1));
        projection::transform(target.crs, source.crs, &mut x, &mut y)?;
        let (width, height) = source.affine.resolution();
        let distance = |to: usize| ((x[to] - x[0]) / width).hypot((y[to] - y[0]) / height);
        // NaN, where there is no counterpart, does not count.
        least = least.min(distance(1)).min(distance(2));
    }
    Ok(if least.is_finite() { least } else { 1.0 })
}
