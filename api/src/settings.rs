//! How the server presents and bounds itself.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use ardent_model::{Scope, Scopes};

use crate::Rates;

/// How the server presents itself, and its bounds.
///
/// ```
/// use ardent_api::Settings;
/// let settings = Settings { public_url: Some("https://data.example.org/ardent".to_owned()), ..Settings::default() };
/// assert_eq!(settings.body_bytes, 8 << 20);
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address to listen on; port 0: any.
    pub listen: SocketAddr,
    /// Base of every link, such as `https://data.example.org/ardent`; none: from the request's Host.
    pub public_url: Option<String>,
    /// Whether `Forwarded`, `X-Forwarded-Proto`, `-Host` and `-Prefix` may say what the base of the links is; only
    /// behind a proxy that sets or removes them.
    pub trust_forwarded: bool,
    /// Title of the landing page.
    pub title: String,
    /// Greatest body of a request.
    pub body_bytes: usize,
    /// Threads that answer requests; none: one per processor.
    pub workers: Option<usize>,
    /// What those may do who have not signed in.
    pub anonymous: Scopes,
    /// How often one may call.
    pub rates: Rates,
    /// How many pixels one may have read in a day.
    pub quotas: Quotas,
    /// Whether `/metrics` is for everyone, or for admins.
    pub public_metrics: bool,
    /// The client by which the command line signs people in.
    pub login_client: String,
    /// How long the audit is kept.
    pub audit_days: u32,
    /// Longest time a request may take, cubes and tables apart.
    pub request_timeout: Duration,
    /// Longest time a cube or a table may take.
    pub cube_timeout: Duration,
    /// Tables (stac-geoparquet) made at the same time.
    pub tables: usize,
    /// Bytes of documents that one table may hold; as many are written to a temporary file while it is made.
    pub table_bytes: u64,
    /// Longest time a client may go without taking what is sent to it.
    pub write_timeout: Duration,
    /// Most connections of each worker.
    pub connections: usize,
    /// Longest time a client may take to send the head of a request, and then each part of its body.
    pub client_timeout: Duration,
    /// Longest time requests under way may take to end once the server is told to stop.
    pub shutdown_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            trust_forwarded: false,
            title: "Ardent".to_owned(),
            body_bytes: 8 << 20,
            workers: None,
            anonymous: Scopes::from_iter([Scope::Load]),
            rates: Rates::default(),
            quotas: Quotas::default(),
            public_metrics: true,
            login_client: "ardent-cli".to_owned(),
            audit_days: 365,
            request_timeout: Duration::from_mins(1),
            cube_timeout: Duration::from_mins(10),
            tables: 2,
            table_bytes: 4 << 30,
            write_timeout: Duration::from_mins(1),
            connections: 4096,
            client_timeout: Duration::from_secs(20),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

/// Pixels that may be read in a day (UTC) for the cubes of one caller: those of the result × dates × bands read. None:
/// any number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Of each user.
    pub user: Option<u64>,
    /// Of each address of those who have not signed in.
    pub anonymous: Option<u64>,
}
