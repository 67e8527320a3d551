//! The server over HTTP, on a real catalogue.

#[path = "api/crawl.rs"]
mod crawl;
#[path = "api/documents.rs"]
mod documents;
#[path = "api/lifecycle.rs"]
mod lifecycle;
#[path = "api/paging.rs"]
mod paging;
#[path = "api/refusals.rs"]
mod refusals;
#[path = "api/site.rs"]
mod site;
#[path = "api/transport.rs"]
mod transport;
