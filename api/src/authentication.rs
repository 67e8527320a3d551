//! How to get in, told in the documents themselves (STAC Authentication extension 1.1.0): the schemes, and which links
//! need one of them.

use std::{collections::HashSet, sync::LazyLock};

use ardent_catalog::StoredCollection;
use ardent_model::{Scope, Scopes, Visibility};
use serde_json::{Map, Value, json};

use crate::{context::Context, gate::Needs, routes, stac, state::State};

/// The extension.
pub(crate) const EXTENSION: &str = "https://stac-extensions.github.io/authentication/v1.1.0/schema.json";
/// The member that has the schemes.
pub(crate) const SCHEMES: &str = "auth:schemes";
/// Names of the schemes; that of an issuer with a name has it at its end.
const BEARER: &str = "ardent_bearer";
const OPENID: &str = "ardent_openid";

/// What each route needs: method in small letters, parts of the path, need.
static NEEDS: LazyLock<Vec<(String, Vec<&'static str>, Needs)>> = LazyLock::new(|| {
    let endpoints = routes::endpoints();
    let needs = endpoints.iter().flat_map(|endpoint| {
        let parts: Vec<&str> = endpoint.path().split('/').collect();
        endpoint.needs().map(move |(method, needs)| (method, parts.clone(), needs)).collect::<Vec<_>>()
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
    let schemes = context.schemes();
    if schemes.is_empty() {
        return;
    }
    let references: Vec<&String> = schemes.keys().collect();
    let restricted = collections.into_iter().filter(|stored| stored.policy.visibility != Visibility::Public);
    let restricted: HashSet<String> =
        restricted.map(|stored| context.links.collection(&stored.collection.id)).collect();
    let base = context.links.to("");
    let is_guarded = |link: &Value| {
        let href = link["href"].as_str().unwrap_or_default();
        let address = href.split('?').next().unwrap_or_default();
        let Some(path) = address.strip_prefix(&base) else { return false };
        collection_of(address, path).is_some_and(|place| restricted.contains(place))
            || needs_token(link["method"].as_str().unwrap_or("GET"), path, context.state.settings.anonymous)
    };
    for link in document["links"].as_array_mut().into_iter().flatten().filter(|link| is_guarded(link)) {
        link["auth:refs"] = json!(references);
    }
    extend(document, schemes.clone());
}

/// The address of the collection in which an address is, whose path this is.
fn collection_of<'a>(address: &'a str, path: &str) -> Option<&'a str> {
    let rest = path.strip_prefix("/collections/")?;
    let deeper = rest.find('/').map_or(0, |end| rest.len() - end);
    address.get(..address.len() - deeper)
}

/// With the schemes beside those that it has, and the name of the extension.
fn extend(document: &mut Value, schemes: Map<String, Value>) {
    match document.get_mut(SCHEMES).and_then(Value::as_object_mut) {
        Some(own) => own.extend(schemes),
        None => document[SCHEMES] = Value::Object(schemes),
    }
    match document.get_mut("stac_extensions").and_then(Value::as_array_mut) {
        Some(extensions) if extensions.iter().any(|one| one == EXTENSION) => {}
        Some(extensions) => extensions.push(json!(EXTENSION)),
        None => document["stac_extensions"] = json!([EXTENSION]),
    }
}

/// The schemes by name; none without an identity provider.
pub(crate) fn schemes(state: &State) -> Map<String, Value> {
    let mut schemes = Map::new();
    for (name, url) in state.identifier.descriptions() {
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
    let (method, parts) = (method.to_ascii_lowercase(), path.split('/').collect::<Vec<_>>());
    let found = NEEDS.iter().find(|(of, template, _)| *of == method && is_of(&parts, template));
    match found.map(|(.., needs)| needs) {
        Some(Needs::Scope(scope)) => !anonymous.allows(*scope),
        Some(Needs::Counters) => !anonymous.allows(Scope::Admin),
        Some(Needs::SignIn) => true,
        Some(Needs::Nothing | Needs::Anyone) | None => false,
    }
}

/// Whether a path is one of a route.
fn is_of(parts: &[&str], template: &[&str]) -> bool {
    let fits = |(part, wanted): (&&str, &&str)| part == wanted || wanted.starts_with('{') && !part.is_empty();
    parts.len() == template.len() && parts.iter().zip(template).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_one_collection() {
        for (path, place) in [
            ("/collections/a", Some("http://h/collections/a")),
            ("/collections/a%2Fb/items/c/d", Some("http://h/collections/a%2Fb")),
            ("/collections/ab/items", Some("http://h/collections/ab")),
            ("/collections", None),
            ("/search", None),
        ] {
            assert_eq!(collection_of(&format!("http://h{path}"), path), place, "{path}");
        }
    }

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
