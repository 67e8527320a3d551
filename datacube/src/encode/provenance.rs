//! Where a cube comes from, as all forms tell it.

use crate::plan::Plan;

/// What made a cube, and from what.
pub(crate) struct Provenance {
    /// This program and its version.
    pub(crate) software: String,
    /// The recipe, as JSON.
    pub(crate) recipe: String,
    /// Ids of the items, with spaces between.
    pub(crate) items: String,
    /// How British National Grid and the other datum are related, if the cube needed it.
    pub(crate) datum_shift: Option<String>,
    /// What was left out or changed, as JSON, if anything was.
    pub(crate) ledger: Option<String>,
}

impl Provenance {
    pub(crate) fn of(plan: &Plan) -> Self {
        let items: Vec<&str> = plan.scenes.iter().map(|scene| scene.id.as_str()).collect();
        Self {
            software: format!("Ardent {}", env!("CARGO_PKG_VERSION")),
            recipe: serde_json::to_string(&plan.recipe).unwrap_or_default(),
            items: items.join(" "),
            datum_shift: plan.datum_shift.map(str::to_owned),
            ledger: (!plan.ledger.is_empty()).then(|| serde_json::to_string(&plan.ledger).unwrap_or_default()),
        }
    }
}
