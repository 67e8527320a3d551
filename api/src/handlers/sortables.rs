//! What items may be sorted by.

use actix_web::HttpRequest;

use crate::{context::Context, links::SCHEMA, property_schema::Described, routes::Answer, schemas};

/// Sortables
///
/// What the items of all collections may be sorted by, as JSON Schema: the single values that
/// the items of any of them have.
#[utoipa::path(get, path = "/sortables", operation_id = "getSortables", tag = "Item Search", responses(
    (status = 200, description = "Sortables.", body = schemas::JsonSchema, content_type = SCHEMA),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn of_all(request: HttpRequest, context: Context) -> Answer {
    Described::Sortables.of_all(&request, &context).await
}

/// Sortables of a collection
///
/// What its items may be sorted by, as JSON Schema: those of their properties that are single values.
#[utoipa::path(get, path = "/collections/{collectionId}/sortables", operation_id = "getCollectionSortables",
    tag = "Items", params(("collectionId" = String, Path, description = "Id of the collection.")), responses(
    (status = 200, description = "Sortables.", body = schemas::JsonSchema, content_type = SCHEMA),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn of_collection(request: HttpRequest, context: Context) -> Answer {
    Described::Sortables.of_collection(&request, &context).await
}
