//! The server over HTTP, on a real catalogue.

#[cfg(test)]
#[path = "api/aggregate.rs"]
mod aggregate;
#[cfg(test)]
#[path = "api/audit.rs"]
mod audit;
#[cfg(test)]
#[path = "api/authentication.rs"]
mod authentication;
#[cfg(test)]
#[path = "api/browse.rs"]
mod browse;
#[cfg(test)]
#[path = "api/collection_search.rs"]
mod collection_search;
#[cfg(test)]
#[path = "api/collection_transactions.rs"]
mod collection_transactions;
#[cfg(test)]
#[path = "api/conditional.rs"]
mod conditional;
#[cfg(test)]
#[path = "api/crawl.rs"]
mod crawl;
#[cfg(test)]
#[path = "api/crs.rs"]
mod crs;
#[cfg(test)]
#[path = "api/cubes.rs"]
mod cubes;
#[cfg(test)]
#[path = "api/documents.rs"]
mod documents;
#[cfg(test)]
#[path = "api/export.rs"]
mod export;
#[cfg(test)]
#[path = "api/fields.rs"]
mod fields;
#[cfg(test)]
#[path = "api/keys.rs"]
mod keys;
#[cfg(test)]
#[path = "api/lifecycle.rs"]
mod lifecycle;
#[cfg(test)]
#[path = "api/limits.rs"]
mod limits;
#[cfg(test)]
#[path = "api/matrix.rs"]
mod matrix;
#[cfg(test)]
#[path = "api/outage.rs"]
mod outage;
#[cfg(test)]
#[path = "api/paging.rs"]
mod paging;
#[cfg(test)]
#[path = "api/policies.rs"]
mod policies;
#[cfg(test)]
#[path = "api/queryables.rs"]
mod queryables;
#[cfg(test)]
#[path = "api/refusals.rs"]
mod refusals;
#[cfg(test)]
#[path = "api/site.rs"]
mod site;
#[cfg(test)]
#[path = "api/sort.rs"]
mod sort;
#[cfg(test)]
#[path = "api/transactions.rs"]
mod transactions;
#[path = "api/transport.rs"]
mod transport;
#[cfg(test)]
#[path = "api/writer.rs"]
mod writer;
