//! Every route of the OpenAPI document × every kind of caller.

use ardent_api::Settings;
use ardent_model::{Scope, Scopes, Subject};
use ardent_testkit::issuer::{self, Issuer};
use chrono::Utc;
use serde_json::{Value, json};

use crate::site::{Got, Site};

/// Those who call, each with what is sent.
struct Callers {
    anonymous: Option<String>,
    /// Signed in, and granted nothing.
    wrong_role: Option<String>,
    /// May ingest.
    writer: Option<String>,
    /// May load.
    right_role: Option<String>,
    admin: Option<String>,
    /// Of one who may load.
    key: Option<String>,
    /// Tokens that were good, or would be elsewhere.
    refused: Vec<(&'static str, Option<String>)>,
}

/// What an operation needs, as the document says it.
#[derive(Debug, Clone, PartialEq)]
struct Operation {
    method: String,
    path: String,
    needs: String,
    /// Nothing that is shown is looked at.
    is_blind: bool,
}

async fn grant(site: &Site) {
    let catalog = &site.catalog;
    catalog.set_grant(&Subject::authenticated(), Scopes::NONE).await.unwrap();
    catalog.set_grant(&Subject::group("rangers"), Scopes::from_iter([Scope::Load])).await.unwrap();
    catalog.set_grant(&Subject::group("writers"), Scopes::from_iter([Scope::Ingest])).await.unwrap();
    catalog.set_grant(&Subject::group("admins"), Scopes::from_iter([Scope::Admin])).await.unwrap();
}

async fn callers(site: &Site, issuer: &Issuer, other: &Issuer) -> Callers {
    let right = issuer.token("ranger", &["rangers"]);
    let body = json!({"label": "matrix", "scopes": ["load"]});
    let made = site.send(("post", "/keys"), Some(&right), Some(&body)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let mut expired = issuer.claims("ranger");
    expired["exp"] = json!(Utc::now().timestamp() - 60);
    expired["groups"] = json!(["/admins"]);
    let mut audience = issuer.claims("ranger");
    audience["aud"] = json!("account");
    Callers {
        anonymous: None,
        wrong_role: Some(issuer.token("visitor", &["gardeners"])),
        key: made.json()["secret"].as_str().map(ToOwned::to_owned),
        writer: Some(issuer.token("writer", &["writers"])),
        admin: Some(issuer.token("keeper", &["admins"])),
        refused: vec![
            ("expired", Some(issuer.sign(&expired))),
            ("other issuer", Some(other.token("keeper", &["admins"]))),
            ("other audience", Some(issuer.sign(&audience))),
            ("forged", Some(other.newest_key().sign(&issuer.claims("keeper")))),
            ("cut short", Some(right[..right.len() - 8].to_owned())),
            ("no key", Some(format!("ardent_{}", "A".repeat(43)))),
        ],
        right_role: Some(right),
    }
}

async fn operations(site: &Site) -> Vec<Operation> {
    let document = site.get("/api").await.json();
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let needs = operation["x-ardent-needs"].as_str().unwrap_or_else(|| panic!("{method} {path} has no policy"));
            let is_blind = operation["security"].as_array().unwrap_or_else(|| panic!("{method} {path}")).is_empty();
            let path = path.clone();
            found.push(Operation { method: method.clone(), path, needs: needs.to_owned(), is_blind });
        }
    }
    found
}

/// The path for a collection and what else it needs.
fn filled(path: &str, collection: &str) -> String {
    path.replace("{collectionId}", collection)
        .replace("{itemId}", if collection == "secret" { "hidden" } else { "s00" })
        .replace("{date}", "all")
        .replace("{file}", "swagger-ui.css")
        .replace("{keyId}", "2c0bd0d5-3d2e-4a7c-8d5b-0e6f3e0b8a11")
        .replace("{subject}", "group:nobody")
}

async fn ask(site: &Site, operation: &Operation, collection: &str, token: Option<&str>) -> Got {
    // An empty object is no good body for anything: whoever passes the gate is told so by the route.
    let body = matches!(operation.method.as_str(), "post" | "put" | "patch").then(|| json!({}));
    site.send((&operation.method, &filled(&operation.path, collection)), token, body.as_ref()).await
}

/// The status with which the gate answers, if it does.
fn at_the_gate(got: &Got) -> Option<u16> {
    assert!(got.status < 500, "{}", got.text);
    matches!(got.status, 401 | 403).then_some(got.status)
}

