//! What is to be read, from the items and the headers of their files: no pixel yet.

mod bands;
mod dates;
mod grid;
mod harmony;
mod layout;
mod notes;
mod outputs;
mod period;
mod remainder;
mod requested;
mod scenes;
mod versions;

use std::sync::Arc;

use ardent_cog::{Raster, RasterCache};
use ardent_model::{Collection, DataType, GeoBox, Item, Recipe, recipe::Keep};
use ardent_storage::Stores;
use chrono::{DateTime, NaiveDate, Utc};

pub use bands::SourceBand;
pub use dates::solar_day;
pub use harmony::Adjustment;
pub use layout::Layout;
pub use outputs::{Formula, OutputBand, OutputKind};

use crate::{Error, Ledger, Result, clip::Clip, failures::Failures, lattice::Nodes};

/// What a plan is made from.
#[derive(Debug)]
pub struct Request<'a> {
    /// The recipe, validated.
    pub recipe: &'a Recipe,
    /// The items found for it.
    pub items: Vec<Item>,
    /// Their collections.
    pub collections: &'a [Collection],
    /// Where their files are.
    pub stores: &'a Stores,
    /// Headers read before.
    pub rasters: &'a RasterCache,
    /// Most output pixels × bands × groups.
    pub max_pixels: u64,
    /// Headers read at the same time.
    pub fetches: usize,
}

impl Request<'_> {
    /// None of the items has failed yet.
    fn failures(&self) -> Failures {
        let names = self.items.iter().map(|item| (item.id.clone(), item.collection.clone())).collect();
        Failures::new(self.recipe.on_error, names, Vec::new())
    }
}

/// A file of a scene, and what of it is wanted.
#[derive(Debug, Clone)]
pub struct Layered {
    /// The file.
    pub raster: Arc<Raster>,
    /// Which of its resolutions.
    pub level: usize,
    /// The grid of that resolution.
    pub grid: GeoBox,
    /// Layers wanted, from 0, each with the index of the source band it feeds.
    pub layers: Vec<(usize, usize)>,
    /// Missing value of each of `layers`.
    pub nodata: Vec<Option<f64>>,
    /// What is to be done to the values of each of `layers`.
    pub adjustments: Vec<Option<Adjustment>>,
}

/// A mask file of a scene.
#[derive(Debug, Clone)]
pub struct MaskLayer {
    /// The file.
    pub raster: Arc<Raster>,
    /// Which of its resolutions.
    pub level: usize,
    /// The grid of that resolution.
    pub grid: GeoBox,
    /// Its layer, from 0.
    pub layer: usize,
    /// Its band, for messages.
    pub band: String,
    /// What must hold of its pixels.
    pub keep: Keep,
    /// Whether it says where there is data at all, not what is clear.
    pub is_of_valid: bool,
    /// How near a pixel that is not kept makes others not kept either, in pixels of `grid`.
    pub dilate_px: f64,
}

impl MaskLayer {
    /// How many pixels around one decide about it.
    pub(crate) fn halo_px(&self) -> usize {
        self.dilate_px as usize
    }
}

/// An item that is read.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Its id.
    pub id: String,
    /// Its collection.
    pub collection: String,
    /// When it was taken.
    pub datetime: DateTime<Utc>,
    /// Files with wanted bands.
    pub rasters: Vec<Layered>,
    /// Files with masks.
    pub masks: Vec<MaskLayer>,
}

/// The scenes of a collection on one solar day, which are fused: the first valid pixel in the order (datetime, id) wins.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The solar day.
    pub day: NaiveDate,
    /// Indices of its scenes, in fusing order.
    pub scenes: Vec<usize>,
}

/// Dates that are reduced to one.
#[derive(Debug, Clone)]
pub struct DateGroup {
    /// Its label (`2019-JJA`), empty if there is one group of everything.
    pub label: String,
    /// First day of the period.
    pub start: NaiveDate,
    /// Last day of the period.
    pub end: NaiveDate,
    /// Whether the recipe's time holds a part of the period only.
    pub partial: bool,
    /// Its dates, by day, then collection.
    pub slots: Vec<Slot>,
}

impl DateGroup {
    /// How many dates it has that are made of something.
    pub fn dates(&self) -> usize {
        self.slots.iter().filter(|slot| !slot.scenes.is_empty()).count()
    }
}

/// A cube: its grid, its bands, its dates, and where everything is.
#[derive(Debug)]
pub struct Plan {
    /// The recipe.
    pub recipe: Recipe,
    /// The grid of the result.
    pub grid: GeoBox,
    /// Bands read from files.
    pub sources: Vec<SourceBand>,
    /// Bands of a group of the result.
    pub outputs: Vec<OutputBand>,
    /// Source bands that a reducer of several bands takes together, by index.
    pub joint: Vec<usize>,
    /// What decides which date is best, if the recipe reduces so.
    pub best: Option<OutputKind>,
    /// Pixel type and missing value that all bands of the result can share.
    pub stored: (DataType, Option<f64>),
    /// Which bands share a file.
    pub layout: Layout,
    /// Groups, by time.
    pub groups: Vec<DateGroup>,
    /// How British National Grid and the other datum are related (`helmert`, `ostn15`, or `proj` for another choice of
    /// that library's), if the cube needs it.
    pub datum_shift: Option<&'static str>,
    /// What the result is clipped to, if it is.
    pub clip: Option<Arc<Clip>>,
    /// Items that are read.
    pub scenes: Vec<Scene>,
    /// What was left out.
    pub ledger: Ledger,
    /// Where the nodes of the grid lie in the CRSs of the scenes.
    pub(crate) nodes: Arc<Nodes>,
}

