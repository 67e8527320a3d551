//! Cubes from small files whose every pixel is known, without catalogue or network.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod archive;
mod cancelling;
mod chunking;
mod clip;
mod estimating;
mod failures;
mod forms;
mod globe;
mod grids;
mod harmony;
mod masks;
mod reducers;
mod refusals;
mod resampling;
mod rewriting;
mod select;
