//! HTTP (interface stub).
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::unimplemented,
    unused_variables,
    clippy::allow_attributes_without_reason,
    clippy::allow_attributes
)]
use ardent_catalog::Catalog;
use ardent_recipes::Kitchen;
/// How the server presents itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address to listen on; port 0: any.
    pub listen: std::net::SocketAddr,
    /// Base of every link, such as `https://data.example.org/ardent`; none: from the request's Host.
    pub public_url: Option<String>,
    /// Title of the landing page.
    pub title: String,
    /// Greatest body of a request.
    pub body_bytes: usize,
}
/// Binds; then `Server` says where it listens and runs until stopped.
pub fn bind(settings: Settings, catalog: Catalog, kitchen: Kitchen) -> std::io::Result<Server> {
    unimplemented!()
}
/// A bound server.
pub struct Server {}
impl Server {
    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        unimplemented!()
    }
    /// Serves until `stop` resolves, then lets requests under way end.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        unimplemented!()
    }
}
/// The OpenAPI 3.0 document as pretty JSON with a final newline.
pub fn openapi_json() -> String {
    unimplemented!()
}
