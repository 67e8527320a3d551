//! Pixels that are put in order.

use ardent_cog::Sample;

/// A pixel type that can be sorted and averaged.
pub(crate) trait Ordered: Sample {
    /// Not before any valid value.
    const LAST: Self;

    /// The lesser and the greater of two. Neither is NaN: such pixels are never valid.
    #[inline]
    fn sorted(self, other: Self) -> (Self, Self) {
        // Two selects, not a branch: this is the inner loop of the median.
        let lesser = if self < other { self } else { other };
        let greater = if self < other { other } else { self };
        (lesser, greater)
    }

    /// The mean of two, for integers `floor(x + 0.5)`.
    fn middle(self, other: Self) -> Self;
}

macro_rules! ordered_integer {
    ($($type:ty),*) => {
        $(impl Ordered for $type {
            const LAST: Self = <$type>::MAX;

            #[inline]
            fn middle(self, other: Self) -> Self {
                // Shifting right rounds down, also below zero.
                ((self as i64 + other as i64 + 1) >> 1) as $type
            }
        })*
    };
}
ordered_integer!(u8, i8, u16, i16, u32, i32);

macro_rules! ordered_float {
    ($($type:ty),*) => {
        $(impl Ordered for $type {
            const LAST: Self = <$type>::INFINITY;

            #[inline]
            fn middle(self, other: Self) -> Self {
                // The same two values always give the same mean, whichever comes first.
                (self + other) / 2.0
            }
        })*
    };
}
ordered_float!(f32, f64);
