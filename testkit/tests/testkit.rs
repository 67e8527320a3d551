//! The test services, tried with clients that are not ours.
#[path = "testkit/s3.rs"]
mod s3;
