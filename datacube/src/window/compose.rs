//! From the dates of a group to the bands of the result.

use ardent_cog::{Sample, Samples, dispatch, dispatch_type};
use ardent_model::{
    DataType,
    recipe::{Extra, Reduce},
};
use rayon::prelude::*;

use super::fuse::Date;
use crate::{
    Result,
    expression::{self, Scaling},
    plan::{DateGroup, Formula, OutputBand, OutputKind, Plan},
    reduce::{Plane, count_any, geomedian, medoid, pick, reduce, reduced_type},
};

/// The dates of a group over a window, which become one.
struct Composition<'a> {
    plan: &'a Plan,
    group: &'a DateGroup,
    dates: &'a [Date],
    pixels: usize,
}

/// The bands of a group over a window, as they are stored.
pub(super) fn compose(plan: &Plan, group: usize, (dates, pixels): (&[Date], usize)) -> Result<Vec<Samples>> {
    let composition = Composition { plan, group: &plan.groups[group], dates, pixels };
    let picks = composition.joint_picks()?;
    let mut reduced = composition.reduced_sources(picks.as_deref());
    let derived = plan.outputs.par_iter().map(|output| composition.derived(output, &reduced, picks.as_deref()));
    let derived: Vec<Option<Plane>> = derived.collect::<Result<_>>()?;
    // Bands that are stored as they are reduced are moved, not copied: they are the most.
    let stored = plan.outputs.iter().zip(derived).map(|(output, derived)| {
        let plane = derived.or_else(|| reduced.get_mut(output.kind.source()?)?.take());
        plane.unwrap_or_else(|| Plane::empty(output.data_type, pixels))
    });
    let stored: Vec<Plane> = stored.collect();
    let types = plan.outputs.par_iter().map(|output| plan.stored_type(output));
    Ok(stored.into_par_iter().zip(types).map(|(plane, stored)| store(plane, stored)).collect())
}

impl<'a> Composition<'a> {
    fn how(&self) -> &Reduce {
        &self.plan.recipe.reduce
    }

    /// A band on all dates; `None` on those that have no pixel of it here.
    fn source(&self, source: usize) -> Vec<Option<&Plane>> {
        self.dates.iter().map(|date| date.planes[source].as_ref()).collect()
    }

    /// The dates that have pixels of all the bands that are reduced together, with their indices.
    fn joint(&self) -> (Vec<usize>, Vec<Vec<&'a Plane>>) {
        let of_date = |(index, date): (usize, &'a Date)| {
            let bands: Option<Vec<_>> = self.plan.joint.iter().map(|source| date.planes[*source].as_ref()).collect();
            Some((index, bands?))
        };
        self.dates.iter().enumerate().filter_map(of_date).unzip()
    }

    /// Which date all bands of a pixel are from, if the reducer takes them from one.
    fn joint_picks(&self) -> Result<Option<Vec<u16>>> {
        match self.how() {
            Reduce::Medoid => {
                let (indices, dates) = self.joint();
                let mut picks = medoid(&dates);
                picks.resize(self.pixels, pick::NONE);
                let index = |pick: u16| indices.get(usize::from(pick)).map_or(pick::NONE, |index| *index as u16);
                Ok(Some(picks.into_iter().map(index).collect()))
            }
            Reduce::Best(best) => {
                let others = self.joint_validity();
                let Some(kind) = &self.plan.best else { return Ok(None) };
                let evaluated = match kind {
                    OutputKind::Expression(formula) => self.evaluate_dates("reduce.best.band", formula)?,
                    _ => Vec::new(),
                };
                let dates = match kind.source() {
                    Some(source) => self.source(source),
                    None => evaluated.iter().map(Option::as_ref).collect(),
                };
                Ok(Some(pick::best(best.least, (&dates, &others), self.pixels)))
            }
            _ => Ok(None),
        }
    }

    /// Where all the bands that are reduced together are valid, of each date.
    fn joint_validity(&self) -> Vec<Option<Vec<u8>>> {
        let of_date = |date: &Date| {
            let mut valid = vec![1; self.pixels];
            for source in &self.plan.joint {
                let plane = date.planes[*source].as_ref()?;
                valid.iter_mut().zip(&plane.valid).for_each(|(valid, band)| *valid &= band);
            }
            Some(valid)
        };
        self.dates.par_iter().map(of_date).collect()
    }

    /// The source bands that the result or an expression after reducing needs, reduced.
    fn reduced_sources(&self, picks: Option<&[u16]>) -> Vec<Option<Plane>> {
        let plan = self.plan;
        if *self.how() == Reduce::Geomedian {
            let mut reduced: Vec<Option<Plane>> = vec![None; plan.sources.len()];
            for (source, plane) in plan.joint.iter().zip(geomedian(&self.joint().1)) {
                reduced[*source] = Some(plane);
            }
            return reduced;
        }
        let needed = |source: usize| plan.outputs.iter().any(|output| output.kind.needs_reduced(source));
        (0..plan.sources.len())
            .into_par_iter()
            .map(|source| {
                let data_type = plan.sources[source].data_type;
                needed(source).then(|| self.reduced(&self.source(source), data_type, picks))
            })
            .collect()
    }

