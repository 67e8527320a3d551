//! What is left of a plan when scenes or dates are left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ardent_model::recipe::Extra;

use super::{DateGroup, Plan};
use crate::Failure;

/// The groups with those of their scenes whose index is in `kept` (ascending), numbered by their places in it. Dates
/// without a scene are gone; groups stay, even without a date.
pub(super) fn groups(groups: &[DateGroup], kept: &[usize]) -> Vec<DateGroup> {
    let mut groups = emptied(groups, kept);
    for group in &mut groups {
        group.slots.retain(|slot| !slot.scenes.is_empty());
    }
    groups
}

/// The scenes of all dates.
pub(super) fn scenes(groups: &[DateGroup]) -> BTreeSet<usize> {
    groups.iter().flat_map(|group| &group.slots).flat_map(|slot| slot.scenes.iter().copied()).collect()
}

/// The same, but dates without a scene stay.
fn emptied(groups: &[DateGroup], kept: &[usize]) -> Vec<DateGroup> {
    let mut groups = groups.to_vec();
    for slot in groups.iter_mut().flat_map(|group| &mut group.slots) {
        slot.scenes = slot.scenes.iter().filter_map(|scene| kept.binary_search(scene).ok()).collect();
    }
    groups
}

impl Plan {
    /// The plan without the scenes that failed, which go into its ledger, after its windows were made.
    pub(crate) fn without(&self, failed: BTreeMap<usize, Failure>) -> Self {
        let kept: Vec<usize> = (0..self.scenes.len()).filter(|scene| !failed.contains_key(scene)).collect();
        // Pixels that tell their date do so by its place.
        let by_place = self.recipe.extra.contains(&Extra::SourceIndex);
        let groups = if by_place { emptied(&self.groups, &kept) } else { groups(&self.groups, &kept) };
        self.of(groups, &kept, failed)
    }

    /// The plan without these scenes, whose dates are left out, and without those that failed.
    pub(crate) fn selected(&self, left_out: &BTreeSet<usize>, failed: BTreeMap<usize, Failure>) -> Self {
        let stays = |scene: &usize| !failed.contains_key(scene) && !left_out.contains(scene);
        let kept: Vec<usize> = (0..self.scenes.len()).filter(stays).collect();
        self.of(groups(&self.groups, &kept), &kept, failed)
    }

    fn of(&self, groups: Vec<DateGroup>, kept: &[usize], failed: BTreeMap<usize, Failure>) -> Self {
        let mut ledger = self.ledger.clone();
        for one in &mut ledger.harmonised {
            one.items.retain(|item| !failed.values().any(|failure| failure.item == *item));
        }
        ledger.failures.extend(failed.into_values());
        ledger.failures.sort_by(|a, b| (&a.item, &a.collection).cmp(&(&b.item, &b.collection)));
        Self {
            recipe: self.recipe.clone(),
            grid: self.grid,
            sources: self.sources.clone(),
            outputs: self.outputs.clone(),
            joint: self.joint.clone(),
            best: self.best.clone(),
            stored: self.stored,
            layout: self.layout,
            groups,
            datum_shift: self.datum_shift,
            clip: self.clip.clone(),
            scenes: kept.iter().map(|scene| self.scenes[*scene].clone()).collect(),
            ledger,
            nodes: Arc::clone(&self.nodes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Slot;

    #[test]
    fn dates_without_a_scene_are_gone_and_the_rest_is_numbered_anew() {
        let day = |text: &str| text.parse().unwrap();
        let slots = vec![
            Slot { day: day("2019-06-01"), scenes: vec![0, 2] },
            Slot { day: day("2019-06-02"), scenes: vec![1] },
            Slot { day: day("2019-06-03"), scenes: vec![3] },
        ];
        let group = super::DateGroup {
            label: String::new(),
            start: day("2019-06-01"),
            end: day("2019-06-03"),
            partial: false,
            slots,
        };
        let left = super::groups(std::slice::from_ref(&group), &[2, 3]);
        let scenes: Vec<_> = left[0].slots.iter().map(|slot| (slot.day.to_string(), slot.scenes.clone())).collect();
        assert_eq!(scenes, [("2019-06-01".to_owned(), vec![0]), ("2019-06-03".to_owned(), vec![1])]);
        assert!(super::groups(&[group], &[])[0].slots.is_empty());
    }
}
