//! Which tiles of a file the kept pixels need.

use std::ops::Range;

use ardent_cog::TileAt;
use ardent_model::Window;

use super::place::PlacedFile;

/// Those of `tiles` in which a kept pixel lies, or one at most `margin_px` from it.
pub(crate) fn touched(
    (kept, margin_px): (&[u8], usize),
    file: &PlacedFile,
    tiles: Vec<TileAt>,
    tile_px: (usize, usize),
) -> Vec<TileAt> {
    if file.mapping.is_shift() {
        let around = |tile: usize, size_px: usize| {
            let start = (tile * size_px).saturating_sub(margin_px);
            (start, (tile + 1) * size_px + margin_px - start)
        };
        let holds_kept = |tile: &TileAt| {
            let ((col, width_px), (row, height_px)) = (around(tile.col, tile_px.0), around(tile.row, tile_px.1));
            let part = Window { col, row, width_px, height_px };
            let mut rows = file.mapping.shared_rows(&part).into_iter().flatten();
            rows.any(|row| kept[row.target..row.target + row.length_px].iter().any(|kept| *kept != 0))
        };
        return tiles.into_iter().filter(holds_kept).collect();
    }
    let (Some(first), Some(last)) = (tiles.first().copied(), tiles.last().copied()) else { return tiles };
    let mut found = Found {
        cols: Axis { side_px: tile_px.0, margin_px, first: first.col, last: last.col },
        rows: Axis { side_px: tile_px.1, margin_px, first: first.row, last: last.row },
        hit: vec![false; tiles.len()],
        known: (0..0, 0..0),
    };
    if let Some(runs) = file.mapping.runs() {
        for run in runs {
            // The nearest pixels of a run are those before its positions, or those after.
            let (col, row) = (run.col.max(0) as usize, run.row.max(0) as usize);
            if found.knows(col..col + run.length_px + 1, row..row + 2) {
                continue;
            }
            for index in (run.index..run.index + run.length_px).filter(|index| kept[*index] != 0) {
                if let Some((col, row)) = file.mapping.nearest(index) {
                    found.look(col, row);
                }
            }
        }
    } else {
        file.mapping.each(|index, place| {
            if kept[index] != 0 {
                found.look(place.col as usize, place.row as usize);
            }
        });
    }
    tiles.into_iter().zip(found.hit).filter_map(|(tile, hit)| hit.then_some(tile)).collect()
}

/// The tiles that are needed until now.
struct Found {
    cols: Axis,
    rows: Axis,
    hit: Vec<bool>,
    /// Where pixels need no other tile than the last one did.
    known: (Range<usize>, Range<usize>),
}

/// The tiles on an axis.
struct Axis {
    side_px: usize,
    margin_px: usize,
    first: usize,
    last: usize,
}

impl Found {
    fn look(&mut self, col: usize, row: usize) {
        if self.knows(col..col + 1, row..row + 1) {
            return;
        }
        let across = self.cols.last - self.cols.first + 1;
        for tile_row in self.rows.tiles(row) {
            for tile_col in self.cols.tiles(col) {
                self.hit[(tile_row - self.rows.first) * across + (tile_col - self.cols.first)] = true;
            }
        }
        self.known = (self.cols.alone(col), self.rows.alone(row));
    }

    /// Whether all pixels of a rectangle need no other tile than the last one did.
    fn knows(&self, cols: Range<usize>, rows: Range<usize>) -> bool {
        let holds = |known: &Range<usize>, asked: &Range<usize>| known.start <= asked.start && asked.end <= known.end;
        holds(&self.known.0, &cols) && holds(&self.known.1, &rows)
    }
}

impl Axis {
    /// The tiles that a pixel needs.
    fn tiles(&self, at: usize) -> std::ops::RangeInclusive<usize> {
        (at.saturating_sub(self.margin_px) / self.side_px).max(self.first)
            ..=((at + self.margin_px) / self.side_px).min(self.last)
    }

    /// The pixels that need the same tile as this one, and no other.
    fn alone(&self, at: usize) -> Range<usize> {
        let start = at / self.side_px * self.side_px;
        start + self.margin_px..(start + self.side_px).saturating_sub(self.margin_px)
    }
}
