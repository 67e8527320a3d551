//! The coordinate reference systems in which footprints are handed out and places are taken (OGC API – Features Part 2).

use std::fmt;

use geo_types::{Geometry, Rect, coord};

use crate::{Bbox, Error, Result};

/// Longitude and latitude on WGS 84, which everything has that names no other.
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
/// What all others begin with; an EPSG code follows.
const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";
const WGS84: u32 = 4326;
const WEB_MERCATOR: u32 = 3857;
const BRITISH_GRID: u32 = 27700;
/// Where the British National Grid is used, in degrees (EPSG's area of use).
const BRITAIN: [f64; 4] = [-9.01, 49.75, 2.01, 61.01];
/// Codes of the UTM zones of each hemisphere; 1 to 60 are added.
const UTM_NORTH: u32 = 32600;
const UTM_SOUTH: u32 = 32700;
const ZONES: u32 = 60;
const ZONE_DEGREES: f64 = 6.0;

/// One of these systems: CRS84, EPSG:4326 (latitude first), EPSG:3857, EPSG:27700, and the UTM zones on WGS 84. Axes are
/// in the order in which the system defines them.
///
/// ```
/// use ardent_model::OfferedCrs;
/// let crs = OfferedCrs::parse("crs", "http://www.opengis.net/def/crs/EPSG/0/32630").unwrap();
/// assert_eq!((crs.srid(), crs.is_projected()), (32630, true));
/// assert!(OfferedCrs::parse("crs", "EPSG:32630").is_err(), "a URI is wanted");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct OfferedCrs {
    /// None: CRS84.
    code: Option<u32>,
}

impl OfferedCrs {
    /// Longitude and latitude.
    pub const CRS84: Self = Self { code: None };
    /// Latitude and longitude.
    pub const EPSG_4326: Self = Self::epsg(WGS84);

    const fn epsg(code: u32) -> Self {
        Self { code: Some(code) }
    }

    /// By its URI, as the value of a parameter.
    pub fn parse(parameter: &str, uri: &str) -> Result<Self> {
        let code =
            uri.strip_prefix(EPSG).filter(|code| !code.starts_with(['0', '+'])).and_then(|code| code.parse().ok());
        match code.map(Self::epsg) {
            _ if uri == CRS84 => Ok(Self::CRS84),
            Some(crs) if crs.is_known() => Ok(crs),
            _ => {
                let range = |first: u32| format!("{} to {}", first + 1, first + ZONES);
                let codes =
                    format!("{WGS84}, {WEB_MERCATOR}, {BRITISH_GRID}, {}, {}", range(UTM_NORTH), range(UTM_SOUTH));
                Err(unlisted(parameter, uri, &codes))
            }
        }
    }

    fn is_known(self) -> bool {
        let is_zone = |code: u32, first: u32| (first + 1..=first + ZONES).contains(&code);
        self.code.is_some_and(|code| {
            matches!(code, WGS84 | WEB_MERCATOR | BRITISH_GRID) || is_zone(code, UTM_NORTH) || is_zone(code, UTM_SOUTH)
        })
    }

    /// Those of a collection whose items lie in these boxes: the general ones, and of the regional ones those whose
    /// region they reach.
    pub fn of_extent(boxes: &[Bbox]) -> Vec<Self> {
        let parts: Vec<[f64; 4]> = boxes.iter().flat_map(Bbox::parts).collect();
        let mut all = vec![Self::CRS84, Self::EPSG_4326, Self::epsg(WEB_MERCATOR)];
        let [west, south, east, north] = BRITAIN;
        if parts.iter().any(|part| part[0] <= east && part[2] >= west && part[1] <= north && part[3] >= south) {
            all.push(Self::epsg(BRITISH_GRID));
        }
        for (first, is_north) in [(UTM_NORTH, true), (UTM_SOUTH, false)] {
            let own = parts.iter().filter(|part| if is_north { part[3] >= 0.0 } else { part[1] < 0.0 });
            let reached: Vec<(u32, u32)> = own.map(|part| zones(part[0], part[2])).collect();
            let zones = (1..=ZONES).filter(|zone| reached.iter().any(|(low, high)| (low..=high).contains(&zone)));
            all.extend(zones.map(|zone| Self::epsg(first + zone)));
        }
        all
    }

    /// Whether it is one of `offered`, or what is wrong with it as the value of a parameter.
    pub fn among(self, parameter: &str, offered: &[Self]) -> Result<()> {
        if offered.contains(&self) {
            return Ok(());
        }
        let codes: Vec<String> = offered.iter().filter_map(|one| one.code).map(|code| code.to_string()).collect();
        Err(unlisted(parameter, &self.to_string(), &codes.join(", ")))
    }

    /// The database's number of it.
    pub const fn srid(self) -> i32 {
        match self.code {
            Some(code) => code as i32,
            None => WGS84 as i32,
        }
    }

    /// Whether it is longitude and latitude.
    pub fn is_crs84(self) -> bool {
        self == Self::CRS84
    }

    /// Whether it is in metres, and not in degrees.
    pub fn is_projected(self) -> bool {
        self.code.is_some_and(|code| code != WGS84)
    }
}

/// The first and last UTM zone that longitudes reach, from west to east.
fn zones(west: f64, east: f64) -> (u32, u32) {
    let zone = |number: f64| number.clamp(1.0, f64::from(ZONES)) as u32;
    let first = zone(((west + 180.0) / ZONE_DEGREES).floor() + 1.0);
    (first, zone(((east + 180.0) / ZONE_DEGREES).ceil()).max(first))
}

