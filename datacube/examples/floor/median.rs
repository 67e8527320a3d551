//! Medians of many pixels at once, by a sorting network.

/// No value; sorts behind all others.
pub(crate) const MASKED: u16 = u16::MAX;
/// Pixels that are sorted side by side.
const LANES: usize = 64;

/// The median over planes of each pixel, halves rounded up; 0 where none has a value.
pub(crate) fn medians(planes: &[&[u16]], pixels: usize) -> Vec<u16> {
    let network = network(planes.len());
    let mut block = vec![[MASKED; LANES]; planes.len()];
    let mut result = vec![0; pixels];
    for (chunk, out) in result.chunks_mut(LANES).enumerate() {
        for (lanes, plane) in block.iter_mut().zip(planes) {
            let from = chunk * LANES;
            lanes[..out.len()].copy_from_slice(&plane[from..from + out.len()]);
        }
        let counts = counts(&block);
        sort(&network, &mut block);
        for (lane, out) in out.iter_mut().enumerate().filter(|(lane, _)| counts[*lane] > 0) {
            let count = usize::from(counts[lane]);
            let (low, high) = (block[(count - 1) / 2][lane], block[count / 2][lane]);
            *out = (u32::from(low) + u32::from(high)).div_ceil(2) as u16;
        }
    }
    result
}

/// Batcher's odd-even merge sort, as pairs to put in order.
fn network(count: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut sorted = 1;
    while sorted < count {
        let mut apart = sorted;
        while apart > 0 {
            for low in (apart % sorted..count.saturating_sub(apart)).step_by(2 * apart) {
                for one in low..(low + apart).min(count - apart) {
                    if one / (2 * sorted) == (one + apart) / (2 * sorted) {
                        pairs.push((one, one + apart));
                    }
                }
            }
            apart /= 2;
        }
        sorted *= 2;
    }
    pairs
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn sort(network: &[(usize, usize)], block: &mut [[u16; LANES]]) {
    for &(low, high) in network {
        let (before, after) = block.split_at_mut(high);
        for (one, other) in before[low].iter_mut().zip(&mut after[0]) {
            (*one, *other) = ((*one).min(*other), (*one).max(*other));
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn counts(block: &[[u16; LANES]]) -> [u16; LANES] {
    let mut counts = [0; LANES];
    for lanes in block {
        counts.iter_mut().zip(lanes).for_each(|(count, value)| *count += u16::from(*value != MASKED));
    }
    counts
}
