//! The test kit itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "testkit/database.rs"]
mod database;
#[path = "testkit/services.rs"]
mod services;