    fn reduced(&self, dates: &[Option<&Plane>], data_type: DataType, picks: Option<&[u16]>) -> Plane {
        if let Some(picks) = picks {
            return pick::gather(picks, dates, data_type);
        }
        let planes: Vec<&Plane> = dates.iter().copied().flatten().collect();
        if planes.is_empty() {
            // Nothing is valid but a count of none.
            let valid = u8::from(*self.how() == Reduce::Count);
            return Plane {
                valid: vec![valid; self.pixels],
                ..Plane::empty(reduced_type(self.how(), data_type), self.pixels)
            };
        }
        reduce(self.how(), &planes)
    }

    /// What is computed of a band of the result; `None` if it is a source band, as it is reduced.
    fn derived(&self, output: &OutputBand, reduced: &[Option<Plane>], picks: Option<&[u16]>) -> Result<Option<Plane>> {
        Ok(match &output.kind {
            OutputKind::Source(source) => {
                let plane = reduced[*source].as_ref().filter(|_| self.plan.recipe.scale && self.has_units());
                plane.map(|plane| {
                    let samples = Samples::Float32(expression::physical(plane, self.scaling(*source, true)));
                    Plane { samples, valid: plane.valid.clone() }
                })
            }
            OutputKind::Expression(formula) => {
                let dates = self.evaluate_dates(&output.name, formula)?;
                let dates: Vec<Option<&Plane>> = dates.iter().map(Option::as_ref).collect();
                Some(self.reduced(&dates, DataType::Float32, picks))
            }
            OutputKind::AfterReduce(formula) => {
                let planes = formula
                    .variables
                    .iter()
                    .map(|source| Some((reduced[*source].as_ref()?, self.scaling(*source, true))));
                let planes: Option<Vec<_>> = planes.collect();
                planes.map(|planes| expression::evaluate(&output.name, &formula.parsed, &planes)).transpose()?
            }
            OutputKind::Extra(Extra::NClear, _) => {
                let dates = self.dates.iter().map(|date| date.planes.iter().flatten().collect());
                Some(count_any(dates, self.pixels))
            }
            OutputKind::Extra(extra, of) => Some(self.origin(*extra, &self.origin_picks(*of, picks)?)),
        })
    }

    /// An expression on each date.
    fn evaluate_dates(&self, name: &str, formula: &Formula) -> Result<Vec<Option<Plane>>> {
        let evaluate = |date: &Date| {
            let inputs = formula
                .variables
                .iter()
                .map(|source| Some((date.planes[*source].as_ref()?, self.scaling(*source, false))));
            let inputs: Option<Vec<_>> = inputs.collect();
            inputs.map(|inputs| expression::evaluate(name, &formula.parsed, &inputs)).transpose()
        };
        self.dates.par_iter().map(evaluate).collect()
    }

    /// Whether reduced values have the units of the band: a number of dates has not.
    fn has_units(&self) -> bool {
        *self.how() != Reduce::Count
    }

    /// What makes stored values of a source physical: a deviation is no value, it has no offset.
    fn scaling(&self, source: usize, reduced: bool) -> Scaling {
        let source = &self.plan.sources[source];
        match self.how() {
            Reduce::Count if reduced => Scaling { scale: 1.0, offset: 0.0 },
            Reduce::Stddev if reduced => Scaling { scale: source.scale.abs(), offset: 0.0 },
            _ => Scaling { scale: source.scale, offset: source.offset },
        }
    }

    /// The date each pixel of a band of the result (of all, if `of` is `None`) is from.
    fn origin_picks(&self, of: Option<usize>, picks: Option<&[u16]>) -> Result<Vec<u16>> {
        if let Some(picks) = picks {
            return Ok(picks.to_vec());
        }
        let Some(output) = of.and_then(|of| self.plan.outputs.get(of)) else {
            return Ok(vec![pick::NONE; self.pixels]);
        };
        if let OutputKind::Expression(formula) = &output.kind {
            let dates = self.evaluate_dates(&output.name, formula)?;
            let dates: Vec<Option<&Plane>> = dates.iter().map(Option::as_ref).collect();
            return Ok(pick::apart(self.how(), &dates, self.pixels));
        }
        let dates = output.kind.source().map(|source| self.source(source)).unwrap_or_default();
        Ok(pick::apart(self.how(), &dates, self.pixels))
    }

    fn origin(&self, extra: Extra, picks: &[u16]) -> Plane {
        let of_date = |date: &Date| match extra {
            Extra::AgeDays => (self.group.end - self.group.slots[date.slot].day).num_days() as u16,
            _ => date.slot as u16 + 1,
        };
        let by_date: Vec<u16> = self.dates.iter().map(of_date).collect();
        let found = picks.iter().map(|pick| by_date.get(usize::from(*pick)));
        let (values, valid) = found.map(|found| found.map_or((0, 0), |value| (*value, 1))).unzip();
        Plane { samples: Samples::Uint16(values), valid }
    }
}

/// The plane in the file's pixel type, with its missing value where not valid.
fn store(plane: Plane, (data_type, nodata): (DataType, Option<f64>)) -> Samples {
    let Plane { mut samples, valid } = plane;
    dispatch_type!(data_type, T => {
        let missing = nodata.map_or(T::default(), T::from_f64);
        let Some(values) = T::slice_mut(&mut samples) else {
            let values = dispatch!(&samples, values => values.iter().map(|value| value.to_f64()).collect::<Vec<_>>());
            let pixels = values.into_iter().zip(valid);
            return T::into_samples(pixels.map(|(value, valid)| if valid == 0 { missing } else { T::from_f64(value) }).collect());
        };
        for (value, valid) in values.iter_mut().zip(valid) {
            if valid == 0 {
                *value = missing;
            }
        }
    });
    samples
}
