//! Where a search looks: areas, and the boxes around them.

use ardent_model::Bbox;
use geo::BoundingRect;
use geo_types::{Geometry, GeometryCollection, Line, Point, Rect, coord};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};

use crate::Result;
use crate::error::while_doing;
use crate::wkb::Ewkb;

/// An area of which a footprint must touch something.
#[derive(Debug)]
pub(super) struct Area {
    shape: Ewkb,
    sides: Sides,
}

/// Its sides; none of an area that is empty.
#[derive(Debug, Clone, Copy, FromRow)]
pub(super) struct Sides {
    west: Option<f64>,
    south: Option<f64>,
    east: Option<f64>,
    north: Option<f64>,
}

impl Sides {
    /// West, south, east and north.
    pub(super) fn all(self) -> Option<[f64; 4]> {
        Some([self.west?, self.south?, self.east?, self.north?])
    }
}

#[derive(FromRow)]
struct Made {
    shape: Vec<u8>,
    #[sqlx(flatten)]
    sides: Sides,
}

impl Area {
    /// Those of a box: two if it crosses the antimeridian.
    pub(super) fn of_box(bbox: &Bbox) -> Result<Vec<Self>> {
        bbox.parts().into_iter().map(|part| Self::given(&box_geometry(part))).collect()
    }

    /// Those of a geometry, valid and within ±180 degrees. A geometry that was split at the antimeridian is two areas,
    /// since one box around both would be a belt around the world.
    pub(super) async fn of_geometry(geometry: &Geometry<f64>, pool: &PgPool) -> Result<Vec<Self>> {
        let parts = split_areas(geometry);
        if matches!(geometry, Geometry::Point(_) | Geometry::MultiPoint(_) | Geometry::Rect(_)) {
            return parts.iter().map(Self::given).collect();
        }
        let given = parts.iter().map(encode).collect::<Result<Vec<Ewkb>>>()?;
        let query = sqlx::query_as(
            "SELECT ST_AsEWKB(made) AS shape, ST_XMin(made) AS west, ST_YMin(made) AS south, ST_XMax(made) AS east, \
             ST_YMax(made) AS north FROM (SELECT normal_footprint(ST_GeomFromEWKB(area)) AS made \
             FROM unnest($1::bytea[]) AS area OFFSET 0) AS areas",
        );
        let made: Vec<Made> = query.bind(given).fetch_all(pool).await.map_err(while_doing("reading `intersects`"))?;
        Ok(made.into_iter().map(|Made { shape, sides }| Self { shape: Ewkb::from_bytes(shape), sides }).collect())
    }

    /// One that is valid as it is.
    fn given(geometry: &Geometry<f64>) -> Result<Self> {
        let around = geometry.bounding_rect();
        let sides = Sides {
            west: around.map(|around| around.min().x),
            south: around.map(|around| around.min().y),
            east: around.map(|around| around.max().x),
            north: around.map(|around| around.max().y),
        };
        Ok(Self { shape: encode(geometry)?, sides })
    }

    /// Its box; none if it is empty.
    pub(super) fn sides(&self) -> Option<[f64; 4]> {
        self.sides.all()
    }

    /// Appends the condition that a footprint touches it.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>) {
        query.push("ST_Intersects(geometry, ST_GeomFromEWKB(").push_bind(self.shape.clone()).push("))");
    }
}

pub(super) fn encode(geometry: &Geometry<f64>) -> Result<Ewkb> {
    let fault = |reason: String| ardent_model::Error::Search { parameter: "intersects".to_owned(), reason };
    Ewkb::new(geometry).map_err(|error| fault(error.to_string()).into())
}

/// A box that may have no width or height.
pub(super) fn box_geometry([west, south, east, north]: [f64; 4]) -> Geometry<f64> {
    let (low, high) = (coord! { x: west, y: south }, coord! { x: east, y: north });
    match (west == east, south == north) {
        (true, true) => Point(low).into(),
        (false, false) => Rect::new(low, high).into(),
        _ => Line::new(low, high).into(),
    }
}

/// The areas as they were given.
pub(super) fn split_areas(geometry: &Geometry<f64>) -> Vec<Geometry<f64>> {
    match geometry {
        Geometry::MultiPolygon(many) => halves(many.iter().cloned().map(Into::into)),
        Geometry::MultiLineString(many) => halves(many.iter().cloned().map(Into::into)),
        Geometry::MultiPoint(many) => halves(many.iter().copied().map(Into::into)),
        Geometry::GeometryCollection(many) => halves(many.iter().cloned()),
        one => vec![one.clone()],
    }
}

/// The parts in the west and those in the east, if they touch the antimeridian from both sides.
fn halves(parts: impl Iterator<Item = Geometry<f64>>) -> Vec<Geometry<f64>> {
    let parts: Vec<Geometry<f64>> = parts.collect();
    let rectangles: Vec<_> = parts.iter().filter_map(BoundingRect::bounding_rect).collect();
    let touches =
        rectangles.iter().any(|one| one.min().x <= -180.0) && rectangles.iter().any(|one| one.max().x >= 180.0);
    let is_western = |part: &Geometry<f64>| part.bounding_rect().is_some_and(|rectangle| rectangle.center().x < 0.0);
    let (west, east): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| touches && is_western(part));
    let halves = [west, east].into_iter().filter(|half| !half.is_empty());
    halves.map(|half| Geometry::GeometryCollection(GeometryCollection::from(half))).collect()
}
