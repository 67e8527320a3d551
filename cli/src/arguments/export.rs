//! Arguments of `ardent export`.

use std::path::PathBuf;

use ardent_export::Form;
use ardent_model::{Bbox, Interval, SortKey, filter::Condition};
use clap::{Args, ValueEnum};

/// Which items, and into which file.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// File to write; `-` is stdout
    #[arg(short, long, env = "ARDENT_OUTPUT", value_name = "FILE", required = true)]
    pub(crate) output: PathBuf,
    /// Form of the file [default: by the end of its name: .parquet, .ndjson, .geojson, .geojsons]
    #[arg(long, env = "ARDENT_FORMAT", value_name = "FORMAT")]
    pub(crate) format: Option<ExportFormat>,
    /// Only items of these collections
    #[arg(id = "collection", long = "collection", env = "ARDENT_COLLECTION", value_name = "ID", value_delimiter = ',')]
    pub(crate) collections: Vec<String>,
    /// Only these items
    #[arg(id = "id", long = "id", env = "ARDENT_ID", value_name = "ID", value_delimiter = ',')]
    pub(crate) ids: Vec<String>,
    /// Only items that touch this box: west,south,east,north in degrees
    #[arg(long, env = "ARDENT_BBOX", value_name = "BOX", value_parser = bbox, allow_hyphen_values = true)]
    pub(crate) bbox: Option<Bbox>,
    /// Only items of this time: a date or time, or two with `/` between, of which one may be `..`
    #[arg(long, env = "ARDENT_DATETIME", value_name = "TIME", value_parser = interval)]
    pub(crate) datetime: Option<Interval>,
    /// Only items of which this is true: CQL2 text, such as "eo:cloud_cover < 20", or CQL2 JSON
    #[arg(long, env = "ARDENT_FILTER", value_name = "CQL2", value_parser = condition, allow_hyphen_values = true)]
    pub(crate) filter: Option<Condition>,
    /// Fields to sort by, each with `-` before it if the greatest comes first [default: latest first]
    #[arg(
        long,
        env = "ARDENT_SORTBY",
        value_name = "FIELD",
        value_delimiter = ',',
        value_parser = sort_key,
        allow_hyphen_values = true
    )]
    pub(crate) sortby: Vec<SortKey>,
    /// So many items at most [default: all]
    #[arg(long, env = "ARDENT_LIMIT", value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) limit: Option<u64>,
    /// Write the receipt (JSON) to this file instead of stdout
    #[arg(long, env = "ARDENT_RECEIPT", value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
}

/// Form of a file of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A GeoJSON feature collection
    Geojson,
    /// A GeoJSON text sequence (RFC 8142)
    Geojsonseq,
    /// An item a line
    Ndjson,
    /// stac-geoparquet
    Parquet,
}

impl From<ExportFormat> for Form {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Geojson => Self::GeoJson,
            ExportFormat::Geojsonseq => Self::GeoJsonSeq,
            ExportFormat::Ndjson => Self::Ndjson,
            ExportFormat::Parquet => Self::Parquet,
        }
    }
}

fn bbox(text: &str) -> ardent_model::Result<Bbox> {
    Bbox::parse(text)
}

fn interval(text: &str) -> ardent_model::Result<Interval> {
    Interval::parse_recipe(text)
}

fn condition(text: &str) -> Result<Condition, String> {
    if text.trim_start().starts_with('{') {
        let json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        return Condition::from_json(&json).map_err(|error| error.to_string());
    }
    Condition::from_text(text).map_err(|error| error.to_string())
}

fn sort_key(text: &str) -> ardent_model::Result<SortKey> {
    SortKey::parse(text)
}
