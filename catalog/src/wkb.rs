//! Geometries on their way to PostGIS, as EWKB in a `bytea`: no lookup of PostGIS's own types is needed.

use geo_types::Geometry;
use geozero::{CoordDimensions, ToWkb};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};

/// A geometry in longitude and latitude (SRID 4326), for `ST_GeomFromEWKB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ewkb(Vec<u8>);

impl Ewkb {
    pub(crate) fn new(geometry: &Geometry<f64>) -> Result<Self, geozero::error::GeozeroError> {
        // WKB has no word for these.
        let plain = match geometry {
            Geometry::Line(line) => Some(Geometry::LineString((*line).into())),
            Geometry::Rect(rectangle) => Some(Geometry::Polygon(rectangle.to_polygon())),
            Geometry::Triangle(triangle) => Some(Geometry::Polygon(triangle.to_polygon())),
            _ => None,
        };
        plain.as_ref().unwrap_or(geometry).to_ewkb(CoordDimensions::xy(), Some(4326)).map(Self)
    }

    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Type<Postgres> for Ewkb {
    fn type_info() -> PgTypeInfo {
        <Vec<u8> as Type<Postgres>>::type_info()
    }
}

impl PgHasArrayType for Ewkb {
    fn array_type_info() -> PgTypeInfo {
        <Vec<u8> as PgHasArrayType>::array_type_info()
    }
}

impl Encode<'_, Postgres> for Ewkb {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <&[u8] as Encode<Postgres>>::encode(&self.0, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Point, Rect, coord};

    #[test]
    fn a_point_is_written_as_the_specification_has_it() {
        let wkb = Ewkb::new(&Geometry::Point(Point::new(1.0, 2.0))).unwrap();
        let mut expected = vec![1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0];
        expected.extend(1.0_f64.to_le_bytes());
        expected.extend(2.0_f64.to_le_bytes());
        assert_eq!(wkb.as_bytes(), expected, "little endian, point with SRID, 4326, x, y");
    }

    #[test]
    fn a_rectangle_is_written_as_a_polygon() {
        let rectangle = Rect::new(coord! {x: 0.0, y: 0.0}, coord! {x: 1.0, y: 1.0});
        let wkb = Ewkb::new(&Geometry::Rect(rectangle)).unwrap();
        assert_eq!(wkb, Ewkb::new(&Geometry::Polygon(rectangle.to_polygon())).unwrap());
    }
}
