//! A database whose item somebody else is writing.

use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection};

use super::Database;

/// How often it is looked whether somebody waits.
const GLANCE: Duration = Duration::from_millis(10);

impl Database {
    /// Holds an item as a writer of it does, until someone waits for it and then for `longer`.
    ///
    /// `is_held` is called once it is held.
    pub async fn hold_item(&self, id: &str, longer: Duration, is_held: impl FnOnce()) -> anyhow::Result<()> {
        let mut holder = PgConnection::connect(self.url.expose_secret()).await?;
        let mut watcher = PgConnection::connect(self.url.expose_secret()).await?;
        let mut held = holder.begin().await?;
        sqlx::query("SELECT FROM items WHERE id = $1 FOR UPDATE").bind(id).execute(&mut *held).await?;
        is_held();
        let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock')";
        while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut watcher).await? {
            tokio::time::sleep(GLANCE).await;
        }
        tokio::time::sleep(longer).await;
        held.rollback().await?;
        Ok(())
    }
}
