//! What reducing costs: millions of pixels a second on one core.

#![expect(missing_docs, reason = "criterion's macros define undocumented functions")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]

use ardent_cog::Samples;
use ardent_datacube::reduce::{Plane, reduce};
use ardent_model::recipe::Reduce;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const PIXELS: usize = 1 << 18;

/// Dates of noise around a surface, of which three in ten pixels are masked.
fn dates(count: usize) -> Vec<Plane> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 32
    };
    let date = |_| {
        let values = (0..PIXELS).map(|pixel| (1000 + pixel / 512 % 900 + next() as usize % 700) as u16).collect();
        let valid = (0..PIXELS).map(|_| u8::from(next() % 10 >= 3)).collect();
        Plane { samples: Samples::Uint16(values), valid }
    };
    (0..count).map(date).collect()
}

fn reducers(criterion: &mut Criterion) {
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = criterion.benchmark_group("uint16, 30 % masked");
    group.throughput(Throughput::Elements(PIXELS as u64)).sample_size(20);
    for count in [12, 24, 48] {
        let planes = dates(count);
        for (name, how) in [("median", Reduce::Median), ("mean", Reduce::Mean), ("max", Reduce::Max)] {
            group.bench_with_input(BenchmarkId::new(name, count), &planes, |bencher, planes| {
                one_core.install(|| bencher.iter(|| reduce(&how, planes)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, reducers);
criterion_main!(benches);
