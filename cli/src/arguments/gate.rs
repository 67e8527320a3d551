//! Flags of `ardent serve` about who may call, and how much.

use std::{num::NonZeroU32, path::PathBuf};

use clap::{Args, ValueEnum};

/// Who may call.
#[derive(Debug, Args)]
#[command(next_help_heading = "Identity")]
pub(crate) struct Identity {
    /// Identity provider whose tokens count, as tokens have it in `iss`: https://HOST/realms/REALM for Keycloak
    #[arg(long, env = "ARDENT_OIDC_ISSUER", value_name = "URL")]
    pub(crate) oidc_issuer: Option<String>,
    /// What `aud` of a token must include
    #[arg(long, env = "ARDENT_OIDC_AUDIENCE", value_name = "NAME", default_value = "ardent")]
    pub(crate) oidc_audience: String,
    /// Clients whose tokens count (`azp`) [default: any that get the audience]
    #[arg(long, env = "ARDENT_OIDC_CLIENTS", value_name = "ID", value_delimiter = ',')]
    pub(crate) oidc_clients: Vec<String>,
    /// By how much the clocks may differ
    #[arg(long, env = "ARDENT_OIDC_LEEWAY_SECONDS", value_name = "SECONDS", default_value_t = 10)]
    pub(crate) oidc_leeway_seconds: u64,
    /// How often signing keys are fetched: a key that was disabled counts no longer than this
    #[arg(long, env = "ARDENT_OIDC_REFRESH_SECONDS", value_name = "SECONDS", default_value_t = 300)]
    pub(crate) oidc_refresh_seconds: u64,
    /// Client by which `ardent login` signs people in
    #[arg(long, env = "ARDENT_OIDC_LOGIN_CLIENT", value_name = "ID", default_value = "ardent-cli")]
    pub(crate) oidc_login_client: String,
    /// More identity providers: a TOML file of [[issuer]] tables
    #[arg(long, env = "ARDENT_ISSUERS", value_name = "FILE")]
    pub(crate) issuers: Option<PathBuf>,
    /// What those may do who have not signed in [default: read with an identity provider, load without]
    #[arg(long, env = "ARDENT_ANONYMOUS", value_name = "WHAT")]
    pub(crate) anonymous: Option<Anonymous>,
    /// Show the counters of /metrics to everyone [default: only without an identity provider]
    #[arg(
        long,
        env = "ARDENT_PUBLIC_METRICS",
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub(crate) public_metrics: Option<bool>,
}

/// What those may do who have not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Anonymous {
    /// Nothing but read this server's own description
    None,
    /// Search public collections
    Read,
    /// Search public collections and load cubes of them
    Load,
}

/// How much one caller may.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Bounds of callers")]
pub(crate) struct Bounds {
    /// Requests a minute of each user [default: any number]
    #[arg(long, env = "ARDENT_REQUESTS_PER_MINUTE", value_name = "NUMBER")]
    pub(crate) requests_per_minute: Option<NonZeroU32>,
    /// Requests a minute of each address without a user [default: any number]
    #[arg(long, env = "ARDENT_ANONYMOUS_REQUESTS_PER_MINUTE", value_name = "NUMBER")]
    pub(crate) anonymous_requests_per_minute: Option<NonZeroU32>,
    /// Pixels read a day for the cubes of each user: of the result, times dates, times bands [default: any number]
    #[arg(long, env = "ARDENT_PIXELS_PER_DAY", value_name = "NUMBER")]
    pub(crate) pixels_per_day: Option<u64>,
    /// The same of each address without a user [default: any number]
    #[arg(long, env = "ARDENT_ANONYMOUS_PIXELS_PER_DAY", value_name = "NUMBER")]
    pub(crate) anonymous_pixels_per_day: Option<u64>,
    /// Longest time a request may take, cubes and tables apart
    #[arg(long, env = "ARDENT_REQUEST_SECONDS", value_name = "SECONDS", default_value_t = 60)]
    pub(crate) request_seconds: u64,
    /// Longest time a cube or a table may take
    #[arg(long, env = "ARDENT_CUBE_SECONDS", value_name = "SECONDS", default_value_t = 600)]
    pub(crate) cube_seconds: u64,
    /// Tables (stac-geoparquet) made at the same time
    #[arg(long, env = "ARDENT_TABLES", value_name = "NUMBER", default_value_t = 2)]
    pub(crate) tables: usize,
    /// Documents that one table may hold; as much disk is used while it is made
    #[arg(long, env = "ARDENT_TABLE_MIB", value_name = "MIB", default_value_t = 4096)]
    pub(crate) table_mib: u64,
    /// Longest time a client may go without taking what is sent to it
    #[arg(
        long,
        env = "ARDENT_WRITE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub(crate) write_seconds: u64,
    /// Connections at the same time, for each processor
    #[arg(long, env = "ARDENT_CONNECTIONS", value_name = "NUMBER", default_value_t = 4096)]
    pub(crate) connections: usize,
    /// Days for which the audit is kept
    #[arg(
        long,
        env = "ARDENT_AUDIT_DAYS",
        value_name = "DAYS",
        default_value_t = 365,
        value_parser = clap::value_parser!(u32).range(1..=36_500)
    )]
    pub(crate) audit_days: u32,
}
