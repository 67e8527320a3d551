//! Mean and standard deviation, in float64 and in the order of time.

use super::Run;
use crate::sample::Ordered;

/// Means of the valid values of each pixel, and their numbers.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn means<T: Ordered>(run: &[Run<'_, T>], pixels: usize) -> (Vec<f64>, Vec<u32>) {
    let (mut sums, mut counts) = (vec![0.0_f64; pixels], vec![0_u32; pixels]);
    for (date, kept) in run {
        for (((sum, count), here), is_here) in sums.iter_mut().zip(&mut counts).zip(*date).zip(*kept) {
            *sum += here.choose(T::default(), *is_here).to_f64();
            *count += u32::from(*is_here);
        }
    }
    for (sum, count) in sums.iter_mut().zip(&counts) {
        *sum /= f64::from((*count).max(1));
    }
    (sums, counts)
}

pub(super) fn mean<T: Ordered>(run: &[Run<'_, T>], values: &mut [T], valid: &mut [u8]) {
    let (means, counts) = means(run, values.len());
    for (((mean, count), value), is_valid) in means.into_iter().zip(counts).zip(values).zip(valid) {
        if count > 0 {
            *value = T::from_f64(mean);
            *is_valid = 1;
        }
    }
}

/// The root of the mean squared distance from the mean, which is taken first: sums of squares would cancel.
pub(super) fn stddev<T: Ordered>(run: &[Run<'_, T>], values: &mut [f32], valid: &mut [u8]) {
    let (means, counts) = means(run, values.len());
    for (((square, count), value), is_valid) in squares(run, &means).into_iter().zip(counts).zip(values).zip(valid) {
        if count > 0 {
            *value = (square / f64::from(count)).sqrt() as f32;
            *is_valid = 1;
        }
    }
}

/// Sums of the squared distances from the means.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn squares<T: Ordered>(run: &[Run<'_, T>], means: &[f64]) -> Vec<f64> {
    let mut squares = vec![0.0_f64; means.len()];
    for (date, kept) in run {
        for (((square, mean), here), is_here) in squares.iter_mut().zip(means).zip(*date).zip(*kept) {
            let distance = (here.choose(T::default(), *is_here).to_f64() - mean) * f64::from(*is_here);
            *square += distance * distance;
        }
    }
    squares
}
