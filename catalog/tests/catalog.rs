//! The catalogue against a real PostgreSQL with PostGIS.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "catalog/access.rs"]
mod access;
#[path = "catalog/aggregate.rs"]
mod aggregate;
#[path = "catalog/audit.rs"]
mod audit;
#[path = "catalog/browse.rs"]
mod browse;
#[path = "catalog/cluster.rs"]
mod cluster;
#[path = "catalog/collection_search.rs"]
mod collection_search;
#[path = "catalog/collections.rs"]
mod collections;
#[path = "catalog/cql2.rs"]
mod cql2;
#[cfg(test)]
#[path = "catalog/cql2_evaluate.rs"]
mod cql2_evaluate;
#[path = "catalog/cql2_print.rs"]
mod cql2_print;
#[path = "catalog/cql2_random.rs"]
mod cql2_random;
#[path = "catalog/endurance.rs"]
mod endurance;
#[path = "catalog/estimates.rs"]
mod estimates;
#[path = "catalog/extremes.rs"]
mod extremes;
#[path = "catalog/fixture.rs"]
mod fixture;
#[path = "catalog/grants.rs"]
mod grants;
#[path = "catalog/ingest.rs"]
mod ingest;
#[path = "catalog/keys.rs"]
mod keys;
#[path = "catalog/migration.rs"]
mod migration;
#[path = "catalog/outage.rs"]
mod outage;
#[path = "catalog/paging.rs"]
mod paging;
#[path = "catalog/plans.rs"]
mod plans;
#[path = "catalog/properties.rs"]
mod properties;
#[path = "catalog/search.rs"]
mod search;
#[path = "catalog/skim.rs"]
mod skim;
#[path = "catalog/sort.rs"]
mod sort;
#[path = "catalog/text.rs"]
mod text;
#[path = "catalog/usage.rs"]
mod usage;
#[path = "catalog/walk.rs"]
mod walk;
#[path = "catalog/writes.rs"]
mod writes;
