//! What warping costs: millions of pixels of the result a second on one core.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]

use ardent_cog::Samples;
use ardent_datacube::{mapping::Mapping, warp::resample};
use ardent_model::{Affine, Crs, GeoBox, recipe::Resampling};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SIDE_PX: usize = 1024;

/// A UTM tile, and a part of the British grid in its middle.
fn grids() -> (GeoBox, GeoBox) {
    let source = GeoBox {
        crs: Crs::epsg(32630),
        affine: Affine::north_up(600_000.0, 5_650_000.0, 10.0),
        width_px: 2 * SIDE_PX,
        height_px: 2 * SIDE_PX,
    };
    let target = GeoBox {
        crs: Crs::epsg(27700),
        affine: Affine::north_up(434_000.0, 118_000.0, 10.0),
        width_px: SIDE_PX,
        height_px: SIDE_PX,
    };
    (target, source)
}

/// A surface, of which `masked` in ten pixels are missing (0).
fn surface(source: &GeoBox, masked: usize) -> Vec<u16> {
    let value = |pixel: usize| {
        let noise = pixel.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        if noise % 10 < masked { 0 } else { (1000 + pixel / source.width_px % 900 + noise % 700) as u16 }
    };
    (0..source.pixels()).map(value).collect()
}

fn places(criterion: &mut Criterion) {
    let (target, source) = grids();
    let mut group = criterion.benchmark_group("places");
    group.throughput(Throughput::Elements(target.pixels() as u64)).sample_size(20);
    group.bench_function("another CRS", |bencher| {
        bencher.iter(|| Mapping::compute(&target, &target.full_window(), &source).unwrap());
    });
    group.finish();
}

fn warp(criterion: &mut Criterion) {
    let (target, source) = grids();
    let mapping = Mapping::compute(&target, &target.full_window(), &source).unwrap();
    assert!((0..target.pixels()).all(|index| mapping.nearest(index).is_some()), "the source holds all of it");
    let mut group = criterion.benchmark_group("warp");
    group.throughput(Throughput::Elements(target.pixels() as u64)).sample_size(20);
    for masked in [0, 3] {
        let values = surface(&source, masked);
        for (name, how) in
            [("nearest", Resampling::Nearest), ("bilinear", Resampling::Bilinear), ("cubic", Resampling::Cubic)]
        {
            let name = BenchmarkId::new(name, format!("{masked}0 % missing"));
            group.bench_with_input(name, &values, |bencher, values| {
                bencher.iter(|| resample(&mapping, (Samples::Uint16(values.clone()), Some(0.0)), how));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, places, warp);
criterion_main!(benches);
