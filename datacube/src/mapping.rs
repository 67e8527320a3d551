//! How the pixels of a window of the result lie in the grid of a source.

mod area;
mod last_row;
mod place;
mod run;

use std::sync::OnceLock;

use ardent_cog::TileAt;
use ardent_model::{GeoBox, Window};

pub(crate) use area::Extent;
use last_row::LastRows;
pub(crate) use place::{Line, Place};
pub(crate) use run::{LANES, Run};

use crate::{
    Result,
    lattice::{Nodes, Positions, Turn},
};
use area::Areas;
use place::{Along, OUTSIDE, Places};

/// How the pixels of a window lie in a source grid.
///
/// ```
/// use ardent_datacube::mapping::Mapping;
/// use ardent_model::{Affine, Crs, GeoBox};
/// let grid = |left| GeoBox { crs: Crs::epsg(27700), affine: Affine::north_up(left, 100.0, 10.0), width_px: 4, height_px: 4 };
/// let mapping = Mapping::compute(&grid(20.0), &grid(20.0).full_window(), &grid(0.0)).unwrap();
/// assert_eq!(mapping.nearest(0), Some((2, 0)));
/// assert_eq!(mapping.nearest(2), None, "beyond the source");
/// ```
#[derive(Debug, Clone)]
pub struct Mapping {
    window: Window,
    source: GeoBox,
    way: Way,
    /// The source pixels that are nearest to some pixel of the window.
    nearest: Option<Window>,
    areas: Option<Areas>,
    runs: OnceLock<Option<Vec<Run>>>,
    last_rows: LastRows,
}

#[derive(Debug, Clone)]
enum Way {
    /// The same pixels: pixel (c, r) of the window is pixel (c + columns, r + rows) of the source.
    Shift(i64, i64),
    /// Columns of the window lie on columns of the source, rows on rows.
    Axes(Vec<Along>, Vec<Along>),
    /// A place for each pixel.
    Pixels(Places),
}

impl Mapping {
    /// The mapping of `window` of `target` into `source`.
    pub fn compute(target: &GeoBox, window: &Window, source: &GeoBox) -> Result<Self> {
        Self::compute_by(&Nodes::default(), (target, window), source)
    }

    /// The same, by what is known of the nodes of `target`.
    pub(crate) fn compute_by(nodes: &Nodes, (target, window): (&GeoBox, &Window), source: &GeoBox) -> Result<Self> {
        let turns = turns(target, window, source)?;
        let way = match source.offset_to(&target.window(window)) {
            Some((col, row)) => match whole_turn(turns.as_deref(), col, source.width_px) {
                Some(turn) => Way::Shift(col + turn, row),
                None => Way::find(nodes, (target, window), source)?,
            },
            None => Way::find(nodes, (target, window), source)?,
        };
        let mut mapping = Self {
            window: *window,
            source: *source,
            way,
            nearest: None,
            areas: None,
            runs: OnceLock::new(),
            last_rows: LastRows::default(),
        };
        mapping.nearest = mapping.find_nearest();
        Ok(mapping)
    }

    /// With the area of the source that each pixel of the window of `target` covers, for kernels that need it.
    pub fn with_areas(mut self, target: &GeoBox) -> Result<Self> {
        if !self.is_shift() {
            self.areas = Some(Areas::compute(&self, target)?);
        }
        Ok(self)
    }

    /// Pixels of the window.
    pub const fn pixels(&self) -> usize {
        self.window.pixels()
    }

    /// Width and height of the source.
    pub const fn source_size_px(&self) -> (usize, usize) {
        (self.source.width_px, self.source.height_px)
    }

    /// Whether the window has the source's own pixels, so that nothing is interpolated.
    pub const fn is_shift(&self) -> bool {
        matches!(self.way, Way::Shift(..))
    }

    /// As if its runs were too short to be of use.
    #[cfg(test)]
    pub(crate) fn without_runs(self) -> Self {
        Self { runs: OnceLock::from(None), ..self }
    }

    /// How many pixels beyond the nearest one the areas reach.
    pub(crate) fn area_reach_px(&self) -> usize {
        self.areas.as_ref().map_or(0, Areas::reach_px)
    }

