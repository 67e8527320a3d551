//! `ardent migrate`.

use anyhow::Result;
use ardent_catalog::Catalog;

use super::Outcome;
use crate::output;

/// The schema was brought up to date when the catalogue was opened; this says so once the database agrees.
pub(super) async fn run(catalog: &Catalog) -> Result<Outcome> {
    catalog.ping().await?;
    output::print("the schema is up to date\n")
}