impl Plan {
    /// Plans a cube. Reads the headers of the files, and no pixel.
    #[tracing::instrument(skip_all, fields(items = request.items.len()))]
    pub async fn make(mut request: Request<'_>) -> Result<Self> {
        if request.items.is_empty() {
            return Err(Error::NoItems { collections: request.recipe.collections.join(", ") });
        }
        // Nothing may depend on the order in which the catalogue lists them.
        request.items.sort_by(|a, b| (a.datetime, &a.id, &a.collection).cmp(&(b.datetime, &b.id, &b.collection)));
        let recipe = request.recipe;
        let superseded = versions::drop_superseded(request.recipe, &mut request.items);
        dates::keep_near(request.recipe, &mut request.items)?;
        let groups_at_most = dates::count(&request.items, recipe)?;
        grid::check_size_early(&request, groups_at_most)?;
        let wanted = requested::Bands::resolve(&request)?;
        let names = wanted.sources();
        let failures = request.failures();
        let mut found = scenes::open(&request, &names, &failures).await?;
        bands::drop_odd_types(&names, &mut found, &failures)?;
        let (kept, mut found): (Vec<usize>, Vec<_>) = found.into_iter().unzip();
        let harmonised = harmony::harmonise(recipe, &names, &mut found);
        let offset_applied = harmony::applied(&request, &found);
        let sources = bands::agree(recipe, &names, &found)?;
        let grid = grid::resolve(&request, &found)?;
        let clip = Clip::new(recipe, &grid)?.map(Arc::new);
        let longitude = grid::centre_longitude(&grid)?;
        // Of all items, so that a group whose scenes all fail is still there, and empty.
        let groups = dates::selected(recipe, dates::group(&request.items, recipe, longitude)?)?;
        // Of items taken about midnight some are not of a selected day after all.
        let used = remainder::scenes(&groups);
        let (kept, found): (Vec<usize>, Vec<_>) =
            kept.into_iter().zip(found).filter(|(scene, _)| used.contains(scene)).unzip();
        let groups = remainder::groups(&groups, &kept);
        grid::check_size(&grid, recipe.bands_per_group() * groups.len(), request.max_pixels)?;
        wanted.check_units(&sources)?;
        let outputs = outputs::outputs(recipe, &wanted.requested, &sources);
        let stored = outputs::stored_type(&outputs);
        let (joint, best) = (wanted.joint(&sources), wanted.best.map(|best| best.kind(&sources)));
        let scenes = scenes::at_resolution(found, &grid)?;
        let datum_shift = grid::datum_shift(recipe, &grid, &scenes)?;
        let failures = failures.take().into_values().collect();
        let ledger = Ledger { failures, superseded, harmonised, offset_applied, ..Ledger::default() };
        let layout = Layout::default();
        Ok(Self {
            recipe: recipe.clone(),
            grid,
            sources,
            outputs,
            joint,
            best,
            stored,
            layout,
            groups,
            datum_shift,
            clip,
            scenes,
            ledger,
            nodes: Arc::default(),
        })
    }

    /// None of the scenes has failed yet, but for those that are not among them any more.
    pub(crate) fn failures(&self) -> Failures {
        let names = self.scenes.iter().map(|scene| (scene.id.clone(), scene.collection.clone())).collect();
        Failures::new(self.recipe.on_error, names, self.ledger.failures.clone())
    }

    /// Names of all bands of the result, group-major.
    pub fn band_names(&self) -> Vec<String> {
        let named = |group: &DateGroup, band: &OutputBand| match group.label.as_str() {
            "" => band.name.clone(),
            label => format!("{label}/{}", band.name),
        };
        self.groups.iter().flat_map(|group| self.outputs.iter().map(move |band| named(group, band))).collect()
    }

    /// The most pixels of a source, at the resolution that is read, under a pixel of the result: more than 1 where the
    /// result is coarser than any overview.
    pub(crate) fn source_density(&self) -> Result<f64> {
        let mut grids: Vec<GeoBox> = Vec::new();
        for scene in &self.scenes {
            for grid in scene.rasters.iter().map(|file| file.grid).chain(scene.masks.iter().map(|mask| mask.grid)) {
                if !grids.contains(&grid) {
                    grids.push(grid);
                }
            }
        }
        grids.iter().try_fold(1.0_f64, |densest, grid| {
            Ok(densest.max(scenes::source_pixels_per_pixel(grid, &self.grid)?.powi(2)))
        })
    }

    /// Pixels of the result × dates × bands read.
    pub fn pixels_read(&self) -> u64 {
        let grid = self.grid.width_px as u64 * self.grid.height_px as u64;
        grid.saturating_mul(self.dates() as u64).saturating_mul(self.sources.len() as u64)
    }

    /// Dates in all groups.
    pub fn dates(&self) -> usize {
        self.groups.iter().map(DateGroup::dates).sum()
    }
}