    /// The source pixel in which the centre of pixel `index` of the window lies.
    pub fn nearest(&self, index: usize) -> Option<(usize, usize)> {
        let place = self.place(index % self.window.width_px, index / self.window.width_px);
        (place.col != OUTSIDE).then_some((place.col as usize, place.row as usize))
    }

    fn place(&self, col: usize, row: usize) -> Place {
        match &self.way {
            Way::Shift(cols, rows) => {
                let at = |position: i64, length_px| Along::of(position as f64 + 0.5, length_px);
                Place::of(at(col as i64 + cols, self.source.width_px), at(row as i64 + rows, self.source.height_px))
            }
            Way::Axes(cols, rows) => Place::of(cols[col], rows[row]),
            Way::Pixels(places) => places.get(row * self.window.width_px + col),
        }
    }

    /// Calls `work` with the index and the place of every pixel of the window that lies in the source.
    #[inline]
    pub(crate) fn each(&self, mut work: impl FnMut(usize, Place)) {
        self.each_line(|start, line| {
            for at in 0..line.cols.len() {
                if !line.is_outside(at) {
                    work(start + at, line.get(at));
                }
            }
        });
    }

    /// Calls `work` with the index of the first pixel and the places of every row of the window of which some pixel may
    /// lie in the source.
    pub(crate) fn each_line(&self, mut work: impl FnMut(usize, Line<'_>)) {
        let width_px = self.window.width_px;
        let mut made = Places::default();
        for row in 0..self.window.height_px {
            let start = row * width_px;
            match &self.way {
                Way::Pixels(places) => work(start, places.line(start..start + width_px)),
                Way::Axes(_, rows) if rows[row].is_outside() => {}
                Way::Axes(..) | Way::Shift(..) => {
                    made.remake(width_px, |col| self.place(col, row));
                    work(start, made.line(0..width_px));
                }
            }
        }
    }

    /// The pixels of the window in runs, for kernels of taps; `None` if they are too short to be of use.
    pub(crate) fn runs(&self) -> Option<&[Run]> {
        self.runs.get_or_init(|| run::find(self)).as_deref()
    }

    /// The nearest source column of each column of the window, and row of each row, if that says all.
    pub(crate) fn nearest_axes(&self) -> Option<(NearestOnAxis, NearestOnAxis)> {
        let Way::Axes(cols, rows) = &self.way else { return None };
        let nearest =
            |axis: &[Along]| axis.iter().map(|along| (!along.is_outside()).then_some(along.pixel as usize)).collect();
        Some((nearest(cols), nearest(rows)))
    }

    /// Calls `work` with the index, the place and the area of every pixel of the window that lies in the source.
    /// Nothing without [`Mapping::with_areas`].
    #[inline]
    pub(crate) fn each_area(&self, mut work: impl FnMut(usize, Place, Extent)) {
        let Some(areas) = &self.areas else { return };
        self.each(|index, place| work(index, place, areas.get(index)));
    }

    /// Of a shift, the rows of pixels that the window shares with the part `within` of the source: where each begins in
    /// the window and in that part, and its length. `None` if the mapping is no shift.
    pub(crate) fn shared_rows(&self, within: &Window) -> Option<impl Iterator<Item = SharedRow> + use<>> {
        let Way::Shift(cols, rows) = self.way else { return None };
        let (window, within) = (self.window, *within);
        let axis = |shift: i64, length: usize, start: usize, extent: usize| {
            let first = (start as i64 - shift).clamp(0, length as i64);
            let last = ((start + extent) as i64 - shift).clamp(first, length as i64);
            (first as usize, last as usize)
        };
        let (left, right) = axis(cols, window.width_px, within.col, within.width_px);
        let (top, bottom) = axis(rows, window.height_px, within.row, within.height_px);
        // Without a shared column there is no row either.
        let bottom = if left < right { bottom } else { top };
        let shared = (top..bottom).map(move |row| {
            let source_row = (row as i64 + rows) as usize - within.row;
            let source_col = (left as i64 + cols) as usize - within.col;
            SharedRow {
                target: row * window.width_px + left,
                source: source_row * within.width_px + source_col,
                length_px: right - left,
            }
        });
        Some(shared)
    }

    /// The source pixels that the window needs, `margin_px` around the nearest ones included; `None` if there is none.
    pub fn source_window(&self, margin_px: usize) -> Option<Window> {
        let nearest = self.nearest?;
        let (col, row) = (nearest.col.saturating_sub(margin_px), nearest.row.saturating_sub(margin_px));
        let right = (nearest.col + nearest.width_px + margin_px).min(self.source.width_px);
        let bottom = (nearest.row + nearest.height_px + margin_px).min(self.source.height_px);
        Some(Window { col, row, width_px: right - col, height_px: bottom - row })
    }

    fn find_nearest(&self) -> Option<Window> {
        let (cols, rows) = match &self.way {
            Way::Shift(col, row) => {
                let axis = |shift: i64, length: usize, limit: usize| {
                    let (start, end) = (shift.max(0), (shift + length as i64).min(limit as i64));
                    (start < end).then(|| (start as u32, end as u32 - 1))
                };
                let cols = axis(*col, self.window.width_px, self.source.width_px)?;
                (cols, axis(*row, self.window.height_px, self.source.height_px)?)
            }
            Way::Axes(cols, rows) => {
                let inside = |axis: &[Along]| span(axis.iter().map(|along| along.pixel).filter(|at| *at != OUTSIDE));
                (inside(cols)?, inside(rows)?)
            }
            Way::Pixels(places) => {
                let inside = |axis: &[u32]| {
                    span(axis.iter().zip(&places.cols).filter(|(_, col)| **col != OUTSIDE).map(|(at, _)| *at))
                };
                (inside(&places.cols)?, inside(&places.rows)?)
            }
        };
        let length = |(first, last): (u32, u32)| (last - first + 1) as usize;
        let (col, row) = (cols.0 as usize, rows.0 as usize);
        Some(Window { col, row, width_px: length(cols), height_px: length(rows) })
    }
}

impl Way {
    fn find(nodes: &Nodes, (target, window): (&GeoBox, &Window), source: &GeoBox) -> Result<Self> {
        if let Some((mut cols, rows)) = axes(target, window, source, 0.5) {
            if let Some(turns) = turns(target, window, source)? {
                cols.iter_mut().zip(turns).for_each(|(col, turn)| *col += turn);
            }
            let along = |positions: Vec<f64>, length_px: usize| {
                positions.into_iter().map(|position| Along::of(position, length_px)).collect()
            };
            return Ok(Self::Axes(along(cols, source.width_px), along(rows, source.height_px)));
        }
        let Positions { cols, rows } = Positions::compute_by(nodes, (target, window), source)?;
        Ok(Self::Pixels(Places::of((&cols, &rows), (source.width_px, source.height_px))))
    }
}

/// Whether all columns of one grid lie on columns of the other, and rows on rows.
fn are_upright(target: &GeoBox, source: &GeoBox) -> bool {
    let ([a, b, _, d, e, _], [a2, b2, _, d2, e2, _]) = (source.affine.0, target.affine.0);
    let is_upright = b == 0.0 && d == 0.0 && b2 == 0.0 && d2 == 0.0 && a != 0.0 && e != 0.0 && a2 != 0.0 && e2 != 0.0;
    target.crs == source.crs && is_upright
}

/// Source columns and rows of the positions `offset` into the columns and rows of `window` and, for an offset of 0, of
/// the right and lower edge; `None` if the axes of the grids are not those of one another. Without [`turns`].
fn axes(target: &GeoBox, window: &Window, source: &GeoBox, offset: f64) -> Option<(Vec<f64>, Vec<f64>)> {
    if !are_upright(target, source) {
        return None;
    }
    let [a, _, c, _, e, f] = source.affine.0;
    let more = usize::from(offset == 0.0);
    // Subtract first: with the corner's coordinates cancelled, ties between pixels stay exact.
    let cols = (window.col..window.col + window.width_px + more)
        .map(|col| (target.affine.apply(col as f64 + offset, 0.0).0 - c) / a);
    let rows = (window.row..window.row + window.height_px + more)
        .map(|row| (target.affine.apply(0.0, row as f64 + offset).1 - f) / e);
    Some((cols.collect(), rows.collect()))
}

/// Of grids in degrees whose axes are those of one another, the source columns to be added to each column of the window
/// to come round to the source; `None`: nothing.
fn turns(target: &GeoBox, window: &Window, source: &GeoBox) -> Result<Option<Vec<f64>>> {
    if !are_upright(target, source) {
        return Ok(None);
    }
    let turn = Turn::of(source)?;
    if turn.is_none() {
        return Ok(None);
    }
    let of_col = |col: usize| turn.at(target.affine.apply(col as f64 + 0.5, 0.0).0) / source.affine.0[0];
    let turns: Vec<f64> = (window.col..window.col + window.width_px).map(of_col).collect();
    Ok(turns.iter().any(|turn| *turn != 0.0).then_some(turns))
}

/// The one whole number of columns that all columns which lie in the source then, whose first is shifted by `shift`, come
/// round by; `None` if it is not whole, or not one.
fn whole_turn(turns: Option<&[f64]>, shift: i64, width_px: usize) -> Option<i64> {
    const WHOLE_PX: f64 = 1e-6;
    let Some(turns) = turns else { return Some(0) };
    let lies_inside =
        |(col, turn): (usize, f64)| (0.0..width_px as f64).contains(&((shift + col as i64) as f64 + 0.5 + turn));
    let mut inside = turns.iter().copied().enumerate().filter(|one| lies_inside(*one)).map(|(_, turn)| turn);
    let Some(first) = inside.next() else { return Some(turns[0].round() as i64) };
    let is_one = inside.all(|turn| turn == first) && (first - first.round()).abs() < WHOLE_PX;
    is_one.then(|| first.round() as i64)
}

fn span(mut pixels: impl Iterator<Item = u32>) -> Option<(u32, u32)> {
    let first = pixels.next()?;
    Some(pixels.fold((first, first), |(least, greatest), at| (least.min(at), greatest.max(at))))
}

/// The nearest source column (row) of each column (row) of a window.
pub(crate) type NearestOnAxis = Vec<Option<usize>>;

/// A row of pixels that a window and a part of a source share.
pub(crate) struct SharedRow {
    /// Index of its first pixel in the window.
    pub(crate) target: usize,
    /// Index of its first pixel in the part of the source.
    pub(crate) source: usize,
    /// Its pixels.
    pub(crate) length_px: usize,
}

/// The tiles of `width_px` × `height_px` that hold pixels of `window`.
pub(crate) fn tiles_of(window: &Window, (width_px, height_px): (usize, usize)) -> Vec<TileAt> {
    let cols = window.col / width_px..=(window.col + window.width_px - 1) / width_px;
    let rows = window.row / height_px..=(window.row + window.height_px - 1) / height_px;
    rows.flat_map(|row| cols.clone().map(move |col| TileAt { col, row })).collect()
}
#[cfg(test)]
mod tests {
    use ardent_model::{Affine, Crs};

