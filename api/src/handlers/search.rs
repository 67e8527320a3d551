//! Item search.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue, LINK},
};
use ardent_catalog::{Page, StoredItem};
use ardent_export::Form;
use ardent_model::Search;
use serde_json::{Value, json};

use super::export::{self, Wanted};
use crate::{
    context::Context,
    document,
    extract::JsonBody,
    forms,
    links::{GEOJSON, Link, Links},
    parameters::Parameters,
    problem::Problem,
    routes::Answer,
    schemas, search_crs, search_request,
    slice::Slice,
    stac,
};

/// Search for items
///
/// Every parameter that is given must hold. Latest first unless `sortby` says otherwise, page by page: follow the link
/// `next` for as long as there is one.
#[utoipa::path(get, path = "/search", operation_id = "getItemSearch", tag = "Item Search",
    params(schemas::ConditionParameters, schemas::IntersectsParameters, schemas::PageParameters, schemas::FormParameters),
    responses(
    (status = 200, description = "Items: a page as GeoJSON, or all of them in another form.", content(
        (schemas::ItemCollection = "application/geo+json"), (schemas::ItemSequence = "application/geo+json-seq"),
        (schemas::ItemLines = "application/x-ndjson"), (schemas::File = "application/vnd.apache.parquet"),
    ), headers(("Content-Crs" = String, description = "The CRS of the footprints, in angle brackets."))),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, search_request::SEARCH_PARAMETERS)?;
    let asked = search_request::from_parameters(&parameters)?;
    let form = forms::of(&request, &parameters)?;
    if form != Form::GeoJson {
        return export::answer(&request, &context, Wanted { asked, form, collection: None }).await;
    }
    let search = asked.search;
    let page = context.state.catalog.search(&search, &context.caller.access()).await?;
    let all = page_links(&context.links, &context.links.to("/search"), request.query_string(), (&search, &page));
    filterable(&context.links, None, answer(&context.links, &page, &all, &search))
}

/// Search for items
///
/// The same as GET, for geometries that are too long for a URL.
#[utoipa::path(post, path = "/search", operation_id = "postItemSearch", tag = "Item Search",
    params(schemas::FormParameters),
    request_body(content = schemas::SearchBody, content_type = "application/json"), responses(
    (status = 200, description = "Items: a page as GeoJSON, or all of them in another form.", content(
        (schemas::ItemCollection = "application/geo+json"), (schemas::ItemSequence = "application/geo+json-seq"),
        (schemas::ItemLines = "application/x-ndjson"), (schemas::File = "application/vnd.apache.parquet"),
    ), headers(("Content-Crs" = String, description = "The CRS of the footprints, in angle brackets."))),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn post(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["f"])?;
    let asked = search_request::from_body(&body.0)?;
    let form = forms::of(&request, &parameters)?;
    if form != Form::GeoJson {
        return export::answer(&request, &context, Wanted { asked, form, collection: None }).await;
    }
    let search = asked.search;
    let page = context.state.catalog.search(&search, &context.caller.access()).await?;
    let href = context.links.to("/search");
    let mut all = vec![context.links.root(), Links::itself(GEOJSON, href.clone(), "").by("POST")];
    if let Some(token) = &page.next {
        let mut again: Value = serde_json::from_slice(&body.0).map_err(Problem::internal)?;
        again["token"] = json!(token);
        all.push(Link::new("next", GEOJSON, href).posting(again));
    }
    filterable(&context.links, None, answer(&context.links, &page, &all, &search))
}

/// Links of a page that GET gave: root, self, if there is one next, and the other forms.
pub(crate) fn page_links(links: &Links, href: &str, query: &str, (search, page): (&Search, &Page)) -> Vec<Link> {
    let next = page.next.as_ref().map(|token| Links::next(GEOJSON, href, query, token));
    let first = [links.root(), Links::itself(GEOJSON, href.to_owned(), query)].into_iter().chain(next);
    first.chain(export::alternates(href, query, search)).collect()
}

/// A page of items with its links, or what the search wants of them.
pub(crate) fn answer(links: &Links, page: &Page, all: &[Link], search: &Search) -> Answer {
    let slice = search.fields.as_ref().map(Slice::of_items);
    let write = |text: &mut String, item: &StoredItem| stac::push_item(text, links, item, slice.as_ref());
    let text = document::feature_collection(&page.items, write, all, page.matched).map_err(Problem::internal)?;
    let mut response = HttpResponse::Ok();
    response.content_type(GEOJSON).insert_header((header::VARY, "accept"));
    Ok(response.insert_header(search_crs::header(search.crs)?).body(text))
}

/// An answer with items, of one collection or of any, that says what they can be filtered by (OGC API – Features Part 3,
/// `/req/queryables/queryables-link`).
pub(crate) fn filterable(links: &Links, collection: Option<&str>, answer: Answer) -> Answer {
    let mut response = answer?;
    let header = HeaderValue::from_str(&links.queryables_header(collection)).map_err(Problem::internal)?;
    response.headers_mut().insert(LINK, header);
    Ok(response)
}
