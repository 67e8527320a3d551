//! Arguments of `ardent audit`.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;

use super::policy::Json;

#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Nothing before this day or time (UTC), such as 2026-01-01 or 2026-01-01T12:00:00Z
    #[arg(long, env = "ARDENT_SINCE", value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<DateTime<Utc>>,
    /// What this one did only, such as user:SUB or cli:root
    #[arg(long, env = "ARDENT_ACTOR", value_name = "ACTOR")]
    pub(crate) actor: Option<String>,
    /// How many at most, the newest first
    #[arg(long, env = "ARDENT_LIMIT", value_name = "NUMBER", default_value_t = 100)]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) form: Json,
}

fn time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let day = text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let time = || DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    day.or_else(|_| time()).map_err(|_| "give a day or a time, such as 2026-01-01 or 2026-01-01T12:00:00Z")
}
