//! The catalogue against a real PostgreSQL with PostGIS.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "catalog/cluster.rs"]
mod cluster;
