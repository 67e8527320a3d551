//! Forms of a file of items.

/// Form of a file of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A GeoJSON feature collection (RFC 7946).
    GeoJson,
    /// A GeoJSON text sequence (RFC 8142): each item between a record separator (U+001E) and a line feed.
    GeoJsonSeq,
    /// An item a line.
    Ndjson,
    /// A table: stac-geoparquet 1.1.0.
    Parquet,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::GeoJson, Self::GeoJsonSeq, Self::Ndjson, Self::Parquet];

    /// Its name, in requests and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::GeoJsonSeq => "geojsonseq",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// The form of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::GeoJsonSeq => "application/geo+json-seq",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// The usual end of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::GeoJsonSeq => "geojsons",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// The form of files whose names end so.
    ///
    /// ```
    /// use ardent_export::Form;
    /// assert_eq!(Form::of_extension("PARQUET"), Some(Form::Parquet));
    /// ```
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "geojson" | "json" => Some(Self::GeoJson),
            "geojsons" | "geojsonseq" => Some(Self::GeoJsonSeq),
            "ndjson" | "jsonl" | "geojsonl" => Some(Self::Ndjson),
            "parquet" | "geoparquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}
