//! What unpacking costs: megabytes of pixels a second on one core, by compression, predictor and interleave.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]

use std::path::Path;

use ardent_cog::{Fetched, Raster, TileAt};
use ardent_storage::{Profiles, Stores};
use ardent_testkit::raster::{self, DataType, Interleave, RasterSpec};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SIDE_PX: usize = 512;
const BANDS: usize = 4;

/// Slopes with noise, as surfaces have: the same in each run.
fn value(band: usize, column: usize, row: usize) -> f64 {
    let mut noise = (column * 73_856_093) ^ (row * 19_349_663) ^ (band * 83_492_791);
    noise ^= noise >> 13;
    noise = noise.wrapping_mul(0x9e37_79b9) >> 7;
    (600 + 200 * band + column + row / 2 + noise % 24) as f64
}

/// A file of one tile (of one a band, if bands lie apart), fetched.
fn tile(path: &Path, spec: &RasterSpec) -> Fetched {
    raster::write(path, spec, value).unwrap();
    let stores = Stores::new(Profiles::default().with_folder(path.parent().unwrap())).unwrap();
    let object = stores.object(path.to_str().unwrap()).unwrap();
    let bands: Vec<usize> = (0..BANDS).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let raster = Raster::open(object).await.unwrap();
        raster.fetch(0, &[TileAt { col: 0, row: 0 }], &bands).await.unwrap().remove(0)
    })
}

fn decode(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    for interleave in [Interleave::Pixel, Interleave::Band] {
        let mut group = criterion.benchmark_group(format!("{interleave:?}"));
        group.sample_size(20);
        for (predictor, data_type, sample_bytes) in
            [(1, DataType::Uint16, 2), (2, DataType::Uint16, 2), (3, DataType::Float32, 4)]
        {
            group.throughput(Throughput::Bytes((SIDE_PX * SIDE_PX * BANDS * sample_bytes) as u64));
            for compression in ["DEFLATE", "ZSTD", "LZW"] {
                let spec = RasterSpec {
                    width_px: SIDE_PX,
                    height_px: SIDE_PX,
                    bands: BANDS,
                    tile_px: Some(SIDE_PX),
                    data_type,
                    compression,
                    predictor,
                    interleave,
                    ..RasterSpec::default()
                };
                let fetched = tile(&folder.path().join("tile.tif"), &spec);
                let name = BenchmarkId::new(compression, format!("predictor {predictor}"));
                group.bench_function(name, |bencher| bencher.iter(|| fetched.decode().unwrap()));
            }
        }
        group.finish();
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
