//! Pixels of one band, and what every pixel type can do.

use std::fmt::Debug;

use ardent_model::DataType;

/// Pixels of one band, row by row.
///
/// ```
/// use ardent_cog::{Sample, Samples, dispatch};
/// use ardent_model::DataType;
/// let reflectance = Samples::Uint16(vec![10, 20, 40]);
/// assert_eq!((reflectance.data_type(), reflectance.len()), (DataType::Uint16, 3));
/// let sum: f64 = dispatch!(&reflectance, values => values.iter().map(|value| value.to_f64()).sum());
/// assert_eq!(sum, 70.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// uint8
    Uint8(Vec<u8>),
    /// int8
    Int8(Vec<i8>),
    /// uint16
    Uint16(Vec<u16>),
    /// int16
    Int16(Vec<i16>),
    /// uint32
    Uint32(Vec<u32>),
    /// int32
    Int32(Vec<i32>),
    /// float32
    Float32(Vec<f32>),
    /// float64
    Float64(Vec<f64>),
}

/// Runs the same expression for whatever [`Samples`] hold: `dispatch!(samples, values => expression)`, where `values`
/// is the vector, a reference to it or a mutable one, as `samples` is.
#[macro_export]
macro_rules! dispatch {
    ($samples:expr, $values:pat => $body:expr) => {
        match $samples {
            $crate::Samples::Uint8($values) => $body,
            $crate::Samples::Int8($values) => $body,
            $crate::Samples::Uint16($values) => $body,
            $crate::Samples::Int16($values) => $body,
            $crate::Samples::Uint32($values) => $body,
            $crate::Samples::Int32($values) => $body,
            $crate::Samples::Float32($values) => $body,
            $crate::Samples::Float64($values) => $body,
        }
    };
}

/// Runs the same expression with `T` standing for the Rust type of a `DataType`:
/// `dispatch_type!(data_type, T => expression)`.
///
/// ```
/// use ardent_cog::dispatch_type;
/// use ardent_model::DataType;
/// let size = dispatch_type!(DataType::Float64, T => std::mem::size_of::<T>());
/// assert_eq!(size, 8);
/// ```
#[macro_export]
macro_rules! dispatch_type {
    ($data_type:expr, $T:ident => $body:expr) => {
        $crate::dispatch_type!(@arms $data_type, $T, $body,
            Uint8 u8, Int8 i8, Uint16 u16, Int16 i16, Uint32 u32, Int32 i32, Float32 f32, Float64 f64)
    };
    (@arms $data_type:expr, $T:ident, $body:expr, $($variant:ident $type:ty),+) => {
        match $data_type {
            $($crate::DataType::$variant => {
                type $T = $type;
                $body
            })+
        }
    };
}

impl Samples {
    /// `len` zeros.
    pub fn new(data_type: DataType, len: usize) -> Self {
        dispatch_type!(data_type, T => T::into_samples(vec![T::default(); len]))
    }

    /// `len` times `value`, converted as [`Sample::from_f64`] does.
    pub fn filled(data_type: DataType, len: usize, value: f64) -> Self {
        dispatch_type!(data_type, T => T::into_samples(vec![T::from_f64(value); len]))
    }

    /// How many pixels.
    pub const fn len(&self) -> usize {
        dispatch!(self, values => values.len())
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the pixels.
    pub const fn data_type(&self) -> DataType {
        match self {
            Self::Uint8(_) => DataType::Uint8,
            Self::Int8(_) => DataType::Int8,
            Self::Uint16(_) => DataType::Uint16,
            Self::Int16(_) => DataType::Int16,
            Self::Uint32(_) => DataType::Uint32,
            Self::Int32(_) => DataType::Int32,
            Self::Float32(_) => DataType::Float32,
            Self::Float64(_) => DataType::Float64,
        }
    }

    /// Bytes of memory the pixels take.
    pub const fn size_bytes(&self) -> usize {
        self.len() * self.data_type().size_bytes()
    }

    /// One pixel.
    pub fn get(&self, index: usize) -> Option<f64> {
        dispatch!(self, values => values.get(index).map(|value| value.to_f64()))
    }
}

/// A pixel type. Implemented for the eight types of `DataType`, and for no other.
///
/// ```
/// use ardent_cog::{Sample, Samples};
/// assert_eq!((u8::from_f64(1.5), u8::from_f64(-3.0), i16::from_f64(-1.5)), (2, 0, -1));
/// let mut samples = f32::into_samples(vec![0.5, 1.5]);
/// f32::slice_mut(&mut samples).unwrap()[0] = 2.0;
/// assert_eq!(samples, Samples::Float32(vec![2.0, 1.5]));
/// assert!(u8::slice(&samples).is_none());
/// ```
pub trait Sample: Copy + PartialOrd + Default + Debug + Send + Sync + 'static {
    /// Its name among the data types.
    const DATA_TYPE: DataType;

    /// As a float64; exact for every type.
    fn to_f64(self) -> f64;

    /// From a float64: integers are `floor(x + 0.5)`, cut to the range of the type, and 0 for NaN.
    fn from_f64(value: f64) -> Self;

    /// The pixels, if they are of this type.
    fn slice(samples: &Samples) -> Option<&[Self]>;

    /// The pixels, if they are of this type.
    fn slice_mut(samples: &mut Samples) -> Option<&mut [Self]>;

    /// Takes pixels into [`Samples`] without copying.
    fn into_samples(values: Vec<Self>) -> Samples;

    /// Takes the pixels out, without copying, if they are of this type.
    fn from_samples(samples: Samples) -> Option<Vec<Self>>;
}

