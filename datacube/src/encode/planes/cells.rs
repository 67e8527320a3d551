//! How the pixels of a band lie in a file: cell after cell, each of them row by row.

use ardent_model::Window;

/// A grid, cut along columns and rows. Windows that are cells lie in one piece each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cells {
    /// The first column of each, and the grid's width.
    cols: Vec<usize>,
    /// The first row of each, and the grid's height.
    rows: Vec<usize>,
}

/// What a rectangle has of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The cell.
    pub(super) cell: Window,
    /// Pixels of the band before the cell's first.
    pub(super) start_px: u64,
    /// The part, in the grid.
    pub(super) window: Window,
}

impl Cells {
    /// A grid that is one cell.
    pub(crate) fn whole((width_px, height_px): (usize, usize)) -> Self {
        Self { cols: vec![0, width_px], rows: vec![0, height_px] }
    }

    /// A grid that is cut here: ascending columns and rows, the first 0, the last its width and height.
    pub(crate) const fn new(cols: Vec<usize>, rows: Vec<usize>) -> Self {
        Self { cols, rows }
    }

    /// Columns and rows of the grid.
    pub(crate) fn size_px(&self) -> (usize, usize) {
        let last = |edges: &[usize]| edges.last().copied().unwrap_or(0);
        (last(&self.cols), last(&self.rows))
    }

    /// The cells, row by row.
    pub(crate) fn windows(&self) -> Vec<Window> {
        let (width_px, height_px) = self.size_px();
        self.parts(&Window { col: 0, row: 0, width_px, height_px }).map(|part| part.cell).collect()
    }

    /// What lies in each of the cells that the rectangle meets.
    pub(super) fn parts(&self, window: &Window) -> impl Iterator<Item = Part> {
        let (width_px, window) = (self.size_px().0, *window);
        let cols = spans(&self.cols, (window.col, window.width_px));
        spans(&self.rows, (window.row, window.height_px)).flat_map(move |(cell_row, row)| {
            cols.clone().map(move |(cell_col, col)| {
                let of = |col: (usize, usize), row: (usize, usize)| Window {
                    col: col.0,
                    row: row.0,
                    width_px: col.1,
                    height_px: row.1,
                };
                let start_px = cell_row.0 as u64 * width_px as u64 + cell_row.1 as u64 * cell_col.0 as u64;
                Part { cell: of(cell_col, cell_row), start_px, window: of(col, row) }
            })
        })
    }
}

impl Part {
    /// Pixels of the band before the first of this row of the grid that lies in the part, or in the whole cell.
    pub(super) const fn row_at(&self, row: usize, is_whole: bool) -> u64 {
        let skipped_px = if is_whole { 0 } else { self.window.col - self.cell.col };
        self.start_px + (row - self.cell.row) as u64 * self.cell.width_px as u64 + skipped_px as u64
    }
}

/// First and length.
type Span = (usize, usize);

/// The spans between edges that a span meets, each with what they have in common.
fn spans(edges: &[usize], (first, length): Span) -> impl Iterator<Item = (Span, Span)> + Clone {
    let end = first + length;
    edges.array_windows().filter(move |[from, to]| *from < end && *to > first).map(move |[from, to]| {
        let (begin, stop) = (first.max(*from), end.min(*to));
        ((*from, to - from), (begin, stop - begin))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn window(col: usize, row: usize, width_px: usize, height_px: usize) -> Window {
        Window { col, row, width_px, height_px }
    }

    #[test]
    fn cells_lie_one_after_the_other() {
        let cells = Cells::new(vec![0, 3, 7], vec![0, 2, 5]);
        assert_eq!(cells.size_px(), (7, 5));
        let all = [window(0, 0, 3, 2), window(3, 0, 4, 2), window(0, 2, 3, 3), window(3, 2, 4, 3)];
        assert_eq!(cells.windows(), all);
        let starts: Vec<u64> = all.iter().flat_map(|cell| cells.parts(cell)).map(|part| part.start_px).collect();
        assert_eq!(starts, [0, 6, 14, 23]);
    }

    #[test]
    fn a_rectangle_is_cut_at_the_edges() {
        let cells = Cells::new(vec![0, 3, 7], vec![0, 2, 5]);
        let parts: Vec<Part> = cells.parts(&window(2, 1, 3, 2)).collect();
        let windows: Vec<Window> = parts.iter().map(|part| part.window).collect();
        assert_eq!(windows, [window(2, 1, 1, 1), window(3, 1, 2, 1), window(2, 2, 1, 1), window(3, 2, 2, 1)]);
        // The third row is the first of the lower cells, of which the left one has three columns.
        assert_eq!((parts[2].row_at(2, false), parts[2].row_at(2, true)), (16, 14));
        assert_eq!(parts[1].row_at(1, false), 10, "the second row of the upper right cell, of four columns");
        assert_eq!(cells.parts(&window(7, 0, 1, 1)).count(), 0, "beyond the grid");
    }
}
