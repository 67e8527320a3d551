//! Values computed from bands.

use ardent_cog::{Sample, Samples, dispatch_type};
use exmex::{Express, FlatEx};
use rayon::prelude::*;

use crate::{Error, Result, reduce::Plane};

/// Physical value = scale × stored value + offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scaling {
    pub(crate) scale: f64,
    pub(crate) offset: f64,
}

/// Pixels per parallel task.
const RUN_PX: usize = 16 * 1024;

/// Evaluates the expression of a band on planes of its variables, in physical values and float32. Valid where all of them
/// are and the result is finite: a division by zero is not.
pub(crate) fn evaluate(band: &str, parsed: &FlatEx<f32>, inputs: &[(&Plane, Scaling)]) -> Result<Plane> {
    let physical: Vec<(Vec<f32>, &[u8])> =
        inputs.iter().map(|(plane, scaling)| (physical(plane, *scaling), plane.valid.as_slice())).collect();
    let pixels = physical.first().map_or(0, |(values, _)| values.len());
    let (mut values, mut valid) = (vec![f32::NAN; pixels], vec![0_u8; pixels]);
    let runs = values.par_chunks_mut(RUN_PX).zip(valid.par_chunks_mut(RUN_PX)).enumerate();
    runs.try_for_each(|(run, (values, valid))| {
        let mut arguments = vec![0.0_f32; physical.len()];
        for (index, (value, is_valid)) in values.iter_mut().zip(valid).enumerate() {
            let pixel = run * RUN_PX + index;
            if physical.iter().any(|(_, valid)| valid[pixel] == 0) {
                continue;
            }
            for (argument, (input, _)) in arguments.iter_mut().zip(&physical) {
                *argument = input[pixel];
            }
            let failed = |error: exmex::ExError| Error::Expression { band: band.to_owned(), reason: error.to_string() };
            let found = parsed.eval(&arguments).map_err(failed)?;
            if found.is_finite() {
                (*value, *is_valid) = (found, 1);
            }
        }
        Ok::<_, Error>(())
    })?;
    Ok(Plane { samples: Samples::Float32(values), valid })
}

/// The values of a plane, physical.
pub(crate) fn physical(plane: &Plane, Scaling { scale, offset }: Scaling) -> Vec<f32> {
    dispatch_type!(plane.samples.data_type(), T => {
        let stored = T::slice(&plane.samples).unwrap_or_default();
        stored.iter().map(|value| (value.to_f64() * scale + offset) as f32).collect()
    })
}
