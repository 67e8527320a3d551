//! The connections to the database.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::OnceCell;
use tracing::{instrument, warn};

use crate::Result;
use crate::error::{Error, code, while_doing};
use crate::search::TokenKey;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// Most connections of one process: so many of each pool.
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

/// What every session is told.
const SESSION: [(&str, &str); 7] = [
    ("statement_timeout", "30s"),
    ("lock_timeout", "20s"),
    ("idle_in_transaction_session_timeout", "60s"),
    ("timezone", "UTC"),
    ("client_min_messages", "warning"),
    ("jit", "off"),
    // Starting another process takes longer than nearly all of what is asked here.
    ("max_parallel_workers_per_gather", "0"),
];
/// Plans that know the box and the interval are far better than those that do not.
const OPEN_PLANS: [(&str, &str); 1] = [("plan_cache_mode", "force_custom_plan")];
/// Where there is one good plan whatever the values, making it anew for each request takes longer than carrying it out. It
/// goes by indexes, which a plan that was made while a table was small would pass by.
const SETTLED_PLANS: [(&str, &str); 5] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// A plan that was made when the table was another one lasts no longer than its connection.
const SETTLED_LIFETIME: Duration = Duration::from_mins(5);

/// The catalogue: pools of connections to PostGIS. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// For statements whose best plan depends on their values.
    pub(crate) pool: PgPool,
    /// For statements that have one good plan, which each connection keeps.
    pub(crate) settled: PgPool,
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
        let options = options.application_name("ardent").options(SESSION);
        let pool = pool_options().after_connect(|connection, _| Box::pin(keep_memory(connection)));
        let pool = pool.connect_with(options.clone().options(OPEN_PLANS)).await.map_err(doing)?;
        let settled = pool_options().max_lifetime(SETTLED_LIFETIME).connect_lazy_with(options.options(SETTLED_PLANS));
        Ok(Self {
            pool,
            settled,
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
        // What was written again is found in indexes alone once it was vacuumed. An empty table is better not known to be:
        // plans for it would go on when it is empty no more.
        if migrated.is_ok()
            && !was_current
            && let Err(error) = vacuum_items(&mut connection).await
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
        futures::future::join(self.pool.close(), self.settled.close()).await;
    }
}

/// Vacuums the items, if there are any.
async fn vacuum_items(connection: &mut PgConnection) -> sqlx::Result<()> {
    let query = sqlx::query_scalar("SELECT EXISTS (SELECT FROM items)");
    if query.fetch_one(&mut *connection).await? {
        sqlx::raw_sql("VACUUM (ANALYZE) items").execute(connection).await?;
    }
    Ok(())
}

/// Lets a session keep the memory that a statement of many items took. The allocator of the C library, where the server
/// has that one, gives all that it is given back at once to the system, as long as nothing so large was ever given
/// back: then taking it again page by page costs more than a tenth of storing items.
async fn keep_memory(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("SELECT length(repeat('x', 8388608))").execute(connection).await.map(drop)
}

fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new()
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
}
