//! Geometries in other coordinate reference systems: places that are searched for, and footprints that are handed out.
//! PostGIS transforms the positions; what there is to know about lines and the antimeridian is known here.

mod condition;
mod document;
mod shape;

use ardent_model::search::MAX_VERTICES;
use ardent_model::{OfferedCrs, ProjectedBox};
use geo::{CoordsIter, MapCoordsInPlace};
use geo_types::{Coord, Geometry};
use geozero::ToGeo;
use sqlx::PgPool;

use crate::error::while_doing;
use crate::wkb::Ewkb;
use crate::{Error, Result};
pub(crate) use condition::geographic as geographic_condition;

/// Farther from the origin, in metres, no system is used; a pole on Mercator's map is.
const FARTHEST: f64 = 1e8;
/// Most positions of all places of a filter once their lines are cut, which those of a winding line would multiply.
const MOST_POSITIONS: usize = 1_000_000;
/// How far a position may be from where it was once it is brought there and back, in metres and in degrees. At the edge
/// of the region of a datum the way back may be by another shift than the way there, which differ by some 100 m; where a
/// projection fails, it is by whole regions.
const NEAR_METRES: f64 = 1000.0;
const NEAR_DEGREES: f64 = 0.01;

/// A box in metres as a geometry in longitude and latitude, which reaches beyond ±180 degrees where it crosses the
/// antimeridian.
pub(crate) async fn geographic_box(given: &ProjectedBox, pool: &PgPool) -> Result<Geometry<f64>> {
    let made = geographic(vec![given.geometry()], given.crs, pool).await?.pop().flatten();
    made.ok_or_else(|| out_of_reach("bbox", "the box", given.crs))
}

/// Geometries in metres in longitude and latitude, their lines as they are drawn in metres; `None` where the system
/// cannot be used.
async fn geographic(given: Vec<Geometry<f64>>, crs: OfferedCrs, pool: &PgPool) -> Result<Vec<Option<Geometry<f64>>>> {
    let mut left = MOST_POSITIONS;
    let dense = given.iter().map(|geometry| {
        let dense = shape::dense(geometry, left)?;
        left -= dense.coords_count();
        Some(dense)
    });
    let dense: Vec<Geometry<f64>> = dense.collect::<Option<_>>().ok_or_else(|| {
        let vertices = given.iter().map(CoordsIter::coords_count).sum();
        ardent_model::Error::TooManyVertices { parameter: "filter".to_owned(), vertices, allowed: MAX_VERTICES }
    })?;
    let made = transformed(&dense, (crs.srid(), OfferedCrs::CRS84.srid()), pool).await?;
    let is_near = |one: &Coord, two: &Coord| (one.x - two.x).hypot(one.y - two.y) < NEAR_METRES;
    let whole = dense.iter().zip(made).map(|(given, made)| sound(given, made, is_near));
    Ok(whole.map(|made| made.map(shape::unwrapped)).collect())
}

/// Geometries in longitude and latitude in that system, axes in its order; `None` where it cannot be used.
async fn offered(given: &[Geometry<f64>], crs: OfferedCrs, pool: &PgPool) -> Result<Vec<Option<Geometry<f64>>>> {
    if !crs.is_projected() {
        let swapped = |mut geometry: Geometry<f64>| {
            if !crs.is_crs84() {
                geometry.map_coords_in_place(|at| Coord { x: at.y, y: at.x });
            }
            Some(geometry)
        };
        return Ok(given.iter().cloned().map(swapped).collect());
    }
    let made = transformed(given, (OfferedCrs::CRS84.srid(), crs.srid()), pool).await?;
    let is_near = |one: &Coord, two: &Coord| {
        // All longitudes meet at a pole.
        let turn = (one.x - two.x + 540.0).rem_euclid(360.0) - 180.0;
        (turn * one.y.to_radians().cos()).hypot(one.y - two.y) < NEAR_DEGREES
    };
    Ok(given.iter().zip(made).map(|(given, made)| sound(given, made, is_near)).collect())
}

/// What was made of a geometry, if it can be made into that geometry again.
fn sound(
    given: &Geometry<f64>,
    (made, back): ThereAndBack<Geometry<f64>>,
    is_near: impl Fn(&Coord, &Coord) -> bool,
) -> Option<Geometry<f64>> {
    let (made, back) = (made?, back?);
    let is_within = made.coords_iter().all(|at| at.x.abs() < FARTHEST && at.y.abs() < FARTHEST);
    let is_same = given.coords_count() == back.coords_count()
        && given.coords_iter().zip(back.coords_iter()).all(|(given, back)| is_near(&given, &back));
    (is_within && is_same).then_some(made)
}

/// A geometry there, and brought back.
type ThereAndBack<G> = (Option<G>, Option<G>);

/// The geometries as the database has them in the other system, and brought back from there.
async fn transformed(
    given: &[Geometry<f64>],
    (from, to): (i32, i32),
    pool: &PgPool,
) -> Result<Vec<ThereAndBack<Geometry<f64>>>> {
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let fault = |source| Error::Geometry { source };
    let given: Vec<Ewkb> = given.iter().map(Ewkb::new).collect::<std::result::Result<_, _>>().map_err(fault)?;
    let query = sqlx::query_as(
        "SELECT ST_AsEWKB(made), ST_AsEWKB(reprojected(made, $2)) \
         FROM unnest($1::bytea[]) WITH ORDINALITY AS given (geometry, place), \
         reprojected(ST_SetSRID(ST_GeomFromEWKB(geometry), $2), $3) AS made ORDER BY place",
    );
    let rows: Vec<ThereAndBack<Vec<u8>>> =
        query.bind(given).bind(from).bind(to).fetch_all(pool).await.map_err(while_doing("transforming geometries"))?;
    let read =
        |bytes: Option<Vec<u8>>| bytes.map(|bytes| geozero::wkb::Ewkb(bytes).to_geo().map_err(fault)).transpose();
    rows.into_iter().map(|(made, back)| Ok((read(made)?, read(back)?))).collect()
}

fn out_of_reach(parameter: &str, what: &str, crs: OfferedCrs) -> Error {
    let reason = format!("{what} reaches to where {crs} cannot be used; choose another system, or leave it out");
    ardent_model::Error::Search { parameter: parameter.to_owned(), reason }.into()
}
