//! Aggregations: what the items of a search have, counted (STAC API – Aggregation 0.3.0).

use actix_web::{HttpRequest, HttpResponse};
use ardent_catalog::{Aggregated, Bucket};
use ardent_model::{Aggregate, Aggregation};
use serde_json::{Map, Value, json};

use super::collections;
use crate::{
    aggregate_request,
    context::Context,
    extract::JsonBody,
    links::{JSON, Link, Links},
    parameters::{Parameters, segment},
    problem::Problem,
    routes::Answer,
    schemas, search_crs,
};

/// Count items
///
/// What is named in `aggregations`, about all items that the other parameters find. The numbers are exact.
#[utoipa::path(get, path = "/aggregate", operation_id = "getAggregate", tag = "Aggregation",
    params(schemas::ConditionParameters, schemas::IntersectsParameters, schemas::Measures), responses(
    (status = 200, description = "What was asked.", body = schemas::AggregationCollection, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, aggregate_request::AGGREGATE_PARAMETERS)?;
    let asked = aggregate_request::from_parameters(&parameters)?;
    let itself = Links::itself(JSON, context.links.to("/aggregate"), request.query_string());
    answer(&context, &asked, vec![context.links.root(), itself]).await
}

/// Count items
///
/// The same as GET, for geometries that are too long for a URL.
#[utoipa::path(post, path = "/aggregate", operation_id = "postAggregate", tag = "Aggregation",
    request_body(content = schemas::AggregateBody, content_type = "application/json"), responses(
    (status = 200, description = "What was asked.", body = schemas::AggregationCollection, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn post(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let asked = aggregate_request::from_members(body.read()?)?;
    let itself = Links::itself(JSON, context.links.to("/aggregate"), "").by("POST");
    answer(&context, &asked, vec![context.links.root(), itself]).await
}

/// Count items of a collection
///
/// What is named in `aggregations`, about all its items that the other parameters find. The numbers are exact.
#[utoipa::path(get, path = "/collections/{collectionId}/aggregate", operation_id = "getCollectionAggregate",
    tag = "Aggregation", params(
        ("collectionId" = String, Path, description = "Id of the collection."),
        schemas::ConditionParameters, schemas::IntersectsParameters, schemas::Measures
    ), responses(
    (status = 200, description = "What was asked.", body = schemas::AggregationCollection, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn get_of_collection(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, aggregate_request::AGGREGATE_PARAMETERS)?;
    let id = segment(&request, "collectionId")?;
    let collection = collections::find(&context, &id).await?;
    search_crs::check_offered(&collection, |name| parameters.get(name))?;
    let asked = aggregate_request::within(&id, aggregate_request::from_parameters(&parameters)?)?;
    let href = format!("{}/aggregate", context.links.collection(&id));
    let itself = Links::itself(JSON, href, request.query_string());
    let collection = Link::new("collection", JSON, context.links.collection(&id));
    answer(&context, &asked, vec![context.links.root(), itself, collection]).await
}

/// Count items of a collection
///
/// The same as GET, for geometries that are too long for a URL.
#[utoipa::path(post, path = "/collections/{collectionId}/aggregate", operation_id = "postCollectionAggregate",
    tag = "Aggregation", params(("collectionId" = String, Path, description = "Id of the collection.")),
    request_body(content = schemas::AggregateBody, content_type = "application/json"), responses(
    (status = 200, description = "What was asked.", body = schemas::AggregationCollection, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn post_of_collection(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let id = segment(&request, "collectionId")?;
    let collection = collections::find(&context, &id).await?;
    let members: Map<String, Value> = body.read()?;
    search_crs::check_offered(&collection, |name| members.get(name)?.as_str())?;
    let asked = aggregate_request::within(&id, aggregate_request::from_members(members)?)?;
    let itself = Links::itself(JSON, format!("{}/aggregate", context.links.collection(&id)), "").by("POST");
    let collection = Link::new("collection", JSON, context.links.collection(&id));
    answer(&context, &asked, vec![context.links.root(), itself, collection]).await
}

/// The aggregations there are
///
/// Names for the parameter `aggregations` of `/aggregate`.
#[utoipa::path(get, path = "/aggregations", operation_id = "getAggregations", tag = "Aggregation", responses(
    (status = 200, description = "The aggregations.", body = schemas::Aggregations, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn list(request: HttpRequest, links: Links) -> Answer {
    Parameters::of(&request, &[])?;
    let itself = Links::itself(JSON, links.to("/aggregations"), "");
    Ok(available(&[links.root(), itself, Link::new("aggregate", JSON, links.to("/aggregate"))]))
}

/// The aggregations of a collection
///
/// Names for the parameter `aggregations` of its `aggregate`.
#[utoipa::path(get, path = "/collections/{collectionId}/aggregations", operation_id = "getCollectionAggregations",
    tag = "Aggregation", params(("collectionId" = String, Path, description = "Id of the collection.")), responses(
    (status = 200, description = "The aggregations.", body = schemas::Aggregations, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn list_of_collection(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let id = segment(&request, "collectionId")?;
    collections::find(&context, &id).await?;
    let collection = context.links.collection(&id);
    Ok(available(&[
        context.links.root(),
        Links::itself(JSON, format!("{collection}/aggregations"), ""),
        Link::new("aggregate", JSON, format!("{collection}/aggregate")),
        Link::new("collection", JSON, collection),
    ]))
}

fn available(links: &[Link]) -> HttpResponse {
    let describe = |one: Aggregation| {
        let data_type = one.data_type().name();
        if one.is_single() {
            return json!({"name": one.name(), "data_type": data_type});
        }
        json!({"name": one.name(), "data_type": FREQUENCY, "frequency_distribution_data_type": data_type})
    };
    HttpResponse::Ok().json(json!({"aggregations": Aggregation::ALL.map(describe), "links": links}))
}

/// The data type of buckets.
const FREQUENCY: &str = "frequency_distribution";

async fn answer(context: &Context, asked: &Aggregate, links: Vec<Link>) -> Result<HttpResponse, Problem> {
    let told = context.state.catalog.aggregate(asked, &context.caller.access()).await?;
    let aggregations: Vec<Value> = asked.aggregations.iter().zip(&told).map(|(one, told)| write(*one, told)).collect();
    let body = json!({"type": "AggregationCollection", "aggregations": aggregations, "links": links});
    Ok(HttpResponse::Ok().json(body))
}

fn write(aggregation: Aggregation, told: &Aggregated) -> Value {
    let (name, data_type) = (aggregation.name(), aggregation.data_type().name());
    match told {
        Aggregated::Count(count) => json!({"name": name, "data_type": data_type, "value": count}),
        Aggregated::Time(at) => {
            json!({"name": name, "data_type": data_type, "value": at.map(ardent_model::interval::format_datetime)})
        }
        Aggregated::Buckets { buckets, overflow } => {
            let buckets: Vec<Value> = buckets.iter().map(|bucket| write_bucket(bucket, data_type)).collect();
            json!({"name": name, "data_type": FREQUENCY, "buckets": buckets, "overflow": overflow})
        }
    }
}

fn write_bucket(bucket: &Bucket, data_type: &str) -> Value {
    let mut written = json!({"key": bucket.key, "data_type": data_type, "frequency": bucket.frequency});
    for (name, limit) in [("from", bucket.from), ("to", bucket.to)] {
        if let Some(limit) = limit {
            written[name] = json!(limit);
        }
    }
    written
}
