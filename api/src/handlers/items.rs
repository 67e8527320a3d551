//! Items of a collection.

use actix_web::HttpRequest;
use ardent_catalog::StoredItem;
use ardent_export::Form;

use super::{
    collections,
    export::{self, Wanted},
    search,
};
use crate::{
    context::Context,
    forms,
    links::{GEOJSON, JSON, Link},
    parameters::{Parameters, segment},
    problem::Problem,
    representation::Representation,
    routes::Answer,
    schemas, search_crs, search_request,
};

/// The items of a collection
///
/// Latest first unless `sortby` says otherwise, page by page: follow the link `next` for as long as there is one.
#[utoipa::path(get, path = "/collections/{collectionId}/items", operation_id = "getItems", tag = "Items",
    params(("collectionId" = String, Path, description = "Id of the collection."), schemas::ConditionParameters,
        schemas::PageParameters, schemas::FormParameters), responses(
    (status = 200, description = "Items: a page as GeoJSON, or all of them in another form.", content(
        (schemas::ItemCollection = "application/geo+json"), (schemas::ItemSequence = "application/geo+json-seq"),
        (schemas::ItemLines = "application/x-ndjson"), (schemas::File = "application/vnd.apache.parquet"),
    ), headers(("Content-Crs" = String, description = "The CRS of the footprints, in angle brackets."))),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn list(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, search_request::ITEMS_PARAMETERS)?;
    let id = segment(&request, "collectionId")?;
    let asked = search_request::within(&id, &parameters)?;
    let collection = collections::find(&context, &id).await?;
    search_crs::check_offered(&collection, |name| parameters.get(name))?;
    let form = forms::of(&request, &parameters)?;
    if form != Form::GeoJson {
        return export::answer(&request, &context, Wanted { asked, form, collection: Some(&id) }).await;
    }
    let search = asked.search;
    let page = context.state.catalog.search(&search, &context.caller.access()).await?;
    let mut all =
        search::page_links(&context.links, &context.links.items(&id), request.query_string(), (&search, &page));
    all.push(Link::new("collection", JSON, context.links.collection(&id)));
    search::filterable(&context.links, Some(&id), search::answer(&context.links, &page, &all, &search))
}

/// An item
///
/// As it is stored, with links; its footprint in another system if `crs` names one.
#[utoipa::path(get, path = "/collections/{collectionId}/items/{itemId}", operation_id = "getItem", tag = "Items",
    params(
        ("collectionId" = String, Path, description = "Id of the collection."),
        ("itemId" = String, Path, description = "Id of the item."),
        schemas::ItemParameters,
    ), responses(
    (status = 200, description = "The item.", body = schemas::Item, content_type = GEOJSON,
        headers(("Content-Crs" = String, description = "The CRS of the footprints, in angle brackets."))
    ),
    (status = 304, description = "The client has it already (`If-None-Match`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id, item.id))]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["crs"])?;
    let crs = search_crs::named("crs", parameters.get("crs"))?;
    let (collection, id) = (segment(&request, "collectionId")?, segment(&request, "itemId")?);
    tracing::Span::current().record("collection.id", &collection).record("item.id", &id);
    let item = context.state.catalog.item(&collection, &id, &context.caller.access()).await?;
    let item = item.ok_or_else(|| {
        Problem::not_found(format!("there is no item `{id}` in `{collection}`; search for the items there are"))
    })?;
    let item = if crs.is_crs84() { item } else { in_crs(&context, item, &parameters).await? };
    let mut answer =
        Representation::item_as(&context.links, &item, request.query_string())?.answer(&request, &context)?;
    let (name, value) = search_crs::header(crs)?;
    answer.headers_mut().insert(name, value);
    Ok(answer)
}

/// An item in the system that the parameter `crs` names, if its collection is offered in it.
async fn in_crs(context: &Context, item: StoredItem, parameters: &Parameters) -> Result<StoredItem, Problem> {
    let collection = collections::find(context, &item.collection).await?;
    search_crs::check_offered(&collection, |name| parameters.get(name))?;
    let crs = search_crs::named("crs", parameters.get("crs"))?;
    let mut items = context.state.catalog.in_crs(vec![item], crs).await?;
    items.pop().ok_or_else(|| Problem::internal("an item was lost on its way into another system"))
}
