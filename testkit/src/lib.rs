#![doc = include_str!("../README.md")]

pub mod ardent;
pub mod database;
pub mod demo;
pub mod image;
pub mod issuer;
pub mod raster;
pub mod s3;
pub mod scenes;
pub mod services;
