//! Summaries of a collection (STAC Collection 1.1, Summaries): ranges of numbers and times, and lists of texts.

use ardent_model::interval::format_datetime;
use serde_json::{Map, Value, json};

use super::{PropertyDomain, ValueKind};

/// What the extent tells.
const IN_EXTENT: [&str; 3] = ["datetime", "start_datetime", "end_datetime"];

/// Puts what the items have into a document; what the document says itself stands.
pub(crate) fn put_into(document: &mut Value, domains: &[PropertyDomain]) {
    let found = domains.iter().filter(|domain| !IN_EXTENT.contains(&domain.name.as_str()));
    let found: Map<String, Value> = found.filter_map(|domain| Some((domain.name.clone(), domain.summary()?))).collect();
    let Some(members) = document.as_object_mut().filter(|_| !found.is_empty()) else { return };
    let Some(summaries) = members.entry("summaries").or_insert_with(|| json!({})).as_object_mut() else { return };
    for (name, summary) in found {
        summaries.entry(name).or_insert(summary);
    }
}

impl PropertyDomain {
    /// Its range, or its values; none if these are of several kinds, or too many.
    fn summary(&self) -> Option<Value> {
        if let Some((minimum, maximum)) = self.range() {
            return Some(json!({ "minimum": minimum, "maximum": maximum }));
        }
        if self.is_only(&[ValueKind::Date, ValueKind::Time]) {
            let (earliest, latest) = (self.earliest?, self.latest?);
            return Some(json!({ "minimum": format_datetime(earliest), "maximum": format_datetime(latest) }));
        }
        let texts = self.texts.as_ref().filter(|_| self.is_only(&[ValueKind::Text]))?;
        Some(json!(texts))
    }

    /// The least and the greatest, if all values are numbers; without a fraction if none has one.
    pub fn range(&self) -> Option<(Value, Value)> {
        if !self.is_only(&[ValueKind::Integer, ValueKind::Number]) {
            return None;
        }
        let are_whole = self.is_only(&[ValueKind::Integer]);
        let number = |number: f64| match number as i64 {
            whole if are_whole && whole as f64 == number => json!(whole),
            _ => json!(number),
        };
        Some((number(self.minimum?), number(self.maximum?)))
    }
}
