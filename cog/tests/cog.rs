//! Rasters written and read by GDAL, and by this crate.

#[cfg(test)]
#[path = "cog/cached.rs"]
mod cached;
#[cfg(test)]
#[path = "cog/fallback.rs"]
mod fallback;
#[cfg(test)]
#[path = "cog/files.rs"]
mod files;
#[cfg(test)]
#[path = "cog/georeference.rs"]
mod georeference;
#[cfg(test)]
#[path = "cog/malformed.rs"]
mod malformed;
#[cfg(test)]
#[path = "cog/matrix.rs"]
mod matrix;
#[cfg(test)]
#[path = "cog/written.rs"]
mod written;
