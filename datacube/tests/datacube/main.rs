//! Cubes from small files whose every pixel is known, without catalogue or network.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod archive;
mod chunking;
mod forms;
mod grids;
mod masks;
mod refusals;
