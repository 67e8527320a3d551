#![doc = include_str!("../README.md")]

pub mod affine;
pub mod aggregation;
pub mod band;
pub mod bbox;
pub mod collection;
pub mod cover;
pub mod crs;
pub mod data_type;
pub mod error;
mod fields;
pub mod filter;
pub mod footprint;
mod free_text;
pub mod geobox;
pub mod interval;
pub mod item;
mod offered_crs;
mod period;
pub mod policy;
pub mod progress;
pub mod recipe;
pub mod search;
mod sort;

pub use affine::Affine;
pub use aggregation::{Aggregate, Aggregation};
pub use band::{Asset, Band};
pub use bbox::Bbox;
pub use collection::Collection;
pub use crs::Crs;
pub use data_type::DataType;
pub use error::Error;
pub use fields::Fields;
pub use free_text::FreeText;
pub use geobox::{Anchor, Bounds, GeoBox, Window};
pub use interval::Interval;
pub use item::Item;
pub use offered_crs::{AnyBox, OfferedCrs, ProjectedBox};
pub use period::Period;
pub use policy::{CollectionPolicy, Scope, Scopes, Subject, Visibility};
pub use progress::Progress;
pub use recipe::Recipe;
pub use search::Search;
pub use sort::{MAX_SORT_KEYS, SortKey};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;
