//! The connections to the database.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use tokio::sync::OnceCell;
use tracing::{instrument, warn};

use crate::Result;
use crate::error::{Error, code, while_doing};
use crate::search::TokenKey;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// Most connections of one process.
const MAX_CONNECTIONS: u32 = 20;
/// How long a request waits for a connection before it is told that there is none.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that was idle for longer is tried before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// How long counting may take, by default.
const COUNT_BUDGET: Duration = Duration::from_millis(5);
/// How long aggregating may take, by default.
const AGGREGATION_BUDGET: Duration = Duration::from_secs(20);
/// Bytes of documents after which a page ends, by default.
const PAGE_BYTES: usize = 16 << 20;

/// The catalogue: a pool of connections to PostGIS. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub(crate) pool: PgPool,
    /// Read when it is first needed, since the schema may come after the connection.
    pub(crate) token_key: Arc<OnceCell<TokenKey>>,
    pub(crate) count_budget: Option<Duration>,
    pub(crate) aggregation_budget: Duration,
    pub(crate) page_bytes: usize,
}

impl Catalog {
    /// Connects; fails if the database cannot be reached.
    #[instrument(skip_all)]
    pub async fn connect(url: &SecretString) -> Result<Self> {
        let doing = while_doing("connecting");
        let options: PgConnectOptions = url.expose_secret().parse().map_err(doing)?;
        let options = options.application_name("ardent").options([
            ("statement_timeout", "30s"),
            ("lock_timeout", "20s"),
            ("idle_in_transaction_session_timeout", "60s"),
            ("timezone", "UTC"),
            ("client_min_messages", "warning"),
            // Plans that know the box and the interval are far better than those that do not.
            ("plan_cache_mode", "force_custom_plan"),
            ("jit", "off"),
            // Starting another process takes longer than nearly all of what is asked here.
            ("max_parallel_workers_per_gather", "0"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for > TRUSTED_IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            .map_err(doing)?;
        Ok(Self {
            pool,
            token_key: Arc::default(),
            count_budget: Some(COUNT_BUDGET),
            aggregation_budget: AGGREGATION_BUDGET,
            page_bytes: PAGE_BYTES,
        })
    }

    /// How long counting the matches of a search may take before an estimate does; `None`: they are not counted.
    #[must_use]
    pub fn with_count_budget(mut self, budget: Option<Duration>) -> Self {
        self.count_budget = budget;
        self
    }

    /// A page ends, and another follows, once its documents have this many bytes.
    #[must_use]
    pub fn with_page_bytes(mut self, bytes: usize) -> Self {
        self.page_bytes = bytes;
        self
    }

    /// Brings the schema up to date; several processes may do so at once.
    #[instrument(skip_all)]
    pub async fn migrate(&self) -> Result<()> {
        let doing = while_doing("migrating");
        let mut connection = self.pool.acquire().await.map_err(doing)?;
        // Making an index, and waiting for another process that makes it, may take its time.
        sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = 0")
            .execute(&mut *connection)
            .await
            .map_err(doing)?;
        let was_current = self.ping().await.is_ok();
        let migrated = MIGRATIONS.run(&mut *connection).await;
        // What was written again is found in indexes alone once it was vacuumed.
        if migrated.is_ok()
            && !was_current
            && let Err(error) = sqlx::raw_sql("VACUUM (ANALYZE) items").execute(&mut *connection).await
        {
            warn!(%error, "the items could not be vacuumed: searches are slower until they are");
        }
        // Its settings go with it.
        connection.close().await.map_err(doing)?;
        migrated.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(source) => match doing(source) {
                Error::Database { source, .. } => Error::Migration(sqlx::migrate::MigrateError::Execute(source)),
                other => other,
            },
            other => Error::Migration(other),
        })
    }

    /// Whether the database answers and its schema is current.
    pub async fn ping(&self) -> Result<()> {
        let wanted = MIGRATIONS.iter().map(|step| step.version).max().unwrap_or(0);
        let query = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success");
        let found: Vec<i64> = match query.fetch_all(&self.pool).await {
            Err(error) if code(&error).as_deref() == Some("42P01") => Vec::new(),
            found => found.map_err(while_doing("pinging"))?,
        };
        // A step may have come later than one of a greater number.
        let is_current = MIGRATIONS.iter().all(|step| found.contains(&step.version));
        let found = found.into_iter().max().unwrap_or(0);
        if is_current { Ok(()) } else { Err(Error::Schema { found, wanted }) }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
