#![doc = include_str!("../README.md")]

pub mod raster;
pub mod s3;
pub mod scenes;
