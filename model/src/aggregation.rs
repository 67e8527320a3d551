//! Counts and extremes of the items that a search finds (STAC API – Aggregation 0.3.0).

use crate::{Error, Result, Search};

/// Something to be told about all items that a search finds. The names are those that stac-server, which most clients
/// were written for, gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregation {
    /// How many there are.
    TotalCount,
    /// The last instant that one of them covers.
    DatetimeMax,
    /// The first instant that one of them covers.
    DatetimeMin,
    /// How many each collection has.
    Collection,
    /// How many there are of each `platform`.
    Platform,
    /// How many there are of each `grid:code`.
    GridCode,
    /// How many there are by `eo:cloud_cover`: below 5, 15, 40 percent, and from there.
    CloudCover,
    /// How many there are by `datetime`, or the start where there is none.
    Datetime,
    /// How many footprints have their centroid in each geohash.
    CentroidGeohash,
    /// How many footprints have their centroid in each tile of a web map.
    CentroidGeotile,
    /// How many there are by `view:sun_elevation`, in steps of 5 degrees.
    SunElevation,
    /// How many there are by `view:sun_azimuth`, in steps of 5 degrees.
    SunAzimuth,
    /// How many there are by `view:off_nadir`, in steps of 5 degrees.
    OffNadir,
}

/// What the values of an aggregation, or the keys of its buckets, are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the kind of its name")]
pub enum DataType {
    Integer,
    Datetime,
    Text,
    Numeric,
}

impl DataType {
    /// Its name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Datetime => "datetime",
            Self::Text => "string",
            Self::Numeric => "numeric",
        }
    }
}

impl Aggregation {
    /// All there are.
    pub const ALL: [Self; 13] = [
        Self::TotalCount,
        Self::DatetimeMax,
        Self::DatetimeMin,
        Self::Collection,
        Self::Platform,
        Self::GridCode,
        Self::CloudCover,
        Self::Datetime,
        Self::CentroidGeohash,
        Self::CentroidGeotile,
        Self::SunElevation,
        Self::SunAzimuth,
        Self::OffNadir,
    ];

    /// Its name in requests and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TotalCount => "total_count",
            Self::DatetimeMax => "datetime_max",
            Self::DatetimeMin => "datetime_min",
            Self::Collection => "collection_frequency",
            Self::Platform => "platform_frequency",
            Self::GridCode => "grid_code_frequency",
            Self::CloudCover => "cloud_cover_frequency",
            Self::Datetime => "datetime_frequency",
            Self::CentroidGeohash => "centroid_geohash_grid_frequency",
            Self::CentroidGeotile => "centroid_geotile_grid_frequency",
            Self::SunElevation => "sun_elevation_frequency",
            Self::SunAzimuth => "sun_azimuth_frequency",
            Self::OffNadir => "off_nadir_frequency",
        }
    }

    /// By its name.
    ///
    /// ```
    /// use ardent_model::aggregation::Aggregation;
    /// assert_eq!(Aggregation::parse("total_count").unwrap(), Aggregation::TotalCount);
    /// assert!(Aggregation::parse("count").unwrap_err().to_string().contains("total_count"));
    /// ```
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            fault("aggregations", format!("there is no `{}`; there are {known}", name.escape_debug()))
        })
    }

    /// Whether it is one value, and not buckets.
    pub const fn is_single(self) -> bool {
        matches!(self, Self::TotalCount | Self::DatetimeMax | Self::DatetimeMin)
    }

    /// What its value is, or the keys of its buckets are.
    pub const fn data_type(self) -> DataType {
        match self {
            Self::TotalCount => DataType::Integer,
            Self::DatetimeMax | Self::DatetimeMin | Self::Datetime => DataType::Datetime,
            Self::CloudCover | Self::SunElevation | Self::SunAzimuth | Self::OffNadir => DataType::Numeric,
            Self::Collection | Self::Platform | Self::GridCode | Self::CentroidGeohash | Self::CentroidGeotile => {
                DataType::Text
            }
        }
    }
}

/// The length of the buckets of `datetime_frequency`, of the calendar of UTC; weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is the length of its name")]
pub enum CalendarInterval {
    Year,
    Quarter,
    #[default]
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

impl CalendarInterval {
    /// All there are.
    pub const ALL: [Self; 8] =
        [Self::Year, Self::Quarter, Self::Month, Self::Week, Self::Day, Self::Hour, Self::Minute, Self::Second];

    /// Its name in requests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
        }
    }

    /// By its name.
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            fault("datetime_frequency_interval", format!("`{}` is none; give {known}", name.escape_debug()))
        })
    }
}

/// Coarsest and finest geohash: characters.
pub const GEOHASH_PRECISION: (u32, u32) = (1, 12);
/// Coarsest and finest tile of a web map: zoom.
pub const GEOTILE_PRECISION: (u32, u32) = (0, 29);

/// What to tell about the items of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Which items; its order, limit and token do not count.
    pub search: Search,
    /// What to tell, in this order.
    pub aggregations: Vec<Aggregation>,
    /// Length of the buckets of `datetime_frequency`.
    pub interval: CalendarInterval,
    /// Characters of a geohash, 1 to 12.
    pub geohash_precision: u32,
    /// Zoom of a tile, 0 to 29.
    pub geotile_precision: u32,
}

impl Aggregate {
    /// Whether it can be answered.
    pub fn validate(&self) -> Result<()> {
        self.search.validate()?;
        for (parameter, value, (least, most)) in [
            ("centroid_geohash_grid_frequency_precision", self.geohash_precision, GEOHASH_PRECISION),
            ("centroid_geotile_grid_frequency_precision", self.geotile_precision, GEOTILE_PRECISION),
        ] {
            if !(least..=most).contains(&value) {
                return Err(fault(parameter, format!("{value} is none; give a whole number from {least} to {most}")));
            }
        }
        Ok(())
    }
}

fn fault(parameter: &str, reason: String) -> Error {
    Error::Search { parameter: parameter.to_owned(), reason }
}
