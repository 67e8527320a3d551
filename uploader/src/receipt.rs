//! What an upload did, for people and machines.

use serde::Serialize;

/// What was done; written as JSON.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Receipt {
    /// Where to.
    pub target: String,
    /// Whether nothing was written: then `uploaded` counts what would be.
    pub dry_run: bool,
    /// Products found in the range of dates, of the platforms asked for.
    pub found: u64,
    /// Of these, products that are whole and readable.
    pub complete: u64,
    /// Of the complete, products of which something was sent.
    pub uploaded: u64,
    /// Of the complete, products that were in the store already, identical.
    pub skipped: u64,
    /// Products that are not whole or not readable, each with its reason.
    pub incomplete: u64,
    /// Of the complete, products that could not be sent, each with its reason.
    pub failed: u64,
    /// Files sent, without the documents.
    pub files_sent: u64,
    /// Files that were in the store already, identical.
    pub files_skipped: u64,
    /// Bytes sent, without the documents.
    pub bytes: u64,
    /// How long it took.
    pub elapsed_ms: u64,
    /// One for every product found, by name.
    pub products: Vec<ProductOutcome>,
    /// What was in the folders and belongs to no product.
    pub unknown: Vec<Unknown>,
}

/// What became of one product.
#[derive(Debug, Clone, Serialize)]
pub struct ProductOutcome {
    /// Its name, which is the item's id.
    pub product: String,
    /// Its collection.
    pub collection: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, if it is incomplete or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its STAC item in the store.
    pub item: String,
    /// Files sent, without the documents.
    pub files_sent: u64,
    /// Files that were in the store already, identical.
    pub files_skipped: u64,
    /// Bytes sent, without the documents.
    pub bytes: u64,
}

/// What became of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Something was sent, and now it is in the store.
    Uploaded,
    /// It was in the store already.
    Skipped,
    /// It is not whole, or not readable.
    Incomplete,
    /// It could not be sent.
    Failed,
}

/// Something that belongs to no product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// Where it is.
    pub path: String,
    /// Why it belongs to none.
    pub reason: String,
}

impl Receipt {
    /// Whether everything that was found is now in the store (in a dry run: would be).
    pub fn is_complete(&self) -> bool {
        self.incomplete == 0 && self.failed == 0
    }

    /// Counts what became of a product.
    pub(crate) fn add(&mut self, product: ProductOutcome) {
        self.found += 1;
        match product.outcome {
            Outcome::Uploaded => self.uploaded += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Incomplete => self.incomplete += 1,
            Outcome::Failed => self.failed += 1,
        }
        self.complete += u64::from(product.outcome != Outcome::Incomplete);
        self.files_sent += product.files_sent;
        self.files_skipped += product.files_skipped;
        self.bytes += product.bytes;
        self.products.push(product);
    }
}
