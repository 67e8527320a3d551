//! The finished GeoTIFF: cloud-optimised, with overviews.

use std::path::Path;

use ardent_model::{DataType, recipe::Reduce};
use gdal::{DriverManager, cpl::CslStringList};

use super::tiff::{WindowFile, during};
use crate::{Result, plan::Plan};

/// Copies the windows to a COG.
pub(crate) fn encode(plan: &Plan, mut file: WindowFile, path: &Path) -> Result<()> {
    let failed = during("writing the COG");
    file.dataset.flush_cache().map_err(&failed)?;
    let driver = DriverManager::get_driver_by_name("COG").map_err(&failed)?;
    // Means of reflectances are pictures; means of counts and classes are nothing.
    let is_a_mean = match plan.recipe.reduce {
        Reduce::Median | Reduce::Mean | Reduce::Percentile(_) | Reduce::Stddev | Reduce::Geomedian => true,
        Reduce::Min | Reduce::Max | Reduce::Count | Reduce::First | Reduce::Last | Reduce::Medoid | Reduce::Best(_) => {
            false
        }
    };
    let averages = is_a_mean && plan.recipe.extra.is_empty() && plan.stored.0 != DataType::Uint8;
    let resampling = if averages { "OVERVIEW_RESAMPLING=AVERAGE" } else { "OVERVIEW_RESAMPLING=NEAREST" };
    let options =
        ["COMPRESS=DEFLATE", "PREDICTOR=YES", "BLOCKSIZE=512", "NUM_THREADS=ALL_CPUS", "BIGTIFF=IF_SAFER", resampling];
    let options: CslStringList = options.into_iter().collect();
    file.dataset.create_copy(&driver, path, &options).map_err(&failed)?.close().map_err(&failed)
}
