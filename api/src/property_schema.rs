//! What items may be filtered and sorted by, as JSON Schema (OGC API – Features Part 3 and Part 5; STAC API – Filter and
//! Sort). Every property is, described or not.

use actix_web::{HttpRequest, HttpResponse};
use ardent_catalog::{PropertyDomain, ValueKind};
use serde_json::{Map, Value, json};

use crate::{
    context::Context,
    handlers::collections,
    links::SCHEMA,
    parameters::{Parameters, segment},
    routes::Answer,
    stac,
};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What is described.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Described {
    /// What items may be filtered by.
    Queryables,
    /// What items may be sorted by.
    Sortables,
}

impl Described {
    /// The schema for all collections that the caller may see; there are no parameters.
    pub(crate) async fn of_all(self, request: &HttpRequest, context: &Context) -> Answer {
        Parameters::of(request, &[])?;
        self.answer(context, None, &context.state.settings.title).await
    }

    /// The schema for the collection that the path names; there are no parameters.
    pub(crate) async fn of_collection(self, request: &HttpRequest, context: &Context) -> Answer {
        Parameters::of(request, &[])?;
        let id = segment(request, "collectionId")?;
        self.answer(context, Some(&id), stac::title(&collections::find(context, &id).await?)).await
    }

    async fn answer(self, context: &Context, collection: Option<&str>, title: &str) -> Answer {
        let domains = context.state.catalog.item_properties(collection, &context.caller.access()).await?;
        let schema = match self {
            Self::Queryables => queryables(&context.links.described(collection, "queryables"), title, &domains),
            Self::Sortables => sortables(&context.links.described(collection, "sortables"), title, &domains),
        };
        Ok(answered(&schema))
    }
}

/// A schema as an answer.
pub(crate) fn answered(schema: &Value) -> HttpResponse {
    HttpResponse::Ok().content_type(SCHEMA).body(schema.to_string())
}

/// The queryables of a place: `id` is its address, `title` says whose they are.
fn queryables(id: &str, title: &str, domains: &[PropertyDomain]) -> Value {
    let mut properties: Map<String, Value> =
        domains.iter().map(|domain| (domain.name.clone(), property(domain))).collect();
    properties.extend(of_every_item());
    // A place has neither a type nor a reference to one (`/req/queryables/get-queryables-response`).
    let footprint = json!({"title": "Footprint", "format": "geometry-any", "x-ogc-role": "primary-geometry"});
    properties.insert("geometry".to_owned(), footprint);
    schema(id, title, properties)
}

/// The sortables of a place: what has single values.
fn sortables(id: &str, title: &str, domains: &[PropertyDomain]) -> Value {
    let single = domains
        .iter()
        .filter(|domain| !domain.kinds.contains(&ValueKind::Array) && !domain.kinds.contains(&ValueKind::Object));
    let mut properties: Map<String, Value> = single.map(|domain| (domain.name.clone(), property(domain))).collect();
    properties.extend(of_every_item());
    schema(id, title, properties)
}

/// The schema of what is at `id`.
pub(crate) fn schema(id: &str, title: &str, properties: Map<String, Value>) -> Value {
    let properties = Value::Object(properties);
    json!({
        "$schema": DIALECT, "$id": id, "title": title, "type": "object", "properties": properties,
        "additionalProperties": true,
    })
}

/// What every item has, the same in every collection, so that clients can merge them.
fn of_every_item() -> [(String, Value); 3] {
    [
        ("id", json!({"title": "Id", "type": "string", "x-ogc-role": "id"})),
        ("collection", json!({"title": "Id of the collection", "type": "string"})),
        (
            "datetime",
            json!({"title": "Time", "type": "string", "format": "date-time", "x-ogc-role": "primary-instant"}),
        ),
    ]
    .map(|(name, schema)| (name.to_owned(), schema))
}

/// A property of the items.
fn property(domain: &PropertyDomain) -> Value {
    if domain.name == "eo:cloud_cover" && domain.is_only(&[ValueKind::Integer, ValueKind::Number]) {
        return cloud_cover(domain);
    }
    let mut types: Vec<&str> = domain.kinds.iter().map(|kind| json_type(*kind)).collect();
    types.sort_unstable();
    types.dedup();
    if types.contains(&"number") {
        types.retain(|name| *name != "integer");
    }
    let mut schema = json!({ "type": if let [one] = types.as_slice() { json!(one) } else { json!(types) } });
    if let Some((minimum, maximum)) = domain.range() {
        schema["minimum"] = minimum;
        schema["maximum"] = maximum;
    } else if domain.is_only(&[ValueKind::Date]) {
        schema["format"] = json!("date");
    } else if domain.is_only(&[ValueKind::Date, ValueKind::Time]) {
        schema["format"] = json!("date-time");
    } else if let Some(texts) = domain.texts.as_ref().filter(|_| domain.is_only(&[ValueKind::Text])) {
        schema["enum"] = json!(texts);
    }
    schema
}

/// Percent, whatever the items have, unless that is more or less.
fn cloud_cover(domain: &PropertyDomain) -> Value {
    let minimum = domain.minimum.unwrap_or_default().min(0.0);
    let maximum = domain.maximum.unwrap_or_default().max(100.0);
    json!({"title": "Cloud cover in percent", "type": "number", "minimum": minimum, "maximum": maximum})
}

const fn json_type(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Array => "array",
        ValueKind::Boolean => "boolean",
        ValueKind::Integer => "integer",
        ValueKind::Number => "number",
        ValueKind::Object => "object",
        ValueKind::Date | ValueKind::Text | ValueKind::Time => "string",
    }
}
