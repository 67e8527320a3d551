//! Medoid and geometric median against what defines them.

use proptest::prelude::*;

use super::*;

/// Pixels → dates → bands; `None` where a band is missing.
type Cube = Vec<Vec<Vec<Option<f64>>>>;

/// Enough pixels for more than one block, and a rest.
const PIXELS: usize = 11;

fn planes(cube: &Cube) -> Vec<Vec<Plane>> {
    let (dates, bands) = (cube[0].len(), cube[0][0].len());
    let band = |date: usize, band: usize| {
        let values: Vec<Option<f64>> = cube.iter().map(|pixel| pixel[date][band]).collect();
        let samples = Samples::Float64(values.iter().map(|value| value.unwrap_or(f64::NAN)).collect());
        Plane { samples, valid: values.iter().map(|value| u8::from(value.is_some())).collect() }
    };
    (0..dates).map(|date| (0..bands).map(|index| band(date, index)).collect()).collect()
}

/// The dates of a pixel of which all bands are valid, with their indices.
fn points(pixel: &[Vec<Option<f64>>]) -> Vec<(usize, Vec<f64>)> {
    let whole = |(index, date): (usize, &Vec<Option<f64>>)| Some((index, date.iter().copied().collect::<Option<_>>()?));
    pixel.iter().enumerate().filter_map(whole).collect()
}

