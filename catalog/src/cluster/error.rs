//! Why a private cluster cannot be had.

use std::path::PathBuf;

/// A cluster that cannot be made, started or stopped. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// No PostgreSQL server on this machine.
    #[error(
        "PostgreSQL is not installed (no initdb under /usr/lib/postgresql or in PATH); install it with \
         `apt-get install postgresql postgresql-postgis`, or set ARDENT_DATABASE_URL to a server elsewhere"
    )]
    NoPostgres,
    /// A server without PostGIS.
    #[error(
        "PostGIS is not installed for PostgreSQL {version}; install it with `apt-get install postgresql-{version}-postgis-3`"
    )]
    NoPostgis {
        /// Major version of the server.
        version: u32,
    },
    /// The cluster was made by a version that is not there any more.
    #[error(
        "the cluster in {folder} was made by PostgreSQL {version}, which is not installed; install it with \
         `apt-get install postgresql-{version} postgresql-{version}-postgis-3`, or move the folder away and index again"
    )]
    OtherVersion {
        /// The cluster.
        folder: PathBuf,
        /// The version it needs.
        version: String,
    },
    /// We are root, and there is no user to run the server as.
    #[error(
        "PostgreSQL does not run as root, and there is no user `postgres`; run this as another user, or add one with `useradd --system postgres`"
    )]
    NoAccount,
    /// The server's user cannot get to its data.
    #[error(
        "the user `{user}`, who runs PostgreSQL, cannot enter {folder}; allow it with `chmod o+x {folder}`, or choose another data folder"
    )]
    CannotEnter {
        /// The user.
        user: String,
        /// The first folder on the way that it cannot enter.
        folder: PathBuf,
    },
    /// Another process has the cluster.
    #[error("the cluster in {folder} is in use by process {process}; stop that first, or choose another data folder")]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// The process that has it, or `unknown`.
        process: String,
    },
    /// A file or folder cannot be used.
    #[error("cannot {doing} {path}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// One of PostgreSQL's programs failed.
    #[error("{program} failed on {folder}: {output}")]
    Program {
        /// Its name.
        program: &'static str,
        /// The cluster.
        folder: PathBuf,
        /// The last of what it said.
        output: String,
    },
    /// The database in the cluster cannot be made.
    #[error("the database `ardent` cannot be made")]
    Database(#[from] sqlx::Error),
}