#[tokio::test]
async fn who_may_not_pass_does_not_and_who_may_does() {
    let (site, issuer) = Site::guarded().await;
    let other = issuer::start().await.unwrap();
    grant(&site).await;
    let callers = callers(&site, &issuer, &other).await;
    let operations = operations(&site).await;
    let mut asked = 0;
    for operation in &operations {
        let by_needs = |nothing, sign_in, read, load, ingest, admin| match operation.needs.as_str() {
            "nothing" => nothing,
            "sign-in" => sign_in,
            "read" => read,
            "load" => load,
            "ingest" => ingest,
            "admin" => admin,
            other => panic!("{other}: teach the matrix who has it"),
        };
        let mut expected = vec![
            ("anonymous", &callers.anonymous, by_needs(None, Some(401), None, Some(401), Some(401), Some(401))),
            ("wrong role", &callers.wrong_role, by_needs(None, None, Some(403), Some(403), Some(403), Some(403))),
            ("right role", &callers.right_role, by_needs(None, None, None, None, Some(403), Some(403))),
            ("key", &callers.key, by_needs(None, None, None, None, Some(403), Some(403))),
            ("writer", &callers.writer, by_needs(None, None, None, Some(403), None, Some(403))),
            ("admin", &callers.admin, None),
        ];
        let refused = if operation.is_blind { None } else { Some(401) };
        expected.extend(callers.refused.iter().map(|(who, token)| (*who, token, refused)));
        for (who, token, status) in expected {
            let got = ask(&site, operation, "sentinel2", token.as_deref()).await;
            asked += 1;
            let is_own_refusal =
                got.status == 403 && (got.json()["code"] == "NotByKey" || got.json()["code"] == "NotOwner");
            let gate = if is_own_refusal { None } else { at_the_gate(&got) };
            assert_eq!(gate, status, "{who}: {operation:?}: {}", got.text);
            let challenge = got.header("www-authenticate");
            match (status, *token != callers.anonymous) {
                (Some(401), false) => {
                    assert!(challenge.starts_with("Bearer realm=") && !challenge.contains("error="), "{challenge}");
                }
                (Some(401), true) => assert!(challenge.contains("error=\"invalid_token\""), "{who}: {challenge}"),
                (Some(403), _) => assert!(challenge.contains("error=\"insufficient_scope\""), "{who}: {challenge}"),
                _ => assert_eq!(challenge, "", "{who}: {operation:?}"),
            }
        }
    }
    assert_eq!(asked, operations.len() * 12);
    println!("route matrix: {} operations x 12 callers = {asked} requests", operations.len());
}

#[tokio::test]
async fn what_is_hidden_is_nowhere() {
    let (site, issuer) = Site::guarded().await;
    let other = issuer::start().await.unwrap();
    grant(&site).await;
    let callers = callers(&site, &issuer, &other).await;
    let (mut hidden, mut seen) = (0, 0);
    for operation in operations(&site).await {
        let those = [&callers.anonymous, &callers.wrong_role, &callers.right_role, &callers.key, &callers.writer];
        for token in those {
            for query in ["", "?ids=hidden", "?collections=secret", "?limit=1000", "?bbox=0,51,1,52"] {
                let path = format!("{}{query}", filled(&operation.path, "secret"));
                let body = (operation.method == "post").then(|| json!({"collections": ["secret"], "ids": ["hidden"]}));
                let got = site.send((&operation.method, &path), token.as_deref(), body.as_ref()).await;
                let text = got.text.replace("`secret`", "").replace("`hidden`", "");
                // A link back to what was asked, and the paths of the documentation, tell nothing.
                let text = text.replace("/collections/secret/items?", "").replace("collections=secret", "");
                let text = text.replace("ids=hidden", "");
                let is_documentation = operation.path.starts_with("/api");
                let tells = text.contains("The secret") || text.contains("\"hidden\"") || text.contains("\"secret\"");
                assert!(is_documentation || !tells, "{path}: {}", got.text);
                if operation.path.contains("{collectionId}")
                    && !operation.path.starts_with("/admin")
                    && query.is_empty()
                {
                    let missing = filled(&operation.path, "nothing").replace("s00", "hidden");
                    let missing = site.send((&operation.method, &missing), token.as_deref(), body.as_ref()).await;
                    assert_eq!(got.status, missing.status, "{path}");
                    assert_eq!(detail(&got).replace("secret", "nothing"), detail(&missing), "{path}");
                    hidden += 1;
                }
            }
        }
        if operation.path.contains("{collectionId}") && operation.method == "get" {
            let got = ask(&site, &operation, "secret", callers.admin.as_deref()).await;
            assert_eq!(got.status, 200, "{operation:?}: {}", got.text);
            seen += 1;
        }
    }
    let what = "collection, items, item, dates, children, aggregations, queryables, seven writes, and the admin's own";
    assert_eq!((hidden, seen), (90, 11), "{what}");
}

fn detail(got: &Got) -> String {
    got.json()["detail"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn without_anonymous_access_only_the_descriptions_are_open() {
    let settings = Settings { anonymous: Scopes::NONE, public_metrics: false, ..Settings::default() };
    let (site, issuer) = Site::guarded_with(settings).await;
    for operation in operations(&site).await {
        let got = ask(&site, &operation, "sentinel2", None).await;
        let is_open = operation.needs == "nothing";
        assert_eq!(got.status == 401, !is_open, "{operation:?}");
    }
    let landing = site.get("/").await.json();
    let children =
        |page: &Value| page["links"].as_array().unwrap().iter().filter(|link| link["rel"] == "child").count();
    assert_eq!(children(&landing), 0, "not even names");
    let landing = site.get_as(&issuer.token("a", &[]), "/").await.json();
    assert_eq!(children(&landing), 2);
}
