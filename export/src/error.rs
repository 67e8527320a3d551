//! Why a file was not made, by whose fault it is.

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The catalogue failed, or refused the search.
    #[error(transparent)]
    Catalog(#[from] ardent_catalog::Error),
    /// An item has what a table cannot hold.
    #[error(
        "item `{item}` does not fit into a table: {reason}; leave it out with a filter, or take the form ndjson \
         (`f=ndjson`, `--format ndjson`)"
    )]
    Item {
        /// Its id.
        item: String,
        /// What does not fit.
        reason: String,
    },
    /// The items have too little in common for one table.
    #[error(
        "the items have more than {allowed} different fields; take one collection at a time, or the form ndjson \
         (`f=ndjson`, `--format ndjson`)"
    )]
    TooManyFields {
        /// How many a table may have.
        allowed: usize,
    },
    /// More than is written to one file here.
    #[error(
        "the items have more than {allowed_mib} MiB of documents; narrow the search, or take the form ndjson \
         (`f=ndjson`, `--format ndjson`), which has no such bound"
    )]
    TooLarge {
        /// How much it may be.
        allowed_mib: u64,
    },
    /// A stored document is not JSON.
    #[error("a stored document cannot be read")]
    Document(#[source] serde_json::Error),
    /// The disk failed, or is full.
    #[error("the file cannot be written")]
    Disk(#[from] std::io::Error),
    /// The table could not be made.
    #[error("the table cannot be made")]
    Table(#[from] parquet::errors::ParquetError),
    /// Nobody waits for the file any more, or the work on it broke off.
    #[error("the work on the file broke off")]
    Abandoned,
}

impl From<arrow_schema::ArrowError> for Error {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Table(error.into())
    }
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request's: these items do not go into this form.
    Form,
    /// The request's: ask for less.
    Size,
    /// Ours.
    Internal,
}

impl Error {
    /// Whose fault it is; that of the catalogue is told by its own error.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Item { .. } | Self::TooManyFields { .. } => Fault::Form,
            Self::TooLarge { .. } => Fault::Size,
            _ => Fault::Internal,
        }
    }
}
