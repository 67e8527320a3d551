//! What stops indexing altogether. A document that cannot be read does not: it is in the receipt.

/// A failure of the whole, not of one document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] ardent_storage::Error),
    /// The catalogue failed.
    #[error(transparent)]
    Catalog(#[from] ardent_catalog::Error),
    /// A product definition that cannot be read.
    #[error("product definition `{source_name}`: {reason}")]
    Product {
        /// File it was read from.
        source_name: String,
        /// What is wrong, and what would pass.
        reason: String,
    },
    /// Options that cannot be.
    #[error("option `{option}`: {reason}")]
    Option {
        /// The option.
        option: &'static str,
        /// What is wrong, and what would pass.
        reason: String,
    },
    /// The folder for refused documents cannot be used.
    #[error("the folder `{folder}` for refused documents cannot be written to")]
    Rejects {
        /// The folder.
        folder: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// A failure and its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
