//! What is known of a raster without its pixels.

use ardent_model::{Affine, Crs, DataType, GeoBox};

use crate::Level;

/// Where an image lies.
///
/// ```
/// use ardent_cog::Georeference;
/// assert_eq!(Georeference::default().crs, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Georeference {
    /// From pixel positions to coordinates, (0, 0) being the outer corner of the first pixel.
    pub affine: Option<Affine>,
    /// The CRS, if it has an EPSG code.
    pub crs: Option<Crs>,
}

/// What is known of a raster without its pixels.
///
/// ```
/// use ardent_cog::{DataType, Description, Georeference, Level};
/// use ardent_model::{Affine, Crs};
/// let level = Level { width_px: 1000, height_px: 600, tile_width_px: 512, tile_height_px: 512 };
/// let affine = Some(Affine::north_up(434_800.0, 145_900.0, 10.0));
/// let georeference = Georeference { affine, crs: Some(Crs::epsg(27700)) };
/// let data_type = DataType::Uint16;
/// let scene = Description { bands: 10, data_type, nodata: Some(0.0), georeference, levels: vec![level] };
/// assert_eq!(scene.grid().unwrap().bounds().right, 444_800.0);
/// ```
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
