//! Finished GeoTIFFs: cloud-optimised, with overviews.

mod pattern;

use std::{io, path::Path};

use ardent_cog::{
    Samples,
    write::{Pixels, write},
};
use ardent_model::{DataType, Window, recipe::Reduce};

use super::{
    format::Compression,
    overviews::{self, Halving},
    planes::{PlaneFile, PlaneFiles},
    scratch,
    store_zip::StoreZip,
};
use crate::{
    Error, Result,
    plan::{Layout, OutputKind, Plan},
};

/// Side of the tiles of a COG.
pub(super) const TILE_PX: usize = 512;

/// Makes a COG of planes.
pub(crate) fn encode(plan: &Plan, file: &PlaneFile, (path, compression): (&Path, Compression)) -> Result<()> {
    let factors = overview_factors(plan.grid.width_px.max(plan.grid.height_px));
    let overviews = overviews::build(file, factors.len(), halving(plan, file)).map_err(scratch)?;
    let pattern = pattern::create(plan, file, (compression, &factors))?;
    write(&pattern, path, &Levels { file, overviews }).map_err(|error| match error {
        ardent_cog::Error::Write { source, .. } => scratch(source),
        other => Error::Pattern { source: Box::new(other) },
    })
}

/// Means of reflectances are pictures; means of counts and classes are nothing.
fn halving(plan: &Plan, file: &PlaneFile) -> Halving {
    let is_a_mean = match plan.recipe.reduce {
        Reduce::Median | Reduce::Mean | Reduce::Percentile(_) | Reduce::Stddev | Reduce::Geomedian => true,
        Reduce::Min | Reduce::Max | Reduce::Count | Reduce::First | Reduce::Last | Reduce::Medoid | Reduce::Best(_) => {
            false
        }
    };
    let has_extra = file.members.iter().any(|(_, output)| matches!(plan.outputs[*output].kind, OutputKind::Extra(..)));
    if is_a_mean && !has_extra && file.stored.0 != DataType::Uint8 { Halving::Mean } else { Halving::First }
}

/// The planes of a COG.
struct Levels<'a> {
    file: &'a PlaneFile,
    overviews: Vec<PlaneFile>,
}

impl Pixels for Levels<'_> {
    fn read(&self, level: usize, band: usize, window: &Window) -> io::Result<Samples> {
        let file = level.checked_sub(1).map_or(self.file, |overview| &self.overviews[overview]);
        file.read(band, window)
    }
}

/// Overviews are halved until a tile holds the whole.
fn overview_factors(side_px: usize) -> Vec<i32> {
    (1..i32::BITS - 2)
        .take_while(|power| side_px.div_ceil(1 << (power - 1)) > TILE_PX)
        .map(|power| 1 << power)
        .collect()
}

/// Puts a COG of each file into a ZIP, one after the other: no more than one of them lies on the disk beside it.
pub(crate) fn encode_zip(plan: &Plan, files: PlaneFiles, (path, compression): (&Path, Compression)) -> Result<()> {
    let mut archive = StoreZip::create(path)?;
    let names = file_names(plan);
    for (file, name) in files.0.into_iter().zip(names) {
        let folder = path.parent().unwrap_or(Path::new("."));
        let part = tempfile::Builder::new().prefix("ardent-cube-").suffix(".tif").tempfile_in(folder);
        let part = part.map_err(scratch)?.into_temp_path();
        encode(plan, &file, (&part, compression))?;
        drop(file);
        archive.copy(&name, &mut std::fs::File::open(&part).map_err(scratch)?)?;
    }
    archive.finish()
}

/// Names of the files of a ZIP, each once: the group's label, the band's name, or both.
fn file_names(plan: &Plan) -> Vec<String> {
    let safe = |character: char| if character.is_alphanumeric() || "-_.".contains(character) { character } else { '_' };
    let mut names: Vec<String> = Vec::new();
    for file in 0..plan.layout.files(plan) {
        let (group, output) = plan.members(file).first().copied().unwrap_or_default();
        let (label, band) = (plan.groups[group].label.as_str(), plan.outputs[output].name.as_str());
        let name = match plan.layout {
            Layout::FilePerBand => band.to_owned(),
            Layout::FilePerBandOfGroup if label.is_empty() => band.to_owned(),
            Layout::FilePerBandOfGroup => format!("{label}_{band}"),
            Layout::OneFile | Layout::FilePerGroup if label.is_empty() => "all".to_owned(),
            Layout::OneFile | Layout::FilePerGroup => label.to_owned(),
        };
        let mut name: String = name.chars().map(safe).collect();
        while names.contains(&format!("{name}.tif")) {
            name.push('_');
        }
        names.push(format!("{name}.tif"));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::overview_factors;

    #[test]
    fn overviews_end_at_a_tile() {
        assert!(overview_factors(512).is_empty());
        assert_eq!(overview_factors(513), [2]);
        assert_eq!(overview_factors(2048), [2, 4]);
        assert_eq!(overview_factors(11_371), [2, 4, 8, 16, 32]);
    }
}
