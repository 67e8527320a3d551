//! Coordinates from one CRS to another.

use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
};

use ardent_model::{Bbox, Bounds, Crs};
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use crate::{DatumShift, Error, Result};

/// Points per side when a rectangle is expressed in another CRS, in which its sides are curves.
const DENSIFY: i32 = 21;
/// The same where a side of degrees goes around much of the globe, and becomes much of a circle.
const DENSIFY_GLOBE: i32 = 359;
/// Degrees from which a side does.
const WIDE_DEGREES: f64 = 60.0;

thread_local! {
    // What a CRS is takes as long to find out.
    static PERIODS: RefCell<HashMap<Crs, Option<f64>>> = RefCell::default();
    // A transform may be used by one thread at a time, and takes milliseconds to make.
    static TRANSFORMS: RefCell<HashMap<(Crs, Crs, DatumShift), CoordTransform>> = RefCell::default();
}

/// The projection library's form of a CRS, axes in the order x, y.
pub(crate) fn spatial_ref(crs: Crs) -> Result<SpatialRef> {
    let mut found = SpatialRef::from_epsg(crs.code()).map_err(|_| Error::UnknownCrs { crs })?;
    found.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(found)
}

fn with_transform<T>(shift: &DatumShift, (from, to): (Crs, Crs), work: impl FnOnce(&CoordTransform) -> T) -> Result<T> {
    TRANSFORMS.with_borrow_mut(|transforms| {
        let transform = match transforms.entry((from, to, shift.clone())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let made = match shift.transform(from, to)? {
                    Some(made) => made,
                    None => CoordTransform::new(&spatial_ref(from)?, &spatial_ref(to)?)
                        .map_err(|_| Error::Unprojectable { crs: to })?,
                };
                place.insert(made)
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
    transform_by(DatumShift::chosen(), (from, to), x, y)
}

/// The same, with this datum shift.
pub(crate) fn transform_by(shift: &DatumShift, (from, to): (Crs, Crs), x: &mut [f64], y: &mut [f64]) -> Result<()> {
    if from == to {
        return Ok(());
    }
    if shift.rules(from, to) && from != Crs::WGS84 && to != Crs::WGS84 {
        transform_by(shift, (from, Crs::WGS84), x, y)?;
        return transform_by(shift, (Crs::WGS84, to), x, y);
    }
    let failed = with_transform(shift, (from, to), |transform| transform.transform_coords(x, y, &mut []).is_err())?;
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

/// The least rectangle in `to` that holds `bounds` of `from`, whose sides are followed as curves. Across the antimeridian
/// longitudes go on: from 177 to 182.
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
    let [left, bottom, mut right, top] = sides(DatumShift::chosen(), (from, to), bounds)?;
    if left > right {
        right += period(to)?.unwrap_or(0.0);
    }
    let finite = [left, bottom, right, top].iter().all(|side| side.is_finite());
    if !finite || bottom >= top || left >= right {
        return Err(Error::Unprojectable { crs: to });
    }
    Ok(Bounds { left, bottom, right, top })
}

/// After how much x comes round to the same place: 360 in degrees; `None` of a projection.
pub(crate) fn period(crs: Crs) -> Result<Option<f64>> {
    PERIODS.with_borrow_mut(|periods| {
        if let Some(known) = periods.get(&crs) {
            return Ok(*known);
        }
        let reference = spatial_ref(crs)?;
        // Units are rounded to fifteen digits: 360 must be 360.
        let whole = |turn: f64| (turn * 1e6).round() / 1e6;
        let found = reference.is_geographic().then(|| whole(std::f64::consts::TAU / reference.angular_units()));
        periods.insert(crs, found);
        Ok(found)
    })
}

/// How much is to be added to x, which comes round after `period`, so that it is at most half of that from `middle`.
pub(crate) fn turns(x: f64, middle: f64, period: f64) -> f64 {
    let turns = ((middle - x) / period).round();
    if turns.is_finite() { turns * period } else { 0.0 }
}

/// Left, bottom, right and top of the rectangle in `to`; left may be greater than right in degrees.
pub(crate) fn sides(shift: &DatumShift, (from, to): (Crs, Crs), bounds: &Bounds) -> Result<[f64; 4]> {
    if !shift.rules(from, to) || from == Crs::WGS84 || to == Crs::WGS84 {
        let sides = [bounds.left, bounds.bottom, bounds.right, bounds.top];
        let is_wide = bounds.right - bounds.left > WIDE_DEGREES && period(from)?.is_some();
        let points = if is_wide { DENSIFY_GLOBE } else { DENSIFY };
        let found = with_transform(shift, (from, to), |transform| transform.transform_bounds(&sides, points))?;
        return found.map_err(|_| Error::Unprojectable { crs: to });
    }
    // By way of degrees there are two transforms. No pole and no antimeridian is in Britain.
    let along = |start: f64, end: f64| {
        (0..=DENSIFY + 1).map(move |step| start + (end - start) * f64::from(step) / f64::from(DENSIFY + 1))
    };
    let across = along(bounds.left, bounds.right).flat_map(|x| [(x, bounds.bottom), (x, bounds.top)]);
    let down = along(bounds.bottom, bounds.top).flat_map(|y| [(bounds.left, y), (bounds.right, y)]);
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = across.chain(down).unzip();
    transform_by(shift, (from, to), &mut x, &mut y)?;
    let least = |axis: &[f64]| axis.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = |axis: &[f64]| axis.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok([least(&x), least(&y), greatest(&x), greatest(&y)])
}

/// The box in degrees to search for items that may touch `bounds` of `crs`; across the antimeridian if need be.
pub fn search_box(crs: Crs, bounds: &Bounds) -> Result<Bbox> {
    let Bounds { left, bottom, right, top } = transform_bounds(crs, Crs::WGS84, bounds)?;
    let (bottom, top) = (bottom.max(-90.0), top.min(90.0));
    if right - left >= 360.0 {
        return Ok(Bbox::new(-180.0, bottom, 180.0, top)?);
    }
    let within = |longitude: f64| {
        longitude + if (-180.0..=180.0).contains(&longitude) { 0.0 } else { turns(longitude, 0.0, 360.0) }
    };
    Ok(Bbox::new(within(left), bottom, within(right), top)?)
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
        let fiji = Bounds { left: 1_900_000.0, bottom: 3_800_000.0, right: 2_200_000.0, top: 3_900_000.0 };
        let degrees = transform_bounds(Crs::epsg(3460), Crs::WGS84, &fiji).unwrap();
        assert!(degrees.left < 178.0 && degrees.right > 180.5 && degrees.right < 181.5, "{degrees:?}");
        let [west, south, east, north] = search_box(Crs::epsg(3460), &fiji).unwrap().sides();
        assert_eq!((west, east), (degrees.left, degrees.right - 360.0));
        assert!(south > -19.0 && north < -17.0);
        let again = Bounds { left: 177.0, bottom: -19.0, right: 182.0, top: -16.0 };
        assert_eq!(search_box(Crs::WGS84, &again).unwrap().sides(), [177.0, -19.0, -178.0, -16.0]);
    }

    #[test]
    fn an_area_around_a_pole_goes_all_around() {
        let polar = Bounds { left: -1e6, bottom: -1e6, right: 1e6, top: 1e6 };
        let [west, south, east, north] = search_box(Crs::epsg(3995), &polar).unwrap().sides();
        assert_eq!((west, east, north), (-180.0, 180.0, 90.0));
        assert!((76.0..78.0).contains(&south), "the corners are 1414 km from the pole: {south}");
        let ring = Bounds { left: -180.0, bottom: 70.0, right: 180.0, top: 90.0 };
        let found = transform_bounds(Crs::WGS84, Crs::epsg(3995), &ring).unwrap();
        let (mut x, mut y) = ([90.0], [70.0]);
        transform(Crs::WGS84, Crs::epsg(3995), &mut x, &mut y).unwrap();
        assert!((found.right - x[0]).abs() < 1.0 && (found.top - x[0]).abs() < 1.0, "{found:?} {x:?}");
    }

    #[test]
    fn degrees_come_round_and_metres_do_not() {
        assert_eq!(period(Crs::WGS84).unwrap(), Some(360.0));
        assert_eq!(period(Crs::epsg(4807)).unwrap(), Some(400.0), "NTF (Paris) is in grads");
        assert_eq!(period(Crs::epsg(32601)).unwrap(), None);
        assert_eq!(
            (turns(-179.0, 179.5, 360.0), turns(20.0, 0.0, 360.0), turns(f64::NAN, 0.0, 360.0)),
            (360.0, 0.0, 0.0)
        );
    }
}
