//! Pixel grids: a CRS, an affine transform and a shape.

use serde::{Deserialize, Serialize};

use crate::{Affine, Crs, Error, Result};

/// A rectangle in the units of a CRS.
///
/// ```
/// use ardent_model::Bounds;
/// let a = Bounds { left: 0.0, bottom: 0.0, right: 10.0, top: 10.0 };
/// let b = Bounds { left: 5.0, bottom: 5.0, right: 20.0, top: 20.0 };
/// assert_eq!(a.intersection(&b).unwrap().left, 5.0);
/// assert_eq!(a.union(&b).right, 20.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Least x.
    pub left: f64,
    /// Least y.
    pub bottom: f64,
    /// Greatest x.
    pub right: f64,
    /// Greatest y.
    pub top: f64,
}

impl Bounds {
    /// The common part, if it has an area.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let common = Self {
            left: self.left.max(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.min(other.right),
            top: self.top.min(other.top),
        };
        (common.left < common.right && common.bottom < common.top).then_some(common)
    }

    /// The least rectangle that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            bottom: self.bottom.min(other.bottom),
            right: self.right.max(other.right),
            top: self.top.max(other.top),
        }
    }
}

/// A rectangle of whole pixels in a grid.
///
/// ```
/// use ardent_model::Window;
/// let window = Window { col: 0, row: 0, width_px: 1000, height_px: 600 };
/// assert_eq!(window.split(512).count(), 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// First column.
    pub col: usize,
    /// First row.
    pub row: usize,
    /// Columns.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
}

impl Window {
    /// Pixels in it.
    pub const fn pixels(&self) -> usize {
        self.width_px * self.height_px
    }

    /// Cuts it into windows of at most `size_px` squared, row by row, at multiples of `size_px` from its corner.
    pub fn split(self, size_px: usize) -> impl Iterator<Item = Self> {
        let rows = (0..self.height_px).step_by(size_px);
        rows.flat_map(move |row| {
            (0..self.width_px).step_by(size_px).map(move |col| Self {
                col: self.col + col,
                row: self.row + row,
                width_px: size_px.min(self.width_px - col),
                height_px: size_px.min(self.height_px - row),
            })
        })
    }
}

/// Where the pixel edges of a grid lie.
///
/// ```
/// use ardent_model::Anchor;
/// let anchor: Anchor = serde_json::from_str("[499980, 5200080]").unwrap();
/// assert_eq!(anchor, Anchor::At([499980.0, 5200080.0]));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(untagged, try_from = "serde_json::Value")]
pub enum Anchor {
    /// A pixel edge at the origin of the CRS, so that neighbouring requests tile without seam.
    #[default]
    #[serde(serialize_with = "edge")]
    Edge,
    /// A pixel centre at the origin of the CRS.
    #[serde(serialize_with = "center")]
    Center,
    /// A pixel corner at these coordinates.
    At([f64; 2]),
    /// The grid of this item.
    Like {
        /// Id of the item.
        like: String,
    },
}

fn edge<S: serde::Serializer>(serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str("edge")
}

fn center<S: serde::Serializer>(serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str("center")
}

impl TryFrom<serde_json::Value> for Anchor {
    type Error = Error;

    fn try_from(value: serde_json::Value) -> Result<Self> {
        match value.as_str() {
            Some("edge") => return Ok(Self::Edge),
            Some("center" | "centre") => return Ok(Self::Center),
            _ => {}
        }
        if let Some([x, y]) = value.as_array().map(Vec::as_slice)
            && let (Some(x), Some(y)) = (x.as_f64(), y.as_f64())
        {
            return Ok(Self::At([x, y]));
        }
        if let Some(id) = value.get("like").and_then(serde_json::Value::as_str) {
            return Ok(Self::Like { like: id.to_owned() });
        }
        let reason = format!("{value} is none of \"edge\", \"center\", [x, y] and {{\"like\": \"item id\"}}");
        Err(Error::recipe("anchor", reason))
    }
}

/// A pixel grid: CRS, affine transform and shape. An immutable value.
///
/// ```
/// use ardent_model::{Anchor, Bounds, Crs, GeoBox};
/// let area = Bounds { left: 434_803.0, bottom: 96_500.0, right: 434_851.0, top: 96_549.0 };
/// let grid = GeoBox::covering(Crs::epsg(27700), &area, 10.0, &Anchor::Edge).unwrap();
/// assert_eq!((grid.width_px, grid.height_px), (6, 5));
/// assert_eq!(grid.affine.apply(0.0, 0.0), (434_800.0, 96_550.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GeoBox {
    /// The CRS of the affine transform.
    pub crs: Crs,
    /// From pixel positions to coordinates.
    pub affine: Affine,
    /// Columns.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
}

/// Two pixel positions closer than this are the same: it is far below what a pixel resolves and above rounding noise.
const SAME_POSITION_PX: f64 = 1e-6;

impl GeoBox {
    /// The least grid of square pixels at `anchor` that covers `area`. [`Anchor::Like`] is refused: it needs the item.
    pub fn covering(crs: Crs, area: &Bounds, resolution: f64, anchor: &Anchor) -> Result<Self> {
        if !(resolution.is_finite() && resolution > 0.0) {
            return Err(Error::Grid { reason: format!("resolution {resolution} is not a positive number") });
        }
        let (x0, y0) = match anchor {
            Anchor::Edge => (0.0, 0.0),
            Anchor::Center => (resolution / 2.0, resolution / 2.0),
            Anchor::At([x, y]) => (*x, *y),
            Anchor::Like { like } => {
                return Err(Error::Grid { reason: format!("the anchor item {like} is not among the items found") });
            }
        };
        Self::snapped(crs, area, (resolution, resolution), (x0, y0))
    }

