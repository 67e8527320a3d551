//! The STAC documents that this server makes itself, and the links of those that are stored.

use ardent_catalog::{StoredCollection, StoredItem};
use ardent_export::splice;
use ardent_model::{OfferedCrs, Period};
use serde_json::{Value, json};

use crate::conformance::CONFORMS_TO;
use crate::links::{GEOJSON, HTML, JSON, Link, Links, OPENAPI, QUERYABLES, SCHEMA, SORTABLES};
use crate::search_crs;
use crate::slice::Slice;

/// Version of STAC of the documents made here; it is what every client reads.
pub(crate) const STAC_VERSION: &str = "1.0.0";

/// The landing page (STAC API – Core).
pub(crate) fn landing(links: &Links, name: &str, collections: &[StoredCollection]) -> Value {
    let mut all = vec![
        links.root(),
        Links::itself(JSON, links.to("/"), ""),
        Link::new("service-desc", OPENAPI, links.to("/api")).titled("OpenAPI 3.0 document"),
        Link::new("service-doc", HTML, links.to("/api.html")).titled("Documentation to browse"),
        Link::new("conformance", JSON, links.to("/conformance")).titled("Conformance classes"),
        Link::new("data", JSON, links.to("/collections")).titled("Collections"),
        Link::new("search", GEOJSON, links.to("/search")).titled("Item search").by("GET"),
        Link::new("search", GEOJSON, links.to("/search")).titled("Item search").by("POST"),
        Link::new("aggregate", JSON, links.to("/aggregate")).titled("Items, counted").by("GET"),
        Link::new("aggregate", JSON, links.to("/aggregate")).titled("Items, counted").by("POST"),
        Link::new("aggregations", JSON, links.to("/aggregations")).titled("What can be counted"),
        Link::new("children", JSON, links.to("/children")).titled("The collections, whole"),
    ];
    all.extend(descriptions(links, None));
    for stored in collections {
        let id = &stored.collection.id;
        all.push(Link::new("child", JSON, links.collection(id)).titled(title(stored)));
    }
    json!({
        "type": "Catalog", "stac_version": STAC_VERSION, "id": "ardent", "title": name,
        "description": "Analysis-ready satellite data: search the scenes here, and load them as cloud-free mosaics.",
        "conformsTo": CONFORMS_TO, "links": all,
    })
}

/// What a collection is called: its title, or its id.
pub(crate) fn title(stored: &StoredCollection) -> &str {
    stored.collection.document.get("title").and_then(Value::as_str).unwrap_or(&stored.collection.id)
}

/// A collection with its links.
pub(crate) fn collection(links: &Links, stored: &StoredCollection) -> Value {
    let id = &stored.collection.id;
    let mut document = stored.collection.document.clone();
    let offered = search_crs::offered(&document).iter().map(ToString::to_string).collect::<Vec<_>>();
    document["crs"] = json!(offered);
    document["storageCrs"] = json!(OfferedCrs::CRS84.to_string());
    let mut all = vec![
        links.root(),
        Link::new("parent", JSON, links.to("/")),
        Links::itself(JSON, links.collection(id), ""),
        Link::new("items", GEOJSON, links.items(id)),
        Link::new("aggregate", JSON, format!("{}/aggregate", links.collection(id))).by("GET"),
        Link::new("aggregate", JSON, format!("{}/aggregate", links.collection(id))).by("POST"),
        Link::new("aggregations", JSON, format!("{}/aggregations", links.collection(id))),
        Link::new("child", JSON, links.dates(id, Period::All)).titled("By date"),
        Link::new("children", JSON, format!("{}/children", links.collection(id))),
    ];
    all.extend(descriptions(links, Some(id)));
    document["links"] = json!(all);
    document
}

/// The links to what items may be filtered and sorted by.
fn descriptions(links: &Links, collection: Option<&str>) -> [Link; 2] {
    [
        Link::new(QUERYABLES, SCHEMA, links.described(collection, "queryables")).titled("What to filter by"),
        Link::new(SORTABLES, SCHEMA, links.described(collection, "sortables")).titled("What to sort by"),
    ]
}

/// The links of an item.
pub(crate) fn item_links(links: &Links, item: &StoredItem) -> Vec<Link> {
    let collection = links.collection(&item.collection);
    vec![
        links.root(),
        Link::new("parent", JSON, collection.clone()),
        Link::new("collection", JSON, collection),
        Links::itself(GEOJSON, links.item(&item.collection, &item.id), ""),
    ]
}

/// Appends an item with its links, or what a slice wants of it.
pub(crate) fn push_item(
    text: &mut String,
    links: &Links,
    item: &StoredItem,
    slice: Option<&Slice>,
) -> Result<(), serde_json::Error> {
    let links = || serde_json::to_string(&item_links(links, item));
    match slice {
        Some(slice) => slice.write(text, &item.document, links),
        None => links().map(|links| splice(text, &item.document, &links)),
    }
}
