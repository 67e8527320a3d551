//! Which date the value of a pixel is from.

use ardent_cog::{Sample, Samples, dispatch_type};
use ardent_model::{DataType, recipe::Reduce};
use rayon::prelude::*;

use super::{Plane, RUN_PX};

/// No date.
pub(crate) const NONE: u16 = u16::MAX;

/// The value each pixel has on the date that is picked for it, by its index in `dates`; nothing if that date has none.
pub(crate) fn gather(picks: &[u16], dates: &[Option<&Plane>], data_type: DataType) -> Plane {
    dispatch_type!(data_type, T => {
        let dates: Vec<Option<(&[T], &[u8])>> =
            dates.iter().map(|plane| plane.and_then(|plane| Some((T::slice(&plane.samples)?, plane.valid.as_slice())))).collect();
        let mut values = vec![T::default(); picks.len()];
        let mut valid = vec![0_u8; picks.len()];
        let runs = values.par_chunks_mut(RUN_PX).zip(valid.par_chunks_mut(RUN_PX)).enumerate();
        runs.for_each(|(run, (values, valid))| {
            for (index, (value, is_valid)) in values.iter_mut().zip(valid).enumerate() {
                let pixel = run * RUN_PX + index;
                if let Some(Some((date, kept))) = dates.get(usize::from(picks[pixel])) {
                    (*value, *is_valid) = (date[pixel], kept[pixel]);
                }
            }
        });
        Plane { samples: T::into_samples(values), valid }
    })
}

/// A band of a date, and where it counts.
type Seen<'a> = Option<(&'a Samples, &'a [u8])>;

/// The date that a reducer of one date takes the value of each pixel from, by its index in `dates`. Of equal values it is
/// the earliest.
pub(crate) fn apart(how: &Reduce, dates: &[Option<&Plane>], pixels: usize) -> Vec<u16> {
    let dates: Vec<Seen<'_>> =
        dates.iter().map(|plane| plane.map(|plane| (&plane.samples, plane.valid.as_slice()))).collect();
    pick(how, &dates, pixels)
}

/// The date on which a band is greatest (or least) among those on which all of the others are valid too.
pub(crate) fn best(least: bool, (dates, others): (&[Option<&Plane>], &[Option<Vec<u8>>]), pixels: usize) -> Vec<u16> {
    let valid: Vec<Option<Vec<u8>>> = dates
        .iter()
        .zip(others)
        .map(|(plane, others)| {
            let others = others.as_ref()?;
            Some((*plane)?.valid.iter().zip(others).map(|(one, other)| one & other).collect())
        })
        .collect();
    let seen = dates.iter().zip(&valid).map(|(plane, valid)| Some((&(*plane)?.samples, valid.as_deref()?)));
    pick(if least { &Reduce::Min } else { &Reduce::Max }, &seen.collect::<Vec<_>>(), pixels)
}

fn pick(how: &Reduce, dates: &[Seen<'_>], pixels: usize) -> Vec<u16> {
    let data_type = dates.iter().flatten().next().map_or(DataType::Uint8, |(samples, _)| samples.data_type());
    dispatch_type!(data_type, T => match how {
        Reduce::Min => by_value::<T>(dates, pixels, |kept, value| value < kept),
        Reduce::Max => by_value::<T>(dates, pixels, |kept, value| value > kept),
        Reduce::Last => by_value::<T>(dates, pixels, |_, _| true),
        _ => by_value::<T>(dates, pixels, |_, _| false),
    })
}

fn by_value<T: Sample>(dates: &[Seen<'_>], pixels: usize, better: impl Fn(T, T) -> bool) -> Vec<u16> {
    let mut picks = vec![NONE; pixels];
    let mut kept = vec![T::default(); pixels];
    for (index, date) in dates.iter().enumerate() {
        let Some((Some(values), valid)) = date.map(|(samples, valid)| (T::slice(samples), valid)) else { continue };
        for (((pick, kept), value), valid) in picks.iter_mut().zip(&mut kept).zip(values).zip(valid) {
            if *valid != 0 && (*pick == NONE || better(*kept, *value)) {
                (*pick, *kept) = (index as u16, *value);
            }
        }
    }
    picks
}
