//! Rasters written and read by GDAL, and by this crate.

#[path = "cog/files.rs"]
mod files;
#[path = "cog/matrix.rs"]
mod matrix;
