//! How the server presents and bounds itself.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

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
            client_timeout: Duration::from_secs(20),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}