macro_rules! sample {
    ($type:ty, $variant:ident, $from:expr) => {
        impl Sample for $type {
            const DATA_TYPE: DataType = DataType::$variant;

            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }

            #[inline]
            fn from_f64(value: f64) -> Self {
                let convert = $from;
                convert(value) as $type
            }

            #[inline]
            fn slice(samples: &Samples) -> Option<&[Self]> {
                match samples {
                    Samples::$variant(values) => Some(values),
                    _ => None,
                }
            }

            #[inline]
            fn slice_mut(samples: &mut Samples) -> Option<&mut [Self]> {
                match samples {
                    Samples::$variant(values) => Some(values),
                    _ => None,
                }
            }

            #[inline]
            fn into_samples(values: Vec<Self>) -> Samples {
                Samples::$variant(values)
            }

            #[inline]
            fn from_samples(samples: Samples) -> Option<Vec<Self>> {
                match samples {
                    Samples::$variant(values) => Some(values),
                    _ => None,
                }
            }
        }
    };
}

/// `floor(x + 0.5)` within the range of a type, and 0 for NaN. Not `f64::floor`: where the processor need not have
/// an instruction for it, that is a call.
#[inline]
fn half_up<T: Into<i64>>(value: f64, least: T, greatest: T) -> i64 {
    let shifted = value + 0.5;
    let cut = shifted as i64;
    // Cutting rounds towards 0.
    (cut - i64::from(cut as f64 > shifted)).clamp(least.into(), greatest.into())
}

/// The integer at or below a number of less than 2³¹ in size, of steps that processors do for several numbers at once: a
/// cast that saturates is none, nor is `f64::floor` everywhere. For others it is any number.
///
/// ```
/// assert_eq!([-1.5, -1.0, 0.0, 2.999].map(ardent_cog::floor), [-2, -1, 0, 2]);
/// ```
#[inline]
pub fn floor(value: f64) -> i32 {
    // Added to a number of no more than 51 bits, it leaves the nearest integer in the lowest bits.
    const INTEGERS: f64 = 6_755_399_441_055_744.0;
    let nearest = (value + INTEGERS).to_bits() as i32;
    nearest.wrapping_sub(i32::from(f64::from(nearest) > value))
}

/// [`half_up`] for narrow types, by [`floor`].
#[inline]
fn narrow_half_up<T: Into<i32>>(value: f64, least: T, greatest: T) -> i32 {
    let (least, greatest) = (f64::from(least.into()), f64::from(greatest.into()));
    let shifted = if value.is_nan() { 0.0 } else { value + 0.5 };
    let shifted = if shifted < least { least } else { shifted };
    let shifted = if shifted > greatest { greatest } else { shifted };
    floor(shifted)
}

sample!(u8, Uint8, |value| narrow_half_up(value, u8::MIN, u8::MAX));
sample!(i8, Int8, |value| narrow_half_up(value, i8::MIN, i8::MAX));
sample!(u16, Uint16, |value| narrow_half_up(value, u16::MIN, u16::MAX));
sample!(i16, Int16, |value| narrow_half_up(value, i16::MIN, i16::MAX));
sample!(u32, Uint32, |value| half_up(value, u32::MIN, u32::MAX));
sample!(i32, Int32, |value| half_up(value, i32::MIN, i32::MAX));
sample!(f32, Float32, std::convert::identity);
sample!(f64, Float64, std::convert::identity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_samples() {
        for data_type in DataType::ALL {
            let samples = Samples::filled(data_type, 3, 7.0);
            assert_eq!((samples.data_type(), samples.len(), samples.get(2)), (data_type, 3, Some(7.0)));
            assert_eq!(samples.size_bytes(), 3 * data_type.size_bytes());
            assert_eq!(Samples::new(data_type, 2).get(1), Some(0.0));
            assert_eq!(samples.get(3), None);
        }
    }

    /// Beside another way to say the same.
    #[test]
    fn narrow_types_are_the_floor_of_a_half_more() {
        let near = [-32769.0_f64, -32768.5, -129.0, -128.5, -1.0, -0.5, 0.0, 0.5, 255.5, 32767.5, 65535.5, 65536.0];
        let values = near.into_iter().flat_map(|value| [value.next_down(), value, value.next_up(), value * 1e6 + 0.3]);
        for value in values.chain((-300_000..300_000).map(|step| f64::from(step) / 4.0)) {
            let floor = (value + 0.5).floor();
            assert_eq!(u8::from_f64(value), floor as u8, "{value}");
            assert_eq!(i8::from_f64(value), floor as i8, "{value}");
            assert_eq!(u16::from_f64(value), floor as u16, "{value}");
            assert_eq!(i16::from_f64(value), floor as i16, "{value}");
        }
        assert_eq!((u16::from_f64(f64::NAN), i16::from_f64(f64::NAN)), (0, 0));
    }

    #[test]
    fn integers_round_half_up_and_saturate() {
        assert_eq!([0.49, 0.5, 254.5, 255.4, 300.0, f64::NAN].map(u8::from_f64), [0, 1, 255, 255, 255, 0]);
        assert_eq!([-0.5, -0.51, -1.5, -1e9].map(i16::from_f64), [0, -1, -1, i16::MIN]);
        assert_eq!(i32::from_f64(2_147_483_648.0), i32::MAX);
        assert_eq!([-1e300, f64::NEG_INFINITY, 1e300, f64::INFINITY].map(u8::from_f64), [0, 0, 255, 255]);
        assert_eq!([-2_147_483_649.0, 2_147_483_647.5].map(i16::from_f64), [i16::MIN, i16::MAX]);
        assert!(f32::from_f64(f64::NAN).is_nan());
    }
}
