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

/// `type: [string, null]` becomes a nullable string; several types become a choice, of which null is one.
fn null_of_type(members: &mut Map<String, Value>) {
    let Some(kinds) = members.get("type").and_then(Value::as_array).cloned() else { return };
    let (nulls, kinds): (Vec<Value>, Vec<Value>) = kinds.into_iter().partition(|kind| *kind == json!("null"));
    members.remove("type");
    let null = (!nulls.is_empty()).then(only_null);
    match kinds.as_slice() {
        [] => members.extend(null.and_then(|null| null.as_object().cloned()).unwrap_or_default()),
        [kind] => {
            members.insert("type".to_owned(), kind.clone());
            members.extend(null.map(|_| ("nullable".to_owned(), json!(true))));
        }
        many => {
            let choices = many.iter().map(|kind| json!({ "type": kind })).chain(null).collect();
            members.insert("anyOf".to_owned(), Value::Array(choices));
        }
    }
}

/// Null and nothing else. `nullable` counts only beside a `type` of the same schema (OpenAPI 3.0.3, Schema Object), so
/// where a choice is to let null in, this is one of it.
fn only_null() -> Value {
    json!({ "type": "string", "nullable": true, "enum": [null] })
}

/// `oneOf: [null, X]` becomes a choice between X and null.
fn null_of_choice(members: &mut Map<String, Value>) {
    for choice in ["oneOf", "anyOf"] {
        let Some(mut parts) = members.get(choice).and_then(Value::as_array).cloned() else { continue };
        let before = parts.len();
        parts.retain(|part| !is_null(part));
        if parts.len() == before {
            continue;
        }
        if let [Value::Object(wrapper)] = parts.as_mut_slice()
            && let Some(reference) = wrapper.get("allOf").and_then(|all| all.get(0)).cloned()
        {
            // It was a reference with a description, which speaks of the choice as well.
            let others = std::mem::take(wrapper).into_iter().filter(|(name, _)| name != "allOf");
            members.extend(others);
            parts = vec![reference];
        }
        parts.push(only_null());
        members.remove(choice);
        // What else takes null may do so, too.
        members.insert("anyOf".to_owned(), Value::Array(parts));
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
                json!({"type": ["null", "string", "integer"]}),
                json!({"anyOf": [{"type": "string"}, {"type": "integer"}, only_null()]}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x"}], "description": "d"}),
                json!({"anyOf": [{"$ref": "#/x"}, only_null()], "description": "d"}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x", "description": "d"}]}),
                json!({"anyOf": [{"$ref": "#/x"}, only_null()], "description": "d"}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x"}, {"type": "string"}]}),
                json!({"anyOf": [{"$ref": "#/x"}, {"type": "string"}, only_null()]}),
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

    /// 3.0.3, Schema Object: `nullable` takes effect only if `type` is beside it.
    #[test]
    fn whatever_is_nullable_lets_null_in() {
        fn check(value: &Value) {
            match value {
                Value::Object(members) => {
                    let is_nullable = members.get("nullable") == Some(&json!(true));
                    assert!(!is_nullable || members.contains_key("type"), "{value}");
                    let list = members.get("enum").and_then(Value::as_array);
                    assert!(!is_nullable || list.is_none_or(|list| list.contains(&Value::Null)), "{value}");
                    members.values().for_each(check);
                }
                Value::Array(elements) => elements.iter().for_each(check),
                _ => {}
            }
        }
        check(&crate::openapi::document());
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
