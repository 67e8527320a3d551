//! Sorting networks: which values to compare, whatever they are.

/// A step of a network: the values at two places are compared, the first of which is before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The lesser goes to the first place, the greater to the second.
    Both(usize, usize),
    /// The lesser goes to the first place; what becomes of the second does not matter.
    Least(usize, usize),
    /// The greater goes to the second place; what becomes of the first does not matter.
    Greatest(usize, usize),
}

/// A network that puts `n` values in order: Batcher's odd–even merge sort (Batcher 1968; for any `n` by dropping the
/// comparisons that reach beyond it).
pub(crate) fn sort(n: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut size = 1;
    while size < n {
        let mut step = size;
        while step >= 1 {
            let mut start = step % size;
            while start + step < n {
                for index in start..(start + step).min(n - step) {
                    if index / (size * 2) == (index + step) / (size * 2) {
                        steps.push(Step::Both(index, index + step));
                    }
                }
                start += 2 * step;
            }
            step /= 2;
        }
        size *= 2;
    }
    steps
}

/// A network that puts the two values in their places of which the median is made, in [`middle_places`].
pub(crate) fn median(n: usize) -> Vec<Step> {
    let (low, high) = middle_places(n);
    let mut needed = vec![false; n];
    for place in [low, high] {
        if let Some(needed) = needed.get_mut(place) {
            *needed = true;
        }
    }
    // From the end, what no needed place depends on is left out.
    let mut kept = Vec::new();
    for step in sort(n).into_iter().rev() {
        let Step::Both(first, second) = step else { continue };
        match (needed[first], needed[second]) {
            (false, false) => continue,
            (true, true) => kept.push(step),
            (true, false) => kept.push(Step::Least(first, second)),
            (false, true) => kept.push(Step::Greatest(first, second)),
        }
        (needed[first], needed[second]) = (true, true);
    }
    kept.reverse();
    kept
}

/// The two places in the middle of `n`; for an odd `n` the very middle and the one before.
pub(crate) const fn middle_places(n: usize) -> (usize, usize) {
    let high = n / 2;
    (high.saturating_sub(1), high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(steps: &[Step], values: &mut [u32]) {
        for step in steps {
            let (Step::Both(a, b) | Step::Least(a, b) | Step::Greatest(a, b)) = *step;
            let (least, greatest) = (values[a].min(values[b]), values[a].max(values[b]));
            if !matches!(step, Step::Greatest(..)) {
                values[a] = least;
            }
            if !matches!(step, Step::Least(..)) {
                values[b] = greatest;
            }
        }
    }

    #[test]
    fn networks_order_every_pattern_of_zeros_and_ones() {
        // By the 0–1 principle a network that orders these orders everything.
        for n in 1..=14_usize {
            for pattern in 0_u32..1 << n {
                let values: Vec<u32> = (0..n).map(|bit| pattern >> bit & 1).collect();
                let mut sorted = values.clone();
                run(&sort(n), &mut sorted);
                assert!(sorted.is_sorted(), "{n} values, pattern {pattern:b}");
                let mut middle = values;
                run(&median(n), &mut middle);
                let (low, high) = middle_places(n);
                assert_eq!((middle[low], middle[high]), (sorted[low], sorted[high]), "{n} values, pattern {pattern:b}");
            }
        }
    }

    #[test]
    fn the_median_takes_fewer_comparisons_than_sorting() {
        for n in [12, 24, 48] {
            let half = |step: &Step| if matches!(step, Step::Both(..)) { 2 } else { 1 };
            let cost = |steps: Vec<Step>| steps.iter().map(half).sum::<usize>();
            assert!(cost(median(n)) * 5 < cost(sort(n)) * 4, "{n}");
        }
    }
}
