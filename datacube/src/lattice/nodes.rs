//! Nodes of the lattices of a cube in the CRSs of its sources: all groups share them, and all grids of one CRS.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use ardent_model::{Crs, Window};

use crate::Result;

/// Nodes that are kept at most, of 16 bytes each: those of some 60 megapixels.
const KEPT: usize = 1 << 18;

/// Coordinates in the CRS of a source.
type Points = Arc<Vec<(f64, f64)>>;
/// Those of a window, once they are known.
type Entry = Arc<Mutex<Option<Points>>>;

/// The nodes of a target grid's windows; of one target grid alone.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    known: Mutex<HashMap<(Window, Crs), Entry>>,
    kept: AtomicUsize,
}

impl Nodes {
    /// Those of a window in a CRS. `project` is called by the first who asks, and others wait; if there is no room for
    /// them, by all.
    pub(crate) fn of(&self, key: (Window, Crs), project: impl FnOnce() -> Result<Vec<(f64, f64)>>) -> Result<Points> {
        let known = Arc::clone(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(points) = &*known {
            return Ok(Arc::clone(points));
        }
        let points = Arc::new(project()?);
        if self.kept.fetch_add(points.len(), Ordering::Relaxed) + points.len() <= KEPT {
            *known = Some(Arc::clone(&points));
        } else {
            self.kept.fetch_sub(points.len(), Ordering::Relaxed);
        }
        Ok(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_projected_once_as_long_as_there_is_room() {
        let nodes = Nodes::default();
        let window = |row| Window { col: 0, row, width_px: 8, height_px: 8 };
        let utm = Crs::epsg(32630);
        let made = |at: f64, count: usize| move || Ok(vec![(at, at); count]);
        let first = nodes.of((window(0), utm), made(1.0, KEPT - 1)).unwrap();
        assert!(Arc::ptr_eq(&first, &nodes.of((window(0), utm), || panic!("they are known")).unwrap()));
        assert_eq!(nodes.of((window(0), Crs::epsg(32631)), made(2.0, 1)).unwrap()[0], (2.0, 2.0));
        for at in [3.0, 4.0] {
            assert_eq!(nodes.of((window(8), utm), made(at, 1)).unwrap()[0], (at, at), "no room");
        }
    }
}
