//! Collections.

use actix_web::HttpRequest;
use ardent_catalog::StoredCollection;
use serde_json::{Value, json};

use crate::{
    context::Context,
    links::{JSON, Links},
    parameters::{Parameters, segment},
    problem::Problem,
    representation::Representation,
    routes::Answer,
    schemas, stac,
};

/// The collections
///
/// All of them, by id, unless a limit is given.
#[utoipa::path(get, path = "/collections", operation_id = "getCollections", tag = "Collections",
    params(schemas::CollectionsParameters), responses(
    (status = 200, description = "Collections.", body = schemas::Collections, content_type = JSON),
    (status = 304, description = "The client has it already (`If-None-Match`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn list(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["limit", "token"])?;
    let limit = limit(&parameters)?;
    let stored = context.state.catalog.collections(&context.caller.access()).await?;
    let matched = stored.len();
    let after = parameters.get("token");
    let mut rest = stored.iter().filter(|stored| after.is_none_or(|id| stored.collection.id.as_str() > id));
    let page: Vec<&StoredCollection> = rest.by_ref().take(limit).collect();
    let documents: Vec<Value> = page.iter().map(|stored| stac::collection(&context.links, stored)).collect();
    let (href, query) = (context.links.to("/collections"), request.query_string());
    let mut all = vec![context.links.root(), Links::itself(JSON, href.clone(), query)];
    if let (Some(_), Some(last)) = (rest.next(), page.last()) {
        all.push(Links::next(JSON, &href, query, &last.collection.id));
    }
    let returned = documents.len();
    let document = json!({
        "collections": documents, "links": all, "numberMatched": matched, "numberReturned": returned,
    });
    Representation::made(&document).answer(&request, &context)
}

fn limit(parameters: &Parameters) -> Result<usize, Problem> {
    match parameters.parsed("limit", "give a whole number from 1")? {
        Some(0) => Err(Problem::parameter("limit", "it must be at least 1; leave it out for all")),
        limit => Ok(limit.unwrap_or(usize::MAX)),
    }
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
    let stored = find(&context, &id).await?;
    Representation::collection(&context.links, &stored).answer(&request, &context)
}

/// A collection that one may see, or 404.
pub(crate) async fn find(context: &Context, id: &str) -> Result<StoredCollection, Problem> {
    tracing::Span::current().record("collection.id", id);
    let missing = || Problem::not_found(format!("there is no collection `{id}`; `/collections` lists those there are"));
    context.state.catalog.collection(id, &context.caller.access()).await?.ok_or_else(missing)
}
