//! Where recipes are carried out.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ardent_catalog::{Access, Catalog, Charge};
use ardent_cog::RasterCache;
use ardent_datacube::{Engine, Finished, Format, Ledger, Made, Plan, Request, Taken};
use ardent_model::Recipe;
use ardent_storage::Stores;
use chrono::NaiveDate;

use crate::{CubeFile, Error, Estimate, Result, Summary, error::Fault, resolve};

/// Bounds of what one process does.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Memory of all cubes under way, in bytes.
    pub memory_bytes: usize,
    /// Disk space of all cubes, under way and finished until they are sent, in bytes.
    pub disk_bytes: u64,
    /// Most output pixels × bands × groups of a request.
    pub pixels: u64,
    /// Most items of a request.
    pub items: usize,
    /// Files fetched at the same time.
    pub fetches: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, disk_bytes: 32 << 30, pixels: 1_000_000_000, items: 10_000, fetches: 32 }
    }
}

/// How a recipe is to be carried out, and for whom.
#[derive(Debug, Clone)]
pub struct Order {
    /// What the caller may see.
    pub access: Access,
    /// Form of the file.
    pub format: Format,
    /// What the caller may have read; none: any number of pixels.
    pub budget: Option<Budget>,
}

/// A caller's quota: pixels of the result × dates × bands read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Whose it is.
    pub account: String,
    /// Its pixels in a day (UTC).
    pub pixels_per_day: u64,
}

/// Files whose headers are kept: some kilobytes each.
const CACHED_HEADERS: u64 = 20_000;

/// Carries recipes out: catalogue, stores and the cube engine together. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kitchen {
    catalog: Catalog,
    stores: Arc<Stores>,
    rasters: RasterCache,
    engine: Engine,
    limits: Limits,
}

impl Kitchen {
    /// With these bounds.
    pub fn new(catalog: Catalog, stores: Arc<Stores>, limits: Limits) -> Self {
        let engine = Engine::new(limits.memory_bytes, limits.fetches).with_disk(limits.disk_bytes);
        Self { catalog, stores, rasters: RasterCache::new(CACHED_HEADERS), engine, limits }
    }

    /// The same, calling this when no cube was made for as long as `rest`.
    #[must_use]
    pub fn with_give_back(self, rest: Duration, give_back: fn()) -> Self {
        Self { engine: self.engine.with_give_back(rest, give_back), ..self }
    }

    /// What a recipe will take. It reads the headers of the files and no pixel, counts against no quota, and refuses what
    /// [`Kitchen::load`] would.
    #[tracing::instrument(skip_all, fields(collections = ?recipe.collections))]
    pub async fn estimate(&self, recipe: &Recipe, access: &Access) -> Result<Estimate> {
        let plan = Arc::new(self.plan(recipe, access).await?);
        let takes = self.engine.estimate(Arc::clone(&plan)).await?;
        Ok(Estimate {
            grid: plan.grid,
            bands: plan.band_names(),
            items: plan.scenes.len(),
            dates: plan.dates(),
            pixels: plan.pixels_read(),
            takes,
            datum_shift: plan.datum_shift,
            ledger: plan.ledger.clone(),
        })
    }

    /// Carries a recipe out. Dropping the future cancels the work.
    #[tracing::instrument(skip_all, fields(collections = ?recipe.collections))]
    pub async fn load(&self, recipe: &Recipe, order: &Order) -> Result<CubeFile> {
        // A header kept from before may be of a file that was replaced since: it is read again. Where one was replaced
        // others may have been, so the second time nothing that is known counts any more.
        let first = self.attempt(recipe, order).await;
        if let Ok((cube, charged)) = first {
            // What was left out may have been left out on account of an old header.
            if !self.any_was_replaced(&cube.summary.ledger).await {
                return Ok(cube);
            }
            self.refund(order, charged).await;
            return Ok(self.attempt(recipe, order).await?.0);
        }
        let suspects = |made: &Result<_>| made.as_ref().err().map(Error::suspect_files).unwrap_or_default();
        let hrefs = suspects(&first);
        if hrefs.is_empty() {
            return first.map(|(cube, _)| cube);
        }
        for href in hrefs {
            self.rasters.forget(&href).await;
        }
        let second = self.attempt(recipe, order).await;
        if suspects(&second).is_empty() {
            return second.map(|(cube, _)| cube);
        }
        self.rasters.clear();
        Ok(self.attempt(recipe, order).await?.0)
    }

