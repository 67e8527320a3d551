//! A private PostgreSQL cluster, made and run with the installed server's own programs.
//!
//! It listens on a unix socket only, in a short temporary folder that nobody but us (and the `postgres` user, if we
//! are root) may enter. One process owns a cluster at a time: it holds a lock on a file in the data folder. A server
//! that a killed owner has left behind is stopped by the next.

mod account;
mod database;
mod error;
mod folder;
mod installation;
mod server;

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use tempfile::TempDir;
use tracing::instrument;

use account::Account;
pub use error::ClusterError;
use installation::Installation;
use server::Server;

/// What must survive a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Every transaction that was committed.
    #[default]
    Durable,
    /// Nothing: no write waits for the disk. For tests.
    Disposable,
}

/// A running private cluster; stopped by [`Cluster::stop`], and on drop as a last resort.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    socket_folder: TempDir,
    /// Held for as long as the cluster is ours.
    _lock: File,
}

impl Cluster {
    /// Creates the cluster in `data_folder` if it is not there, starts it, makes the database `ardent` with PostGIS.
    pub async fn start(data_folder: &Path) -> crate::Result<Self> {
        Self::start_with(data_folder, Durability::Durable).await
    }

    /// As [`Cluster::start`], with a choice of what must survive a crash.
    #[instrument(skip_all, fields(folder = %data_folder.display()))]
    pub async fn start_with(data_folder: &Path, durability: Durability) -> crate::Result<Self> {
        let account = Account::choose()?;
        let folder = folder::prepare(data_folder, &account).await?;
        let lock = folder::lock(&folder)?;
        let data = folder.join("data");
        let installation = Installation::find(&data)?;
        let server = Server { installation, account, data, record: folder.join("socket") };
        server.create(&folder).await?;
        server.stop_orphan().await?;
        let socket_folder = socket_folder(&server.account)?;
        server.configure(socket_folder.path(), durability)?;
        // From here on a cluster that is dropped, since its start was cancelled, stops its server.
        let cluster = Self { server, socket_folder, _lock: lock };
        cluster.server.start().await?;
        database::create(&cluster.url(), &cluster.server.installation).await?;
        tracing::info!(version = cluster.server.installation.version, "the private PostgreSQL is up");
        Ok(cluster)
    }

    /// `postgres://` URL of its database, over the unix socket.
    pub fn url(&self) -> SecretString {
        database::url(self.socket_folder.path())
    }

    /// Folder of the unix socket.
    pub fn socket_folder(&self) -> &Path {
        self.socket_folder.path()
    }

    /// Process id of the server.
    pub fn process_id(&self) -> Option<u32> {
        self.server.process_id()
    }

    /// Stops the server if it still runs, and starts it again at the same URL.
    #[instrument(skip_all)]
    pub async fn restart(&self) -> crate::Result<()> {
        self.server.stop().await?;
        Ok(self.server.start().await?)
    }

    /// Stops it (fast shutdown: sessions are ended, nothing committed is lost) and waits.
    #[instrument(skip_all)]
    pub async fn stop(self) -> crate::Result<()> {
        Ok(self.server.stop().await?)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.server.process_id().is_some() {
            self.server.stop_blocking();
        }
    }
}

/// Longest folder whose socket `/.s.PGSQL.5432` still fits into the 107 bytes of a unix socket's address.
const LONGEST_SOCKET_FOLDER_BYTES: usize = 107 - "/.s.PGSQL.5432".len();
/// What the names of our socket folders begin with.
const SOCKET_FOLDER_PREFIX: &str = "ardent-pg-";

/// A fresh folder for the socket, in the first temporary folder that is short enough and that the server can enter.
fn socket_folder(account: &Account) -> Result<TempDir, ClusterError> {
    let own = std::env::temp_dir();
    let is_short = own.as_os_str().len() + "/".len() + SOCKET_FOLDER_PREFIX.len() + 6 <= LONGEST_SOCKET_FOLDER_BYTES;
    let candidates = [own, PathBuf::from("/tmp")];
    let first = usize::from(!is_short || account.cannot_enter(&candidates[0]).is_some());
    let parent = &candidates[first];
    let fault = |source| ClusterError::Io { doing: "make a folder for the socket in", path: parent.clone(), source };
    let folder = tempfile::Builder::new()
        .prefix(SOCKET_FOLDER_PREFIX)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
        .map_err(fault)?;
    account.give(folder.path()).map_err(fault)?;
    Ok(folder)
}
