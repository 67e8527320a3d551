//! An empty database with PostGIS for one test.

mod hold;

use std::str::FromStr;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::services::DATABASE_VARIABLE;

/// What test databases are copied from.
const TEMPLATE: &str = "ardent_test_template";
/// Key of the advisory lock under which the template is made ("ardent" in bytes).
const TEMPLATE_LOCK: i64 = 0x6172_6465_6e74;

/// A database of a test's own; dropped with the value, as far as that succeeds.
#[derive(Debug)]
pub struct Database {
    server: PgConnectOptions,
    name: String,
    url: SecretString,
}

/// Makes an empty database with PostGIS.
///
/// # Panics
/// If there is no server to make it on: tests that need one are run through `make test`.
#[expect(clippy::panic, reason = "a test without its database cannot go on")]
pub async fn fresh() -> Database {
    let Ok(url) = std::env::var(DATABASE_VARIABLE) else {
        panic!("{DATABASE_VARIABLE} is not set: run through `make test` (or `ardent-testkit services -- cargo test …`)")
    };
    match Database::create(&url).await {
        Ok(database) => database,
        Err(error) => panic!("no test database on {DATABASE_VARIABLE}: {error:#}"),
    }
}

impl Database {
    async fn create(url: &str) -> anyhow::Result<Self> {
        let server = PgConnectOptions::from_str(url)?.database("postgres");
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let mut connection = server.connect().await.context("the server does not answer")?;
        ensure_template(&server, &mut connection).await.context("the template")?;
        execute(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await?;
        connection.close().await?;
        let url = server.clone().database(&name).to_url_lossy().to_string();
        Ok(Self { server, name, url: url.into() })
    }

    /// Its URL, as a superuser.
    pub fn url(&self) -> SecretString {
        SecretString::from(self.url.expose_secret())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let drop_database = async move {
            let mut connection = server.connect().await.ok()?;
            execute(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.ok()
        };
        // A thread of its own: the test's runtime is blocked while this value is dropped.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(drop_database)
        });
        let _ = dropping.join();
    }
}

/// Makes the template once, whichever process comes first. It appears under its name only when it is complete, and
/// nobody connects to it, since that would get in the way of copying.
async fn ensure_template(server: &PgConnectOptions, connection: &mut PgConnection) -> anyhow::Result<()> {
    sqlx::query("SELECT pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut *connection).await?;
    let exists = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)").bind(TEMPLATE);
    if !exists.fetch_one(&mut *connection).await? {
        let unfinished = format!("{TEMPLATE}_unfinished");
        execute(connection, format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await?;
        execute(connection, format!("CREATE DATABASE {unfinished} TEMPLATE template0")).await?;
        let mut inside = server.clone().database(&unfinished).connect().await?;
        execute(&mut inside, "CREATE EXTENSION postgis".to_owned()).await?;
        inside.close().await?;
        execute(connection, format!("ALTER DATABASE {unfinished} WITH ALLOW_CONNECTIONS false")).await?;
        execute(connection, format!("ALTER DATABASE {unfinished} RENAME TO {TEMPLATE}")).await?;
    }
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(connection).await?;
    Ok(())
}

/// Runs a statement whose names are ours.
async fn execute(connection: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}
