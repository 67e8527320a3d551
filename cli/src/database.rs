//! The database of a command: the one that the settings name, or the private one of the data folder.

use anyhow::{Context, Result};
use ardent_catalog::{Catalog, cluster::Cluster};

use crate::{arguments::Settings, folder::DataFolder};

/// A catalogue whose schema is up to date, and the private cluster behind it, if there is one.
pub(crate) struct Database {
    /// The catalogue.
    pub(crate) catalog: Catalog,
    cluster: Option<Cluster>,
}

impl Database {
    /// Connects, after starting the private cluster if no database is named.
    pub(crate) async fn open(settings: &Settings, folder: &DataFolder) -> Result<Self> {
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

    async fn ready(catalog: Catalog, cluster: Option<Cluster>) -> Result<Self> {
        let database = Self { catalog, cluster };
        if let Err(error) = database.catalog.migrate().await {
            database.close().await;
            return Err(error).context("the schema of the database could not be brought up to date");
        }
        Ok(database)
    }

    /// Closes the connections, then stops the private cluster.
    pub(crate) async fn close(self) {
        self.catalog.close().await;
        stop(self.cluster).await;
    }
}

async fn stop(cluster: Option<Cluster>) {
    if let Some(cluster) = cluster
        && let Err(error) = cluster.stop().await
    {
        tracing::error!(error = &error as &dyn std::error::Error, "the private database did not stop");
    }
}
