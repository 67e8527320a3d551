//! Who sees a collection.

use actix_web::{HttpRequest, HttpResponse};
use ardent_model::CollectionPolicy;
use serde_json::json;

use crate::{
    audit::Deed,
    context::Context,
    extract::JsonBody,
    links::JSON,
    parameters::{Parameters, segment},
    problem::Problem,
    routes::Answer,
    schemas,
};

/// Who sees a collection
///
/// Its owner and admins always do.
#[utoipa::path(get, path = "/admin/policies/collections/{collectionId}", operation_id = "getCollectionPolicy",
    tag = "Administration", params(("collectionId" = String, Path, description = "Id of the collection.")), responses(
    (status = 200, description = "The policy.", body = schemas::CollectionPolicy, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let id = segment(&request, "collectionId")?;
    let policy = context.state.catalog.collection_policy(&id).await?;
    let policy = policy.ok_or_else(|| Problem::not_found(format!("there is no collection `{id}`")))?;
    Ok(HttpResponse::Ok().json(policy))
}

/// Change who sees a collection
///
/// From the next request on.
#[utoipa::path(put, path = "/admin/policies/collections/{collectionId}", operation_id = "putCollectionPolicy",
    tag = "Administration", params(("collectionId" = String, Path, description = "Id of the collection.")),
    request_body(content = schemas::CollectionPolicy, content_type = "application/json"), responses(
    (status = 200, description = "The policy.", body = schemas::CollectionPolicy, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn put(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let id = segment(&request, "collectionId")?;
    let policy = CollectionPolicy::parse(&body.0)?;
    let deed = Deed { action: "policy.set", target: id.clone(), detail: json!(policy).to_string() };
    let catalog = context.state.catalog.clone();
    let change = async move { Ok(catalog.set_collection_policy(&id, &policy).await.map(|()| policy)?) };
    let policy = context.change(deed, change).await?;
    Ok(HttpResponse::Ok().json(policy))
}
