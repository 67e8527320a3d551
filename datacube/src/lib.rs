#![doc = include_str!("../README.md")]

mod adjust;
pub mod clip;
mod cut;
pub mod datum_shift;
pub mod encode;
pub mod engine;
pub mod error;
pub mod estimate;
mod expression;
mod failures;
mod idle;
pub mod lattice;
pub mod ledger;
pub mod mapping;
mod mask;
mod patch;
pub mod plan;
pub mod projection;
pub mod reduce;
mod sample;
mod survey;
pub mod warp;
mod window;

pub use datum_shift::DatumShift;
pub use encode::{Compression, Finished, Format, PictureKind, Room, Scratch, Split};
pub use engine::{Engine, Made, Taken};
pub use error::Error;
pub use estimate::{Estimate, Reads};
pub use ledger::{DateLeftOut, Failure, FailureKind, Harmonised, Ledger, Superseded, Unselected};
pub use plan::{Plan, Request};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
