//! Changes to documents: merge patches (RFC 7396) and JSON patches (RFC 6902), bounded so that a small patch makes no
//! large document.

use actix_web::http::StatusCode;
use json_patch::{PatchErrorKind, PatchOperation};
use serde_json::Value;

use crate::{
    problem::Problem,
    write_body::{JSON_PATCH, WriteBody, not_json},
};

/// Most operations of a JSON patch.
const MOST_OPERATIONS: usize = 1000;
/// Deepest that a document may be nested: what every reader of JSON takes.
const MOST_LEVELS: usize = 100;

/// A change to a document.
#[derive(Debug)]
pub(crate) enum Patch {
    Merge(Value),
    Operations(Vec<PatchOperation>),
}

impl Patch {
    /// What the body of a request says.
    pub(crate) fn read(body: &WriteBody) -> Result<Self, Problem> {
        if body.media_type != JSON_PATCH {
            let merge = body.json()?;
            return if merge.is_object() { Ok(Self::Merge(merge)) } else { Err(invalid("it is not a JSON object")) };
        }
        let value = body.json()?;
        let patch: json_patch::Patch = serde_json::from_value(value)
            .map_err(|error| invalid(&format!("it is no list of operations of RFC 6902: {error}")))?;
        if patch.0.len() > MOST_OPERATIONS {
            let detail = format!("the patch has {} operations; send {MOST_OPERATIONS} at most", patch.0.len());
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "BodyTooLarge", detail));
        }
        Ok(Self::Operations(patch.0))
    }

    /// What a document becomes, which has no more than `most` bytes.
    pub(crate) fn apply(self, mut document: Value, most: usize) -> Result<Value, Problem> {
        match self {
            Self::Merge(merge) => json_patch::merge(&mut document, &merge),
            Self::Operations(operations) => {
                let mut copied = 0;
                for (index, operation) in operations.iter().enumerate() {
                    copied += growth(operation, &document).ok_or_else(|| too_deep(index))?;
                    if copied > most {
                        return Err(too_large(most));
                    }
                    let one = std::slice::from_ref(operation);
                    json_patch::patch_unsafe(&mut document, one)
                        .map_err(|error| failed(index, operation, &error.kind))?;
                }
            }
        }
        let text = serde_json::to_vec(&document).map_err(Problem::internal)?;
        if text.len() > most {
            return Err(too_large(most));
        }
        // As it will be read: what is nested too deeply is found now.
        serde_json::from_slice(&text).map_err(|error| not_json(&error))
    }
}

/// Bytes that an operation copies; none if the document would be nested too deeply.
fn growth(operation: &PatchOperation, document: &Value) -> Option<usize> {
    let above = operation.path().count();
    let fits = |value: &Value| above + levels(value) <= MOST_LEVELS;
    match operation {
        PatchOperation::Add(add) => fits(&add.value).then_some(0),
        PatchOperation::Replace(replace) => fits(&replace.value).then_some(0),
        PatchOperation::Move(moved) => document.pointer(moved.from.as_str()).is_none_or(fits).then_some(0),
        PatchOperation::Copy(copy) => match document.pointer(copy.from.as_str()) {
            Some(value) => fits(value).then(|| bytes(value)),
            None => Some(0),
        },
        PatchOperation::Remove(_) | PatchOperation::Test(_) => Some(0),
    }
}

fn levels(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(levels).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

fn bytes(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 2 + elements.iter().map(|element| 1 + bytes(element)).sum::<usize>(),
        Value::Object(members) => {
            2 + members.iter().map(|(name, member)| name.len() + 4 + bytes(member)).sum::<usize>()
        }
        Value::String(text) => text.len() + 2,
        _ => 8,
    }
}

fn invalid(reason: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "InvalidPatch", format!("`(body)`: {reason}"))
}

fn too_large(most: usize) -> Problem {
    let detail = format!("the document would be larger than {most} bytes; make it smaller");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "BodyTooLarge", detail)
}

