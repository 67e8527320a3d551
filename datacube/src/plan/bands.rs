//! Bands read from files.

use ardent_model::DataType;

use super::scenes::Opened;
use crate::{Error, Result, error::Disagreement};

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

/// What all scenes say of each band; an error names two that disagree.
pub(super) fn agree(names: &[String], scenes: &[Opened]) -> Result<Vec<SourceBand>> {
    let mut agreed: Vec<Option<(SourceBand, &str)>> = vec![None; names.len()];
    for scene in scenes {
        for band in &scene.bands {
            let Some((first, item)) = &agreed[band.source] else {
                agreed[band.source] = Some((band.described(&names[band.source]), &scene.id));
                continue;
            };
            let differs = |what, one: String, other: String| {
                let (one, other) = (((*item).to_owned(), one), (scene.id.clone(), other));
                Error::Disagreement(Box::new(Disagreement { band: first.name.clone(), what, one, other }))
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
