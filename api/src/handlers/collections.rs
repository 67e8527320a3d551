//! Collections.

use actix_web::HttpRequest;
use ardent_catalog::{CollectionPage, StoredCollection};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::collection_queryables;
use crate::{
    authentication,
    context::Context,
    links::{JSON, Link, Links, QUERYABLES, SCHEMA},
    parameters::{Parameters, segment},
    problem::Problem,
    representation::Representation,
    routes::Answer,
    schemas, search_request,
    slice::Slice,
};

/// The collections
///
/// Those of which every parameter that is given holds; without any, all of them. By id unless `sortby` says otherwise,
/// page by page if there are many or a limit is given: follow the link `next` for as long as there is one.
#[utoipa::path(get, path = "/collections", operation_id = "getCollections", tag = "Collections",
    params(schemas::CollectionsParameters), responses(
    (status = 200, description = "Collections.", body = schemas::Collections, content_type = JSON),
    (status = 304, description = "The client has it already (`If-None-Match`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn list(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, search_request::COLLECTIONS_PARAMETERS)?;
    let search = search_request::for_collections(&parameters)?;
    let page = context.state.catalog.search_collections(&search, &context.caller.access()).await?;
    let mut all = page_links(&context.links, "/collections", request.query_string(), &page);
    all.push(
        Link::new(QUERYABLES, SCHEMA, context.links.to(collection_queryables::PATH))
            .titled("What a filter can ask about"),
    );
    let slice = search.fields.as_ref().map(Slice::of_collections);
    let documents = documents(&context, &page, slice.as_ref()).map_err(Problem::internal)?;
    let body = Body {
        number_returned: documents.len(),
        number_matched: page.matched.map(|matched| matched.count),
        collections: documents,
        links: all,
    };
    Representation::made(&body)?.answer(&request, &context)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    collections: Vec<Box<RawValue>>,
    links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_matched: Option<u64>,
    number_returned: usize,
}

/// Links of a page of collections: root, self and, if there is one, next.
pub(crate) fn page_links(links: &Links, path: &str, query: &str, page: &CollectionPage) -> Vec<Link> {
    let href = links.to(path);
    let next = page.next.as_ref().map(|token| Links::next(JSON, &href, query, token));
    [links.root(), Links::itself(JSON, href, query)].into_iter().chain(next).collect()
}

/// The collections of a page with their links, or what `slice` wants of them.
pub(crate) fn documents(
    context: &Context,
    page: &CollectionPage,
    slice: Option<&Slice>,
) -> serde_json::Result<Vec<Box<RawValue>>> {
    let write = |stored: &StoredCollection| {
        let mut document = authentication::collection(context, stored);
        let Some(slice) = slice else { return to_raw_value(&document) };
        let links = document.as_object_mut().and_then(|members| members.remove("links")).unwrap_or_default();
        let mut text = String::new();
        slice.write(&mut text, &document.to_string(), || serde_json::to_string(&links))?;
        RawValue::from_string(text)
    };
    page.collections.iter().map(write).collect()
}

/// A collection
///
/// With its extent as of now and what its items have.
#[utoipa::path(get, path = "/collections/{collectionId}", operation_id = "getCollection", tag = "Collections",
    params(("collectionId" = String, Path, description = "Id of the collection.")), responses(
    (status = 200, description = "The collection.", body = schemas::Collection, content_type = JSON),
    (status = 304, description = "The client has it already (`If-None-Match`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let id = segment(&request, "collectionId")?;
    let stored = context.state.catalog.collection(&id, &context.caller.access()).await?.ok_or_else(|| missing(&id))?;
    Representation::collection(&context, &stored).answer(&request, &context)
}

/// A collection that one may see, without what its items have, or 404.
pub(crate) async fn find(context: &Context, id: &str) -> Result<StoredCollection, Problem> {
    tracing::Span::current().record("collection.id", id);
    let found = context.state.catalog.collection_without_summaries(id, &context.caller.access()).await?;
    found.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Problem {
    Problem::not_found(format!("there is no collection `{id}`; `/collections` lists those there are"))
}
