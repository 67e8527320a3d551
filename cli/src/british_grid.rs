//! The transformation of British National Grid, chosen for the process.

use anyhow::{Result, anyhow};

use crate::arguments::{BritishGrid, DatumShift};

/// Makes what the settings say the transformation of this process. An error if OSTN15's grid cannot be read.
pub(crate) fn choose(settings: &BritishGrid) -> Result<()> {
    use ardent_datacube::DatumShift as Chosen;
    let grid = settings.ostn15_grid.as_deref();
    if grid.is_some() && settings.british_grid != DatumShift::Ostn15 {
        return Err(anyhow!("--ostn15-grid is for OSTN15; add --british-grid ostn15"));
    }
    let chosen = match settings.british_grid {
        DatumShift::Best => Chosen::Best,
        DatumShift::Helmert => Chosen::Helmert,
        DatumShift::Ostn15 => Chosen::ostn15(grid)?,
    };
    tracing::info!(british_grid = %chosen, "transformation of EPSG:27700");
    Ok(chosen.choose()?)
}
