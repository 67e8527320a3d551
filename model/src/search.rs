//! A search of the catalogue (STAC API – Item Search 1.0.0).

use crate::filter::Condition;
use crate::{Bbox, Error, Fields, FreeText, Interval, OfferedCrs, ProjectedBox, Result, SortKey};

/// What to search for. Every part that is given must hold.
///
/// ```
/// use ardent_model::{Bbox, Search};
/// let search = Search { bbox: Some(Bbox::parse("-2,50,-1,51").unwrap()), limit: 100, ..Search::default() };
/// assert!(search.validate().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Ids of items; empty: any.
    pub ids: Vec<String>,
    /// Ids of collections; empty: any.
    pub collections: Vec<String>,
    /// Footprints that touch this box.
    pub bbox: Option<Bbox>,
    /// Footprints that touch this box in metres.
    pub projected_box: Option<ProjectedBox>,
    /// Footprints that touch this geometry.
    pub intersects: Option<geo_types::Geometry<f64>>,
    /// Items whose time overlaps this interval.
    pub datetime: Option<Interval>,
    /// What must be true of them.
    pub filter: Option<Condition>,
    /// What must occur in their texts.
    pub text: FreeText,
    /// The order, by the first key first; empty: latest first. What is equal is in the order of collection and id.
    pub sort: Vec<SortKey>,
    /// Items per page; 0: how many there are, and no items.
    pub limit: usize,
    /// Where to go on: the `token` of the page before.
    pub token: Option<String>,
    /// In what footprints are handed out.
    pub crs: OfferedCrs,
    /// Which members of the documents the caller wants; `None`: all. What is found, and in which order, is the same.
    pub fields: Option<Fields>,
}

/// Items per page if a request does not say.
pub const DEFAULT_LIMIT: usize = 10;
/// Most items per page; more is clamped to it, as OGC API – Features §7.15.2 asks.
pub const MAX_LIMIT: usize = 10_000;
/// Most vertices of `intersects`.
pub const MAX_VERTICES: usize = 100_000;

impl Default for Search {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            collections: Vec::new(),
            bbox: None,
            projected_box: None,
            intersects: None,
            datetime: None,
            filter: None,
            text: FreeText::default(),
            sort: Vec::new(),
            limit: DEFAULT_LIMIT,
            token: None,
            crs: OfferedCrs::CRS84,
            fields: None,
        }
    }
}

impl Search {
    /// Whether it can be answered.
    pub fn validate(&self) -> Result<()> {
        let fault = |parameter: &str, reason: &str| {
            Err(Error::Search { parameter: parameter.to_owned(), reason: reason.to_owned() })
        };
        if (self.bbox.is_some() || self.projected_box.is_some()) && self.intersects.is_some() {
            return fault("intersects", "it cannot be given together with bbox; leave one out");
        }
        SortKey::validate_all(&self.sort)?;
        if let Some(geometry) = &self.intersects {
            use geo::CoordsIter;
            if geometry.coords_count() == 0 {
                return fault("intersects", "the geometry is empty");
            }
            if geometry.coords_count() > MAX_VERTICES {
                return fault("intersects", "it has more than 100 000 vertices; simplify it");
            }
            if geometry.coords_iter().any(|at| !at.x.is_finite() || !at.y.is_finite()) {
                return fault("intersects", "a coordinate is not a finite number");
            }
            if geometry.coords_iter().any(|at| at.x.abs() > 180.0 || at.y.abs() > 90.0) {
                return fault("intersects", "a coordinate is not a longitude and latitude in degrees");
            }
        }
        Ok(())
    }
}
