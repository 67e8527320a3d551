//! How many dates are valid.

use ardent_cog::Samples;

use super::Plane;

/// Counts the valid dates. The count itself is valid everywhere.
pub(crate) fn count(planes: &[&Plane], pixels: usize) -> Plane {
    let mut counts = vec![0_u16; pixels];
    for plane in planes {
        for (count, valid) in counts.iter_mut().zip(&plane.valid) {
            *count += u16::from(*valid);
        }
    }
    Plane { samples: Samples::Uint16(counts), valid: vec![1; pixels] }
}

/// Counts the dates on which at least one band is valid.
pub(crate) fn count_any<'a>(dates: impl Iterator<Item = Vec<&'a Plane>>, pixels: usize) -> Plane {
    let mut counts = vec![0_u16; pixels];
    let mut any = vec![0_u8; pixels];
    for bands in dates {
        any.fill(0);
        for band in bands {
            any.iter_mut().zip(&band.valid).for_each(|(any, valid)| *any |= valid);
        }
        counts.iter_mut().zip(&any).for_each(|(count, any)| *count += u16::from(*any));
    }
    Plane { samples: Samples::Uint16(counts), valid: vec![1; pixels] }
}
