//! GeoJSON geometries as geometries to compute with.

use geojson::{GeoJson, GeometryValue, Position};

/// The geometry of a GeoJSON geometry (RFC 7946), heights left out; an error says why there is none.
///
/// ```
/// use ardent_model::footprint::from_geojson;
/// use geojson::{Geometry, GeometryValue};
/// let point = |coordinates: Vec<f64>| Geometry::new(GeometryValue::Point { coordinates: coordinates.into() });
/// assert!(from_geojson(point(vec![-1.5, 50.9])).is_ok());
/// assert!(from_geojson(point(vec![])).is_err(), "the parser lets it through");
/// ```
pub fn from_geojson(geometry: geojson::Geometry) -> Result<geo_types::Geometry<f64>, String> {
    from_document(GeoJson::Geometry(geometry))
}

/// The same, of JSON.
pub fn from_value(geometry: serde_json::Value) -> Result<geo_types::Geometry<f64>, String> {
    from_geojson(serde_json::from_value(geometry).map_err(|error| error.to_string())?)
}

/// The same, of any GeoJSON: the geometries of features too.
pub fn from_document(document: GeoJson) -> Result<geo_types::Geometry<f64>, String> {
    let of_feature =
        |feature: &geojson::Feature| feature.geometry.as_ref().is_none_or(|geometry| is_placed(&geometry.value));
    let is_placed = match &document {
        GeoJson::Geometry(geometry) => is_placed(&geometry.value),
        GeoJson::Feature(feature) => of_feature(feature),
        GeoJson::FeatureCollection(features) => features.features.iter().all(of_feature),
    };
    if !is_placed {
        return Err("a position has fewer than two numbers; give two".to_owned());
    }
    geo_types::Geometry::try_from(document).map_err(|error| error.to_string())
}

/// Whether every position has a longitude and a latitude, which the conversion takes for granted.
fn is_placed(value: &GeometryValue) -> bool {
    let all = |positions: &[Position]| positions.iter().all(|position| position.len() >= 2);
    match value {
        GeometryValue::Point { coordinates } => coordinates.len() >= 2,
        GeometryValue::MultiPoint { coordinates } | GeometryValue::LineString { coordinates } => all(coordinates),
        GeometryValue::MultiLineString { coordinates } | GeometryValue::Polygon { coordinates } => {
            coordinates.iter().all(|line| all(line))
        }
        GeometryValue::MultiPolygon { coordinates } => coordinates.iter().flatten().all(|ring| all(ring)),
        GeometryValue::GeometryCollection { geometries } => geometries.iter().all(|part| is_placed(&part.value)),
    }
}
