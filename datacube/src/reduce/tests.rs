//! Every reducer against the plainest way to compute it.

use ardent_cog::Sample;
use ardent_model::recipe::{BandRequest, Best};
use proptest::prelude::*;

use super::*;

type Pixels<T> = Vec<Option<T>>;

/// Where a value is missing the plane holds one that must not matter.
fn plane<T: Sample>(values: &[Option<T>], missing: T) -> Plane {
    let samples = T::into_samples(values.iter().map(|value| value.unwrap_or(missing)).collect());
    Plane { samples, valid: values.iter().map(|value| u8::from(value.is_some())).collect() }
}

/// The value of a pixel in float64, not yet rounded.
fn plain(how: &Reduce, values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    match how {
        Reduce::Median => f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]),
        Reduce::Mean => mean,
        Reduce::Min => sorted[0],
        Reduce::Max => sorted[n - 1],
        Reduce::Stddev => (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n as f64).sqrt(),
        Reduce::Percentile(percent) => {
            // The weights of all values: 1 less the distance from the place, where that is positive.
            let place = percent / 100.0 * (n - 1) as f64;
            sorted.iter().enumerate().map(|(index, value)| value * (1.0 - (place - index as f64).abs()).max(0.0)).sum()
        }
        Reduce::First => values[0],
        Reduce::Last => values[n - 1],
        other => panic!("{other:?} has no plain form here"),
    }
}

fn every_apart() -> Vec<Reduce> {
    // Shares that are exact in binary, so that ties are; others have a test of their own.
    let percentiles = [0.0, 25.0, 50.0, 62.5, 100.0].map(Reduce::Percentile);
    let words = [Reduce::Median, Reduce::Mean, Reduce::Min, Reduce::Max, Reduce::Stddev, Reduce::First, Reduce::Last];
    words.into_iter().chain(percentiles).collect()
}

/// Compares every reducer on these dates with `plain`, up to `tolerance` of the greatest value, and half a unit where
/// the result is whole.
fn check<T: Sample>(dates: &[Pixels<T>], (missing, tolerance): (T, f64)) {
    let planes: Vec<Plane> = dates.iter().map(|date| plane(date, missing)).collect();
    for how in every_apart() {
        let found = reduce(&how, &planes);
        for pixel in 0..dates[0].len() {
            let values: Vec<f64> = dates.iter().filter_map(|date| date[pixel]).map(Sample::to_f64).collect();
            assert_eq!(found.valid[pixel] != 0, !values.is_empty(), "{how:?}, pixel {pixel}");
            if values.is_empty() {
                continue;
            }
            let (got, expected) = (found.samples.get(pixel).unwrap(), plain(&how, &values));
            let expected = if found.samples.data_type().is_integer() { (expected + 0.5).floor() } else { expected };
            let scale = values.iter().fold(1.0_f64, |most, value| most.max(value.abs()));
            assert!((got - expected).abs() <= tolerance * scale, "{how:?}, pixel {pixel}: {got} is not {expected}");
        }
    }
}

