//! Footprints of documents in another system; the rest of a document stays as it is, to the letter.

use std::fmt;

use ardent_model::{Bbox, OfferedCrs};
use geo::BoundingRect;
use geo_types::{Coord, Geometry, Rect};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{offered, out_of_reach, shape};
use crate::{Catalog, Error, Result, StoredItem};

/// Digits after the point of coordinates in metres: tenths of a millimetre.
const METRE_DIGITS: f64 = 1e4;

impl Catalog {
    /// Items whose `geometry` and `bbox` are in that system. An item that lies where it cannot be used is the caller's
    /// fault, and named.
    pub async fn in_crs(&self, items: Vec<StoredItem>, crs: OfferedCrs) -> Result<Vec<StoredItem>> {
        if crs.is_crs84() {
            return Ok(items);
        }
        let read = items.iter().map(|item| Footprint::of(item).map_err(|source| stored(item, source)));
        let footprints: Vec<Footprint> = read.collect::<Result<_>>()?;
        let given: Vec<Geometry<f64>> = footprints.iter().filter_map(Footprint::shape).collect();
        let mut made = offered(&given, crs, &self.pool).await?.into_iter();
        let written = items.into_iter().zip(footprints).map(|(item, footprint)| {
            if footprint.shape().is_none() {
                return Ok(item);
            }
            let made = made.next().flatten();
            let made = made.ok_or_else(|| out_of_reach("crs", &format!("item `{}`", item.id), crs))?;
            let document = footprint.written(&item.document, &made, crs).map_err(|source| stored(&item, source))?;
            Ok(StoredItem { document, ..item })
        });
        written.collect()
    }
}

fn stored(item: &StoredItem, source: serde_json::Error) -> Error {
    Error::Stored { id: item.id.clone(), source }
}

/// Where an item is, as far as its document says.
struct Footprint {
    geometry: Option<Geometry<f64>>,
    bbox: Option<Vec<f64>>,
}

impl Footprint {
    fn of(item: &StoredItem) -> serde_json::Result<Self> {
        let members: Members<'_> = serde_json::from_str(&item.document)?;
        let geometry: Option<Value> = members.get("geometry")?;
        let geometry = geometry.filter(|geometry| !geometry.is_null()).map(serde_json::from_value::<geojson::Geometry>);
        let geometry = geometry.transpose()?.and_then(|geometry| Geometry::try_from(geometry).ok());
        Ok(Self { geometry, bbox: members.get("bbox")? })
    }

    /// What is to be transformed: the geometry, or the box of a document that has no geometry.
    fn shape(&self) -> Option<Geometry<f64>> {
        let of_box = || {
            let [west, south, east, north] = Bbox::from_slice(self.bbox.as_ref()?).ok()?.sides();
            let east = if west > east { east + 360.0 } else { east };
            let (low, high) = (Coord { x: west, y: south }, Coord { x: east, y: north });
            shape::dense(&Geometry::Polygon(Rect::new(low, high).to_polygon()), usize::MAX)
        };
        self.geometry.clone().or_else(of_box)
    }

    /// The document with what was made in its place.
    fn written(&self, document: &str, made: &Geometry<f64>, crs: OfferedCrs) -> serde_json::Result<String> {
        let mut members: Members<'_> = serde_json::from_str(document)?;
        if self.geometry.is_some() {
            let mut geometry = json!(geojson::Geometry::from(made));
            if crs.is_projected() {
                round(&mut geometry["coordinates"]);
                geometry.get_mut("geometries").into_iter().for_each(round);
            }
            members.set("geometry", &geometry)?;
        }
        if let Some(bbox) = &self.bbox {
            let mut bbox = if crs.is_projected() { json!(bounds(made)) } else { json!(swapped(bbox)) };
            if crs.is_projected() {
                round(&mut bbox);
            }
            members.set("bbox", &bbox)?;
        }
        serde_json::to_string(&members)
    }
}

fn bounds(geometry: &Geometry<f64>) -> Option<[f64; 4]> {
    let bounds = geometry.bounding_rect()?;
    Some([bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y])
}

/// Both corners with their first two axes exchanged.
fn swapped(bbox: &[f64]) -> Vec<f64> {
    let mut swapped = bbox.to_vec();
    swapped.chunks_mut((bbox.len() / 2).max(2)).filter(|corner| corner.len() > 1).for_each(|corner| corner.swap(0, 1));
    swapped
}

/// Rounds all numbers in lists of lists.
fn round(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(round),
        Value::Object(members) => members.values_mut().for_each(round),
        Value::Number(number) => {
            if let Some(exact) = number.as_f64() {
                *value = json!((exact * METRE_DIGITS).round() / METRE_DIGITS);
            }
        }
        _ => {}
    }
}

/// The members of an object in their order, each as it is written.
struct Members<'a>(Vec<(String, std::borrow::Cow<'a, RawValue>)>);

impl Members<'_> {
    fn get<T: serde::de::DeserializeOwned + Default>(&self, name: &str) -> serde_json::Result<T> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or_else(|| Ok(T::default()), |(_, raw)| serde_json::from_str(raw.get()))
    }

    fn set(&mut self, name: &str, value: &Value) -> serde_json::Result<()> {
        let raw = serde_json::value::to_raw_value(value)?;
        for (_, old) in self.0.iter_mut().filter(|(known, _)| known == name) {
            *old = std::borrow::Cow::Owned(raw.clone());
        }
        Ok(())
    }
}

impl serde::Serialize for Members<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, raw)| (name, &**raw)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        let members = deserializer.deserialize_map(Reader)?;
        Ok(Self(members.into_iter().map(|(name, raw)| (name, std::borrow::Cow::Borrowed(raw))).collect()))
    }
}
