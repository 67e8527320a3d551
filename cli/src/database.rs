//! The database of a command: the one that the settings name, or the private one of the data folder.

use std::time::Duration;

use anyhow::{Context, Result};
use ardent_catalog::{
    Catalog, Error,
    cluster::{Cluster, ClusterError},
};

use crate::{arguments::Settings, folder::DataFolder};

/// How often a server that is just starting or stopping is looked for, and how long is waited between.
const ATTEMPTS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);

/// A catalogue whose schema is up to date, and the private cluster behind it, if it is ours.
pub(crate) struct Database {
    /// The catalogue.
    pub(crate) catalog: Catalog,
    cluster: Option<Cluster>,
}

impl Database {
    /// For a command: the database that the settings name, the private one of a server that runs on the data folder,
    /// or that same database started for as long as the command takes.
    pub(crate) async fn open(settings: &Settings, folder: &DataFolder) -> Result<Self> {
        let mut attempt = 1;
        loop {
            match Self::own(settings, folder).await {
                Err(error) if is_in_use(&error) && attempt < ATTEMPTS => {
                    if let Some(database) = Self::share(folder).await {
                        return Ok(database);
                    }
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
    }

    /// For a server: a database that no other process can take away.
    pub(crate) async fn own(settings: &Settings, folder: &DataFolder) -> Result<Self> {
        if let Some(url) = &settings.database_url {
            let catalog = Catalog::connect(url).await.context("the database of ARDENT_DATABASE_URL cannot be used")?;
            return Self::ready(catalog, None).await;
        }
        folder.create()?;
        let path = folder.path().display();
        let cluster = Cluster::start(folder.path()).await.with_context(|| format!("no private database in {path}"))?;
        match Catalog::connect(&cluster.url()).await {
            Ok(catalog) => Self::ready(catalog, Some(cluster)).await,
            Err(error) => {
                stop(Some(cluster)).await;
                Err(error).with_context(|| format!("the private database in {path} cannot be used"))
            }
        }
    }

    /// The database of a server that runs on the data folder; its schema is the server's affair.
    async fn share(folder: &DataFolder) -> Option<Self> {
        let url = Cluster::url_of_running(folder.path())?;
        let catalog = Catalog::connect(&url).await.ok()?;
        if catalog.ping().await.is_ok() {
            return Some(Self { catalog, cluster: None });
        }
        catalog.close().await;
        None
    }

    async fn ready(catalog: Catalog, cluster: Option<Cluster>) -> Result<Self> {
        let database = Self { catalog, cluster };
        // A schema that is up to date needs no right to change it.
        if database.catalog.ping().await.is_ok() {
            return Ok(database);
        }
        if let Err(error) = database.catalog.migrate().await {
            database.close().await;
            return Err(error).context("the schema of the database could not be brought up to date");
        }
        Ok(database)
    }

    /// Closes the connections, then stops the private cluster, if it is ours.
    pub(crate) async fn close(self) {
        self.catalog.close().await;
        stop(self.cluster).await;
    }
}

fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::Cluster(ClusterError::InUse { .. })))
}

async fn stop(cluster: Option<Cluster>) {
    if let Some(cluster) = cluster
        && let Err(error) = cluster.stop().await
    {
        tracing::error!(error = &error as &dyn std::error::Error, "the private database did not stop");
    }
}
