//! Where the cube's pixels lie in the files: known at the nodes of a lattice, and between them by interpolation.

use serde::Deserialize;

/// Positions, in pixels of the files, of the centres of every `step_px`-th pixel of every `step_px`-th row.
#[derive(Deserialize)]
pub(crate) struct Lattice {
    step_px: usize,
    columns: usize,
    nodes: Vec<(f64, f64)>,
}

/// Columns and rows from the upper left corner of a file.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Lattice {
    /// The positions of a row's pixels.
    pub(crate) fn row(&self, row: usize, width_px: usize, positions: &mut Vec<Position>) {
        let between = |from: (f64, f64), to: (f64, f64), share: f64| {
            (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
        };
        let first = row / self.step_px * self.columns;
        let down = (row % self.step_px) as f64 / self.step_px as f64;
        let node = |column: usize| between(self.nodes[first + column], self.nodes[first + self.columns + column], down);
        positions.clear();
        positions.extend((0..width_px).map(|column| {
            let left = column / self.step_px;
            let share = (column % self.step_px) as f64 / self.step_px as f64;
            let (x, y) = between(node(left), node(left + 1), share);
            Position { x: x as f32, y: y as f32 }
        }));
    }
}
