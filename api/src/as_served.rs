//! A collection that comes back as it was served: what the server put into it on its way out is not what its author
//! says, and is not stored.

use serde_json::{Map, Value};

use crate::authentication::{EXTENSION, SCHEMES};

/// Members of a served collection that are worked out whenever it is handed out; links are, too.
const MADE: [&str; 2] = ["crs", "storageCrs"];

/// A document without what is worked out whenever it is handed out.
pub(crate) fn without_made(document: &mut Value) {
    if let Some(members) = document.as_object_mut() {
        members.retain(|name, _| !MADE.contains(&name.as_str()));
    }
}

/// What `given` says of a collection that is served as `served` and stored as `stored`: what is as it was served stays
/// as it is stored, the rest is as given. So a document that was read and is put back changes nothing.
pub(crate) fn restored(mut given: Value, served: &Value, stored: &Value) -> Value {
    let Some(members) = given.as_object_mut() else { return given };
    members.retain(|name, _| name != "links");
    if let Some(extent) = members.get_mut("extent").and_then(Value::as_object_mut) {
        for part in ["spatial", "temporal"] {
            let at = |document: &Value| document.get("extent")?.get(part).cloned();
            if let (Some(own), Some(one)) = (at(stored), extent.get_mut(part))
                && Some(&*one) == at(served).as_ref()
            {
                *one = own;
            }
        }
    }
    for name in ["summaries", SCHEMES] {
        restore_entries(members, name, (served, stored));
    }
    restore_extensions(members, (served, stored));
    if given == *stored { stored.clone() } else { given }
}

/// Entries of a member that are as they were served become as they are stored, and go if they are not.
fn restore_entries(members: &mut Map<String, Value>, name: &str, (served, stored): (&Value, &Value)) {
    let at = |document: &Value, entry: &str| document.get(name)?.get(entry).cloned();
    let Some(entries) = members.get_mut(name).and_then(Value::as_object_mut) else { return };
    entries.retain(|entry, value| {
        if Some(&*value) != at(served, entry).as_ref() {
            return true;
        }
        at(stored, entry).map(|own| *value = own).is_some()
    });
    if entries.is_empty() && stored.get(name).is_none() {
        members.retain(|other, _| other != name);
    }
}

/// The extension that the server named is not named any more where nothing of it is left.
fn restore_extensions(members: &mut Map<String, Value>, (served, stored): (&Value, &Value)) {
    const NAME: &str = "stac_extensions";
    let names = |document: &Value| {
        document.get(NAME).and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == EXTENSION))
    };
    if !names(served) || names(stored) {
        return;
    }
    let is_as_served = members.get(NAME) == served.get(NAME);
    if !is_as_served && members.contains_key(SCHEMES) {
        return;
    }
    let Some(extensions) = members.get_mut(NAME).and_then(Value::as_array_mut) else { return };
    extensions.retain(|one| one != EXTENSION);
    if extensions.is_empty() && stored.get(NAME).is_none() {
        members.retain(|other, _| other != NAME);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored() -> Value {
        json!({"id": "c", "extent": {"spatial": {"bbox": [[-10, 40, 10, 60]]}, "temporal": {"interval": [[null, null]]}},
            "summaries": {"gsd": [10]}, "auth:schemes": {"mine": {"type": "s3"}, "ardent_bearer": {"type": "old"}}})
    }

    fn served() -> Value {
        let mut served = stored();
        served["extent"]["spatial"] = json!({"bbox": [[1, 2, 3, 4]]});
        served["extent"]["temporal"] = json!({"interval": [["2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"]]});
        served["summaries"]["eo:cloud_cover"] = json!({"minimum": 1, "maximum": 2});
        served["auth:schemes"]["ardent_bearer"] = json!({"type": "http"});
        served["auth:schemes"]["ardent_openid"] = json!({"type": "openIdConnect"});
        served["stac_extensions"] = json!([EXTENSION]);
        served["links"] = json!([{"rel": "self"}]);
        served
    }

    #[test]
    fn what_comes_back_as_it_was_served_is_as_it_was_stored() {
        assert_eq!(restored(served(), &served(), &stored()).to_string(), stored().to_string());
        let mut bare = stored();
        bare.as_object_mut().unwrap().retain(|name, _| name == "id" || name == "extent");
        let mut served = served();
        served["summaries"].as_object_mut().unwrap().remove("gsd");
        served["auth:schemes"].as_object_mut().unwrap().remove("mine");
        assert_eq!(restored(served.clone(), &served, &bare).to_string(), bare.to_string());
    }

    #[test]
    fn what_was_changed_is_as_it_was_given() {
        let mut given = served();
        given["title"] = json!("New");
        given["extent"]["temporal"] = json!({"interval": [["2019-01-01T00:00:00Z", null]]});
        given["summaries"]["gsd"] = json!([10, 20]);
        given["auth:schemes"]["mine"] = json!({"type": "http"});
        given["stac_extensions"] = json!(["https://example.org/x.json", EXTENSION]);
        let mut expected = stored();
        expected["title"] = json!("New");
        expected["extent"]["temporal"] = given["extent"]["temporal"].clone();
        expected["summaries"]["gsd"] = json!([10, 20]);
        expected["auth:schemes"]["mine"] = json!({"type": "http"});
        expected["stac_extensions"] = given["stac_extensions"].clone();
        assert_eq!(restored(given, &served(), &stored()), expected, "schemes are left, so is their extension");
    }

    #[test]
    fn what_its_author_says_stays() {
        let mut own = stored();
        own["stac_extensions"] = json!([EXTENSION]);
        let given = own.clone();
        assert_eq!(restored(given, &served(), &own), own);
        let mut without = served();
        without["stac_extensions"] = json!(["https://example.org/x.json"]);
        without.as_object_mut().unwrap().remove("auth:schemes");
        let kept = restored(without, &served(), &stored());
        assert_eq!(kept["stac_extensions"], json!(["https://example.org/x.json"]));
        assert_eq!(kept.get("auth:schemes"), None, "it was taken out");
    }
}
