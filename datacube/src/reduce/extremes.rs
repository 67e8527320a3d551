//! The value of one date: the least, the greatest, the earliest, the latest.

use super::Run;
use crate::sample::Ordered;

pub(super) fn min<T: Ordered>(run: &[Run<'_, T>], values: &mut [T], valid: &mut [u8]) {
    fold(run, (values, valid), |kept, value| if value < kept { value } else { kept });
}

pub(super) fn max<T: Ordered>(run: &[Run<'_, T>], values: &mut [T], valid: &mut [u8]) {
    fold(run, (values, valid), |kept, value| if value > kept { value } else { kept });
}

pub(super) fn first<T: Ordered>(run: &[Run<'_, T>], values: &mut [T], valid: &mut [u8]) {
    fold(run, (values, valid), |kept, _| kept);
}

pub(super) fn last<T: Ordered>(run: &[Run<'_, T>], values: &mut [T], valid: &mut [u8]) {
    fold(run, (values, valid), |_, value| value);
}

/// Goes through the dates without a branch: `keep` is asked everywhere, and its answer counts where it was a question.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn fold<T: Ordered>(run: &[Run<'_, T>], (values, valid): (&mut [T], &mut [u8]), keep: impl Fn(T, T) -> T) {
    for (date, kept) in run {
        for (((value, is_valid), here), is_here) in values.iter_mut().zip(valid.iter_mut()).zip(*date).zip(*kept) {
            let next = keep(*value, *here).choose(*here, *is_valid);
            *value = next.choose(*value, *is_here);
            *is_valid |= *is_here;
        }
    }
}
