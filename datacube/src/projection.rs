//! Coordinates from one CRS to another.

use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
};

use ardent_model::{Bbox, Bounds, Crs};
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use crate::{Error, Result};

/// Points per side when a rectangle is expressed in another CRS, in which its sides are curves.
const DENSIFY: i32 = 21;

thread_local! {
    // A transform may be used by one thread at a time, and takes milliseconds to make.
    static TRANSFORMS: RefCell<HashMap<(Crs, Crs), CoordTransform>> = RefCell::default();
}

/// The projection library's form of a CRS, axes in the order x, y.
pub(crate) fn spatial_ref(crs: Crs) -> Result<SpatialRef> {
    let mut found = SpatialRef::from_epsg(crs.code()).map_err(|_| Error::UnknownCrs { crs })?;
    found.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(found)
}

fn with_transform<T>(from: Crs, to: Crs, work: impl FnOnce(&CoordTransform) -> T) -> Result<T> {
    TRANSFORMS.with_borrow_mut(|transforms| {
        let transform = match transforms.entry((from, to)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let made = CoordTransform::new(&spatial_ref(from)?, &spatial_ref(to)?);
                place.insert(made.map_err(|_| Error::Unprojectable { crs: to })?)
            }
        };
        Ok(work(transform))
    })
}

/// Expresses points in another CRS, in place. A point without counterpart becomes NaN.
///
/// ```
/// use ardent_datacube::projection;
/// use ardent_model::Crs;
/// let (mut x, mut y) = ([-1.5], [50.9]);
/// projection::transform(Crs::WGS84, Crs::epsg(27700), &mut x, &mut y).unwrap();
/// assert!((x[0] - 435_200.0).abs() < 200.0 && (y[0] - 111_500.0).abs() < 500.0);
/// ```
pub fn transform(from: Crs, to: Crs, x: &mut [f64], y: &mut [f64]) -> Result<()> {
    if from == to {
        return Ok(());
    }
    let failed = with_transform(from, to, |transform| transform.transform_coords(x, y, &mut []).is_err())?;
    if failed {
        // One point without counterpart fails the call; what it made of the others is not specified for every version.
        for (x, y) in x.iter_mut().zip(y.iter_mut()) {
            if !(x.is_finite() && y.is_finite()) {
                (*x, *y) = (f64::NAN, f64::NAN);
            }
        }
    }
    Ok(())
}

/// The least rectangle in `to` that holds `bounds` of `from`, whose sides are followed as curves.
///
/// ```
/// use ardent_datacube::projection;
/// use ardent_model::{Bounds, Crs};
/// let area = Bounds { left: 434_800.0, bottom: 96_500.0, right: 548_510.0, top: 145_900.0 };
/// let degrees = projection::transform_bounds(Crs::epsg(27700), Crs::WGS84, &area).unwrap();
/// assert!(degrees.left < -1.49 && degrees.right > 0.09);
/// ```
pub fn transform_bounds(from: Crs, to: Crs, bounds: &Bounds) -> Result<Bounds> {
    if from == to {
        return Ok(*bounds);
    }
    let sides = [bounds.left, bounds.bottom, bounds.right, bounds.top];
    let found = with_transform(from, to, |transform| transform.transform_bounds(&sides, DENSIFY))?;
    let [left, bottom, right, top] = found.map_err(|_| Error::Unprojectable { crs: to })?;
    let finite = [left, bottom, right, top].iter().all(|side| side.is_finite());
    if !finite || bottom >= top || left >= right && to != Crs::WGS84 {
        return Err(Error::Unprojectable { crs: to });
    }
    Ok(Bounds { left, bottom, right, top })
}

/// The box in degrees to search for items that may touch `bounds` of `crs`; across the antimeridian if need be.
pub fn search_box(crs: Crs, bounds: &Bounds) -> Result<Bbox> {
    let Bounds { left, bottom, right, top } = transform_bounds(crs, Crs::WGS84, bounds)?;
    Ok(Bbox::new(left.max(-180.0), bottom.max(-90.0), right.min(180.0), top.min(90.0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_crs_is_named() {
        let bounds = Bounds { left: 0.0, bottom: 0.0, right: 1.0, top: 1.0 };
        let error = transform_bounds(Crs::epsg(999_999), Crs::WGS84, &bounds).unwrap_err();
        assert!(error.to_string().contains("EPSG:999999"), "{error}");
    }

    #[test]
    fn points_there_and_back() {
        let (mut x, mut y) = (vec![500_000.0, 600_000.0], vec![200_000.0, 150_000.0]);
        let before = (x.clone(), y.clone());
        transform(Crs::epsg(27700), Crs::epsg(32630), &mut x, &mut y).unwrap();
        transform(Crs::epsg(32630), Crs::epsg(27700), &mut x, &mut y).unwrap();
        let off = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off(&x, &before.0) < 1e-3 && off(&y, &before.1) < 1e-3);
    }

    #[test]
    fn a_box_across_the_antimeridian_stays_whole() {
        let fiji = Bounds { left: 2_980_000.0, bottom: 3_800_000.0, right: 3_100_000.0, top: 3_900_000.0 };
        let bbox = search_box(Crs::epsg(3460), &Bounds { left: 1_900_000.0, right: 2_200_000.0, ..fiji }).unwrap();
        assert!(bbox.sides().iter().all(|side| side.is_finite()));
    }
}
