//! A cube in the terms of the CF conventions, as NetCDF and Zarr tell it: a variable for each band over time, y and x.

mod attributes;
mod coordinates;
mod grid_mapping;

use ardent_model::{
    DataType, Window,
    recipe::{Extra, Reduce},
};

pub(crate) use attributes::{Attribute, Attributes};
pub(crate) use coordinates::{Coordinate, Values};

use super::provenance::Provenance;
use crate::{
    Error, Result,
    plan::{OutputBand, OutputKind, Plan},
};

/// Longest side of a chunk.
const CHUNK_PX: usize = 512;
/// The variable with the CRS.
pub(crate) const GRID_MAPPING: &str = "spatial_ref";

/// A cube's variables and attributes.
pub(crate) struct CfCube {
    /// Of the whole.
    pub(crate) attributes: Attributes,
    /// Names and lengths; the first three are those of the bands: time, rows, columns.
    pub(crate) dimensions: [(&'static str, usize); 4],
    /// Coordinates, bounds, dates, the CRS.
    pub(crate) coordinates: Vec<Coordinate>,
    /// Bands, in the plan's order.
    pub(crate) bands: Vec<BandVariable>,
    /// Height and width of chunks.
    pub(crate) chunk: (usize, usize),
}

/// A band as a variable.
pub(crate) struct BandVariable {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) missing: Option<f64>,
    pub(crate) attributes: Attributes,
}

/// Refuses a grid whose columns and rows have no coordinates.
pub(crate) fn check(plan: &Plan) -> Result<()> {
    if plan.grid.affine.is_north_up() { Ok(()) } else { Err(Error::NotNorthUp) }
}

impl CfCube {
    pub(crate) fn of(plan: &Plan) -> Result<Self> {
        let axes = coordinates::axes(plan)?;
        let (height, width) = (plan.grid.height_px, plan.grid.width_px);
        let dimensions =
            [("time", plan.groups.len()), (axes.rows.name, height), (axes.columns.name, width), ("bnds", 2)];
        let mut taken: Vec<String> = dimensions.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut coordinates = coordinates::times(plan);
        coordinates.extend([axes.rows, axes.columns, grid_mapping::variable(plan)?]);
        taken.extend(coordinates.iter().map(|one| one.name.to_owned()));
        let bands = (0..plan.outputs.len()).map(|output| band(plan, output, &mut taken)).collect();
        let chunk = (height.min(CHUNK_PX), width.min(CHUNK_PX));
        Ok(Self { attributes: of_the_whole(plan), dimensions, coordinates, bands, chunk })
    }

    /// The chunks of a band in one group, row by row; those at the edges are smaller.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = Window> {
        let ((_, height), (_, width), (high, wide)) = (self.dimensions[1], self.dimensions[2], self.chunk);
        (0..height).step_by(high).flat_map(move |row| {
            (0..width).step_by(wide).map(move |col| Window {
                col,
                row,
                width_px: wide.min(width - col),
                height_px: high.min(height - row),
            })
        })
    }
}

fn of_the_whole(plan: &Plan) -> Attributes {
    let provenance = Provenance::of(plan);
    let collections = plan.recipe.collections.join(", ");
    let (count, how) = (plan.scenes.len(), word(&plan.recipe.reduce));
    let mut attributes = Attributes::default();
    attributes.text("Conventions", "CF-1.11");
    attributes.text("title", format!("{how} of {collections}"));
    attributes.text("source", format!("{count} items of {collections}"));
    attributes.text("history", format!("{} made it from the items and the recipe below", provenance.software));
    attributes.text("ardent_recipe", provenance.recipe);
    attributes.text("ardent_items", provenance.items);
    if let Some(shift) = provenance.datum_shift {
        attributes.text("ardent_datum_shift", shift);
    }
    if let Some(ledger) = provenance.ledger {
        attributes.text("ardent_ledger", ledger);
    }
    attributes
}

/// The name of the reducer as recipes have it.
fn word(reduce: &Reduce) -> String {
    match serde_json::to_value(reduce) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(serde_json::Value::Object(members)) => members.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

fn band(plan: &Plan, output: usize, taken: &mut Vec<String>) -> BandVariable {
    let output = &plan.outputs[output];
    let (data_type, missing) = plan.stored_type(output);
    let mut attributes = Attributes::default();
    attributes.text("long_name", output.name.as_str());
    attributes.text("grid_mapping", GRID_MAPPING);
    // What is named here becomes a coordinate in xarray, and so goes with each band.
    attributes.text("coordinates", format!("dates partial {GRID_MAPPING}"));
    of_kind(plan, output, &mut attributes);
    if let Some((scale, offset)) = plan.packing(output) {
        for (name, value) in [("scale_factor", scale), ("add_offset", offset)] {
            // CF-1.11 §8.1: of floats they have the type of the variable.
            match data_type {
                DataType::Float32 => attributes.single(name, value as f32),
                _ => attributes.number(name, value),
            }
        }
    }
    let name = variable_name(&output.name, taken);
    taken.push(name.clone());
    BandVariable { name, data_type, missing, attributes }
}

/// How values come from dates, in CF's words where it has them, and units where they have any.
fn of_kind(plan: &Plan, output: &OutputBand, attributes: &mut Attributes) {
    match output.kind {
        OutputKind::Extra(Extra::NClear, _) => return attributes.text("units", "1"),
        OutputKind::Extra(Extra::AgeDays, _) => return attributes.text("units", "days"),
        OutputKind::Extra(Extra::SourceIndex, _) => {
            attributes.text("units", "1");
            let notes = plan.groups.iter().flat_map(|group| plan.notes(group, output));
            let sources = notes.filter(|(name, _)| *name == "SOURCES").map(|(_, sources)| sources);
            return attributes.text("ardent_sources", format!("[{}]", sources.collect::<Vec<_>>().join(", ")));
        }
        _ => {}
    }
    let method = match plan.recipe.reduce {
        Reduce::Median => "time: median",
        Reduce::Mean => "time: mean",
        Reduce::Min => "time: minimum",
        Reduce::Max => "time: maximum",
        Reduce::Stddev => "time: standard_deviation",
        Reduce::Count => return attributes.text("units", "1"),
        _ => return,
    };
    if !matches!(output.kind, OutputKind::AfterReduce(_)) {
        attributes.text("cell_methods", method);
    }
}

/// A name of letters, digits and underscores that no other variable has.
fn variable_name(band: &str, taken: &[String]) -> String {
    let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let mut name: String = band.chars().map(safe).collect();
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name.insert_str(0, "band_");
    }
    while taken.contains(&name) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_bands_become_names_of_variables() {
        let taken = ["time".to_owned(), "a_b".to_owned()];
        for (band, name) in [
            ("red", "red"),
            ("Band 1", "Band_1"),
            ("8A", "band_8A"),
            ("time", "time_"),
            ("a.b", "a_b_"),
            ("é", "band__"),
        ] {
            assert_eq!(variable_name(band, &taken), name);
        }
    }
}
