//! Values computed per date from bands.

use ardent_cog::{Sample, Samples, dispatch_type};
use exmex::{Express, FlatEx};

use crate::{
    Error, Result,
    plan::{OutputBand, SourceBand},
    reduce::Plane,
};

/// Evaluates an expression of one date's planes on physical values in float32. Valid where all its bands are and the
/// result is finite: a division by zero is not. `None` if a band has no pixel at all.
pub(crate) fn evaluate(
    output: &OutputBand,
    (parsed, variables): (&FlatEx<f32>, &[usize]),
    (sources, planes): (&[SourceBand], &[Option<Plane>]),
) -> Result<Option<Plane>> {
    let inputs: Option<Vec<(Vec<f32>, &[u8])>> = variables
        .iter()
        .map(|source| {
            planes[*source].as_ref().map(|plane| (physical(plane, &sources[*source]), plane.valid.as_slice()))
        })
        .collect();
    let Some(inputs) = inputs else { return Ok(None) };
    let pixels = inputs.first().map_or(0, |(values, _)| values.len());
    let (mut values, mut valid) = (vec![f32::NAN; pixels], vec![0_u8; pixels]);
    let mut arguments = vec![0.0_f32; inputs.len()];
    for index in 0..pixels {
        if inputs.iter().any(|(_, valid)| valid[index] == 0) {
            continue;
        }
        for (argument, (input, _)) in arguments.iter_mut().zip(&inputs) {
            *argument = input[index];
        }
        let failed = |error: exmex::ExError| Error::Expression { band: output.name.clone(), reason: error.to_string() };
        let value = parsed.eval(&arguments).map_err(failed)?;
        if value.is_finite() {
            (values[index], valid[index]) = (value, 1);
        }
    }
    Ok(Some(Plane { samples: Samples::Float32(values), valid }))
}

/// Physical values, scale × stored value + offset.
fn physical(plane: &Plane, source: &SourceBand) -> Vec<f32> {
    dispatch_type!(plane.samples.data_type(), T => {
        let stored = T::slice(&plane.samples).unwrap_or_default();
        stored.iter().map(|value| (value.to_f64() * source.scale + source.offset) as f32).collect()
    })
}
