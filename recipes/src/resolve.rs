//! The items of a recipe.

use std::collections::HashSet;

use ardent_catalog::{Access, Catalog};
use ardent_datacube::projection;
use ardent_model::{Collection, Item, Recipe, Search};

use crate::{Error, Result};

/// Items asked of the catalogue at once.
const PAGE: usize = 1000;

/// The collections a recipe names, all of them visible.
pub(crate) async fn collections(catalog: &Catalog, recipe: &Recipe, access: &Access) -> Result<Vec<Collection>> {
    let mut found = Vec::with_capacity(recipe.collections.len());
    for id in &recipe.collections {
        let stored = catalog.collection(id, access).await?;
        let stored = stored.ok_or_else(|| Error::NoCollection { collection: id.clone() })?;
        found.push(stored.collection);
    }
    Ok(found)
}

/// The items a recipe finds, at most `limit`.
pub(crate) async fn items(catalog: &Catalog, recipe: &Recipe, access: &Access, limit: usize) -> Result<Vec<Item>> {
    let area = recipe.area()?;
    let bbox = area.map(|area| projection::search_box(recipe.bbox_crs, &area)).transpose()?;
    let mut search = Search {
        ids: recipe.ids.clone(),
        collections: recipe.collections.clone(),
        bbox,
        datetime: recipe.interval()?,
        limit: PAGE,
        ..Search::default()
    };
    let mut items = Vec::new();
    loop {
        let page = catalog.search(&search, access).await?;
        for stored in &page.items {
            let document = serde_json::from_str(&stored.document)
                .map_err(|error| ardent_model::Error::Item { item: stored.id.clone(), reason: error.to_string() })?;
            items.push(Item::from_stac(&document)?);
        }
        if items.len() > limit {
            return Err(Error::TooManyItems { allowed: limit });
        }
        match page.next {
            Some(token) => search.token = Some(token),
            None => return check_ids(recipe, items),
        }
    }
}

/// An id that was named and not found is an error: a mosaic must not silently lack it.
fn check_ids(recipe: &Recipe, items: Vec<Item>) -> Result<Vec<Item>> {
    let found: HashSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
    let missing: Vec<&str> = recipe.ids.iter().map(String::as_str).filter(|id| !found.contains(id)).collect();
    if missing.is_empty() {
        return Ok(items);
    }
    Err(Error::NoItems { collections: recipe.collections.join(", "), missing: missing.join(", ") })
}
