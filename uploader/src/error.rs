//! What stops an upload. What is wrong with one product does not: it stands in the receipt.

use std::path::PathBuf;

/// A failed upload.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source cannot be read.
    #[error("the source `{}` cannot be read", path.display())]
    Source {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The source is not laid out as the archive is.
    #[error(
        "`{}` holds no folder such as sentinel_2/2019/06/27; give the archive's folder that holds sentinel_2, or that \
         folder, a year, a month or a day below it",
        path.display()
    )]
    Layout {
        /// The folder.
        path: PathBuf,
    },
    /// A platform that is none.
    #[error("`{platform}` is not a platform; give names such as S2A or S1B")]
    Platform {
        /// As it was given.
        platform: String,
    },
    /// The range of dates is empty.
    #[error("the dates from {from} to {to} are none; exchange the two")]
    Dates {
        /// First day.
        from: chrono::NaiveDate,
        /// Last day.
        to: chrono::NaiveDate,
    },
    /// The target cannot be used.
    #[error("nothing can be uploaded to `{target}`: there is no such bucket or folder; create it first")]
    Target {
        /// As it was given.
        target: String,
    },
    /// The target's store does not let us in.
    #[error(
        "the store refuses access to `{target}`; check the profile's credentials, and that they may list and write"
    )]
    Denied {
        /// As it was given.
        target: String,
        /// The store's answer.
        #[source]
        source: Box<ardent_storage::Error>,
    },
    /// The scan was stopped, as the process is ending.
    #[error("the scan of the archive was stopped")]
    Stopped(#[source] tokio::task::JoinError),
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] ardent_storage::Error),
}

/// The message of an error and of all that caused it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        // Transparent errors repeat what they wrap.
        if !text.ends_with(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}