fn unlisted(parameter: &str, given: &str, codes: &str) -> Error {
    let reason = format!(
        "`{}` is not offered here; give {CRS84}, or {EPSG} and one of {codes}",
        given.chars().take(200).collect::<String>().escape_debug()
    );
    Error::Search { parameter: parameter.to_owned(), reason }
}

impl fmt::Display for OfferedCrs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            None => f.write_str(CRS84),
            Some(code) => write!(f, "{EPSG}{code}"),
        }
    }
}

/// A box in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProjectedBox {
    /// What its coordinates are.
    pub crs: OfferedCrs,
    /// Least easting and northing, greatest easting and northing.
    pub sides: [f64; 4],
}

impl ProjectedBox {
    /// As a geometry.
    pub fn geometry(&self) -> Geometry<f64> {
        let [left, bottom, right, top] = self.sides;
        Geometry::Polygon(Rect::new(coord! { x: left, y: bottom }, coord! { x: right, y: top }).to_polygon())
    }
}

/// A box, by what its numbers are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnyBox {
    /// In degrees.
    Geographic(Bbox),
    /// In metres.
    Projected(ProjectedBox),
}

impl AnyBox {
    /// From 4 numbers, or 6 of which the heights are dropped, in the axis order of the system: the lower corner first.
    pub fn from_slice(numbers: &[f64], crs: OfferedCrs) -> Result<Self> {
        if crs.is_crs84() {
            return Bbox::from_slice(numbers).map(Self::Geographic);
        }
        let sides = match *numbers {
            [a, b, c, d] | [a, b, _, c, d, _] => [a, b, c, d],
            _ => return Err(fault(format!("it has {} numbers, not 4 or 6", numbers.len()))),
        };
        let [a, b, c, d] = sides;
        if !crs.is_projected() {
            return Bbox::new(b, a, d, c).map(Self::Geographic).map_err(|error| {
                fault(format!("{error}, but in the order south,west,north,east, since {crs} has latitudes first"))
            });
        }
        if sides.iter().any(|side| !side.is_finite()) {
            return Err(fault("every number must be finite".to_owned()));
        }
        if a > c || b > d {
            let reason = "the second corner is not above and to the right of the first; give least easting, least \
                          northing, greatest easting, greatest northing in metres";
            return Err(fault(reason.to_owned()));
        }
        Ok(Self::Projected(ProjectedBox { crs, sides }))
    }

    /// From the text of a query parameter, numbers separated by commas.
    pub fn parse(text: &str, crs: OfferedCrs) -> Result<Self> {
        if crs.is_crs84() {
            return Bbox::parse(text).map(Self::Geographic);
        }
        let numbers: std::result::Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
        Self::from_slice(&numbers.map_err(|_| fault("a part of it is not a number".to_owned()))?, crs)
    }
}

fn fault(reason: String) -> Error {
    Error::Search { parameter: "bbox".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<u32> {
        OfferedCrs::of_extent(&[Bbox::parse(text).unwrap()]).into_iter().filter_map(|crs| crs.code).collect()
    }

    #[test]
    fn a_collection_offers_the_systems_of_its_region() {
        assert_eq!(codes("-7.5,49.9,1.9,60.9"), [4326, 3857, 27700, 32629, 32630, 32631]);
        assert_eq!(codes("0,10,6,20"), [4326, 3857, 32631], "a zone alone");
        assert_eq!(codes("178,-20,-178,-10"), [4326, 3857, 32701, 32760], "across the antimeridian");
        assert_eq!(codes("-180,-90,180,90").len(), 3 + 120);
        assert_eq!(codes("6,-1,6,1"), [4326, 3857, 32632, 32732], "a line on a meridian");
        assert_eq!(codes("180,5,180,6"), [4326, 3857, 32660]);
    }

    #[test]
    fn what_is_offered_is_read_and_nothing_else() {
        for crs in OfferedCrs::of_extent(&[Bbox::new(-180.0, -90.0, 180.0, 90.0).unwrap()]) {
            assert_eq!(OfferedCrs::parse("crs", &crs.to_string()).unwrap(), crs);
        }
        for uri in [
            "",
            "EPSG:4326",
            "http://www.opengis.net/def/crs/EPSG/0/32661",
            "http://www.opengis.net/def/crs/EPSG/0/+3857",
            "http://www.opengis.net/def/crs/EPSG/0/03857",
            "https://www.opengis.net/def/crs/OGC/1.3/CRS84",
        ] {
            let error = OfferedCrs::parse("bbox-crs", uri).unwrap_err().to_string();
            assert!(error.contains("bbox-crs") && error.contains("32601 to 32660"), "{error}");
        }
    }

    #[test]
    fn boxes_are_in_the_order_of_their_axes() {
        let uri = |code: u32| OfferedCrs::parse("crs", &format!("{EPSG}{code}")).unwrap();
        let london = Bbox::new(-1.0, 51.0, 1.0, 52.0).unwrap();
        assert_eq!(AnyBox::parse("51,-1,52,1", uri(4326)).unwrap(), AnyBox::Geographic(london));
        assert_eq!(AnyBox::parse("51,-1,0,52,1,9", uri(4326)).unwrap(), AnyBox::Geographic(london));
        assert_eq!(AnyBox::parse("-1,51,1,52", OfferedCrs::CRS84).unwrap(), AnyBox::Geographic(london));
        for (text, crs, reason) in [
            ("100,0,101,1", uri(4326), "latitudes first"),
            ("1,2,3", uri(27700), "3 numbers"),
            ("1,2,x,3", uri(27700), "not a number"),
            ("5,1,2,3", uri(27700), "least easting"),
            ("1,2,inf,3", uri(3857), "finite"),
        ] {
            let error = AnyBox::parse(text, crs).unwrap_err().to_string();
            assert!(error.contains("bbox") && error.contains(reason), "{error}");
        }
    }
}
