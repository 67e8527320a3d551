//! Tiles that several windows need: where the result's grid is not the source's, windows cannot keep to the tiles. Each
//! is fetched and decoded once, as long as there is room for it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use ardent_cog::{Fetched, Raster, Tile, TileAt};
use tokio::sync::OwnedMutexGuard;

/// A tile of a file: its own window's alone, or kept for others.
#[derive(Debug)]
pub(crate) enum Piece {
    /// For one window.
    Own(Fetched),
    /// For all that need it.
    Shared(Arc<SharedTile>),
}

impl Piece {
    /// Its pixels. Of a shared tile `decode` is called by the first who asks, and others wait.
    pub(crate) fn decode<E>(&self, decode: impl FnOnce(&Fetched) -> Result<Tile, E>) -> Result<Arc<Tile>, E> {
        match self {
            Self::Own(fetched) => decode(fetched).map(Arc::new),
            Self::Shared(shared) => shared.decode(decode),
        }
    }
}

/// A tile that windows share, compressed until somebody needs its pixels.
#[derive(Debug)]
pub(crate) struct SharedTile(Mutex<State>);

#[derive(Debug)]
enum State {
    Fetched(Fetched),
    Decoded(Arc<Tile>),
}

impl SharedTile {
    fn decode<E>(&self, decode: impl FnOnce(&Fetched) -> Result<Tile, E>) -> Result<Arc<Tile>, E> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Decoded(tile) => Ok(Arc::clone(tile)),
            State::Fetched(fetched) => {
                let tile = Arc::new(decode(fetched)?);
                *state = State::Decoded(Arc::clone(&tile));
                Ok(tile)
            }
        }
    }
}

/// How far the work has come: the group, and the first row of the window.
pub(crate) type Stage = (usize, usize);

/// A file at one resolution, and the layers that are wanted of it. Rasters live as long as the plan, so that their
/// address is their name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    raster: usize,
    level: usize,
    layers: Vec<usize>,
}

/// A tile that is kept.
#[derive(Debug)]
struct KeptTile {
    tile: Arc<SharedTile>,
    bytes: usize,
    last: Stage,
}

/// The tiles of a file that are kept. Locked while missing ones are fetched, so that no second window fetches them too.
#[derive(Debug, Default)]
pub(crate) struct SharedFile(HashMap<TileAt, KeptTile>);

/// The tiles that the windows of a cube share.
#[derive(Debug)]
pub(crate) struct SharedTiles {
    files: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<SharedFile>>>>,
    bytes: AtomicUsize,
    budget_bytes: usize,
    forgotten: Mutex<Stage>,
}

impl SharedTiles {
    /// With room for so many bytes of pixels.
    pub(crate) fn new(budget_bytes: usize) -> Self {
        Self { files: Mutex::default(), bytes: AtomicUsize::new(0), budget_bytes, forgotten: Mutex::default() }
    }

    /// The tiles of a file, for one window at a time.
    pub(crate) async fn open(
        &self,
        raster: &Arc<Raster>,
        level: usize,
        layers: &[usize],
    ) -> OwnedMutexGuard<SharedFile> {
        let key = Key { raster: Arc::as_ptr(raster) as usize, level, layers: layers.to_vec() };
        let file = Arc::clone(self.files.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut file = file.lock_owned().await;
        // It may have been in use when others were rid of theirs.
        self.forget(&mut file, *self.forgotten.lock().unwrap_or_else(PoisonError::into_inner));
        file
    }

    /// Keeps a tile of so many bytes of pixels until all windows that may need it are begun, if there is room.
    pub(crate) fn keep(&self, file: &mut SharedFile, fetched: Fetched, (last, bytes): (Stage, usize)) -> Piece {
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.budget_bytes {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Piece::Own(fetched);
        }
        let at = fetched.at();
        let tile = Arc::new(SharedTile(Mutex::new(State::Fetched(fetched))));
        file.0.insert(at, KeptTile { tile: Arc::clone(&tile), bytes, last });
        Piece::Shared(tile)
    }

    /// Lets go of tiles that no window of a stage needs any more, or of a later one.
    pub(crate) fn forget_before(&self, stage: Stage) {
        let before = std::mem::replace(&mut *self.forgotten.lock().unwrap_or_else(PoisonError::into_inner), stage);
        if before == stage {
            return;
        }
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        for file in files.values() {
            // A file that is in use now is rid of them when the next window opens it.
            if let Ok(mut file) = file.try_lock() {
                self.forget(&mut file, stage);
            }
        }
    }

    fn forget(&self, file: &mut SharedFile, stage: Stage) {
        file.0.retain(|_, kept| {
            let is_late = kept.last >= stage;
            if !is_late {
                self.bytes.fetch_sub(kept.bytes, Ordering::Relaxed);
            }
            is_late
        });
    }
}

impl SharedFile {
    /// A tile that is kept.
    pub(crate) fn find(&self, at: TileAt) -> Option<Piece> {
        self.0.get(&at).map(|kept| Piece::Shared(Arc::clone(&kept.tile)))
    }
}
