#![doc = include_str!("../README.md")]

mod claims;
mod discovery;
mod error;
mod issuer;
mod key_cache;
mod key_set;
pub mod login;
mod principal;
mod verifier;

pub use error::{Error, Refusal};
pub use issuer::{Issuer, Timing};
pub use principal::Principal;
pub use verifier::Verifier;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
