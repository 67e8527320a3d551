//! What is posted: one document, or several, of which all are taken or none.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use ardent_catalog::NewItem;
use ardent_model::Collection;
use serde_json::{Value, json};

use crate::{
    document_check::{self, Fault},
    problem::Problem,
};

/// Most faults that an answer lists.
const LISTED: usize = 20;

/// What was posted.
#[derive(Debug)]
pub(crate) enum Posted<T> {
    One(T),
    Many(Vec<T>),
}

/// An item of `collection`, or an ItemCollection of them. Of the latter only `features` counts.
pub(crate) fn items(document: Value, collection: &str) -> Result<Posted<NewItem>, Problem> {
    let read = |document| document_check::item(document, collection);
    let is_list = match document.get("type") {
        Some(given) => given == "FeatureCollection",
        None => document.get("features").is_some(),
    };
    if is_list {
        return many(list(document, "features")?, read, |new| &new.item().id).map(Posted::Many);
    }
    read(document).map(Posted::One).map_err(refused)
}

/// A collection, or an object whose `collections` are several; there may be links beside them.
pub(crate) fn collections(document: Value) -> Result<Posted<Collection>, Problem> {
    let is_list = document.get("type").is_none() && document.get("collections").is_some();
    if !is_list {
        return document_check::collection(document).map(Posted::One).map_err(refused);
    }
    let mut names = document.as_object().into_iter().flat_map(|members| members.keys());
    if let Some(name) = names.find(|name| !["collections", "links"].contains(&name.as_str())) {
        let reason = format!("beside `collections` there is `{name}`, which would count for nothing; leave it out");
        return Err(refused(Fault::Invalid(reason)));
    }
    many(list(document, "collections")?, document_check::collection, |collection| &collection.id).map(Posted::Many)
}

/// The refusal of one document.
pub(crate) fn refused(fault: Fault) -> Problem {
    match fault {
        // So the standard has it (STAC API – Transaction, PUT and PATCH).
        Fault::Elsewhere(reason) => Problem::new(StatusCode::BAD_REQUEST, "ContradictsPath", reason),
        Fault::Invalid(reason) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "InvalidDocument", reason),
    }
}

/// The list that a member of a document is.
fn list(mut document: Value, member: &str) -> Result<Vec<Value>, Problem> {
    match document.get_mut(member).map(Value::take) {
        Some(Value::Array(documents)) if !documents.is_empty() => Ok(documents),
        _ => Err(refused(Fault::Invalid(format!("its `{member}` is not a list with something in it")))),
    }
}

/// Every document of a list, or all that is wrong with them.
fn many<T>(
    documents: Vec<Value>,
    read: impl Fn(Value) -> Result<T, Fault>,
    id_of: impl Fn(&T) -> &String,
) -> Result<Vec<T>, Problem> {
    let total = documents.len();
    let (mut good, mut faults, mut ids) = (Vec::with_capacity(total), Vec::new(), BTreeSet::new());
    for (index, document) in documents.into_iter().enumerate() {
        let id = document.get("id").filter(|id| id.is_string()).cloned().unwrap_or_default();
        match read(document) {
            Ok(one) if ids.insert(id_of(&one).clone()) => good.push(one),
            Ok(_) => faults.push((index, id, "its `id` is in the list twice".to_owned())),
            Err(fault) => faults.push((index, id, fault.reason().to_owned())),
        }
    }
    if faults.is_empty() { Ok(good) } else { Err(listed(&faults, total)) }
}

/// What is wrong with documents, by their place in the list and their id.
fn listed(faults: &[(usize, Value, String)], total: usize) -> Problem {
    let count = faults.len();
    let reasons = faults.iter().take(LISTED).map(|(index, id, reason)| format!("[{index}] {id}: {reason}"));
    let reasons = reasons.collect::<Vec<_>>().join("; ");
    let more = if count > LISTED { format!("; and {} more", count - LISTED) } else { String::new() };
    let detail = format!("{count} of {total} cannot be taken, so none was: {reasons}{more}");
    let errors = faults.iter().take(LISTED);
    let errors = errors.map(|(index, id, reason)| json!({"index": index, "id": id, "reason": reason})).collect();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "InvalidDocument", detail).with_errors(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(id: &Value) -> Value {
        json!({"type": "Feature", "stac_version": "1.1.0", "id": id, "properties": {"datetime": "2020-01-01T00:00:00Z"},
            "geometry": {"type": "Point", "coordinates": [1, 2]}})
    }

    #[test]
    fn one_item_or_several() {
        assert!(matches!(items(scene(&json!("a")), "c"), Ok(Posted::One(_))));
        let list = json!({"type": "FeatureCollection", "features": [scene(&json!("a")), scene(&json!("b"))]});
        assert!(matches!(items(list, "c"), Ok(Posted::Many(many)) if many.len() == 2));
        for empty in [json!({"type": "FeatureCollection"}), json!({"type": "FeatureCollection", "features": []})] {
            assert!(items(empty, "c").unwrap_err().to_string().contains("`features`"));
        }
    }

    #[test]
    fn one_collection_or_several_and_nothing_beside_them() {
        let product = json!({"type": "Collection", "stac_version": "1.1.0", "id": "c", "description": "d",
            "license": "other", "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [[null, null]]}}});
        assert!(matches!(collections(product.clone()), Ok(Posted::One(_))));
        let mut list = json!({"collections": [product], "links": []});
        assert!(matches!(collections(list.clone()), Ok(Posted::Many(many)) if many.len() == 1));
        list["visibility"] = json!("public");
        let problem = collections(list).unwrap_err();
        assert_eq!(problem.status_and_code(), (StatusCode::UNPROCESSABLE_ENTITY, "InvalidDocument"));
        assert!(problem.to_string().contains("`visibility`"), "{problem}");
    }

    #[test]
    fn every_fault_of_a_list_is_named_up_to_a_number() {
        let mut features = vec![scene(&json!("a")), scene(&json!("a")), scene(&Value::Null)];
        let list = |features: &[Value]| json!({"type": "FeatureCollection", "features": features});
        let problem = items(list(&features), "c").unwrap_err().to_string();
        assert!(problem.starts_with("2 of 3 "), "{problem}");
        assert!(
            problem.contains("[1] \"a\": its `id` is in the list twice") && problem.contains("[2] null"),
            "{problem}"
        );
        features.extend(vec![json!({}); 200]);
        let problem = items(list(&features), "c").unwrap_err().to_string();
        assert!(problem.starts_with("202 of 203 ") && problem.ends_with("and 182 more"), "{problem}");
    }
}