fn length(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn total(at: &[f64], points: &[(usize, Vec<f64>)]) -> f64 {
    points.iter().map(|(_, point)| length(at, point)).sum()
}

fn cubes(value: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = Cube> {
    (1_usize..12, 1_usize..5).prop_flat_map(move |(dates, bands)| {
        let band = prop::option::weighted(0.9, value.clone());
        prop::collection::vec(prop::collection::vec(prop::collection::vec(band, bands), dates), PIXELS)
    })
}

/// Whole numbers of few values: dates coincide, lie on lines, and tie.
fn coarse() -> impl Strategy<Value = f64> + Clone {
    (0_u8..4).prop_map(f64::from)
}

fn check_medoid(cube: &Cube) -> Result<(), TestCaseError> {
    let planes = planes(cube);
    let dates: Vec<Vec<&Plane>> = planes.iter().map(|bands| bands.iter().collect()).collect();
    for (pick, pixel) in medoid(&dates).into_iter().zip(cube) {
        let points = points(pixel);
        let mut best: Option<(usize, f64)> = None;
        for (index, point) in &points {
            let sum = total(point, &points);
            if best.is_none_or(|(_, least)| sum < least) {
                best = Some((*index, sum));
            }
        }
        prop_assert_eq!(pick, best.map_or(u16::MAX, |(index, _)| index as u16));
    }
    Ok(())
}

/// No point nearby, no date and no mean of dates has a lesser sum of distances.
fn check_geomedian(cube: &Cube) -> Result<(), TestCaseError> {
    let planes = planes(cube);
    let dates: Vec<Vec<&Plane>> = planes.iter().map(|bands| bands.iter().collect()).collect();
    let found = geomedian(&dates);
    for (index, pixel) in cube.iter().enumerate() {
        let points = points(pixel);
        prop_assert!(found.iter().all(|band| (band.valid[index] != 0) != points.is_empty()));
        if points.is_empty() {
            continue;
        }
        let at: Vec<f64> = found.iter().map(|band| band.samples.get(index).unwrap()).collect();
        let sum = total(&at, &points);
        let width =
            points.iter().flat_map(|(_, one)| points.iter().map(|(_, other)| length(one, other))).fold(0.0, f64::max);
        for (_, point) in &points {
            let other = total(point, &points);
            prop_assert!(other >= sum - 1e-3 * width, "{other} < {sum}: {point:?} is nearer than {at:?} to {points:?}");
        }
        for band in 0..at.len() {
            for step in [-1e-2, 1e-2] {
                let mut beside = at.clone();
                beside[band] += step * width;
                let other = total(&beside, &points);
                prop_assert!(
                    other >= sum - 1e-3 * width,
                    "{other} < {sum}: {beside:?} is nearer than {at:?} to {points:?}"
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_medoid_is_the_first_date_nearest_to_all_others(fine in cubes(0.0..1e4), coarse in cubes(coarse())) {
        check_medoid(&fine)?;
        check_medoid(&coarse)?;
    }

    #[test]
    fn nothing_is_nearer_to_all_dates_than_the_geometric_median(fine in cubes(0.0..1e4), coarse in cubes(coarse())) {
        check_geomedian(&fine)?;
        check_geomedian(&coarse)?;
    }

    #[test]
    fn a_pixel_does_not_depend_on_its_neighbours(cube in cubes(0.0..1e4)) {
        let whole = planes(&cube);
        let dates: Vec<Vec<&Plane>> = whole.iter().map(|bands| bands.iter().collect()).collect();
        let (medians, picks) = (geomedian(&dates), medoid(&dates));
        for pixel in 0..PIXELS {
            let alone = planes(&vec![cube[pixel].clone()]);
            let dates: Vec<Vec<&Plane>> = alone.iter().map(|bands| bands.iter().collect()).collect();
            prop_assert_eq!(medoid(&dates)[0], picks[pixel]);
            for (one, all) in geomedian(&dates).iter().zip(&medians) {
                let bits = |plane: &Plane, pixel: usize| plane.samples.get(pixel).unwrap().to_bits();
                prop_assert_eq!(bits(one, 0), bits(all, pixel));
            }
        }
    }
}

fn geomedian_of(points: &[[f64; 2]]) -> [f64; 2] {
    let planes = planes(&vec![points.iter().map(|point| point.iter().copied().map(Some).collect()).collect()]);
    let dates: Vec<Vec<&Plane>> = planes.iter().map(|bands| bands.iter().collect()).collect();
    let found = geomedian(&dates);
    [0, 1].map(|band| found[band].samples.get(0).unwrap())
}

fn assert_near(found: [f64; 2], expected: [f64; 2]) {
    assert!(length(&found, &expected) < 1e-2, "{found:?} is not {expected:?}");
}

#[test]
fn geometric_medians_that_are_known() {
    // Fermat's point of an equilateral triangle is its centre; of a convex quadrangle, where the diagonals cross.
    assert_near(geomedian_of(&[[0.0, 0.0], [10.0, 0.0], [5.0, 75.0_f64.sqrt()]]), [5.0, 75.0_f64.sqrt() / 3.0]);
    assert_near(geomedian_of(&[[0.0, 0.0], [8.0, 8.0], [0.0, 10.0], [10.0, 0.0]]), [5.0, 5.0]);
    // A corner of 120° or more is the point itself; so is a date that outweighs the others.
    assert_near(geomedian_of(&[[0.0, 0.0], [10.0, 1.0], [-10.0, 1.0]]), [0.0, 0.0]);
    assert_near(geomedian_of(&[[3.0, 4.0], [3.0, 4.0], [3.0, 4.0], [90.0, 1.0], [7.0, -50.0]]), [3.0, 4.0]);
    // The mean is met by a date that is not the median: the steps go on from there.
    assert_near(geomedian_of(&[[0.0, 0.0], [-4.0, 0.0], [-4.0, 0.0], [-4.0, 0.0], [12.0, 0.0]]), [-4.0, 0.0]);
    // Two dates in one place hold against two that pull nearly as hard: steps alone would take thousands.
    assert_near(geomedian_of(&[[0.0, 2.0], [0.0, 3.0], [2.0, 0.0], [2.0, 0.0]]), [2.0, 0.0]);
    // One date, and two.
    assert_near(geomedian_of(&[[7.0, 9.0]]), [7.0, 9.0]);
    assert_near(geomedian_of(&[[7.0, 9.0], [9.0, 3.0]]), [8.0, 6.0]);
}
