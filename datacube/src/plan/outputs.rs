//! Bands of the result.

use ardent_model::{
    DataType, Recipe,
    recipe::{Extra, Reduce},
};
use exmex::FlatEx;

use super::{SourceBand, requested::Requested};
use crate::reduce::reduced_type;

/// A band of the result.
#[derive(Debug, Clone)]
pub struct OutputBand {
    /// Its name.
    pub name: String,
    /// What it is made from.
    pub kind: OutputKind,
    /// Its pixel type, once reduced.
    pub data_type: DataType,
    /// Its missing value; `None`: every pixel has a value.
    pub nodata: Option<f64>,
}

/// What a band of the result is made from.
#[derive(Debug, Clone)]
pub enum OutputKind {
    /// A source band, by index.
    Source(usize),
    /// An expression of source bands, computed of each date.
    Expression(Box<Formula>),
    /// An expression of source bands, computed of the reduced ones.
    AfterReduce(Box<Formula>),
    /// A band that tells where values come from: those of one band of the result, by index, or of all.
    Extra(Extra, Option<usize>),
}

/// An expression of source bands.
#[derive(Debug, Clone)]
pub struct Formula {
    /// The expression.
    pub parsed: FlatEx<f32>,
    /// The indices of the source bands of its variables, in the expression's order.
    pub variables: Vec<usize>,
}

impl OutputKind {
    /// The source band that it is.
    pub const fn source(&self) -> Option<usize> {
        match self {
            Self::Source(source) => Some(*source),
            _ => None,
        }
    }

    /// Whether it is made from a source band once that is reduced.
    pub fn needs_reduced(&self, source: usize) -> bool {
        match self {
            Self::Source(own) => *own == source,
            Self::AfterReduce(formula) => formula.variables.contains(&source),
            _ => false,
        }
    }
}

/// The bands of the result: those that are asked for, then extra ones.
pub(super) fn outputs(recipe: &Recipe, requested: &[Requested], sources: &[SourceBand]) -> Vec<OutputBand> {
    let mut outputs: Vec<OutputBand> = Vec::with_capacity(recipe.bands_per_group());
    for band in requested {
        let kind = band.kind(sources);
        let source = kind.source().map(|source| &sources[source]);
        let data_type = source.filter(|_| !recipe.scale).map_or(DataType::Float32, |source| source.data_type);
        let data_type = if matches!(kind, OutputKind::AfterReduce(_)) {
            DataType::Float32
        } else {
            reduced_type(&recipe.reduce, data_type)
        };
        let nodata = match (&kind, source, &recipe.reduce) {
            (OutputKind::Source(_) | OutputKind::Expression(_), _, Reduce::Count) => None,
            (_, Some(source), how) if !recipe.scale && *how != Reduce::Stddev => Some(source.missing_value()),
            _ => Some(f64::NAN),
        };
        outputs.push(OutputBand { name: band.name.clone(), kind, data_type, nodata });
    }
    let shared = shared_type(&outputs);
    for extra in &recipe.extra {
        let per_band = extra.is_per_band(&recipe.reduce);
        for (index, name) in extra.names(&recipe.reduce, &recipe.bands).into_iter().enumerate() {
            let kind = OutputKind::Extra(*extra, per_band.then_some(index));
            outputs.push(OutputBand { name, kind, data_type: DataType::Uint16, nodata: extra_nodata(*extra, shared) });
        }
    }
    outputs
}

/// The missing value of an extra band. Where the other bands are of its type, their own does if it is not mistaken for a
/// value: 0 dates are clear where nothing is valid, and dates are counted from 1.
fn extra_nodata(extra: Extra, shared: Option<(DataType, Option<f64>)>) -> Option<f64> {
    let rare = |value: f64| value == f64::from(u16::MAX);
    match (extra, shared) {
        (Extra::NClear, Some((DataType::Uint16, nodata))) if nodata.is_none_or(|value| value == 0.0 || rare(value)) => {
            nodata
        }
        (Extra::NClear, _) => None,
        (Extra::SourceIndex, Some((DataType::Uint16, Some(nodata)))) if rare(nodata) => Some(nodata),
        (Extra::SourceIndex, _) => Some(0.0),
        (Extra::AgeDays, _) => Some(f64::from(u16::MAX)),
    }
}

/// The pixel type and missing value of all bands, if they share them.
fn shared_type(outputs: &[OutputBand]) -> Option<(DataType, Option<f64>)> {
    let same = |a: &OutputBand, b: &OutputBand| {
        let nodata = match (a.nodata, b.nodata) {
            (Some(a), Some(b)) => a == b || a.is_nan() && b.is_nan(),
            (a, b) => a.is_none() && b.is_none(),
        };
        a.data_type == b.data_type && nodata
    };
    let [first, rest @ ..] = outputs else { return None };
    rest.iter().all(|band| same(first, band)).then_some((first.data_type, first.nodata))
}

/// The one pixel type and missing value of the file: what all bands share, else float with NaN.
pub(super) fn stored_type(outputs: &[OutputBand]) -> (DataType, Option<f64>) {
    match shared_type(outputs) {
        // The raster library of Debian 12 writes no int8.
        Some((DataType::Int8, nodata)) => (DataType::Int16, nodata),
        Some(shared) => shared,
        None => {
            let wide =
                |band: &OutputBand| matches!(band.data_type, DataType::Uint32 | DataType::Int32 | DataType::Float64);
            let data_type = if outputs.iter().any(wide) { DataType::Float64 } else { DataType::Float32 };
            (data_type, Some(f64::NAN))
        }
    }
}
