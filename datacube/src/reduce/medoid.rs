//! The medoid: the date that is nearest to all others.
//!
//! Of the dates on which all bands are valid, the one whose Euclidean distances to the others have the least sum (Flood
//! 2013, Remote Sensing 5, 6481–6500). Of equal sums the earliest date's counts.

use rayon::prelude::*;

use super::{
    Plane,
    joint::{Block, LANES, Points, RUN_PX, sums_of_distances},
    pick::NONE,
};

/// Which date is each pixel's medoid, by its index; `u16::MAX` where no date has all bands. All dates have the same bands,
/// in the same order.
///
/// ```
/// use ardent_cog::Samples;
/// use ardent_datacube::reduce::{Plane, medoid};
/// let plane = |value| Plane { samples: Samples::Uint16(vec![value]), valid: vec![1] };
/// let dates = [[plane(1), plane(9)], [plane(2), plane(8)], [plane(3), plane(6)]];
/// let dates: Vec<Vec<&Plane>> = dates.iter().map(|bands| bands.iter().collect()).collect();
/// assert_eq!(medoid(&dates), [1]);
/// ```
pub fn medoid<'a, D: AsRef<[&'a Plane]> + Sync>(dates: &[D]) -> Vec<u16> {
    let pixels = dates.first().and_then(|date| date.as_ref().first()).map_or(0, |plane| plane.valid.len());
    let mut picks = vec![NONE; pixels];
    picks.par_chunks_mut(RUN_PX).enumerate().for_each(|(run, picks)| {
        let points = Points::load(dates, run * RUN_PX);
        for (block, picks) in points.blocks().zip(picks.chunks_mut(LANES)) {
            picks.copy_from_slice(&nearest(&block)[..picks.len()]);
        }
    });
    picks
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn nearest(block: &Block<'_>) -> [u16; LANES] {
    let sums = sums_of_distances(block);
    let (mut picks, mut least) = ([NONE; LANES], [f64::INFINITY; LANES]);
    for (date, (sum, valid)) in sums.iter().zip(block.valid).enumerate() {
        for lane in 0..LANES {
            if valid[lane] != 0.0 && (picks[lane] == NONE || sum[lane] < least[lane]) {
                (picks[lane], least[lane]) = (date as u16, sum[lane]);
            }
        }
    }
    picks
}
