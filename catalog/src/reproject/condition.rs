//! Conditions whose places are in metres.

use ardent_model::OfferedCrs;
use ardent_model::filter::{Condition, Place};
use geo_types::Geometry;
use sqlx::PgPool;

use super::{geographic as transform, out_of_reach};
use crate::Result;

/// The condition with its places in longitude and latitude.
pub(crate) async fn geographic(condition: &Condition, pool: &PgPool) -> Result<Condition> {
    let mut condition = condition.clone();
    let mut places = Vec::new();
    collect(&mut condition, &mut places);
    let given: Vec<(Geometry<f64>, OfferedCrs)> = places.iter().filter_map(|place| projected(place)).collect();
    // All of a filter are in one system.
    let Some((_, crs)) = given.first().cloned() else { return Ok(condition) };
    let made = transform(given.into_iter().map(|(geometry, _)| geometry).collect(), crs, pool).await?;
    for (place, made) in places.into_iter().zip(made) {
        *place = Place::Geometry(made.ok_or_else(|| out_of_reach("filter", "a geometry", crs))?);
    }
    Ok(condition)
}

fn projected(place: &Place) -> Option<(Geometry<f64>, OfferedCrs)> {
    if let Place::Projected(geometry, crs) = place { Some((geometry.clone(), *crs)) } else { None }
}

fn collect<'a>(condition: &'a mut Condition, found: &mut Vec<&'a mut Place>) {
    match condition {
        Condition::Spatial(_, left, right) => {
            found.extend([left, right].into_iter().filter(|place| matches!(place, Place::Projected(..))));
        }
        Condition::And(all) | Condition::Or(all) => all.iter_mut().for_each(|one| collect(one, found)),
        Condition::Not(one) => collect(one, found),
        _ => {}
    }
}
