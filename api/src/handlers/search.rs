//! Item search.

use actix_web::{HttpRequest, HttpResponse};
use ardent_catalog::{Page, StoredItem};
use ardent_model::Fields;
use serde_json::{Value, json};

use crate::{
    context::Context,
    document,
    extract::JsonBody,
    links::{GEOJSON, Link, Links},
    parameters::Parameters,
    problem::Problem,
    routes::Answer,
    schemas, search_request,
    slice::Slice,
    stac,
};

/// Search for items
///
/// Every parameter that is given must hold. Latest first unless `sortby` says otherwise, page by page: follow the link
/// `next` for as long as there is one.
#[utoipa::path(get, path = "/search", operation_id = "getItemSearch", tag = "Item Search",
    params(schemas::SearchParameters), responses(
    (status = 200, description = "Items.", body = schemas::ItemCollection, content_type = GEOJSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, search_request::SEARCH_PARAMETERS)?;
    let search = search_request::from_parameters(&parameters)?;
    let page = context.state.catalog.search(&search, &context.caller.access()).await?;
    let all = page_links(&context.links, &context.links.to("/search"), request.query_string(), page.next.as_deref());
    answer(&context.links, &page, &all, search.fields.as_ref())
}

/// Search for items
///
/// The same as GET, for geometries that are too long for a URL.
#[utoipa::path(post, path = "/search", operation_id = "postItemSearch", tag = "Item Search",
    request_body(content = schemas::SearchBody, content_type = "application/json"), responses(
    (status = 200, description = "Items.", body = schemas::ItemCollection, content_type = GEOJSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn post(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let search = search_request::from_body(&body.0)?;
    let page = context.state.catalog.search(&search, &context.caller.access()).await?;
    let href = context.links.to("/search");
    let mut all = vec![context.links.root(), Links::itself(GEOJSON, href.clone(), "").by("POST")];
    if let Some(token) = &page.next {
        let mut again: Value = serde_json::from_slice(&body.0).map_err(Problem::internal)?;
        again["token"] = json!(token);
        all.push(Link::new("next", GEOJSON, href).posting(again));
    }
    answer(&context.links, &page, &all, search.fields.as_ref())
}

/// Links of a page that GET gave: root, self and, if there is one, next.
pub(crate) fn page_links(links: &Links, href: &str, query: &str, next: Option<&str>) -> Vec<Link> {
    let next = next.map(|token| Links::next(GEOJSON, href, query, token));
    [links.root(), Links::itself(GEOJSON, href.to_owned(), query)].into_iter().chain(next).collect()
}

/// A page of items with its links, or what `fields` wants of them.
pub(crate) fn answer(links: &Links, page: &Page, all: &[Link], fields: Option<&Fields>) -> Answer {
    let slice = fields.map(Slice::of_items);
    let write = |text: &mut String, item: &StoredItem| {
        let links = || serde_json::to_string(&stac::item_links(links, item));
        match &slice {
            Some(slice) => slice.write(text, &item.document, links),
            None => links().map(|links| document::splice(text, &item.document, &links)),
        }
    };
    let text = document::feature_collection(&page.items, write, all, page.matched).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type(GEOJSON).body(text))
}
