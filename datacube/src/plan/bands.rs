//! Bands read from files.

use ardent_model::{DataType, Recipe};

use super::scenes::Opened;
use crate::{Error, Result, error::Disagreement, failures::Failures};

/// A band read from files, the same in all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceBand {
    /// Its name, as the recipe has it.
    pub name: String,
    /// Its pixel type.
    pub data_type: DataType,
    /// Its missing value, if it has one.
    pub nodata: Option<f64>,
    /// Physical value = scale × stored value + offset.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
}

/// Where scenes may be left out, leaves out those with a band of another pixel type than most have; of two types that
/// are equally frequent, the earliest scene's counts.
pub(super) fn drop_odd_types(names: &[String], scenes: &mut Vec<(usize, Opened)>, failures: &Failures) -> Result<()> {
    if !failures.may_skip() {
        return Ok(());
    }
    for (source, name) in names.iter().enumerate() {
        let mut counts: Vec<(DataType, usize)> = Vec::new();
        for band in scenes.iter().flat_map(|(_, scene)| &scene.bands).filter(|band| band.source == source) {
            match counts.iter_mut().find(|(known, _)| *known == band.data_type()) {
                Some((_, count)) => *count += 1,
                None => counts.push((band.data_type(), 1)),
            }
        }
        // Of equals `max_by_key` gives the last.
        let Some((wanted, _)) = counts.into_iter().rev().max_by_key(|(_, count)| *count) else { continue };
        for (index, scene) in scenes.iter() {
            let odd = scene.bands.iter().find(|band| band.source == source && band.data_type() != wanted);
            if let Some(odd) = odd {
                let (item, href, band) = (scene.id.clone(), odd.href().to_owned(), name.clone());
                failures.record(*index, Error::OtherType { item, href, band, found: odd.data_type(), wanted })?;
            }
        }
        scenes.retain(|(index, _)| !failures.touch(&[*index]));
    }
    Ok(())
}

/// What all scenes say of each band; an error names two that disagree.
pub(super) fn agree(recipe: &Recipe, names: &[String], scenes: &[Opened]) -> Result<Vec<SourceBand>> {
    let hint = if recipe.harmonize { "load them apart" } else { "leave out harmonize, or load them apart" };
    let mut agreed: Vec<Option<(SourceBand, &str)>> = vec![None; names.len()];
    for scene in scenes {
        for band in &scene.bands {
            let Some((first, item)) = &agreed[band.source] else {
                agreed[band.source] = Some((band.described(&names[band.source]), &scene.id));
                continue;
            };
            let differs = |what, one: String, other: String| {
                let (one, other) = (((*item).to_owned(), one), (scene.id.clone(), other));
                Error::Disagreement(Box::new(Disagreement { band: first.name.clone(), what, one, other, hint }))
            };
            let here = band.described(&first.name);
            if here.data_type != first.data_type {
                return Err(differs("pixel type", first.data_type.to_string(), here.data_type.to_string()));
            }
            if (here.scale, here.offset) != (first.scale, first.offset) {
                let text = |band: &SourceBand| format!("{} × value + {}", band.scale, band.offset);
                return Err(differs("scale and offset", text(first), text(&here)));
            }
        }
    }
    // Every scene has every band, or opening would have failed.
    Ok(agreed.into_iter().flatten().map(|(band, _)| band).collect())
}

impl SourceBand {
    /// The missing value of a band of the result: the source's own, or for one without NaN or the greatest value.
    pub(super) fn missing_value(&self) -> f64 {
        let greatest = || match self.data_type {
            DataType::Uint8 => u8::MAX as f64,
            DataType::Int8 => i8::MIN as f64,
            DataType::Uint16 => u16::MAX as f64,
            DataType::Int16 => i16::MIN as f64,
            DataType::Uint32 => u32::MAX as f64,
            DataType::Int32 => i32::MIN as f64,
            DataType::Float32 | DataType::Float64 => f64::NAN,
        };
        self.nodata.filter(|value| self.data_type.holds(*value)).unwrap_or_else(greatest)
    }
}
