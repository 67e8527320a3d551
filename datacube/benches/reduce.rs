//! What reducing costs: millions of pixels a second on one core.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]

use ardent_cog::Samples;
use ardent_datacube::reduce::{Plane, geomedian, medoid, reduce};
use ardent_model::recipe::Reduce;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const PIXELS: usize = 1 << 18;
/// Few, for they take long.
const JOINT_PIXELS: usize = 1 << 14;
const JOINT_BANDS: usize = 10;

/// Noise around a surface, of which three in ten pixels are masked; the same in each run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize
    }

    fn plane(&mut self, pixels: usize) -> Plane {
        let values = (0..pixels).map(|pixel| (1000 + pixel / 512 % 900 + self.next() % 700) as u16).collect();
        let valid = (0..pixels).map(|_| u8::from(self.next() % 10 >= 3)).collect();
        Plane { samples: Samples::Uint16(values), valid }
    }
}

fn apart(criterion: &mut Criterion) {
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = criterion.benchmark_group("one band");
    group.throughput(Throughput::Elements(PIXELS as u64)).sample_size(20);
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for count in [12, 24, 48] {
        let planes: Vec<Plane> = (0..count).map(|_| noise.plane(PIXELS)).collect();
        for (name, how) in [
            ("median", Reduce::Median),
            ("percentile", Reduce::Percentile(25.0)),
            ("mean", Reduce::Mean),
            ("stddev", Reduce::Stddev),
            ("max", Reduce::Max),
        ] {
            group.bench_with_input(BenchmarkId::new(name, count), &planes, |bencher, planes| {
                one_core.install(|| bencher.iter(|| reduce(&how, planes)));
            });
        }
    }
    group.finish();
}

fn joint(criterion: &mut Criterion) {
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = criterion.benchmark_group("ten bands");
    group.throughput(Throughput::Elements(JOINT_PIXELS as u64)).sample_size(10);
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for count in [12, 24, 48] {
        let mut date = || -> Vec<Plane> {
            let bands: Vec<Plane> = (0..JOINT_BANDS).map(|_| noise.plane(JOINT_PIXELS)).collect();
            let valid = bands[0].valid.clone();
            bands.into_iter().map(|band| Plane { valid: valid.clone(), ..band }).collect()
        };
        let planes: Vec<Vec<Plane>> = (0..count).map(|_| date()).collect();
        let dates: Vec<Vec<&Plane>> = planes.iter().map(|bands| bands.iter().collect()).collect();
        group.bench_with_input(BenchmarkId::new("medoid", count), &dates, |bencher, dates| {
            one_core.install(|| bencher.iter(|| medoid(dates)));
        });
        group.bench_with_input(BenchmarkId::new("geomedian", count), &dates, |bencher, dates| {
            one_core.install(|| bencher.iter(|| geomedian(dates)));
        });
    }
    group.finish();
}

criterion_group!(benches, apart, joint);
criterion_main!(benches);
