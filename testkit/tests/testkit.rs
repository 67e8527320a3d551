//! The test kit itself, its services tried with clients that are not ours.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "testkit/database.rs"]
mod database;
#[path = "testkit/s3.rs"]
mod s3;
#[path = "testkit/scenes.rs"]
mod scenes;
#[path = "testkit/services.rs"]
mod services;
