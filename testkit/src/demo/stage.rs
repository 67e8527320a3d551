//! What the demo plays on: a temporary folder, an S3 server, and `ardent serve` with its private PostGIS.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::PathBuf};

use anyhow::{Context, Result, bail};

use super::{Options, say};
use crate::{
    ardent::{Ardent, Server},
    s3::{self, S3},
};

/// The bucket that the scenes go to.
pub(super) const BUCKET: &str = "sentinel2-ard";

/// All that must be stopped and removed in the end.
pub(super) struct Stage {
    pub(super) options: Options,
    /// Where the results go.
    pub(super) out: PathBuf,
    /// The command, with the settings of this demo.
    pub(super) ardent: Ardent,
    pub(super) server: Option<Server>,
    folder: tempfile::TempDir,
    s3: S3,
}

impl Stage {
    /// Makes the folder, and starts the S3 server.
    pub(super) async fn set(options: &Options) -> Result<Self> {
        let out = std::path::absolute(&options.out)?;
        std::fs::create_dir_all(&out).with_context(|| format!("{} cannot be made", out.display()))?;
        // As root, the user who runs PostgreSQL must be able to enter.
        let permissions = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().prefix("ardent-demo-").permissions(permissions).tempdir()?;
        let s3 = s3::start_in(folder.path().join("s3"), 0).await?;
        s3.create_bucket(BUCKET);
        let stores = folder.path().join("stores.toml");
        std::fs::write(&stores, s3.profile_toml())?;
        let ardent = Ardent::new(std::path::absolute(&options.ardent)?)
            .with("--data-folder", folder.path().join("data"))
            .with("--stores", &stores);
        Ok(Self { options: options.clone(), out, ardent, server: None, folder, s3 })
    }

    /// A file or folder of the demo.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the S3 server listens.
    pub(super) fn endpoint(&self) -> String {
        self.s3.endpoint()
    }

    /// The server's URL, once it runs.
    pub(super) fn url(&self) -> Result<&str> {
        self.server.as_ref().map(Server::url).context("the server does not run")
    }

    /// Leaves the server running until it ends.
    pub(super) async fn stay(&mut self) -> Result<()> {
        let Some(server) = &mut self.server else { return Ok(()) };
        say(&format!("\nArdent serves {} until you press Ctrl-C.", server.url()))?;
        let status = server.ended().await?;
        bail!("ardent serve ended with {status}")
    }

    /// Stops the server, its database and the store, and removes the folder.
    pub(super) async fn strike(mut self) -> Result<()> {
        let stopped = match self.server.take() {
            Some(server) => server.stop().await,
            None => Ok(()),
        };
        drop(self.s3);
        stopped.and(self.folder.close().context("the demo's folder could not be removed"))
    }
}
