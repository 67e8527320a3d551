//! How a person or a service at the command line gets a token for a server: which identity provider it trusts, the
//! device code flow (RFC 8628), client credentials (RFC 6749 §4.4), refreshing and revoking.

mod flow;
mod provider;
mod session;
mod store;

pub use flow::{Announcement, client_credentials, refresh, revoke, sign_in};
pub use provider::Provider;
pub use session::Session;
pub use store::SessionStore;
