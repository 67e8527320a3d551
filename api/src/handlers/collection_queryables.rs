//! What a filter can ask about collections.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use ardent_catalog::StoredCollection;
use serde_json::{Map, Value, json};

use crate::{context::Context, links::SCHEMA, parameters::Parameters, property_schema, routes::Answer, schemas};

/// Where it is: apart from the queryables of items (STAC API – Collection Search).
pub(crate) const PATH: &str = "/collections-queryables";

/// Queryables of collections
///
/// What `filter`, `query` and `sortby` of `/collections` can name, as a JSON schema: members of the documents and of
/// their summaries. Any other member of a document may be named too.
#[utoipa::path(get, path = "/collections-queryables", operation_id = "getCollectionsQueryables", tag = "Collections",
    responses(
    (status = 200, description = "The queryables.", body = schemas::JsonSchema, content_type = SCHEMA),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let collections = context.state.catalog.collections(&context.caller.access()).await?;
    let id = context.links.to(PATH);
    let schema = property_schema::schema(&id, "Queryables of collections", properties(&collections));
    Ok(property_schema::answered(&schema))
}

fn properties(collections: &[StoredCollection]) -> Map<String, Value> {
    let text = |title: &str| json!({"title": title, "type": "string"});
    let time = |title: &str| json!({"title": title, "type": "string", "format": "date-time"});
    let mut properties = Map::from_iter([
        ("id".to_owned(), text("Id")),
        ("title".to_owned(), text("Title")),
        ("description".to_owned(), text("Description")),
        ("license".to_owned(), text("Licence")),
        ("keywords".to_owned(), json!({"title": "Keywords", "type": "array", "items": {"type": "string"}})),
        ("datetime".to_owned(), time("Start of its time")),
        ("start_datetime".to_owned(), time("Start of its time")),
        ("end_datetime".to_owned(), time("End of its time")),
        ("geometry".to_owned(), json!({"title": "Extent", "format": "geometry-any"})),
    ]);
    let summaries = |stored: &StoredCollection| {
        let summaries = stored.collection.document.get("summaries").and_then(Value::as_object);
        summaries.map(|members| members.iter().map(|(name, value)| (name.clone(), kind(value))).collect::<Vec<_>>())
    };
    let found: BTreeSet<(String, &str)> = collections.iter().filter_map(summaries).flatten().collect();
    for (name, kind) in &found {
        // Of a name with several kinds, nothing is said.
        let is_one_kind = found.iter().filter(|(other, _)| other == name).count() == 1;
        let schema = if is_one_kind { json!({"title": name, "type": kind}) } else { json!({"title": name}) };
        properties.entry(name.clone()).or_insert(schema);
    }
    properties
}

/// A list of values, or an object: a range, or a schema.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
    }
}
