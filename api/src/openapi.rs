//! The OpenAPI document, made from the handlers.

use std::sync::LazyLock;

use ardent_model::Scope;
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::{
    gate::Needs,
    handlers::{
        admin, aggregate, children, collection_queryables, collection_transactions, collections, conformance, dates,
        documentation, estimate, functions, health, item_transactions, items, keys, landing, load, me, metrics,
        openapi as served, protected_resource, queryables, search, sortables,
    },
    openapi30, routes,
};

/// The handlers it is made from.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ardent",
        description = "Analysis-ready satellite data: a STAC API to find scenes, and cubes made of them.",
        license(name = "Apache-2.0 OR MIT", url = "https://www.apache.org/licenses/LICENSE-2.0")
    ),
    servers((url = "/")),
    tags(
        (name = "Capabilities", description = "What this server is and does."),
        (name = "Collections", description = "What the items of a product share."),
        (name = "Items", description = "The items of a collection."),
        (name = "Item Search", description = "Items of all collections."),
        (name = "Aggregation", description = "Items, counted."),
        (name = "Transactions", description = "Adding, changing and removing items and collections."),
        (name = "Datacube", description = "Mosaics and time series, made from the scenes."),
        (name = "Identity", description = "Who one is, and API keys."),
        (name = "Administration", description = "Policies, keys and the audit; for admins."),
        (name = "Operation", description = "For those who run it."),
    ),
    paths(
        landing::get, conformance::get, served::get, documentation::page, documentation::part, collections::list,
        collections::get, children::get, collection_queryables::get, dates::of_collection, dates::get, dates::children,
        collection_transactions::create, collection_transactions::replace, collection_transactions::patch,
        collection_transactions::remove, item_transactions::create, item_transactions::replace,
        item_transactions::patch, item_transactions::remove,
        items::list, items::get, search::get, search::post, aggregate::get, aggregate::post,
        aggregate::get_of_collection, aggregate::post_of_collection, aggregate::list, aggregate::list_of_collection,
        queryables::of_all, queryables::of_collection, sortables::of_all, sortables::of_collection, functions::list,
        estimate::post, load::post, health::live, health::ready,
        metrics::get, me::get, keys::list, keys::create, keys::revoke, protected_resource::get, admin::policies::list,
        admin::collection_policy::get, admin::collection_policy::put, admin::grants::put, admin::grants::delete,
        admin::keys::list, admin::keys::revoke, admin::audit::list,
    )
)]
struct Document;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    // The types of utoipa always serialise; were that to change, the tests would see an empty document.
    secured(openapi30::from_31(serde_json::to_value(Document::openapi()).unwrap_or_default()))
});

/// With what each operation needs, as the routes say it.
fn secured(mut document: Value) -> Value {
    document["components"]["securitySchemes"] = json!({ "bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "An access token of an identity provider (`/.well-known/oauth-protected-resource` names them), \
                        or an API key (`POST /keys`).",
    }});
    for endpoint in routes::endpoints() {
        for (method, needs) in endpoint.needs() {
            let operation = &mut document["paths"][endpoint.path()][method];
            let (name, security) = match needs {
                Needs::Nothing => ("nothing", json!([])),
                Needs::Anyone => ("nothing", json!([{}, { "bearer": [] }])),
                Needs::SignIn => ("sign-in", json!([{ "bearer": [] }])),
                // How much those may do who have not signed in is a setting.
                Needs::Scope(scope @ (Scope::Read | Scope::Load)) => (scope.name(), json!([{}, { "bearer": [] }])),
                Needs::Scope(scope) => (scope.name(), json!([{ "bearer": [] }])),
                Needs::Counters => ("admin", json!([{}, { "bearer": [] }])),
            };
            operation["security"] = security;
            operation["x-ardent-needs"] = json!(name);
        }
    }
    document
}

/// The document, whose server is `/`.
pub(crate) fn document() -> Value {
    DOCUMENT.clone()
}

