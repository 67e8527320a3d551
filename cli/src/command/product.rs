//! `ardent product`.

use std::path::Path;

use anyhow::{Context as _, Result};
use ardent_catalog::{Access, Catalog, StoredCollection};
use serde::Serialize;

use super::{
    Outcome,
    operator::{self, Deed},
};
use crate::{arguments::Product, output, table};

/// What became of a product.
#[derive(Serialize)]
struct Added {
    collection: String,
    is_new: bool,
    warnings: Vec<String>,
}

/// Adds or lists products.
pub(super) async fn run(command: &Product, catalog: &Catalog) -> Result<Outcome> {
    match command {
        Product::Add { files } => {
            let mut added = Vec::new();
            for file in files {
                added.extend(add(file, catalog).await?);
            }
            output::receipt(&added, None)?;
            Ok(Outcome::Complete)
        }
        Product::List => output::print(&table(&catalog.collections(&Access::Full).await?)),
    }
}

async fn add(file: &Path, catalog: &Catalog) -> Result<Vec<Added>> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let mut added = Vec::new();
    // All are read before the first is stored.
    for product in ardent_indexer::read_products(&name, &text)? {
        let is_new = catalog.put_collection(&product.collection).await?;
        let detail = (if is_new { "new" } else { "replaced" }).to_owned();
        operator::record(catalog, [Deed { action: "product.add", target: &product.collection.id, detail }]).await?;
        added.push(Added { collection: product.collection.id, is_new, warnings: product.warnings });
    }
    Ok(added)
}

fn table(collections: &[StoredCollection]) -> String {
    if collections.is_empty() {
        return "no products yet; add one with `ardent product add FILE`\n".to_owned();
    }
    let rows = collections.iter().map(|stored| {
        let description = stored.collection.document.get("description").and_then(serde_json::Value::as_str);
        let first_line = description.and_then(|text| text.lines().next()).unwrap_or_default();
        [stored.collection.id.clone(), stored.policy.visibility.name().to_owned(), first_line.to_owned()]
    });
    table::of(["product", "visibility", "description"], rows)
}
