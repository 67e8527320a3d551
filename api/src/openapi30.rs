//! OpenAPI 3.1, which the generator writes, as 3.0.3, which the conformance class and most clients want.

use serde_json::{Map, Value, json};

/// Members of schemas that 3.0 has not and that say nothing a validator needs.
const UNKNOWN: [&str; 7] =
    ["$schema", "$comment", "contentEncoding", "contentMediaType", "propertyNames", "patternProperties", "prefixItems"];

/// The document in 3.0.3, its members in alphabetical order so that it never depends on the build.
pub(crate) fn from_31(mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.insert("openapi".to_owned(), json!("3.0.3"));
        members.remove("jsonSchemaDialect");
        members.remove("webhooks");
        for (part, unknown) in [("info", "summary"), ("components", "pathItems")] {
            if let Some(part) = members.get_mut(part).and_then(Value::as_object_mut) {
                part.remove(unknown);
            }
        }
        if let Some(licence) =
            members.get_mut("info").and_then(|info| info.get_mut("license")).and_then(Value::as_object_mut)
        {
            licence.remove("identifier");
        }
    }
    let mut document = sorted(document);
    schemas(&mut document, "");
    sorted(document)
}

/// Walks the document; what stands under `schema`, or in `components.schemas`, is a schema.
fn schemas(value: &mut Value, parent: &str) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if name == "schema" || parent == "schemas" {
                    schema(member);
                } else if name != "example" && name != "examples" {
                    schemas(member, name);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| schemas(element, "")),
        _ => {}
    }
}

fn schema(value: &mut Value) {
    let Some(members) = value.as_object_mut() else {
        // `true` and `false` are schemas in 3.1 only.
        *value = if *value == json!(false) { json!({ "not": {} }) } else { json!({}) };
        return;
    };
    children(members);
    media_of_bytes(members);
    for name in UNKNOWN {
        members.remove(name);
    }
    if let Some(constant) = members.remove("const") {
        members.insert("enum".to_owned(), json!([constant]));
    }
    if let Some(first) = members.remove("examples").and_then(|examples| examples.get(0).cloned()) {
        members.insert("example".to_owned(), first);
    }
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(limit) = members.get(exclusive).filter(|limit| limit.is_number()).cloned() {
            members.insert(bound.to_owned(), limit);
            members.insert(exclusive.to_owned(), json!(true));
        }
    }
    // Numbers without a sign reach further.
    if members.get("format") == Some(&json!("int64")) {
        members.remove("format");
    }
    null_of_type(members);
    null_of_choice(members);
    if members.get("type") == Some(&json!("array")) && !members.contains_key("items") {
        members.insert("items".to_owned(), json!({}));
    }
    // Beside a reference, 3.0 ignores everything.
    if members.len() > 1
        && let Some(reference) = members.remove("$ref")
    {
        members.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    }
}

fn children(members: &mut Map<String, Value>) {
    for (name, member) in members.iter_mut() {
        match (name.as_str(), member) {
            ("properties" | "patternProperties", Value::Object(properties)) => properties.values_mut().for_each(schema),
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(parts)) => {
                parts.iter_mut().filter(|part| !is_null(part)).for_each(schema);
            }
            ("items" | "not", part) => schema(part),
            ("additionalProperties", part) if part.is_object() => schema(part),
            _ => {}
        }
    }
}

/// A list of bytes is a file.
fn media_of_bytes(members: &mut Map<String, Value>) {
    let encoded = members.contains_key("contentMediaType") || members.contains_key("contentEncoding");
    let is_binary = members.get("contentMediaType") == Some(&json!("application/octet-stream"));
    if encoded && members.get("type").is_none_or(|kind| kind == "string") {
        members.insert("type".to_owned(), json!("string"));
        members.insert("format".to_owned(), json!(if is_binary { "binary" } else { "byte" }));
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type") == Some(&json!("null"))
}

/// `type: [string, null]` becomes a nullable string; several types become a choice.
fn null_of_type(members: &mut Map<String, Value>) {
    let Some(kinds) = members.get("type").and_then(Value::as_array).cloned() else { return };
    let (nulls, kinds): (Vec<Value>, Vec<Value>) = kinds.into_iter().partition(|kind| *kind == json!("null"));
    members.remove("type");
    if !nulls.is_empty() {
        members.insert("nullable".to_owned(), json!(true));
    }
    match kinds.as_slice() {
        [] => {}
        [kind] => {
            members.insert("type".to_owned(), kind.clone());
        }
        many => {
            let choices: Vec<Value> = many.iter().map(|kind| json!({ "type": kind })).collect();
            members.insert("anyOf".to_owned(), Value::Array(choices));
        }
    }
}

/// `oneOf: [null, X]` becomes a nullable X.
fn null_of_choice(members: &mut Map<String, Value>) {
    for choice in ["oneOf", "anyOf"] {
        let Some(parts) = members.get_mut(choice).and_then(Value::as_array_mut) else { continue };
        let before = parts.len();
        parts.retain(|part| !is_null(part));
        if parts.len() == before {
            continue;
        }
        let only = if parts.len() == 1 { parts.pop() } else { None };
        members.insert("nullable".to_owned(), json!(true));
        let Some(only) = only else { continue };
        members.remove(choice);
        match only {
            // It was a reference with a description, which is a wrapper by now: its members say the same here.
            Value::Object(wrapper) if wrapper.contains_key("allOf") => members.extend(wrapper),
            only => {
                members.insert("allOf".to_owned(), json!([only]));
            }
        }
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(name, member)| (name, sorted(member))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(mut value: Value) -> Value {
        schema(&mut value);
        value
    }

    #[test]
    fn what_3_1_says_otherwise_is_said_as_in_3_0() {
        for (newer, older) in [
            (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
            (json!({"type": ["string", "integer"]}), json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x"}], "description": "d"}),
                json!({"allOf": [{"$ref": "#/x"}], "nullable": true, "description": "d"}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x", "description": "d"}]}),
                json!({"allOf": [{"$ref": "#/x"}], "nullable": true, "description": "d"}),
            ),
            (json!({"$ref": "#/x", "description": "d"}), json!({"allOf": [{"$ref": "#/x"}], "description": "d"})),
            (json!({"$ref": "#/x"}), json!({"$ref": "#/x"})),
            (json!({"const": 1}), json!({"enum": [1]})),
            (json!({"examples": ["a", "b"]}), json!({"example": "a"})),
            (json!({"exclusiveMinimum": 0}), json!({"minimum": 0, "exclusiveMinimum": true})),
            (json!({"type": "array", "prefixItems": [{}]}), json!({"type": "array", "items": {}})),
            (
                json!({"properties": {"const": {"type": ["null", "number"]}}}),
                json!({"properties": {"const": {"type": "number", "nullable": true}}}),
            ),
            (json!({"type": "array", "items": true}), json!({"type": "array", "items": {}})),
            (
                json!({"type": "string", "contentMediaType": "application/octet-stream"}),
                json!({"type": "string", "format": "binary"}),
            ),
        ] {
            assert_eq!(converted(newer.clone()), older, "{newer}");
        }
    }

    #[test]
    fn the_document_has_nothing_of_3_1() {
        let document = crate::openapi::document();
        assert_eq!(document["openapi"], "3.0.3");
        let text = document.to_string();
        for newer in
            ["\"null\"", "\"const\":", "\"prefixItems\"", "\"propertyNames\"", "\"contentMediaType\"", "\"type\":["]
        {
            assert!(!text.contains(newer), "{newer}");
        }
    }
}