    use super::*;

    fn grid(left: f64, top: f64) -> GeoBox {
        GeoBox { crs: Crs::epsg(32633), affine: Affine::north_up(left, top, 120.0), width_px: 915, height_px: 915 }
    }

    #[test]
    fn a_tie_goes_to_the_higher_index() {
        // Half a pixel off: every centre lies on an edge of the source.
        let target = grid(499_980.0, 5_200_080.0);
        let mapping = Mapping::compute(&target, &target.full_window(), &grid(499_980.0, 5_200_020.0)).unwrap();
        assert!(!mapping.is_shift());
        assert_eq!(mapping.nearest(0), Some((0, 0)));
        assert_eq!(mapping.nearest(915), Some((0, 1)));
        assert!((0..915 * 915).all(|index| mapping.nearest(index) == Some((index % 915, index / 915))));
    }

    #[test]
    fn the_source_window_is_cut_to_the_source() {
        let target = grid(499_980.0 - 240.0, 5_200_020.0 + 120.0);
        let mapping = Mapping::compute(&target, &target.full_window(), &grid(499_980.0, 5_200_020.0)).unwrap();
        let window = mapping.source_window(1).unwrap();
        assert_eq!(window, Window { col: 0, row: 0, width_px: 914, height_px: 915 });
        let far = grid(900_000.0, 5_200_020.0);
        assert!(
            Mapping::compute(&far, &far.full_window(), &grid(0.0, 5_200_020.0)).unwrap().source_window(1).is_none()
        );
    }

    #[test]
    fn tiles_cover_the_window() {
        let window = Window { col: 255, row: 256, width_px: 2, height_px: 256 };
        assert_eq!(tiles_of(&window, (256, 256)), [TileAt { col: 0, row: 1 }, TileAt { col: 1, row: 1 }]);
    }
}
