//! Whether pixels outside of the recipe's geometry are left out.

use geo_types::{Geometry, Polygon};
use serde::{Deserialize, Serialize};

use super::Recipe;
use crate::{Error, Result, footprint::from_document};

/// Whether pixels outside of the recipe's geometry are left out.
///
/// ```
/// use ardent_model::recipe::Clip;
/// let clip: Clip = serde_json::from_str(r#"{"all_touched": true}"#).unwrap();
/// assert!(clip.is_on() && clip.all_touched());
/// assert!(!Clip::default().is_on());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields, expecting = "clip is true, false or {\"all_touched\": true}")]
pub enum Clip {
    /// Whether the pixels are left out whose centre is not inside.
    Centre(bool),
    /// They are left out.
    Touched {
        /// Whether pixels stay of which any part is inside.
        all_touched: bool,
    },
}

impl Default for Clip {
    fn default() -> Self {
        Self::Centre(false)
    }
}

impl Clip {
    /// Whether anything is left out.
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::Centre(false))
    }

    /// Whether pixels stay of which any part is inside, not only the centre.
    pub const fn all_touched(self) -> bool {
        matches!(self, Self::Touched { all_touched: true })
    }
}

impl Recipe {
    /// The polygons that the result is clipped to, in `bbox_crs`; `None`: it is not clipped.
    pub fn clip_polygons(&self) -> Result<Option<Vec<Polygon<f64>>>> {
        if !self.clip.is_on() {
            return Ok(None);
        }
        let Some(document) = &self.geometry else {
            return Err(Error::recipe("clip", "there is no geometry to clip to; give geometry instead of bbox"));
        };
        let geometry = from_document(document.clone()).map_err(|error| Error::recipe("geometry", error))?;
        let mut polygons = Vec::new();
        collect(geometry, &mut polygons)
            .ok_or_else(|| Error::recipe("geometry", "clip needs polygons; give a Polygon or MultiPolygon"))?;
        Ok(Some(polygons))
    }
}

fn collect(geometry: Geometry<f64>, polygons: &mut Vec<Polygon<f64>>) -> Option<()> {
    match geometry {
        Geometry::Polygon(polygon) => polygons.push(polygon),
        Geometry::MultiPolygon(many) => polygons.extend(many),
        Geometry::GeometryCollection(parts) => {
            for part in parts {
                collect(part, polygons)?;
            }
        }
        _ => return None,
    }
    Some(())
}
