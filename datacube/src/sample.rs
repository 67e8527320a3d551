//! Pixels that are put in order.

use ardent_cog::Sample;

/// A pixel type that can be sorted and averaged. Everything here is free of branches: it is the inner loop of sorting.
pub(crate) trait Ordered: Sample {
    /// Not after any valid value.
    const FIRST: Self;
    /// Not before any valid value.
    const LAST: Self;

    /// The lesser and the greater of two. Neither is NaN: such pixels are never valid.
    fn sorted(self, other: Self) -> (Self, Self);

    /// This one if `bit` is 1, the other if it is 0.
    fn choose(self, other: Self, bit: u8) -> Self;

    /// The mean of two, for integers `floor(x + 0.5)`.
    fn middle(self, other: Self) -> Self;

    /// 0 instead of -0, which compare as equal, so that sorting may leave either in a place.
    fn unsigned_zero(self) -> Self;
}

macro_rules! ordered_integer {
    ($($type:ty),*) => {
        $(impl Ordered for $type {
            const FIRST: Self = <$type>::MIN;
            const LAST: Self = <$type>::MAX;

            #[inline(always)]
            fn sorted(self, other: Self) -> (Self, Self) {
                (Ord::min(self, other), Ord::max(self, other))
            }

            #[inline(always)]
            fn choose(self, other: Self, bit: u8) -> Self {
                let mask = (bit as $type).wrapping_neg();
                self & mask | other & !mask
            }

            #[inline(always)]
            fn middle(self, other: Self) -> Self {
                // (a + b + 1) / 2, rounded down, without a wider type: the bits both have, and half of the others. It
                // rounds up because or-ing counts an odd bit once more than and-ing.
                (self | other) - ((self ^ other) >> 1)
            }

            #[inline(always)]
            fn unsigned_zero(self) -> Self {
                self
            }
        })*
    };
}
ordered_integer!(u8, i8, u16, i16, u32, i32);

macro_rules! ordered_float {
    ($($type:ty as $bits:ty),*) => {
        $(impl Ordered for $type {
            const FIRST: Self = <$type>::NEG_INFINITY;
            const LAST: Self = <$type>::INFINITY;

            #[inline(always)]
            fn sorted(self, other: Self) -> (Self, Self) {
                (if self < other { self } else { other }, if self < other { other } else { self })
            }

            #[inline(always)]
            fn choose(self, other: Self, bit: u8) -> Self {
                let mask = (bit as $bits).wrapping_neg();
                Self::from_bits(self.to_bits() & mask | other.to_bits() & !mask)
            }

            #[inline(always)]
            fn middle(self, other: Self) -> Self {
                // The same two values always give the same mean, whichever comes first.
                (self + other) / 2.0
            }

            #[inline(always)]
            fn unsigned_zero(self) -> Self {
                self + 0.0
            }
        })*
    };
}
ordered_float!(f32 as u32, f64 as u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_two_is_rounded_up() {
        for a in i8::MIN..=i8::MAX {
            for b in i8::MIN..=i8::MAX {
                let expected = (f64::midpoint(f64::from(a), f64::from(b)) + 0.5).floor();
                assert_eq!(f64::from(a.middle(b)), expected, "{a} and {b}");
            }
        }
        assert_eq!((u16::MAX.middle(u16::MAX - 1), i32::MIN.middle(i32::MAX)), (u16::MAX, 0));
    }
}
