//! Bounding boxes in longitude and latitude (RFC 7946 §5).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A box in degrees on WGS 84. `west > east` means that it crosses the antimeridian.
///
/// ```
/// use ardent_model::Bbox;
/// let chukotka = Bbox::new(170.0, 60.0, -170.0, 70.0).unwrap();
/// assert!(chukotka.crosses_antimeridian());
/// assert_eq!(chukotka.centre_longitude(), 180.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "[f64; 4]")]
pub struct Bbox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Bbox {
    /// A box from its sides, in degrees.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self> {
        let bbox = Self { west, south, east, north };
        match bbox.fault() {
            None => Ok(bbox),
            Some(reason) => Err(Error::Bbox { value: bbox.to_string(), reason: reason.to_owned() }),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        let Self { west, south, east, north } = *self;
        if [west, south, east, north].iter().any(|side| !side.is_finite()) {
            Some("every number must be finite")
        } else if south > north {
            Some("the south side is north of the north side")
        } else if south < -90.0 || north > 90.0 {
            Some("latitudes lie between -90 and 90")
        } else if !(-180.0..=180.0).contains(&west) || !(-180.0..=180.0).contains(&east) {
            Some("longitudes lie between -180 and 180; a box across the antimeridian has west > east")
        } else {
            None
        }
    }

    /// From 4 numbers, or 6 of which the heights are dropped.
    pub fn from_slice(numbers: &[f64]) -> Result<Self> {
        match *numbers {
            [west, south, east, north] | [west, south, _, east, north, _] => Self::new(west, south, east, north),
            _ => Err(Error::Bbox {
                value: join(numbers),
                reason: format!("it has {} numbers, not 4 or 6", numbers.len()),
            }),
        }
    }

    /// From the text of a query parameter, numbers separated by commas.
    pub fn parse(text: &str) -> Result<Self> {
        let numbers: std::result::Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
        let numbers = numbers
            .map_err(|_| Error::Bbox { value: text.to_owned(), reason: "a part of it is not a number".to_owned() })?;
        Self::from_slice(&numbers)
    }

    /// West, south, east and north side, in degrees.
    pub const fn sides(&self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }

    /// Whether it crosses the antimeridian.
    pub fn crosses_antimeridian(&self) -> bool {
        self.west > self.east
    }

    /// The one or two plain rectangles it consists of.
    pub fn parts(&self) -> Vec<[f64; 4]> {
        if self.crosses_antimeridian() {
            vec![[self.west, self.south, 180.0, self.north], [-180.0, self.south, self.east, self.north]]
        } else {
            vec![self.sides()]
        }
    }

    /// Longitude of the centre, in degrees (−180, 180].
    pub fn centre_longitude(&self) -> f64 {
        let east = if self.crosses_antimeridian() { self.east + 360.0 } else { self.east };
        let centre = f64::midpoint(self.west, east);
        if centre > 180.0 { centre - 360.0 } else { centre }
    }
}

fn join(numbers: &[f64]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl fmt::Display for Bbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join(&self.sides()))
    }
}

impl TryFrom<Vec<f64>> for Bbox {
    type Error = Error;

    fn try_from(numbers: Vec<f64>) -> Result<Self> {
        Self::from_slice(&numbers)
    }
}

impl From<Bbox> for [f64; 4] {
    fn from(bbox: Bbox) -> Self {
        bbox.sides()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_a_box_and_says_why() {
        for (text, reason) in [
            ("1,2,3", "3 numbers"),
            ("a,2,3,4", "not a number"),
            ("0,10,1,5", "south side"),
            ("0,-91,1,5", "latitudes"),
            ("181,0,1,5", "longitudes"),
            ("NaN,0,1,5", "finite"),
        ] {
            let error = Bbox::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("west,south,east,north"), "{text}: {error}");
        }
    }

    #[test]
    fn drops_heights() {
        assert_eq!(Bbox::parse("1,2,-10,3,4,900").unwrap(), Bbox::new(1.0, 2.0, 3.0, 4.0).unwrap());
    }
}
