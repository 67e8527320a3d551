//! Between British National Grid and other datums: OSTN15, which is Ordnance Survey's own, or Helmert.
//!
//! The two differ by up to some metres. Which one a projection library takes depends on the grids that happen to be
//! installed, so a process chooses, once, before its first cube.

use std::{
    fmt,
    path::Path,
    sync::{Arc, OnceLock},
};

use ardent_model::Crs;
use gdal::spatial_ref::{CoordTransform, CoordTransformOptions};

use crate::{Error, Result, engine::set_up_raster_library, projection};

/// What OSTN15's grid is called, by PROJ and by Ordnance Survey.
const GRIDS: [&str; 2] = ["uk_os_OSTN15_NTv2_OSGBtoETRS.tif", "OSTN15_NTv2_OSGBtoETRS.gsb"];
/// London, in EPSG:27700, to try a grid.
const LONDON: (f64, f64) = (530_000.0, 180_000.0);
/// Transformations that differ by less, in metres, are the same.
const SAME_M: f64 = 1e-3;

/// From OSGB36 to WGS 84, which is ETRS89 to within what either is good for.
///
/// ```
/// use ardent_datacube::DatumShift;
/// assert_eq!(DatumShift::default().to_string(), "best");
/// assert_eq!(DatumShift::Helmert.to_string(), "helmert");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum DatumShift {
    /// What the installed PROJ takes for the best: OSTN15 if it has its grid, else Helmert.
    #[default]
    Best,
    /// Seven parameters (EPSG:1314), good to some metres.
    Helmert,
    /// Ordnance Survey's grid (EPSG:7710), good to a decimetre on land; elsewhere there is no counterpart. The name of
    /// its file as PROJ takes it.
    Ostn15(Arc<str>),
}

static CHOSEN: OnceLock<DatumShift> = OnceLock::new();

impl DatumShift {
    /// OSTN15 from this file, or from where PROJ keeps its grids. An error if the grid cannot be read.
    pub fn ostn15(grid: Option<&Path>) -> Result<Self> {
        set_up_raster_library();
        let Some(path) = grid else {
            let found = GRIDS.iter().map(|name| Self::Ostn15(Arc::from(*name))).find(Self::works);
            return found.ok_or_else(|| Error::NoShiftGrid { tried: GRIDS.join(" and ") });
        };
        let missing = || Error::NoShiftGrid { tried: path.display().to_string() };
        // Quotes and commas mean something in the list of grids that PROJ takes.
        let whole = std::fs::canonicalize(path).map_err(|_| missing())?;
        let name = whole.to_str().filter(|name| !name.contains(['"', ','])).ok_or_else(missing)?;
        Some(Self::Ostn15(Arc::from(name))).filter(Self::works).ok_or_else(missing)
    }

    /// Makes this the transformation of the process. An error if it has projected by another one already.
    pub fn choose(self) -> Result<()> {
        let chosen = CHOSEN.get_or_init(|| self.clone());
        if *chosen == self { Ok(()) } else { Err(Error::ShiftChosen { chosen: chosen.to_string() }) }
    }

    /// The transformation of the process.
    pub(crate) fn chosen() -> &'static Self {
        CHOSEN.get_or_init(Self::default)
    }

    fn works(&self) -> bool {
        let (mut x, mut y) = ([LONDON.0], [LONDON.1]);
        let done = projection::transform_by(self, (Crs::epsg(27700), Crs::WGS84), &mut x, &mut y);
        done.is_ok() && x[0].is_finite() && y[0].is_finite()
    }

    /// The transformation between two CRSs, if one of them is of OSGB36, the other is in degrees of WGS 84, and this is
    /// not left to PROJ.
    pub(crate) fn transform(&self, from: Crs, to: Crs) -> Result<Option<CoordTransform>> {
        let (british, is_reverse) = match (is_osgb36(from), is_osgb36(to)) {
            (true, false) if to == Crs::WGS84 => (from, false),
            (false, true) if from == Crs::WGS84 => (to, true),
            _ => return Ok(None),
        };
        let Some(pipeline) = self.pipeline(british) else { return Ok(None) };
        let unprojectable = |_| Error::Unprojectable { crs: to };
        let mut options = CoordTransformOptions::new().map_err(unprojectable)?;
        options.set_coordinate_operation(&pipeline, is_reverse).map_err(unprojectable)?;
        let (from, to) = (projection::spatial_ref(from)?, projection::spatial_ref(to)?);
        Ok(Some(CoordTransform::new_with_options(&from, &to, &options).map_err(unprojectable)?))
    }

    /// From `british` to degrees of WGS 84, axes as the authority orders them.
    fn pipeline(&self, british: Crs) -> Option<String> {
        let shift = match self {
            Self::Best => return None,
            Self::Helmert => "+step +proj=push +v_3 +step +proj=cart +ellps=airy \
                 +step +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 \
                 +convention=position_vector \
                 +step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3"
                .to_owned(),
            Self::Ostn15(grid) => format!("+step +proj=hgridshift +grids=\"{grid}\""),
        };
        let begin = if british == GEOGRAPHIC {
            "+step +proj=axisswap +order=2,1 +step +proj=unitconvert +xy_in=deg +xy_out=rad"
        } else {
            "+step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
        };
        let end = "+step +proj=unitconvert +xy_in=rad +xy_out=deg +step +proj=axisswap +order=2,1";
        Some(format!("+proj=pipeline {begin} {shift} {end}"))
    }

    /// Whether this one lies between two CRSs, so that PROJ's own choice must not.
    pub(crate) fn rules(&self, from: Crs, to: Crs) -> bool {
        *self != Self::Best && lies_between(from, to)
    }

    /// What it is at a place, in degrees: `helmert`, `ostn15`, or `proj` for another one that PROJ has chosen.
    pub(crate) fn name_at(&self, (longitude, latitude): (f64, f64)) -> &'static str {
        let position = |shift: &Self| {
            let (mut x, mut y) = ([longitude], [latitude]);
            projection::transform_by(shift, (Crs::WGS84, Crs::epsg(27700)), &mut x, &mut y).ok().map(|()| (x[0], y[0]))
        };
        let same = |other: &Self| {
            let (Some(own), Some(other)) = (position(self), position(other)) else { return false };
            (own.0 - other.0).hypot(own.1 - other.1) < SAME_M
        };
        match self {
            Self::Helmert => "helmert",
            Self::Ostn15(_) => "ostn15",
            Self::Best if same(&Self::Helmert) => "helmert",
            Self::Best if Self::ostn15(None).is_ok_and(|grid| same(&grid)) => "ostn15",
            Self::Best => "proj",
        }
    }
}

impl fmt::Display for DatumShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Best => f.write_str("best"),
            Self::Helmert => f.write_str("helmert"),
            Self::Ostn15(grid) => write!(f, "ostn15 ({grid})"),
        }
    }
}

/// OSGB36 in degrees.
const GEOGRAPHIC: Crs = Crs::epsg(4277);

fn is_osgb36(crs: Crs) -> bool {
    matches!(crs.code(), 4277 | 27700)
}

/// Whether the way from one CRS to the other changes the datum from or to OSGB36.
pub(crate) fn lies_between(from: Crs, to: Crs) -> bool {
    is_osgb36(from) != is_osgb36(to)
}

#[cfg(test)]
mod tests;
