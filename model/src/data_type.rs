//! Pixel types.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// The type of a pixel.
///
/// ```
/// use ardent_model::DataType;
/// let reflectance: DataType = "uint16".parse().unwrap();
/// assert_eq!((reflectance.size_bytes(), reflectance.is_integer()), (2, true));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// Unsigned, 8 bits.
    Uint8,
    /// Signed, 8 bits.
    Int8,
    /// Unsigned, 16 bits.
    Uint16,
    /// Signed, 16 bits.
    Int16,
    /// Unsigned, 32 bits.
    Uint32,
    /// Signed, 32 bits.
    Int32,
    /// IEEE 754, 32 bits.
    Float32,
    /// IEEE 754, 64 bits.
    Float64,
}

impl DataType {
    /// Every type, in order of declaration.
    pub const ALL: [Self; 8] =
        [Self::Uint8, Self::Int8, Self::Uint16, Self::Int16, Self::Uint32, Self::Int32, Self::Float32, Self::Float64];

    /// Bytes of one pixel.
    pub const fn size_bytes(self) -> usize {
        match self {
            Self::Uint8 | Self::Int8 => 1,
            Self::Uint16 | Self::Int16 => 2,
            Self::Uint32 | Self::Int32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// Whether it holds whole numbers only.
    pub const fn is_integer(self) -> bool {
        !matches!(self, Self::Float32 | Self::Float64)
    }

    /// The name STAC and numpy use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uint8 => "uint8",
            Self::Int8 => "int8",
            Self::Uint16 => "uint16",
            Self::Int16 => "int16",
            Self::Uint32 => "uint32",
            Self::Int32 => "int32",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }

    /// Whether `value` is a value of this type (NaN is one of the float types only).
    pub fn holds(self, value: f64) -> bool {
        let range = match self {
            Self::Uint8 => 0.0..=u8::MAX as f64,
            Self::Int8 => i8::MIN as f64..=i8::MAX as f64,
            Self::Uint16 => 0.0..=u16::MAX as f64,
            Self::Int16 => i16::MIN as f64..=i16::MAX as f64,
            Self::Uint32 => 0.0..=u32::MAX as f64,
            Self::Int32 => i32::MIN as f64..=i32::MAX as f64,
            Self::Float32 | Self::Float64 => return true,
        };
        range.contains(&value) && value.fract() == 0.0
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DataType {
    type Err = Error;

    fn from_str(value: &str) -> Result<Self, Error> {
        let name = value.to_ascii_lowercase();
        let found = Self::ALL.into_iter().find(|data_type| data_type.name() == name);
        found.ok_or_else(|| Error::DataType { value: value.to_owned() })
    }
}
