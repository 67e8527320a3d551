//! Items of a collection.

use actix_web::{HttpRequest, HttpResponse};

use super::{collections, search};
use crate::{
    context::Context,
    document,
    links::{GEOJSON, JSON, Link},
    parameters::{Parameters, segment},
    problem::Problem,
    routes::Answer,
    schemas, search_request, stac,
};

/// The items of a collection
///
/// Latest first unless `sortby` says otherwise, page by page: follow the link `next` for as long as there is one.
#[utoipa::path(get, path = "/collections/{collectionId}/items", operation_id = "getItems", tag = "Items",
    params(("collectionId" = String, Path, description = "Id of the collection."), schemas::ItemsParameters), responses(
    (status = 200, description = "Items.", body = schemas::ItemCollection, content_type = GEOJSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn list(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, search_request::ITEMS_PARAMETERS)?;
    let id = segment(&request, "collectionId")?;
    let search = search_request::within(&id, &parameters)?;
    collections::find(&context, &id).await?;
    let page = context.state.catalog.search(&search, &context.caller.access()).await?;
    let mut all =
        search::page_links(&context.links, &context.links.items(&id), request.query_string(), page.next.as_deref());
    all.push(Link::new("collection", JSON, context.links.collection(&id)));
    search::answer(&context.links, &page, &all, search.fields.as_ref())
}

/// An item
///
/// As it is stored, with links.
#[utoipa::path(get, path = "/collections/{collectionId}/items/{itemId}", operation_id = "getItem", tag = "Items",
    params(
        ("collectionId" = String, Path, description = "Id of the collection."),
        ("itemId" = String, Path, description = "Id of the item."),
    ), responses(
    (status = 200, description = "The item.", body = schemas::Item, content_type = GEOJSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id, item.id))]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let (collection, id) = (segment(&request, "collectionId")?, segment(&request, "itemId")?);
    tracing::Span::current().record("collection.id", &collection).record("item.id", &id);
    let item = context.state.catalog.item(&collection, &id, &context.caller.access()).await?;
    let item = item.ok_or_else(|| {
        Problem::not_found(format!("there is no item `{id}` in `{collection}`; search for the items there are"))
    })?;
    let text =
        document::with_links(&item.document, &stac::item_links(&context.links, &item)).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type(GEOJSON).body(text))
}
