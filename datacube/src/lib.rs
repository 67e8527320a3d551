#![doc = include_str!("../README.md")]

pub mod encode;
pub mod engine;
pub mod error;
mod expression;
pub mod lattice;
pub mod mapping;
mod mask;
mod patch;
pub mod plan;
pub mod projection;
pub mod reduce;
mod sample;
mod warp;
mod window;

pub use encode::{Format, Scratch};
pub use engine::{Engine, Taken};
pub use error::Error;
pub use plan::{Plan, Request};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
