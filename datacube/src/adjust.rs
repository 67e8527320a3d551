//! Stored values, brought to the scale and offset of their band.

use ardent_cog::Sample;

use crate::{mapping::Mapping, patch::Patch, plan::Adjustment, reduce::Plane, warp::is_missing};

/// Adjusts the pixels of a source that are not missing. What does not fit the type is cut to its range, and what would
/// become the missing value becomes the value next to it. Returns where that happened, if it did.
pub(crate) fn adjust<T: Sample>(patch: &mut Patch<T>, nodata: Option<f64>, how: Adjustment) -> Option<Patch<u8>> {
    let missing = is_missing::<T>(nodata);
    let mut cut: Option<Vec<u8>> = None;
    let pixels = patch.values.len();
    for (index, value) in patch.values.iter_mut().enumerate() {
        if missing(*value) {
            continue;
        }
        let exact = value.to_f64() * how.factor + how.shift;
        let mut adjusted = T::from_f64(exact);
        if missing(adjusted) {
            adjusted = next_to(adjusted);
        }
        if T::DATA_TYPE.is_integer() && adjusted.to_f64() != exact {
            cut.get_or_insert_with(|| vec![0; pixels])[index] = 1;
        }
        *value = adjusted;
    }
    cut.map(|values| Patch { window: patch.window, values })
}

/// The next greater value, or the next less of the greatest.
fn next_to<T: Sample>(value: T) -> T {
    let number = value.to_f64();
    if !T::DATA_TYPE.is_integer() {
        // A step of the type itself: float32 is the coarser one.
        let step = number.abs().max(f64::from(f32::MIN_POSITIVE)) * f64::from(f32::EPSILON);
        return T::from_f64(number + step);
    }
    let greater = T::from_f64(number + 1.0);
    if greater.to_f64() == number { T::from_f64(number - 1.0) } else { greater }
}

/// How many valid pixels of the plane have a nearest sample that was cut.
pub(crate) fn count_cut(plane: &Plane, mapping: &Mapping, cut: &Patch<u8>) -> u64 {
    let is_cut = |index: usize| mapping.nearest(index).and_then(|(col, row)| cut.get(col, row)) == Some(1);
    let valid = plane.valid.iter().enumerate().filter(|(_, valid)| **valid != 0);
    valid.filter(|(index, _)| is_cut(*index)).count() as u64
}

#[cfg(test)]
mod tests {
    use ardent_model::Window;

    use super::*;

    fn adjusted<T: Sample>(values: &[T], nodata: Option<f64>, shift: f64) -> (Vec<T>, Option<Vec<u8>>) {
        let window = Window { col: 0, row: 0, width_px: values.len(), height_px: 1 };
        let mut patch = Patch { window, values: values.to_vec() };
        let cut = adjust(&mut patch, nodata, Adjustment { factor: 1.0, shift });
        (patch.values, cut.map(|cut| cut.values))
    }

    #[test]
    fn data_never_becomes_missing_and_missing_never_data() {
        let (values, cut) = adjusted(&[0_u16, 500, 1000, 1001, 1002, 65535], Some(0.0), -1000.0);
        assert_eq!(values, [0, 1, 1, 1, 2, 64535]);
        assert_eq!(cut, Some(vec![0, 1, 1, 0, 0, 0]));
    }

    #[test]
    fn what_fits_is_exact_and_nothing_is_told() {
        assert_eq!(adjusted(&[1000_i16, -5], None, -1000.0), (vec![0, -1005], None));
        assert_eq!(adjusted(&[0.5_f32, f32::NAN], None, -0.1).0[0], 0.4);
    }

    #[test]
    fn the_range_of_the_type_is_kept() {
        assert_eq!(adjusted(&[250_u8, 255], Some(255.0), 10.0), (vec![254, 255], Some(vec![1, 0])));
        assert_eq!(adjusted(&[-32_000_i16], Some(-32_768.0), -1000.0), (vec![-32_767], Some(vec![1])));
    }
}