/// The OpenAPI 3.0 document as pretty JSON with a final newline.
///
/// ```
/// assert!(ardent_api::openapi_json().contains("\"openapi\": \"3.0.3\""));
/// ```
pub fn openapi_json() -> String {
    format!("{:#}\n", *DOCUMENT)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::routes;

    fn written() -> BTreeMap<String, BTreeSet<String>> {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let methods = |operations: &Value| operations.as_object().unwrap().keys().cloned().collect();
        paths.iter().map(|(path, operations)| (path.clone(), methods(operations))).collect()
    }

    #[test]
    fn every_route_is_described_and_every_description_is_a_route() {
        let routes = routes::endpoints().into_iter().map(|endpoint| {
            let methods: BTreeSet<String> = endpoint.needs().map(|(method, _)| method).collect();
            (endpoint.path().to_owned(), methods)
        });
        let routes: BTreeMap<_, _> = routes.collect();
        assert_eq!(written(), routes);
    }

    #[test]
    fn operations_have_ids_of_their_own_and_say_what_goes_wrong() {
        let document = document();
        let mut ids = BTreeSet::new();
        for operation in
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
        {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} twice");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{id} has no summary");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn check(document: &Value, value: &Value) {
            match value {
                Value::Object(members) => members.iter().for_each(|(name, member)| match member.as_str() {
                    Some(reference) if name == "$ref" => {
                        let pointer = reference.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{reference}");
                    }
                    _ => check(document, member),
                }),
                Value::Array(elements) => elements.iter().for_each(|element| check(document, element)),
                _ => {}
            }
        }
        check(&document(), &document());
    }

    #[test]
    fn writes_are_described_as_they_are() {
        let document = document();
        let items = "/collections/{collectionId}/items";
        for (method, path, takes_preference, required) in [
            ("post", "/collections", false, None),
            ("put", "/collections/{collectionId}", true, Some("ReplacingCollection")),
            ("patch", "/collections/{collectionId}", true, None),
            ("delete", "/collections/{collectionId}", false, None),
            ("post", items, false, None),
            ("put", &format!("{items}/{{itemId}}"), true, Some("ReplacingItem")),
            ("patch", &format!("{items}/{{itemId}}"), true, None),
            ("delete", &format!("{items}/{{itemId}}"), false, None),
        ] {
            let operation = &document["paths"][path][method];
            let parameters = operation["parameters"].as_array().unwrap();
            let takes = parameters.iter().any(|parameter| parameter["name"] == "Prefer");
            assert_eq!(takes, takes_preference, "{method} {path}");
            if method == "post" {
                let headers = operation["responses"]["201"]["headers"].as_object().unwrap();
                assert_eq!(headers.keys().collect::<Vec<_>>(), ["ETag", "Location"], "{path}");
            }
            if let Some(name) = required {
                let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(*body, format!("#/components/schemas/{name}"));
                let schema = &document["components"]["schemas"][name];
                assert!(schema["allOf"].as_array().unwrap().iter().all(|part| part["required"].is_null()), "{schema}");
            }
        }
    }

    #[test]
    fn the_described_recipe_is_the_recipe() {
        let schema = &document()["components"]["schemas"]["Recipe"];
        let example = schema["example"].to_string();
        let recipe = ardent_model::Recipe::parse(example.as_bytes()).unwrap();
        let described: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        // The message about an unknown member lists those that are known.
        let refusal = ardent_model::Recipe::parse(br#"{"no-such-member": 1}"#).unwrap_err().to_string();
        let known = refusal.split("expected one of").nth(1).unwrap().split(" at line").next().unwrap();
        let known: BTreeSet<&str> = known.split(',').map(|name| name.trim().trim_matches('`')).collect();
        assert_eq!(described, known);
        let written = serde_json::to_value(recipe).unwrap();
        let value = |member: &str| schema["properties"][member]["default"].clone();
        for (member, default) in [
            ("resampling", "nearest"),
            ("bbox_crs", "EPSG:4326"),
            ("group", "all"),
            ("reduce", "median"),
            ("on_error", "fail"),
            ("dedupe", "latest"),
        ] {
            let bare = ardent_model::Recipe::parse(br#"{"collections": ["c"], "bands": ["b"]}"#).unwrap();
            assert_eq!(serde_json::to_value(bare).unwrap()[member], default, "{member} of the model");
            assert_eq!(value(member), default, "{member} of the description");
        }
        assert_eq!(written["group"], "season");
    }

    #[test]
    fn the_committed_document_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == openapi_json(), "openapi/openapi.json is stale: ardent openapi > openapi/openapi.json");
    }
}