fn too_deep(index: usize) -> Problem {
    invalid(&format!("operation {index} would nest the document more than {MOST_LEVELS} levels deep"))
}

fn failed(index: usize, operation: &PatchOperation, kind: &PatchErrorKind) -> Problem {
    let detail = format!("operation {index}, at `{}`: {kind}", operation.path());
    match kind {
        PatchErrorKind::TestFailed => Problem::new(StatusCode::CONFLICT, "TestFailed", detail),
        _ => invalid(&detail),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(media_type: &str, json: &Value) -> WriteBody {
        WriteBody { media_type: media_type.to_owned(), bytes: json.to_string().into() }
    }

    fn patched(patch: &Value, document: Value) -> Result<Value, Problem> {
        Patch::read(&body(JSON_PATCH, patch))?.apply(document, 10_000)
    }

    #[test]
    fn a_merge_patch_replaces_and_removes() {
        let merge = json!({"a": {"b": null, "c": [2]}, "d": 1});
        let patch = Patch::read(&body("application/merge-patch+json", &merge)).unwrap();
        let document = patch.apply(json!({"a": {"b": 1, "c": [1], "e": 3}}), 1000).unwrap();
        assert_eq!(document, json!({"a": {"c": [2], "e": 3}, "d": 1}));
        assert!(Patch::read(&body("application/json", &json!([1]))).is_err());
    }

    #[test]
    fn a_json_patch_does_one_operation_after_the_other() {
        let patch = json!([
            {"op": "test", "path": "/a", "value": 1}, {"op": "replace", "path": "/a", "value": 2},
            {"op": "copy", "from": "/a", "path": "/b"}, {"op": "move", "from": "/c", "path": "/d"},
            {"op": "remove", "path": "/e/0"}, {"op": "add", "path": "/e/-", "value": 3},
        ]);
        let document = patched(&patch, json!({"a": 1, "c": 4, "e": [1, 2]})).unwrap();
        assert_eq!(document, json!({"a": 2, "b": 2, "d": 4, "e": [2, 3]}));
    }

    #[test]
    fn what_cannot_be_done_names_the_operation() {
        let deep = (0..120).fold(json!(1), |value, _| json!([value]));
        for (patch, status, words) in [
            (json!([{"op": "test", "path": "/a", "value": 2}]), 409, "operation 0, at `/a`"),
            (json!([{"op": "remove", "path": "/x"}]), 422, "operation 0, at `/x`"),
            (json!([{"op": "add", "path": "/x/y", "value": 1}]), 422, "operation 0, at `/x/y`"),
            (json!([{"op": "move", "from": "/b", "path": "/b/c"}]), 422, "operation 0"),
            (json!([{"op": "add", "path": "/x", "value": deep}]), 422, "levels deep"),
            (json!([{"op": "replace", "path": "a", "value": 1}]), 422, "RFC 6902"),
            (json!([{"op": "destroy", "path": "/a"}]), 422, "RFC 6902"),
            (json!({"op": "remove", "path": "/a"}), 422, "RFC 6902"),
            (json!(vec![json!({"op": "test", "path": "/a", "value": 1}); 1001]), 413, "1001 operations"),
        ] {
            let problem = patched(&patch, json!({"a": 1, "b": {}})).unwrap_err();
            assert_eq!(problem.status_and_code().0.as_u16(), status, "{problem}");
            assert!(problem.to_string().contains(words), "{problem}");
        }
    }

    #[test]
    fn a_document_cannot_be_made_to_double_and_double_again() {
        let wider: Vec<Value> = (0..40).map(|n| json!({"op": "copy", "from": "", "path": format!("/{n}")})).collect();
        let problem = patched(&json!(wider), json!({"a": "x".repeat(100)})).unwrap_err();
        assert!(matches!(problem.status_and_code().0.as_u16(), 413 | 422), "{problem}");
        let deeper = json!([{"op": "copy", "from": "/a", "path": format!("/a{}", "/a".repeat(40))}]);
        assert!(patched(&deeper, json!({"a": {}})).is_err());
    }
}
