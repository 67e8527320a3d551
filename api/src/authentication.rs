//! How to get in, told in the documents themselves (STAC Authentication extension 1.1.0): the schemes, and which links
//! need one of them.

use std::{collections::BTreeSet, sync::LazyLock};

use ardent_catalog::StoredCollection;
use ardent_model::{Scope, Scopes, Visibility};
use serde_json::{Map, Value, json};

use crate::{context::Context, gate::Needs, routes, stac};

/// The extension.
const EXTENSION: &str = "https://stac-extensions.github.io/authentication/v1.1.0/schema.json";
/// Names of the schemes; that of an issuer with a name has it at its end.
const BEARER: &str = "ardent_bearer";
const OPENID: &str = "ardent_openid";

/// What each route needs: method in small letters, path, need.
static NEEDS: LazyLock<Vec<(String, &'static str, Needs)>> = LazyLock::new(|| {
    let endpoints = routes::endpoints();
    let needs = endpoints.iter().flat_map(|endpoint| {
        let path = endpoint.path();
        endpoint.needs().map(move |(method, needs)| (method, path, needs)).collect::<Vec<_>>()
    });
    needs.collect()
});

/// A collection as it is handed out: with its links, and the schemes.
pub(crate) fn collection(context: &Context, stored: &StoredCollection) -> Value {
    let mut document = stac::collection(&context.links, stored);
    declare(context, &mut document, [stored]);
    document
}

/// Adds the schemes to a document made of these collections (itself, or those it links to), and to each link that needs
/// one. Nothing without an identity provider.
pub(crate) fn declare<'a>(
    context: &Context,
    document: &mut Value,
    collections: impl IntoIterator<Item = &'a StoredCollection>,
) {
    let schemes = schemes(context);
    if schemes.is_empty() {
        return;
    }
    let references: Vec<&String> = schemes.keys().collect();
    let restricted = collections.into_iter().filter(|stored| stored.policy.visibility != Visibility::Public);
    let restricted: BTreeSet<String> =
        restricted.map(|stored| context.links.collection(&stored.collection.id)).collect();
    let is_guarded = |link: &Value| {
        let href = link["href"].as_str().unwrap_or_default();
        let address = href.split('?').next().unwrap_or_default();
        let is_within = |place: &String| {
            address.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        restricted.iter().any(is_within)
            || address.strip_prefix(&context.links.to("")).is_some_and(|path| {
                needs_token(link["method"].as_str().unwrap_or("GET"), path, context.state.settings.anonymous)
            })
    };
    for link in document["links"].as_array_mut().into_iter().flatten().filter(|link| is_guarded(link)) {
        link["auth:refs"] = json!(references);
    }
    extend(document, schemes);
}

/// With the schemes beside those that it has, and the name of the extension.
fn extend(document: &mut Value, schemes: Map<String, Value>) {
    match document.get_mut("auth:schemes").and_then(Value::as_object_mut) {
        Some(own) => own.extend(schemes),
        None => document["auth:schemes"] = Value::Object(schemes),
    }
    match document.get_mut("stac_extensions").and_then(Value::as_array_mut) {
        Some(extensions) if extensions.iter().any(|one| one == EXTENSION) => {}
        Some(extensions) => extensions.push(json!(EXTENSION)),
        None => document["stac_extensions"] = json!([EXTENSION]),
    }
}

/// The schemes by name; none without an identity provider.
fn schemes(context: &Context) -> Map<String, Value> {
    let mut schemes = Map::new();
    for (name, url) in context.state.identifier.descriptions() {
        let key = name.map_or_else(|| OPENID.to_owned(), |name| format!("{OPENID}_{name}"));
        let scheme = json!({
            "type": "openIdConnect", "openIdConnectUrl": url,
            "description": "Sign in there, and send the access token as `Authorization: Bearer …`.",
        });
        schemes.insert(key, scheme);
    }
    if !schemes.is_empty() {
        let scheme = json!({
            "type": "http", "scheme": "bearer",
            "description": "An access token of an identity provider, or an API key (`POST /keys`).",
        });
        schemes.insert(BEARER.to_owned(), scheme);
    }
    schemes
}

/// Whether a route does nothing for those who have not signed in.
fn needs_token(method: &str, path: &str, anonymous: Scopes) -> bool {
    let method = method.to_ascii_lowercase();
    let found = NEEDS.iter().find(|(of, template, _)| *of == method && is_of(path, template));
    match found.map(|(.., needs)| needs) {
        Some(Needs::Scope(scope)) => !anonymous.allows(*scope),
        Some(Needs::Counters) => !anonymous.allows(Scope::Admin),
        Some(Needs::SignIn) => true,
        Some(Needs::Nothing | Needs::Anyone) | None => false,
    }
}

/// Whether a path is one of a route.
fn is_of(path: &str, template: &str) -> bool {
    let (parts, wanted): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), template.split('/').collect());
    parts.len() == wanted.len()
        && parts.iter().zip(wanted).all(|(part, wanted)| *part == wanted || wanted.starts_with('{') && !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_needs_what_its_route_needs() {
        let reader = Scopes::from_iter([Scope::Read]);
        for (method, path, expected) in [
            ("GET", "/search", (true, false)),
            ("POST", "/search", (true, false)),
            ("GET", "/collections/a%2Fb/items/c", (true, false)),
            ("POST", "/datacube/load", (true, true)),
            ("GET", "/keys", (true, true)),
            ("GET", "/admin/audit", (true, true)),
            ("GET", "/", (false, false)),
            ("GET", "/conformance", (false, false)),
            ("GET", "/nowhere", (false, false)),
        ] {
            let needs = (needs_token(method, path, Scopes::NONE), needs_token(method, path, reader));
            assert_eq!(needs, expected, "{method} {path}");
        }
    }
}
