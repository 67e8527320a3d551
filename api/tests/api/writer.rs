//! Those who write, and what they write.

use ardent_model::{Scope, Scopes, Subject};
use ardent_testkit::issuer::Issuer;
use serde_json::{Value, json};

use crate::site::{Got, Site};

pub(crate) const ITEMS: &str = "/collections/sentinel2/items";

/// A guarded site whose `writers` may ingest and whose `admins` are that; the issuer of their tokens.
pub(crate) async fn site() -> (Site, Issuer) {
    let (site, issuer) = Site::guarded().await;
    site.catalog.set_grant(&Subject::group("writers"), Scopes::from_iter([Scope::Ingest])).await.unwrap();
    site.catalog.set_grant(&Subject::group("admins"), Scopes::from_iter([Scope::Admin])).await.unwrap();
    (site, issuer)
}

/// A request by somebody, with a media type, a body and headers.
pub(crate) struct Write<'a> {
    pub(crate) site: &'a Site,
    pub(crate) token: &'a str,
}

impl Write<'_> {
    pub(crate) async fn send(&self, (method, path): (&str, &str), body: (&str, &str), headers: &[(&str, &str)]) -> Got {
        let mut request = self.site.client.request(method.to_uppercase().parse().unwrap(), self.site.url(path));
        request = request.bearer_auth(self.token);
        if !body.0.is_empty() {
            request = request.header("content-type", body.0).body(body.1.to_owned());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Got::from(request.send().await.unwrap()).await
    }

    pub(crate) async fn json(&self, target: (&str, &str), body: &Value) -> Got {
        self.send(target, ("application/json", &body.to_string()), &[]).await
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send(("get", path), ("", ""), &[]).await
    }
}

pub(crate) fn scene(id: &str) -> Value {
    json!({
        "type": "Feature", "stac_version": "1.1.0", "id": id, "links": [], "bbox": [1.0, 2.0, 1.0, 2.0],
        "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}, "properties": {"datetime": "2024-06-01T11:00:00Z"},
        "assets": {"data": {"href": "s3://archive/scene.tif"}},
    })
}

pub(crate) fn product(id: &str) -> Value {
    json!({
        "type": "Collection", "stac_version": "1.1.0", "id": id, "description": "A product", "license": "CC0-1.0",
        "links": [], "extent": {"spatial": {"bbox": [[-10, 40, 10, 60]]},
        "temporal": {"interval": [["2020-01-01T00:00:00Z", null]]}},
    })
}

pub(crate) fn several(ids: &[&str]) -> Value {
    json!({"type": "FeatureCollection", "features": ids.iter().map(|id| scene(id)).collect::<Vec<_>>()})
}

/// A document without what is added on its way out.
pub(crate) fn bare(mut document: Value) -> Value {
    for made in ["links", "crs", "storageCrs", "auth:schemes", "stac_extensions"] {
        document.as_object_mut().unwrap().remove(made);
    }
    document
}
