//! Looks into the rasters of a product in the archive: whether they can be read, what their headers say, and what the
//! masks say of every pixel.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use ardent_cog::{Raster, Samples, TileAt};
use ardent_model::GeoBox;
use ardent_storage::{Profiles, Stores};
use tracing::instrument;

use crate::{
    bands,
    coverage::{self, Reading},
    error::chain,
    footprint::Footprint,
    name::{Details, Product},
    rule::Content,
    scan::Candidate,
    scene::{Cover, RasterFacts},
};

/// What a product's rasters say.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// The grid of the measurements.
    pub(crate) grid: GeoBox,
    /// Headers by the key of the part.
    pub(crate) rasters: BTreeMap<&'static str, RasterFacts>,
    /// What was seen.
    pub(crate) footprint: Footprint,
    /// What the masks say, if there are any.
    pub(crate) cover: Option<Cover>,
}

/// Opens every raster of a product whose files are all there, and reads its masks. The error says which file is
/// broken, and how.
#[instrument(skip_all, fields(item.id = %candidate.product.name))]
pub(crate) async fn inspect(candidate: &Candidate) -> Result<Inspection, String> {
    let mut rasters = BTreeMap::new();
    for file in candidate.files.iter().filter(|file| file.part.is_raster()) {
        let fault = |reason: String| format!("{}: {reason}", name_of(&file.path));
        let raster = open(&file.path).await.map_err(fault)?;
        let facts = facts(&raster).map_err(fault)?;
        if file.part.content == Content::Measurements {
            check_bands(&candidate.product, facts.bands).map_err(fault)?;
        }
        rasters.insert(file.part.key, (raster, facts));
    }
    let (measurements, facts) = rasters.get("data").ok_or("it has no measurements")?;
    let masks = rasters.get("vmask").zip(rasters.get("fmask"));
    let reading = match masks {
        Some(((valid, valid_facts), (clouds, clouds_facts))) => {
            if valid_facts.grid.offset_to(&clouds_facts.grid) != Some((0, 0)) || !same_shape(valid_facts, clouds_facts)
            {
                return Err("the masks _valid.tif and _clouds.tif are not on the same grid".to_owned());
            }
            Reading::masks(valid, clouds)
        }
        None => Reading::measurements(measurements),
    };
    let seen = coverage::read(reading).await?;
    let affine = masks.map_or(facts.grid, |((_, valid), _)| valid.grid).affine;
    let footprint = seen.extremes.footprint(affine, facts.grid.crs)?;
    let grid = facts.grid;
    let cover = masks.map(|_| seen.cover);
    Ok(Inspection { grid, rasters: rasters.iter().map(|(key, (_, facts))| (*key, *facts)).collect(), footprint, cover })
}

fn same_shape(one: &RasterFacts, other: &RasterFacts) -> bool {
    (one.grid.width_px, one.grid.height_px) == (other.grid.width_px, other.grid.height_px)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn check_bands(product: &Product, count: usize) -> Result<(), String> {
    let wanted = match &product.details {
        Details::Optical { .. } => bands::OPTICAL.len(),
        Details::Radar { polarizations, .. } => polarizations.len(),
    };
    if count == wanted { Ok(()) } else { Err(format!("it has {count} bands, not {wanted}")) }
}

/// Opens a raster and fetches its last tile: a header may be whole where the pixels are cut off.
async fn open(path: &Path) -> Result<Arc<Raster>, String> {
    // A store of the file's own folder: the names of folders above it may hold anything.
    let folder = path.parent().unwrap_or(path);
    let stores = Stores::new(Profiles::default().with_folder(folder)).map_err(|error| chain(&error))?;
    let object = stores.object(&path.display().to_string()).map_err(|error| chain(&error))?;
    let raster = Raster::open(object).await.map_err(|error| chain(&error))?;
    let full = raster.levels().first().ok_or("it has no pixels")?;
    let last = TileAt { col: full.tiles_across().saturating_sub(1), row: full.tiles_down().saturating_sub(1) };
    let bands: Vec<usize> = (0..raster.bands()).collect();
    raster.fetch(0, &[last], &bands).await.map_err(|error| chain(&error))?;
    Ok(raster)
}

fn facts(raster: &Raster) -> Result<RasterFacts, String> {
    let grid = raster.grid().ok_or("it has no georeference with an EPSG code")?;
    let full = raster.levels().first().ok_or("it has no pixels")?;
    Ok(RasterFacts {
        grid,
        data_type: raster.data_type(),
        bands: raster.bands(),
        overviews: raster.levels().len().saturating_sub(1),
        // A strip is as wide as the image; so is the only tile of a small one.
        is_tiled: full.tile_width_px < full.width_px || full.tile_height_px >= full.height_px,
    })
}

/// Classes of a mask's pixels; what does not fit is 255.
pub(crate) fn classes(samples: &Samples) -> Vec<u8> {
    let class = |value: f64| if (0.0..=255.0).contains(&value) { value as u8 } else { u8::MAX };
    match samples {
        Samples::Uint8(values) => values.clone(),
        samples => (0..samples.len()).map(|at| samples.get(at).map_or(u8::MAX, class)).collect(),
    }
}
