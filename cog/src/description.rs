//! What is known of a raster without its pixels.

use ardent_model::{Affine, Crs, DataType, GeoBox};

use crate::Level;

/// Where an image lies.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Georeference {
    /// From pixel positions to coordinates, (0, 0) being the outer corner of the first pixel.
    pub affine: Option<Affine>,
    /// The CRS, if it has an EPSG code.
    pub crs: Option<Crs>,
}

/// What is known of a raster without its pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Number of bands.
    pub bands: usize,
    /// Pixel type of every band.
    pub data_type: DataType,
    /// The value that stands for no data, if the file names one.
    pub nodata: Option<f64>,
    /// Where it lies.
    pub georeference: Georeference,
    /// Full resolution first, then overviews from fine to coarse.
    pub levels: Vec<Level>,
}

impl Description {
    /// The grid of the full resolution; `None` without georeference or EPSG code.
    pub fn grid(&self) -> Option<GeoBox> {
        let &Level { width_px, height_px, .. } = self.levels.first()?;
        let (crs, affine) = (self.georeference.crs?, self.georeference.affine?);
        Some(GeoBox { crs, affine, width_px, height_px })
    }
}
