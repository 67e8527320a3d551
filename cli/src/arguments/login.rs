//! Arguments of `ardent login`, `token` and `logout`.

use clap::Args;
use secrecy::SecretString;

#[derive(Debug, Args)]
pub(crate) struct Login {
    #[command(flatten)]
    pub(crate) server: Server,
    /// Stay signed in when the browser is signed out (an offline session)
    #[arg(long, env = "ARDENT_OFFLINE")]
    pub(crate) offline: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(flatten)]
    pub(crate) server: Server,
    /// Client of a service, which needs no `ardent login`
    #[arg(long, env = "ARDENT_CLIENT_ID", value_name = "ID", requires_all = ["client_secret", "oidc_issuer"])]
    pub(crate) client_id: Option<String>,
    /// Its secret; better given as ARDENT_CLIENT_SECRET, since others see command lines
    #[arg(long, env = "ARDENT_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true, requires = "client_id")]
    pub(crate) client_secret: Option<SecretString>,
}

/// Which server, and who vouches for it.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// URL of the server
    #[arg(value_name = "SERVER")]
    pub(crate) url: String,
    /// Identity provider to use, whatever the server names; a service must say to whom its secret may go
    #[arg(long, env = "ARDENT_OIDC_ISSUER", value_name = "URL")]
    pub(crate) oidc_issuer: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// URL of the server
    #[arg(value_name = "SERVER")]
    pub(crate) url: String,
}
