//! What was done, as JSON.

use std::collections::BTreeMap;

use ardent_catalog::Counts;
use serde::Serialize;

/// What became of the documents and their items.
///
/// ```
/// let receipt = ardent_indexer::Receipt::default();
/// assert!(receipt.is_complete(), "nothing was refused");
/// ```
#[derive(Debug, Clone, Default, Serialize)]
pub struct Receipt {
    /// Nothing was written.
    pub dry_run: bool,
    /// What was found in each source, in the order they were given.
    pub sources: Vec<SourceReceipt>,
    /// What became of the documents.
    pub documents: DocumentCounts,
    /// Valid items that the documents held, after duplicates and dates.
    pub items: u64,
    /// What became of the items in the catalogue; all zero in a dry run.
    #[serde(flatten)]
    pub counts: Counts,
    /// The same by collection.
    pub collections: BTreeMap<String, CollectionReceipt>,
    /// Items that came more than once; of each, the last is kept.
    pub duplicates: Vec<Duplicate>,
    /// Documents, and items inside documents, that were refused.
    pub rejects: Vec<Reject>,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// What was found in a source.
#[derive(Debug, Clone, Serialize)]
pub struct SourceReceipt {
    /// As it was given.
    pub source: String,
    /// Documents found in it.
    pub documents: u64,
    /// Why it could not be listed, or not to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// What became of the documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DocumentCounts {
    /// Found in the sources.
    pub found: u64,
    /// Read and understood.
    pub read: u64,
    /// Refused, at least in part.
    pub refused: u64,
    /// Datasets not used because a STAC item of the same id is there.
    pub superseded: u64,
    /// Items outside the first and last day.
    pub out_of_range: u64,
    /// Documents that describe no item: STAC catalogues, product definitions.
    pub passed_over: u64,
    /// Files that are no documents.
    pub other_files: u64,
}

/// What became of a collection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CollectionReceipt {
    /// Its document was among the sources, and was added or replaced.
    pub document: bool,
    /// Valid items.
    pub items: u64,
    /// What became of them.
    #[serde(flatten)]
    pub counts: Counts,
}

/// An item that came again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// Its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
    /// The document it came again from, which replaced the one before.
    pub href: String,
}

/// A document that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// Where it is, with `#` and the line or feature if it is a part of a document.
    pub href: String,
    /// What is wrong, and what would pass.
    pub reason: String,
}

impl Receipt {
    /// Whether every document was indexed, from sources that could all be listed.
    pub fn is_complete(&self) -> bool {
        self.rejects.is_empty() && self.sources.iter().all(|source| source.fault.is_none())
    }

    /// Counts what became of items of `collection`.
    pub(crate) fn add(&mut self, collection: &str, items: u64, counts: Counts) {
        self.items += items;
        let one = self.collections.entry(collection.to_owned()).or_default();
        one.items += items;
        for total in [&mut self.counts, &mut one.counts] {
            total.inserted += counts.inserted;
            total.updated += counts.updated;
            total.unchanged += counts.unchanged;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reject_or_an_unreadable_source_makes_it_incomplete() {
        let reject = Reject { href: "x".to_owned(), reason: "y".to_owned() };
        assert!(!Receipt { rejects: vec![reject], ..Receipt::default() }.is_complete());
        let source = SourceReceipt { source: "s".to_owned(), documents: 0, fault: Some("gone".to_owned()) };
        assert!(!Receipt { sources: vec![source], ..Receipt::default() }.is_complete());
    }

    #[test]
    fn counts_add_up_by_collection() {
        let mut receipt = Receipt::default();
        receipt.add("a", 3, Counts { inserted: 2, updated: 1, unchanged: 0 });
        receipt.add("b", 1, Counts { inserted: 0, updated: 0, unchanged: 1 });
        assert_eq!((receipt.items, receipt.counts.inserted, receipt.counts.unchanged), (4, 2, 1));
        assert_eq!(receipt.collections["a"].counts.updated, 1);
        let json = serde_json::to_value(&receipt).unwrap();
        assert_eq!(json["inserted"], 2, "the totals stand at the top");
    }
}
