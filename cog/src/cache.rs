//! Opened rasters, kept.

use std::sync::Arc;

use ardent_storage::Object;
use moka::future::Cache;

use crate::{Raster, Result};

/// Opened rasters, bounded, by href. Failures are never kept. Cheap to clone; clones share.
///
/// ```
/// use ardent_cog::RasterCache;
/// let cache = RasterCache::new(10_000);
/// # let _ = cache;
/// ```
#[derive(Debug, Clone)]
pub struct RasterCache {
    rasters: Cache<Arc<str>, Arc<Raster>>,
}

impl RasterCache {
    /// With room for the headers of `capacity` files.
    pub fn new(capacity: u64) -> Self {
        Self { rasters: Cache::new(capacity) }
    }

    /// The raster, from memory if its header was read before; concurrent callers wait for one read.
    pub async fn open(&self, object: Object) -> Result<Arc<Raster>> {
        let mut own = None;
        let read = async {
            let result = Raster::open(object.clone()).await;
            result.map_err(|error| own = Some(error))
        };
        let shared = self.rasters.try_get_with(Arc::clone(&object.href), read).await;
        match (shared, own) {
            (Ok(raster), _) => Ok(raster),
            (Err(_), Some(error)) => Err(error),
            // Somebody else's read failed, and the error is theirs.
            (Err(_), None) => Raster::open(object).await,
        }
    }

    /// Forgets every file.
    pub fn clear(&self) {
        self.rasters.invalidate_all();
    }

    /// Forgets a file, after it turned out to have changed.
    pub async fn forget(&self, href: &str) {
        self.rasters.invalidate(href).await;
    }
}
