//! Adding, changing and removing items (STAC API – Transaction).

use actix_web::{HttpRequest, HttpResponse, http::header};
use ardent_catalog::{Catalog, ItemName, NewItem};
use serde_json::{Value, json};

use super::change::Target;
use crate::{
    audit::{self, Deed},
    context::Context,
    document_check, etag,
    links::{GEOJSON, JSON, Link},
    parameters::{Parameters, segment},
    patch::Patch,
    posted::{self, Posted},
    problem::Problem,
    representation::Representation,
    routes::Answer,
    schemas,
    write_body::WriteBody,
};

/// Add items
///
/// An item, or an ItemCollection, of which all items are added or none. Their `collection`, `bbox` and `assets` may be
/// left out. What is there already is not changed: 409 names it.
#[utoipa::path(post, path = "/collections/{collectionId}/items", operation_id = "postItems", tag = "Transactions",
    params(("collectionId" = String, Path, description = "Id of the collection.")),
    request_body(content((schemas::NewItems = "application/json"), (schemas::NewItems = "application/geo+json"))),
    responses(
    (status = 201, description = "The item, at `Location`, or how many were added.", content(
        (schemas::Item = "application/geo+json"), (schemas::Receipt = "application/json")), headers(
        ("Location" = String, description = "Where it is; not if several were added."),
        ("ETag" = String, description = "Its version and more; not if several were added."),
    )),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn create(request: HttpRequest, body: WriteBody, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    etag::no_preconditions(request.headers())?;
    let collection = segment(&request, "collectionId")?;
    match posted::items(body.json()?, &collection)? {
        Posted::One(item) => create_one(item, &context).await,
        Posted::Many(items) => create_many(collection, items, &context).await,
    }
}

async fn create_one(item: NewItem, context: &Context) -> Answer {
    let (collection, id) = (item.item().collection.clone(), item.item().id.clone());
    let (catalog, access) = (context.state.catalog.clone(), context.caller.access());
    let deed = Deed { action: "item.create", target: format!("{collection}/{id}"), detail: String::new() };
    let item = context.change(deed, async move { Ok(catalog.create_item(item, &access).await?) }).await?;
    let location = context.links.item(&collection, &id);
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, location.clone()));
    Ok(Representation::item(&context.links, &item)?.written(response, location, context))
}

async fn create_many(collection: String, items: Vec<NewItem>, context: &Context) -> Answer {
    let ids = audit::listed(items.iter().map(|new| new.item().id.as_str()));
    let detail = json!({ "items": items.len(), "ids": ids }).to_string();
    let deed = Deed { action: "item.create", target: collection.clone(), detail };
    let (catalog, access) = (context.state.catalog.clone(), context.caller.access());
    let links = [
        context.links.root(),
        Link::new("collection", JSON, context.links.collection(&collection)),
        Link::new("items", GEOJSON, context.links.items(&collection)),
    ];
    let change = async move { Ok(catalog.create_items(&collection, items, &access).await?) };
    let counts = context.change(deed, change).await?;
    let mut receipt = json!(counts);
    receipt["links"] = json!(links);
    Ok(HttpResponse::Created().json(receipt))
}

/// Replace an item
///
/// By the document in the body. With `If-Match` only if it is at this version: of several who have read the same, one
/// replaces it, and the others get 412.
#[utoipa::path(put, path = "/collections/{collectionId}/items/{itemId}", operation_id = "putItem",
    tag = "Transactions", params(schemas::ItemPath, schemas::Conditions, schemas::Preference),
    request_body(content((schemas::ReplacingItem = "application/json"), (schemas::ReplacingItem = "application/geo+json"))),
    responses(
    (status = 200, description = "The item as it is now.", body = schemas::Item, content_type = GEOJSON),
    (status = 204, description = "It is changed, and its content was not asked for (`Prefer: return=minimal`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id, item.id))]
pub(crate) async fn replace(request: HttpRequest, body: WriteBody, context: Context) -> Answer {
    let target: Target<ItemName> = Target::of(&request, &context, "item.replace")?;
    let item = of_path(body.json()?, &target.name)?;
    change(target, &context, move |_| Ok(item)).await
}

/// Change an item
///
/// By a merge patch (RFC 7396), or by a JSON patch (RFC 6902) if the media type says so, of the document without its
/// links. Without `If-Match` it changes what is there, whoever else changes it at the same time.
#[utoipa::path(patch, path = "/collections/{collectionId}/items/{itemId}", operation_id = "patchItem",
    tag = "Transactions", params(schemas::ItemPath, schemas::Conditions, schemas::Preference),
    request_body(content((schemas::MergePatch = "application/merge-patch+json"),
        (schemas::MergePatch = "application/json"), (schemas::JsonPatch = "application/json-patch+json"))),
    responses(
    (status = 200, description = "The item as it is now.", body = schemas::Item, content_type = GEOJSON),
    (status = 204, description = "It is changed, and its content was not asked for (`Prefer: return=minimal`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id, item.id))]
pub(crate) async fn patch(request: HttpRequest, body: WriteBody, context: Context) -> Answer {
    let target: Target<ItemName> = Target::of(&request, &context, "item.patch")?;
    let patch = Patch::read(&body)?;
    let (name, most) = (target.name.clone(), context.state.settings.body_bytes);
    change(target, &context, move |document| of_path(patch.apply(document, most)?, &name)).await
}

/// Remove an item
///
/// What its collection says it covers stays as it was, unless this was the last of its items.
#[utoipa::path(delete, path = "/collections/{collectionId}/items/{itemId}", operation_id = "deleteItem",
    tag = "Transactions", params(schemas::ItemPath, schemas::Conditions), responses(
    (status = 204, description = "It is gone."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id, item.id))]
pub(crate) async fn remove(request: HttpRequest, context: Context) -> Answer {
    let target: Target<ItemName> = Target::of(&request, &context, "item.delete")?;
    let change = |catalog: Catalog, name, terms| async move { Ok(catalog.remove_item(&name, &terms).await?) };
    target.change(&context, change).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn change(
    target: Target<ItemName>,
    context: &Context,
    become_of: impl FnOnce(Value) -> Result<NewItem, Problem> + Send + 'static,
) -> Answer {
    let change = |catalog: Catalog, name, terms| async move { catalog.change_item(&name, &terms, become_of).await };
    let (item, location) = target.change(context, change).await?;
    Ok(Representation::item(&context.links, &item)?.changed(location, context))
}

/// The item that a document describes, which is the one that the path names.
fn of_path(mut document: Value, name: &ItemName) -> Result<NewItem, Problem> {
    if let Some(members) = document.as_object_mut() {
        document_check::is_the_same(members, "id", &name.id).map_err(posted::refused)?;
    }
    document_check::item(document, &name.collection).map_err(posted::refused)
}
