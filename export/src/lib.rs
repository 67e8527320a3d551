#![doc = include_str!("../README.md")]

mod document;
mod error;
mod file;
mod form;
mod table;
mod text;

pub use document::{Document, splice, with_links};
pub use error::{Error, Fault};
pub use file::{Order, Summary, write};
pub use form::Form;
pub use text::Text;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
