//! What a file says of its bands.

use ardent_model::recipe::Extra;
use serde_json::json;

use super::{DateGroup, OutputBand, OutputKind, Plan};

impl Plan {
    /// What the file says of a band of a group, as names and values: its name, the first and last day of its period, how
    /// many dates it is from, whether the recipe's time holds a part of the period only, and of an index of dates which
    /// date is which.
    pub fn notes(&self, group: &DateGroup, output: &OutputBand) -> Vec<(&'static str, String)> {
        let mut notes = vec![
            ("BAND", output.name.clone()),
            ("START", group.start.to_string()),
            ("END", group.end.to_string()),
            ("DATES", group.dates().to_string()),
        ];
        if group.partial {
            notes.push(("PARTIAL", "YES".to_owned()));
        }
        if matches!(output.kind, OutputKind::Extra(Extra::SourceIndex, _)) {
            let sources = group.slots.iter().enumerate().map(|(index, slot)| {
                let items: Vec<&str> = slot.scenes.iter().map(|scene| self.scenes[*scene].id.as_str()).collect();
                json!({"index": index + 1, "day": slot.day, "items": items})
            });
            notes.push(("SOURCES", sources.collect::<serde_json::Value>().to_string()));
        }
        notes
    }
}
