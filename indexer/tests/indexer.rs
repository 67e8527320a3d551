//! Documents in real stores, indexed into a real catalogue.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "helpers of tests fail the test")]

#[path = "indexer/bucket.rs"]
mod bucket;
#[path = "indexer/documents.rs"]
mod documents;
#[path = "indexer/faults.rs"]
mod faults;
#[path = "indexer/real.rs"]
mod real;
#[path = "indexer/repeats.rs"]
mod repeats;
#[path = "indexer/setting.rs"]
mod setting;
#[path = "indexer/stac.rs"]
mod stac;