fn dates<T: Arbitrary>(value: impl Strategy<Value = T> + Clone) -> impl Strategy<Value = Vec<Pixels<T>>> {
    // More than one block of lanes, and a rest.
    prop::collection::vec(prop::collection::vec(prop::option::of(value), 140), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whole_numbers_are_reduced_as_plain_arithmetic_does(
        small in dates(any::<u8>()), wide in dates(any::<u16>()), signed in dates(any::<i16>()), great in dates(any::<i32>()),
    ) {
        // Single precision is what deviations are given in; the rest is exact.
        check(&small, (255, 1e-7));
        check(&wide, (0, 1e-7));
        check(&signed, (i16::MIN, 1e-7));
        check(&great, (7, 1e-7));
    }

    #[test]
    fn fractions_are_reduced_as_plain_arithmetic_does(single in dates(-1e3_f32..1e3), double in dates(-1e3_f64..1e3)) {
        check(&single, (f32::NAN, 1e-6));
        check(&double, (f64::NAN, 1e-6));
    }

    #[test]
    fn a_percentile_is_exact_in_whole_numbers(wide in dates(any::<u16>()), percent in 0_u32..=100) {
        // In whole numbers throughout: (value × 100) is a whole number, rounded half up.
        let planes: Vec<Plane> = wide.iter().map(|date| plane(date, 0)).collect();
        let found = reduce(&Reduce::Percentile(f64::from(percent)), &planes);
        for pixel in 0..140 {
            let mut values: Vec<u64> = wide.iter().filter_map(|date| date[pixel]).map(u64::from).collect();
            values.sort_unstable();
            let Some(last) = values.len().checked_sub(1) else { continue };
            let place = percent as usize * last;
            let (low, share) = (place / 100, (place % 100) as u64);
            let hundredfold = values[low] * (100 - share) + values[(low + 1).min(last)] * share;
            let found = found.samples.get(pixel).unwrap() as u64;
            // A share of a hundredth has no exact float: at a tie either neighbour is right.
            let tie = hundredfold % 100 == 50 && found * 100 + 50 == hundredfold;
            prop_assert!(found == (hundredfold + 50) / 100 || tie, "{percent} % of {values:?}");
        }
    }

    #[test]
    fn the_date_a_value_is_from_has_it(wide in dates(0_u16..20)) {
        let planes: Vec<Plane> = wide.iter().map(|date| plane(date, 3)).collect();
        let some: Vec<Option<&Plane>> = planes.iter().map(Some).collect();
        for how in [Reduce::Min, Reduce::Max, Reduce::First, Reduce::Last] {
            let picks = pick::apart(&how, &some, 140);
            let (found, gathered) = (reduce(&how, &planes), pick::gather(&picks, &some, DataType::Uint16));
            prop_assert_eq!(&found.valid, &gathered.valid);
            for pixel in 0..140 {
                let values: Vec<Option<u16>> = wide.iter().map(|date| date[pixel]).collect();
                let Some(value) = found.samples.get(pixel).filter(|_| found.valid[pixel] != 0) else { continue };
                prop_assert_eq!(gathered.samples.get(pixel), Some(value));
                let earliest = values.iter().position(|one| one.is_some_and(|one| f64::from(one) == value)).unwrap();
                let expected = match how {
                    Reduce::Last => values.iter().rposition(Option::is_some).unwrap(),
                    _ => earliest,
                };
                prop_assert_eq!(usize::from(picks[pixel]), expected, "{:?} of {:?}", how, values);
            }
        }
    }
}

#[test]
fn negative_medians_round_down_too() {
    let one = |value| Plane { samples: Samples::Int16(vec![value]), valid: vec![1] };
    let found = reduce(&Reduce::Median, &[one(-4), one(-7)]);
    assert_eq!(found.samples, Samples::Int16(vec![-5]), "floor(-5.5 + 0.5)");
}

#[test]
fn counts_are_valid_everywhere() {
    let dates = [vec![Some(1_u16), None, None], vec![Some(1), Some(2), None]];
    let found = reduce(&Reduce::Count, &dates.map(|date| plane(&date, 9)));
    assert_eq!((found.samples, found.valid), (Samples::Uint16(vec![2, 1, 0]), vec![1; 3]));
}

#[test]
fn the_best_date_has_the_greatest_value_where_all_others_are_valid_and_the_earliest_of_equals() {
    let greenness = [[Some(5_i16), Some(5), Some(1)], [Some(9), Some(5), Some(2)], [Some(7), None, Some(3)]];
    let greenness = greenness.map(|date| plane(&date, 99));
    let others = [Some(vec![1, 1, 0]), Some(vec![0, 1, 0]), Some(vec![1, 1, 0])];
    let dates: Vec<Option<&Plane>> = greenness.iter().map(Some).collect();
    assert_eq!(pick::best(false, (&dates, &others), 3), [2, 0, pick::NONE]);
    assert_eq!(pick::best(true, (&dates, &others), 3), [0, 0, pick::NONE]);
    let how = Reduce::Best(Best { band: BandRequest::Name("greenness".to_owned()), least: true });
    assert_eq!(reduce(&how, &greenness).samples, Samples::Int16(vec![5, 5, 1]), "a band by itself is its own best");
}
