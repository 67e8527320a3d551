//! Reading GeoTIFFs with GDAL, to see what a file of Ardent's holds for others.

use std::path::Path;

use anyhow::{Context, Result};
use gdal::{Dataset, Metadata, raster::GdalDataType};

/// A GeoTIFF as GDAL reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Columns.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
    /// Left edge, pixel width, 0, upper edge, 0, minus pixel height.
    pub geotransform: [f64; 6],
    /// EPSG code of the CRS.
    pub epsg: Option<i32>,
    /// `COG` for a cloud-optimised GeoTIFF.
    pub layout: Option<String>,
    /// Its bands.
    pub bands: Vec<Band>,
}

/// A band of an [`Image`].
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Its description.
    pub name: String,
    /// GDAL's name of its data type, such as `UInt16`.
    pub data_type: String,
    /// Its nodata value.
    pub nodata: Option<f64>,
    /// Its pixels, row by row.
    pub pixels: Vec<f64>,
}

/// Reads all of a file.
pub fn read(path: &Path) -> Result<Image> {
    let dataset = Dataset::open(path).with_context(|| format!("{} is no raster", path.display()))?;
    let (width_px, height_px) = dataset.raster_size();
    let mut bands = Vec::new();
    for band in dataset.rasterbands() {
        let band = band?;
        let pixels = band.read_as::<f64>((0, 0), (width_px, height_px), (width_px, height_px), None)?;
        let data_type = match band.band_type() {
            GdalDataType::UInt8 => "Byte".to_owned(),
            other => other.name(),
        };
        bands.push(Band {
            name: band.description()?,
            data_type,
            nodata: band.no_data_value(),
            pixels: pixels.data().to_vec(),
        });
    }
    Ok(Image {
        width_px,
        height_px,
        geotransform: dataset.geo_transform()?,
        epsg: dataset.spatial_ref()?.auth_code().ok(),
        layout: dataset.metadata_item("LAYOUT", "IMAGE_STRUCTURE"),
        bands,
    })
}