    /// Whether a file that failed is another by now than the header that is known of it.
    async fn any_was_replaced(&self, ledger: &Ledger) -> bool {
        for href in
            ledger.failures.iter().filter(|failure| failure.kind.is_suspect()).filter_map(|one| one.href.as_ref())
        {
            let Ok(object) = self.stores.object(href) else { continue };
            let Ok(known) = self.rasters.open(object.clone()).await else { continue };
            self.rasters.forget(href).await;
            let now = self.rasters.open(object).await;
            if now.is_ok_and(|now| !now.version().is(known.version())) {
                return true;
            }
        }
        false
    }

    /// Takes a charge back; that this fails must not hide why.
    async fn refund(&self, order: &Order, charged: Option<Charged>) {
        let (Some(budget), Some(Charged { day, pixels, .. })) = (&order.budget, charged) else { return };
        if let Err(refund) = self.catalog.refund(&budget.account, day, pixels).await {
            tracing::warn!(error = &refund as &dyn std::error::Error, pixels, "no refund");
        }
    }

    async fn attempt(&self, recipe: &Recipe, order: &Order) -> Result<(CubeFile, Option<Charged>)> {
        let begin = Instant::now();
        let plan = Arc::new(self.plan(recipe, &order.access).await?.laid_out(order.format.layout()));
        order.format.check(&plan)?;
        self.engine.check(&plan)?;
        let pixels = plan.pixels_read();
        let charged = match &order.budget {
            Some(budget) => Some(self.charge(budget, pixels).await?),
            None => None,
        };
        let made = self.make(plan, order.format).await;
        if let Err(error) = &made
            && matches!(error.fault(), Fault::Busy | Fault::Room | Fault::Internal)
        {
            // What failed by no fault of the recipe costs nothing.
            self.refund(order, charged).await;
        }
        let (finished, taken, plan) = made?;
        let summary = Summary {
            grid: plan.grid,
            bands: plan.band_names(),
            items: plan.scenes.len(),
            dates: plan.dates(),
            tiles_read: taken.tiles_read,
            tiles_skipped: taken.tiles_skipped,
            bytes_read: taken.bytes_read,
            pixels,
            quota_left: charged.map(|charged| charged.left),
            datum_shift: plan.datum_shift,
            ledger: plan.ledger.clone(),
            elapsed_ms: begin.elapsed().as_millis() as u64,
        };
        tracing::info!(?taken, elapsed_ms = summary.elapsed_ms, items = summary.items, "cube made");
        let file_name = format!("{}.{}", recipe.collections.join("-"), order.format.extension());
        let Finished { file, size_bytes, room } = finished;
        let cube = CubeFile { file, room, size_bytes, media_type: order.format.media_type(), file_name, summary };
        Ok((cube, charged))
    }

    async fn plan(&self, recipe: &Recipe, access: &Access) -> Result<Plan> {
        let collections = resolve::collections(&self.catalog, recipe, access).await?;
        let items = resolve::items(&self.catalog, recipe, access, self.limits.items).await?;
        let request = Request {
            recipe,
            items,
            collections: &collections,
            stores: &self.stores,
            rasters: &self.rasters,
            max_pixels: self.limits.pixels,
            fetches: self.limits.fetches,
        };
        Ok(Plan::make(request).await?)
    }

    async fn make(&self, plan: Arc<Plan>, format: Format) -> Result<(Finished, Taken, Arc<Plan>)> {
        let Made { scratch, taken, plan } = self.engine.run(plan).await?;
        Ok((scratch.finish(format).await?, taken, plan))
    }

    async fn charge(&self, budget: &Budget, pixels: u64) -> Result<Charged> {
        match self.catalog.charge(&budget.account, pixels, budget.pixels_per_day).await? {
            Charge::Granted { left, day } => Ok(Charged { day, pixels, left }),
            Charge::Refused { left, resets } => Err(Error::Quota { pixels, left, resets }),
        }
    }
}

/// What a cube was charged.
#[derive(Debug, Clone, Copy)]
struct Charged {
    /// The day it was charged to.
    day: NaiveDate,
    pixels: u64,
    /// What is left of that day.
    left: u64,
}
