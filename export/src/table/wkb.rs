//! GeoJSON geometries as ISO WKB, the encoding of GeoParquet. Coordinates stay as they are, heights included.

use serde_json::Value;

/// An encoded geometry.
#[derive(Debug, PartialEq)]
pub(super) struct Wkb {
    pub(super) bytes: Vec<u8>,
    /// Its type as GeoParquet names it: `Polygon`, or with heights `Polygon Z`.
    pub(super) kind: String,
    /// West, south, east and north end of its positions.
    pub(super) bounds: [f64; 4],
}

const TYPES: [&str; 7] =
    ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"];

/// Encodes a geometry, or says what is wrong with it.
pub(super) fn encode(geometry: &Value) -> Result<Wkb, String> {
    let mut encoder = Encoder {
        bytes: Vec::new(),
        dimensions: dimensions(geometry),
        bounds: [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
    };
    let kind = encoder.geometry(geometry)?;
    if encoder.bounds[0] > encoder.bounds[2] {
        return Err("its geometry has no position".to_owned());
    }
    let kind = if encoder.dimensions == 3 { format!("{kind} Z") } else { kind.to_owned() };
    Ok(Wkb { bytes: encoder.bytes, kind, bounds: encoder.bounds })
}

/// Whether a value is a geometry and nothing more.
pub(super) fn is_geometry(value: &Value) -> bool {
    let members = ["type", "coordinates", "geometries"];
    let has_others = value.as_object().is_none_or(|object| object.keys().any(|key| !members.contains(&key.as_str())));
    !has_others && encode(value).is_ok()
}

/// Numbers of the first position.
fn dimensions(value: &Value) -> usize {
    match value {
        Value::Object(members) => {
            ["coordinates", "geometries"].iter().filter_map(|name| members.get(*name)).map(dimensions).max()
        }
        Value::Array(numbers) if numbers.first().is_some_and(Value::is_number) => Some(numbers.len()),
        Value::Array(parts) => parts.iter().map(dimensions).find(|count| *count > 0),
        _ => None,
    }
    .unwrap_or(0)
}

struct Encoder {
    bytes: Vec<u8>,
    dimensions: usize,
    bounds: [f64; 4],
}

impl Encoder {
    fn geometry(&mut self, value: &Value) -> Result<&'static str, String> {
        let name = value.get("type").and_then(Value::as_str).unwrap_or_default();
        let index = TYPES.iter().position(|known| *known == name);
        let index = index.ok_or_else(|| format!("a geometry of the type `{name}` is none of GeoJSON"))?;
        self.head(index);
        let coordinates = &value["coordinates"];
        match TYPES[index] {
            "Point" => self.position(coordinates)?,
            "LineString" => self.each(coordinates, Self::position)?,
            "Polygon" => self.each(coordinates, Self::line)?,
            "MultiPoint" => self.each(coordinates, |this, part| {
                this.head(0);
                this.position(part)
            })?,
            "MultiLineString" => self.each(coordinates, |this, part| {
                this.head(1);
                this.line(part)
            })?,
            "MultiPolygon" => self.each(coordinates, |this, part| {
                this.head(2);
                this.each(part, Self::line)
            })?,
            _ => self.each(&value["geometries"], |this, part| this.geometry(part).map(drop))?,
        }
        Ok(TYPES[index])
    }

    /// Byte order (little) and type.
    fn head(&mut self, index: usize) {
        let code = index as u32 + if self.dimensions == 3 { 1001 } else { 1 };
        self.bytes.push(1);
        self.bytes.extend(code.to_le_bytes());
    }

    fn each(
        &mut self,
        parts: &Value,
        mut one: impl FnMut(&mut Self, &Value) -> Result<(), String>,
    ) -> Result<(), String> {
        let parts = parts.as_array().ok_or("its geometry lacks a list of coordinates")?;
        self.bytes.extend((parts.len() as u32).to_le_bytes());
        parts.iter().try_for_each(|part| one(self, part))
    }

    fn line(&mut self, positions: &Value) -> Result<(), String> {
        self.each(positions, Self::position)
    }

    fn position(&mut self, position: &Value) -> Result<(), String> {
        let numbers = position.as_array().map(Vec::as_slice).unwrap_or_default();
        if !matches!(numbers.len(), 2 | 3) || numbers.len() != self.dimensions {
            return Err("its geometry has positions that are not all of 2 or all of 3 numbers".to_owned());
        }
        for (axis, number) in numbers.iter().enumerate() {
            let number = number.as_f64().ok_or("a coordinate of its geometry is not a number")?;
            self.bytes.extend(number.to_le_bytes());
            if axis < 2 {
                self.bounds[axis] = self.bounds[axis].min(number);
                self.bounds[axis + 2] = self.bounds[axis + 2].max(number);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hex(geometry: &Value) -> String {
        encode(geometry).unwrap().bytes.iter().fold(String::new(), |mut text, byte| {
            use std::fmt::Write;
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    /// What PostGIS gives: `SELECT encode(ST_AsBinary('POINT(1 2)', 'NDR'), 'hex')`.
    #[test]
    fn geometries_are_iso_wkb() {
        let (one, two, three) = ("000000000000f03f", "0000000000000040", "0000000000000840");
        assert_eq!(hex(&json!({"type": "Point", "coordinates": [1, 2]})), format!("0101000000{one}{two}"));
        assert_eq!(hex(&json!({"type": "Point", "coordinates": [1, 2, 3]})), format!("01e9030000{one}{two}{three}"));
        let many = json!({"type": "MultiPoint", "coordinates": [[1, 2], [3, 1]]});
        assert_eq!(hex(&many), format!("010400000002000000{}{one}{two}{}{three}{one}", "0101000000", "0101000000"));
        let several = json!({"type": "GeometryCollection", "geometries": [{"type": "LineString", "coordinates": [[1, 2], [3, 3]]}]});
        assert_eq!(
            hex(&several),
            format!("0107000000010000000102000000020000 00{one}{two}{three}{three}").replace(' ', "")
        );
        let polygon = json!({"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 3], [1, 2]]]});
        let encoded = encode(&polygon).unwrap();
        assert_eq!((encoded.kind.as_str(), encoded.bounds), ("Polygon", [1.0, 2.0, 3.0, 3.0]));
    }

    #[test]
    fn what_is_no_geometry_is_refused() {
        for wrong in [
            json!({"type": "Circle", "coordinates": [1, 2]}),
            json!({"type": "Point", "coordinates": [1]}),
            json!({"type": "Point", "coordinates": ["1", 2]}),
            json!({"type": "Point", "coordinates": []}),
            json!({"type": "Polygon", "coordinates": []}),
            json!({"type": "LineString", "coordinates": [[1, 2], [1, 2, 3]]}),
            json!({"type": "MultiPoint"}),
            json!(1),
        ] {
            assert!(encode(&wrong).is_err(), "{wrong}");
        }
        assert!(!is_geometry(&json!({"type": "Point", "coordinates": [1, 2], "name": "a"})));
    }
}
