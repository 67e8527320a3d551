//! How many pixels each caller was given, by day, and no more than its quota. Days are those of UTC, by the clock of
//! the database.

use chrono::{DateTime, NaiveDate, Utc};
use tracing::instrument;

use crate::error::while_doing;
use crate::subject::holdable;
use crate::{Catalog, Result};

/// What became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// The pixels are the caller's.
    Granted {
        /// Pixels left of the day's quota.
        left: u64,
        /// The day they are charged to; [`Catalog::refund`] wants it.
        day: NaiveDate,
    },
    /// They are more than is left; nothing was charged.
    Refused {
        /// Pixels left of the day's quota.
        left: u64,
        /// When the next day begins, with a whole quota.
        resets: DateTime<Utc>,
    },
}

/// Only what fits: of charges at the same time, each sees what the others have left. It is compared as a difference,
/// since a sum might be more than a bigint.
const CHARGE: &str = "
INSERT INTO usage AS stored (subject, day, pixels)
SELECT $1, (now() AT TIME ZONE 'UTC')::date, $2 WHERE $2 <= $3
ON CONFLICT (subject, day) DO UPDATE SET pixels = stored.pixels + excluded.pixels
WHERE excluded.pixels <= $3 - stored.pixels
RETURNING $3 - pixels, day";

impl Catalog {
    /// Charges a caller with pixels, if no more than `quota` are then charged to its day.
    #[instrument(skip_all, fields(subject, pixels))]
    pub async fn charge(&self, subject: &str, pixels: u64, quota: u64) -> Result<Charge> {
        let doing = while_doing("charging pixels");
        let quota = stored(quota);
        let query = sqlx::query_as(CHARGE).bind(holdable(subject)).bind(stored(pixels)).bind(quota);
        let charged: Option<(i64, NaiveDate)> = query.fetch_optional(&self.pool).await.map_err(doing)?;
        if let Some((left, day)) = charged {
            return Ok(Charge::Granted { left: left.unsigned_abs(), day });
        }
        let statement = "SELECT coalesce(sum(pixels), 0)::bigint, \
            ((now() AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC' \
            FROM usage WHERE subject = $1 AND day = (now() AT TIME ZONE 'UTC')::date";
        let query = sqlx::query_as(statement).bind(holdable(subject));
        let (used, resets): (i64, DateTime<Utc>) = query.fetch_one(&self.pool).await.map_err(doing)?;
        Ok(Charge::Refused { left: (quota - used).max(0).unsigned_abs(), resets })
    }

    /// Gives back pixels of a charge that came to nothing, on the day of the charge.
    #[instrument(skip_all, fields(subject, pixels))]
    pub async fn refund(&self, subject: &str, day: NaiveDate, pixels: u64) -> Result<()> {
        let statement = "UPDATE usage SET pixels = greatest(pixels - $3, 0) WHERE subject = $1 AND day = $2";
        let query = sqlx::query(statement).bind(holdable(subject)).bind(day).bind(stored(pixels));
        query.execute(&self.pool).await.map(drop).map_err(while_doing("refunding pixels"))
    }

    /// Pixels that are charged to a caller's day.
    #[instrument(skip_all, fields(subject))]
    pub async fn used_today(&self, subject: &str) -> Result<u64> {
        let statement = "SELECT pixels FROM usage WHERE subject = $1 AND day = (now() AT TIME ZONE 'UTC')::date";
        let query = sqlx::query_scalar(statement).bind(holdable(subject));
        let used: Option<i64> = query.fetch_optional(&self.pool).await.map_err(while_doing("reading the usage"))?;
        Ok(used.unwrap_or(0).unsigned_abs())
    }

    /// Forgets the days before this one. Returns how many rows that were, one for each caller and day.
    #[instrument(skip_all)]
    pub async fn prune_usage(&self, before: NaiveDate) -> Result<u64> {
        let query = sqlx::query("DELETE FROM usage WHERE day < $1").bind(before);
        let pruned = query.execute(&self.pool).await.map_err(while_doing("pruning the usage"))?;
        Ok(pruned.rows_affected())
    }
}

/// As a bigint, or the greatest there is.
fn stored(pixels: u64) -> i64 {
    i64::try_from(pixels).unwrap_or(i64::MAX)
}
