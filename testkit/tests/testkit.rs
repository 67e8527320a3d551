//! The test services, tried with clients that are not ours.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "testkit/s3.rs"]
mod s3;
#[path = "testkit/scenes.rs"]
mod scenes;
