//! Ranges of objects over HTTP without TLS, as inside a cluster: read from the socket into one buffer.
//!
//! The general client hands a body out in pieces, which are then put together: a copy of all that is read, a fortieth of a
//! cube's CPU time. Here `GET`s of ranges are sent and read on their own connections. What is not plain (another method, TLS,
//! a proxy, an answer of unknown length, a redirect) is left to the general client, and so is then all of that server.

mod connection;
mod exchange;

use std::{sync::Arc, time::Duration};

use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
    },
};

use connection::Connections;
use exchange::Question;

/// Makes clients that read ranges themselves.
#[derive(Debug, Clone)]
pub(crate) struct PlainHttp {
    /// For an answer as a whole.
    pub(crate) timeout: Duration,
    /// For a connection.
    pub(crate) connect_timeout: Duration,
    /// How long a connection is kept without use.
    pub(crate) kept: Duration,
}

impl HttpConnector for PlainHttp {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let general = ReqwestConnector::default().connect(options)?;
        if is_proxied() {
            return Ok(general);
        }
        let connections = Connections::new(self.connect_timeout, self.kept);
        Ok(HttpClient::new(Client { general, connections, timeout: self.timeout }))
    }
}

/// Whether requests go by way of a proxy, which the general client knows how to find.
fn is_proxied() -> bool {
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].iter().any(|name| std::env::var_os(name).is_some())
}

#[derive(Debug)]
struct Client {
    general: HttpClient,
    connections: Arc<Connections>,
    timeout: Duration,
}

#[async_trait::async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if let Some(question) = Question::of(&request) {
            let answer = tokio::time::timeout(self.timeout, self.connections.ask(&question)).await;
            if let Some(answer) = answer.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?? {
                return Ok(answer);
            }
        }
        self.general.execute(request).await
    }
}

#[cfg(test)]
mod tests;
