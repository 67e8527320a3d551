//! One scale and offset per band: Sentinel-2 added 1000 to its values in January 2022, and says so in its metadata.

use ardent_model::Recipe;

use super::{Request, scenes::Opened};
use crate::ledger::Harmonised;

/// How stored values become those of the band: value × `factor` + `shift`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjustment {
    /// What values are multiplied by.
    pub factor: f64,
    /// What is added then.
    pub shift: f64,
}

/// Scale and offset.
type Line = (f64, f64);

/// Brings every band whose scenes differ in scale or offset to one of each, if whole numbers stay whole; the others are
/// left to be refused. Returns what is to be told.
pub(super) fn harmonise(recipe: &Recipe, names: &[String], scenes: &mut [Opened]) -> Vec<Harmonised> {
    let mut told = Vec::new();
    if !recipe.harmonize {
        return told;
    }
    for (source, name) in names.iter().enumerate() {
        let lines = lines_of(source, scenes);
        let Some(common) = common(&lines) else { continue };
        let is_integer = scenes.iter().flat_map(|scene| &scene.bands).all(|band| band.data_type().is_integer());
        let adjustments: Option<Vec<_>> = lines.iter().map(|line| adjustment(*line, common, is_integer)).collect();
        let Some(adjustments) = adjustments else { continue };
        for (line, adjustment) in lines.iter().zip(adjustments).filter(|(line, _)| **line != common) {
            let mut items = Vec::new();
            for scene in scenes.iter_mut() {
                for band in scene.bands.iter_mut().filter(|band| band.source == source) {
                    if (band.scale, band.offset) == *line {
                        (band.scale, band.offset) = common;
                        band.adjustment = Some(adjustment);
                        items.push(scene.id.clone());
                    }
                }
            }
            told.push(Harmonised { band: name.clone(), scale: line.0, offset: line.1, to: common.into(), items });
        }
    }
    told
}

/// The different scales and offsets of a band, in the order of the scenes.
fn lines_of(source: usize, scenes: &[Opened]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for band in scenes.iter().flat_map(|scene| &scene.bands).filter(|band| band.source == source) {
        if !lines.contains(&(band.scale, band.offset)) {
            lines.push((band.scale, band.offset));
        }
    }
    lines
}

/// What all are brought to: the finest scale, and the offset nearest to zero. `None` if all agree, or if it cannot be
/// known: a scale of 1 beside others is one that was not declared.
fn common(lines: &[Line]) -> Option<Line> {
    let usable = |(scale, offset): &Line| scale.is_finite() && *scale != 0.0 && offset.is_finite();
    if lines.len() < 2 || !lines.iter().all(usable) {
        return None;
    }
    let scales_differ = lines.iter().any(|(scale, _)| *scale != lines[0].0);
    if scales_differ && lines.iter().any(|(scale, _)| *scale == 1.0) {
        return None;
    }
    let (scale, _) = *lines.iter().min_by(|a, b| a.0.abs().total_cmp(&b.0.abs()).then(b.0.total_cmp(&a.0)))?;
    let (_, offset) = *lines.iter().min_by(|a, b| a.1.abs().total_cmp(&b.1.abs()).then(b.1.total_cmp(&a.1)))?;
    Some((scale, offset))
}

/// Relative error of decimal fractions such as -0.1 / 0.0001.
const NEARLY: f64 = 1e-9;

/// From one line to another; of integers `None` unless whole numbers stay whole.
fn adjustment(from: Line, to: Line, is_integer: bool) -> Option<Adjustment> {
    let (factor, shift) = (from.0 / to.0, (from.1 - to.1) / to.0);
    if !is_integer {
        return Some(Adjustment { factor, shift });
    }
    let whole = |number: f64| {
        let rounded = number.round();
        ((number - rounded).abs() <= NEARLY * rounded.abs().max(1.0)).then_some(rounded)
    };
    Some(Adjustment { factor: whole(factor)?, shift: whole(shift)? })
}

/// Items that declare an offset of a wanted band which is not used, since they say that their values have it already.
pub(super) fn applied(request: &Request<'_>, scenes: &[Opened]) -> Vec<String> {
    let has =
        |item: &str| scenes.iter().any(|scene| scene.id == item && scene.bands.iter().any(|band| band.is_applied));
    request.items.iter().map(|item| &item.id).filter(|item| has(item)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_come_to_the_one_nearest_to_zero_whatever_the_order() {
        let (old, new) = ((0.0001, 0.0), (0.0001, -0.1));
        assert_eq!((common(&[old, new]), common(&[new, old])), (Some(old), Some(old)));
        assert_eq!(common(&[(0.0001, 0.1), new]), Some((0.0001, 0.1)), "of two as near, the greater");
        assert_eq!(adjustment(new, old, true), Some(Adjustment { factor: 1.0, shift: -1000.0 }));
        assert_eq!(common(&[new]), None);
    }

    #[test]
    fn scales_come_to_the_finest_if_whole_numbers_stay_whole() {
        let lines = [(0.001, 0.0), (0.0001, -0.1)];
        let to = common(&lines).unwrap();
        assert_eq!(to, (0.0001, 0.0));
        assert_eq!(adjustment(lines[0], to, true), Some(Adjustment { factor: 10.0, shift: 0.0 }));
        assert_eq!(adjustment((0.00015, 0.0), to, true), None, "1.5 times");
        assert!(adjustment((0.00015, 0.0), to, false).is_some(), "floats may be fractions");
        assert_eq!(adjustment((0.0001, -0.00005), to, true), None, "half a step");
    }

    #[test]
    fn what_was_not_declared_is_not_guessed() {
        assert_eq!(common(&[(1.0, 0.0), (0.0001, -0.1)]), None);
        assert_eq!(common(&[(0.0, 0.0), (0.0001, -0.1)]), None);
        assert_eq!(common(&[(1.0, 0.0), (1.0, -1000.0)]), Some((1.0, 0.0)), "offsets in stored units");
    }
}