    /// The least grid that covers `area` with pixels of `resolution` (x, y), one of whose corners lies at `corner`.
    pub fn snapped(crs: Crs, area: &Bounds, resolution: (f64, f64), corner: (f64, f64)) -> Result<Self> {
        let ((rx, ry), (x0, y0)) = (resolution, corner);
        // A side that lies on an edge but for rounding noise must not add a row of pixels.
        let outward = |position: f64, up: bool| {
            let nearest = position.round();
            match (position - nearest).abs() < SAME_POSITION_PX {
                true => nearest,
                false if up => position.ceil(),
                false => position.floor(),
            }
        };
        let (first, last) = (outward((area.left - x0) / rx, false), outward((area.right - x0) / rx, true));
        let (bottom, top) = (outward((area.bottom - y0) / ry, false), outward((area.top - y0) / ry, true));
        let (width, height) = (last - first, top - bottom);
        if !(width >= 1.0 && height >= 1.0) {
            return Err(Error::Grid { reason: "the area is empty; give one with a width and a height".to_owned() });
        }
        if width * height > 1e15 {
            return Err(Error::Grid { reason: format!("{width} × {height} pixels are too many") });
        }
        let affine = Affine([rx, 0.0, x0 + first * rx, 0.0, -ry, y0 + top * ry]);
        Ok(Self { crs, affine, width_px: width as usize, height_px: height as usize })
    }

    /// Pixels in it.
    pub const fn pixels(&self) -> usize {
        self.width_px * self.height_px
    }

    /// The window of all its pixels.
    pub const fn full_window(&self) -> Window {
        Window { col: 0, row: 0, width_px: self.width_px, height_px: self.height_px }
    }

    /// The least rectangle in the CRS that holds every pixel.
    pub fn bounds(&self) -> Bounds {
        let (w, h) = (self.width_px as f64, self.height_px as f64);
        let corners = [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)].map(|(col, row)| self.affine.apply(col, row));
        let fold = |pick: fn((f64, f64)) -> f64, least: bool| {
            corners.iter().map(|corner| pick(*corner)).fold(
                if least { f64::INFINITY } else { f64::NEG_INFINITY },
                |a, b| {
                    if least { a.min(b) } else { a.max(b) }
                },
            )
        };
        Bounds {
            left: fold(|corner| corner.0, true),
            bottom: fold(|corner| corner.1, true),
            right: fold(|corner| corner.0, false),
            top: fold(|corner| corner.1, false),
        }
    }

    /// The grid of one of its windows.
    #[must_use]
    pub fn window(&self, window: &Window) -> Self {
        Self {
            crs: self.crs,
            affine: self.affine.shifted(window.col as f64, window.row as f64),
            width_px: window.width_px,
            height_px: window.height_px,
        }
    }

    /// If both grids have the same pixels, the whole number of columns and rows from `self`'s corner to `other`'s:
    /// pixel (c, r) of `other` is pixel (c + columns, r + rows) of `self`.
    pub fn offset_to(&self, other: &Self) -> Option<(i64, i64)> {
        let [a, b, _, d, e, _] = self.affine.0;
        let [a2, b2, _, d2, e2, _] = other.affine.0;
        if self.crs != other.crs {
            return None;
        }
        // Over the whole extent the pixel sizes may not differ by a noticeable part of a pixel.
        let extent_px = self.width_px.max(self.height_px).max(other.width_px).max(other.height_px) as f64;
        let tolerance = SAME_POSITION_PX * a.abs().max(e.abs()) / extent_px.max(1.0);
        if [(a, a2), (b, b2), (d, d2), (e, e2)].iter().any(|(one, two)| (one - two).abs() > tolerance) {
            return None;
        }
        let (x, y) = other.affine.apply(0.0, 0.0);
        let (col, row) = self.affine.invert()?.apply(x, y);
        let near = |position: f64| (position - position.round()).abs() < SAME_POSITION_PX;
        (near(col) && near(row)).then(|| (col.round() as i64, row.round() as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bng(left: f64, top: f64, width_px: usize, height_px: usize) -> GeoBox {
        GeoBox { crs: Crs::epsg(27700), affine: Affine::north_up(left, top, 10.0), width_px, height_px }
    }

    #[test]
    fn an_area_on_the_grid_gives_exactly_its_pixels() {
        let area = Bounds { left: 434_800.0, bottom: 96_500.0, right: 548_510.0, top: 145_900.0 };
        let grid = GeoBox::covering(Crs::epsg(27700), &area, 10.0, &Anchor::Edge).unwrap();
        assert_eq!((grid.width_px, grid.height_px), (11_371, 4_940));
        assert_eq!(grid.bounds(), area);
    }

    #[test]
    fn offsets_are_whole_pixels_or_none() {
        let one = bng(600_000.0, 200_000.0, 100, 100);
        assert_eq!(one.offset_to(&bng(600_100.0, 199_980.0, 5, 5)), Some((10, 2)));
        assert_eq!(one.offset_to(&bng(600_105.0, 199_980.0, 5, 5)), None, "half a pixel off");
    }

    #[test]
    fn windows_tile_the_grid() {
        let grid = bng(0.0, 0.0, 1000, 600);
        assert_eq!(grid.full_window().split(256).map(|window| window.pixels()).sum::<usize>(), grid.pixels());
    }
}
