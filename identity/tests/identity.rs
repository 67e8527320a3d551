//! Tokens, good and hostile, against issuers in this process.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "identity/fixture.rs"]
mod fixture;
#[path = "identity/fuzz.rs"]
mod fuzz;
#[path = "identity/hostile.rs"]
mod hostile;
#[path = "identity/keys.rs"]
mod keys;
#[path = "identity/principals.rs"]
mod principals;
