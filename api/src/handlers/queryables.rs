//! What items may be filtered by.

use actix_web::HttpRequest;

use crate::{context::Context, links::SCHEMA, property_schema::Described, routes::Answer, schemas};

/// Queryables
///
/// What the items of all collections may be filtered by, as JSON Schema: what the items of any of them have.
#[utoipa::path(get, path = "/queryables", operation_id = "getQueryables", tag = "Item Search", responses(
    (status = 200, description = "Queryables.", body = schemas::JsonSchema, content_type = SCHEMA),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn of_all(request: HttpRequest, context: Context) -> Answer {
    Described::Queryables.of_all(&request, &context).await
}

/// Queryables of a collection
///
/// What its items may be filtered by, as JSON Schema: what they have, with the range of numbers and the values of texts,
/// if these are few.
#[utoipa::path(get, path = "/collections/{collectionId}/queryables", operation_id = "getCollectionQueryables",
    tag = "Items", params(("collectionId" = String, Path, description = "Id of the collection.")), responses(
    (status = 200, description = "Queryables.", body = schemas::JsonSchema, content_type = SCHEMA),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn of_collection(request: HttpRequest, context: Context) -> Answer {
    Described::Queryables.of_collection(&request, &context).await
}
