//! Coordinate reference systems, by EPSG code.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// A coordinate reference system with an EPSG code. Coordinates are always in the order easting, northing (x, y).
///
/// ```
/// use ardent_model::Crs;
/// let grid: Crs = "EPSG:27700".parse().unwrap();
/// assert_eq!(grid, Crs::epsg(27700));
/// assert_eq!("http://www.opengis.net/def/crs/EPSG/0/27700".parse::<Crs>().unwrap(), grid);
/// assert_eq!("OGC:CRS84".parse::<Crs>().unwrap(), Crs::WGS84);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Crs(u32);

impl Crs {
    /// Longitude and latitude in degrees on WGS 84.
    pub const WGS84: Self = Self(4326);

    /// The CRS with this EPSG code. Whether the code exists is known only to the projection library.
    pub const fn epsg(code: u32) -> Self {
        Self(code)
    }

    /// The EPSG code.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// From a PROJJSON object's `id`, as STAC's `proj:projjson` carries it.
    pub fn from_projjson(value: &serde_json::Value) -> Option<Self> {
        let id = value.get("id")?;
        (id.get("authority")?.as_str()? == "EPSG").then_some(())?;
        Some(Self(u32::try_from(id.get("code")?.as_u64()?).ok()?))
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EPSG:{}", self.0)
    }
}

impl FromStr for Crs {
    type Err = Error;

    fn from_str(value: &str) -> Result<Self, Error> {
        let text = value.trim();
        let upper = text.to_ascii_uppercase();
        if upper.ends_with("CRS84") {
            return Ok(Self::WGS84);
        }
        let is_epsg = upper.contains("EPSG") || upper.chars().all(|c| c.is_ascii_digit());
        let code = upper.rsplit([':', '/']).next().and_then(|digits| digits.parse().ok());
        match code {
            Some(code) if is_epsg && code > 0 => Ok(Self(code)),
            _ => Err(Error::Crs { value: value.to_owned(), reason: "it is not an EPSG code".to_owned() }),
        }
    }
}

impl Serialize for Crs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Crs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Code(u32),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Code(code) => Ok(Self(code)),
            Form::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}
