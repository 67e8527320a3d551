//! Why a recipe was not carried out, by whose fault it is.

/// Why a recipe was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The recipe cannot be carried out as it is.
    #[error(transparent)]
    Model(#[from] ardent_model::Error),
    /// There is no such collection, or it is hidden.
    #[error("collection `{collection}` does not exist")]
    NoCollection {
        /// Its id.
        collection: String,
    },
    /// More items than one request may read.
    #[error("more than {allowed} items match; narrow datetime or the area")]
    TooManyItems {
        /// How many may be.
        allowed: usize,
    },
    /// Items that the recipe names and that are not there, or hidden.
    #[error("items not found in {collections}: {missing}")]
    NoItems {
        /// The collections searched.
        collections: String,
        /// The ids.
        missing: String,
    },
    /// More than the caller may have read today.
    #[error(
        "it takes {pixels} pixels (of the result, times dates, times bands read), and {left} are left today; the \
             quota begins anew at {resets}"
    )]
    Quota {
        /// How many it takes.
        pixels: u64,
        /// How many are left.
        left: u64,
        /// When the day ends.
        resets: chrono::DateTime<chrono::Utc>,
    },
    /// The catalogue failed.
    #[error(transparent)]
    Catalog(#[from] ardent_catalog::Error),
    /// The cube engine failed or refused.
    #[error(transparent)]
    Cube(#[from] ardent_datacube::Error),
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request's: change it.
    Request,
    /// What is asked for does not exist.
    Missing,
    /// The request's: ask for less.
    Size,
    /// The caller's: it has had its share.
    Quota,
    /// A source's: its data is broken or missing.
    Source,
    /// A source's or the database's, and trying again may help.
    Busy,
    /// Nobody's: the disk space is taken by other cubes, and trying again may help.
    Room,
    /// Ours.
    Internal,
}

impl Error {
    /// The files that are not what their headers said: they are broken, or were replaced since the header was read.
    pub(crate) fn suspect_files(&self) -> Vec<String> {
        use ardent_cog::Error as Cog;
        use ardent_datacube::Error as Cube;
        use ardent_storage::Error as Storage;
        let source = match self {
            Self::Cube(Cube::Source { source, .. }) => source,
            Self::Cube(Cube::TooManyFailures { failures, .. }) => {
                let suspect = failures.iter().filter(|failure| failure.kind.is_suspect());
                return suspect.filter_map(|failure| failure.href.clone()).collect();
            }
            _ => return Vec::new(),
        };
        match source.as_ref() {
            Cog::Storage(Storage::Changed { href, .. } | Storage::Truncated { href, .. })
            | Cog::Malformed { href, .. }
            | Cog::Decode { href, .. }
            | Cog::Missing { href, .. } => vec![href.clone()],
            _ => Vec::new(),
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        use ardent_datacube::Error as Cube;
        match self {
            Self::Model(_) => Fault::Request,
            Self::NoCollection { .. } | Self::NoItems { .. } => Fault::Missing,
            Self::TooManyItems { .. } => Fault::Size,
            Self::Quota { .. } => Fault::Quota,
            Self::Catalog(ardent_catalog::Error::Unavailable { .. }) => Fault::Busy,
            Self::Cube(error) => match error {
                Cube::TooLarge { .. } => Fault::Size,
                Cube::Source { .. } | Cube::TooManyFailures { .. } if error.is_transient() => Fault::Busy,
                Cube::Source { .. }
                | Cube::TooManyFailures { .. }
                | Cube::NoGrid { .. }
                | Cube::NoLayer { .. }
                | Cube::OtherType { .. } => Fault::Source,
                Cube::NoRoom { .. } => Fault::Room,
                Cube::Encode { .. }
                | Cube::Pattern { .. }
                | Cube::NetCdf { .. }
                | Cube::Scratch { .. }
                | Cube::Picture { .. }
                | Cube::WorkerGone => Fault::Internal,
                _ => Fault::Request,
            },
            Self::Catalog(_) => Fault::Internal,
        }
    }
}
