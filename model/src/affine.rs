//! The affine transform from pixels to coordinates.

use serde::{Deserialize, Serialize};

/// `x = a·col + b·row + c`, `y = d·col + e·row + f`, in the order of STAC's `proj:transform` and of rasterio.
///
/// `(0, 0)` is the outer corner of the first pixel.
///
/// ```
/// use ardent_model::Affine;
/// let affine = Affine::north_up(600_000.0, 200_000.0, 10.0);
/// assert_eq!(affine.apply(1.0, 2.0), (600_010.0, 199_980.0));
/// assert_eq!(affine.invert().unwrap().apply(600_010.0, 199_980.0), (1.0, 2.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Affine(pub [f64; 6]);

impl Affine {
    /// Square pixels of `resolution`, rows running south from the corner (`left`, `top`).
    pub const fn north_up(left: f64, top: f64, resolution: f64) -> Self {
        Self([resolution, 0.0, left, 0.0, -resolution, top])
    }

    /// From GDAL's order (c, a, b, f, d, e).
    pub const fn from_gdal(g: [f64; 6]) -> Self {
        Self([g[1], g[2], g[0], g[4], g[5], g[3]])
    }

    /// In GDAL's order (c, a, b, f, d, e).
    pub const fn to_gdal(self) -> [f64; 6] {
        let [a, b, c, d, e, f] = self.0;
        [c, a, b, f, d, e]
    }

    /// Coordinates of the pixel position (`col`, `row`).
    pub fn apply(&self, col: f64, row: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * col + b * row + c, d * col + e * row + f)
    }

    /// The transform from coordinates to pixel positions; `None` if it is singular.
    pub fn invert(&self) -> Option<Self> {
        let [a, b, c, d, e, f] = self.0;
        if b == 0.0 && d == 0.0 {
            // Kept apart: it loses nothing to cancellation, and nearly every raster is of this kind.
            return (a != 0.0 && e != 0.0).then(|| Self([1.0 / a, 0.0, -c / a, 0.0, 1.0 / e, -f / e]));
        }
        let determinant = a * e - b * d;
        (determinant != 0.0 && determinant.is_finite()).then(|| {
            let (a2, b2, d2, e2) = (e / determinant, -b / determinant, -d / determinant, a / determinant);
            Self([a2, b2, -(a2 * c + b2 * f), d2, e2, -(d2 * c + e2 * f)])
        })
    }

    /// The same transform with its origin moved to the pixel position (`col`, `row`).
    #[must_use]
    pub fn shifted(&self, col: f64, row: f64) -> Self {
        let (x, y) = self.apply(col, row);
        let [a, b, _, d, e, _] = self.0;
        Self([a, b, x, d, e, y])
    }

    /// Whether rows run south and columns east, without rotation.
    pub fn is_north_up(&self) -> bool {
        let [a, b, _, d, e, _] = self.0;
        b == 0.0 && d == 0.0 && a > 0.0 && e < 0.0
    }

    /// Pixel width and height in units of the CRS, both positive.
    pub fn resolution(&self) -> (f64, f64) {
        let [a, b, _, d, e, _] = self.0;
        (a.hypot(d), b.hypot(e))
    }
}
