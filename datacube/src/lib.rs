#![doc = include_str!("../README.md")]

pub mod encode;
pub mod engine;
pub mod error;
mod expression;
pub mod lattice;
pub mod mapping;
mod mask;
mod median;
mod patch;
pub mod plan;
pub mod projection;
pub mod reduce;
mod sample;
mod warp;
mod window;

pub use encode::{Compression, Finished, Format, PictureKind, Room, Scratch, Split};
pub use engine::{Engine, Taken};
pub use error::Error;
pub use plan::{Plan, Request};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
