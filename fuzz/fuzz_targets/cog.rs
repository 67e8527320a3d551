//! A raster file is read or refused: no panic, and no more memory than its pixels may take, whatever its header claims.
#![no_main]

use std::sync::LazyLock;

use ardent_cog::{Raster, TileAt};
use ardent_storage::{Profiles, Stores};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

/// Tiles of each level that are unpacked: the rest are read the same way.
const TILES: usize = 4;

struct Bench {
    folder: tempfile::TempDir,
    stores: Stores,
    runtime: Runtime,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let stores = Stores::new(Profiles::default().with_folder(folder.path())).expect("a store of one folder");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    Bench { folder, stores, runtime }
});

async fn read(bytes: &[u8]) -> Result<(), ardent_cog::Error> {
    let path = BENCH.folder.path().join("file.tif");
    std::fs::write(&path, bytes).expect("a file");
    let object = BENCH.stores.object(&path.display().to_string()).expect("it is in the folder");
    let raster = Raster::open(object).await?;
    let bands: Vec<usize> = (0..raster.bands().min(2)).collect();
    for (level, shape) in raster.levels().iter().enumerate().take(3) {
        let across = shape.tiles_across();
        let tiles = across.saturating_mul(shape.tiles_down()).min(TILES);
        for tile in (0..tiles).map(|number| TileAt { col: number % across, row: number / across }) {
            for fetched in raster.fetch(level, &[tile], &bands).await? {
                fetched.decode()?;
            }
        }
    }
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = BENCH.runtime.block_on(read(bytes)) {
        assert!(!error.to_string().is_empty());
    }
});
