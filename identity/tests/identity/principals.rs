//! Who a good token says its bearer is.

use ardent_identity::{Issuer, Refusal, Verifier};
use ardent_testkit::issuer::{self, SigningKey};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::fixture::Fixture;

fn texts(subjects: &[ardent_model::Subject]) -> Vec<&str> {
    subjects.iter().map(ardent_model::Subject::as_str).collect()
}

#[tokio::test]
async fn groups_and_roles_become_subjects() {
    let fixture = Fixture::new().await;
    let mut claims = fixture.issuer.claims("0b1e");
    claims["groups"] = json!(["/rangers/north", "pangeo_notebook_users", "", "/", "a\u{7}b"]);
    claims["realm_access"] = json!({"roles": ["ard reader"]});
    claims["resource_access"] = json!({"note/books": {"roles": ["editor"]}, "account": {"roles": []}});
    claims["preferred_username"] = json!("ranger");
    let principal = fixture.verifier.verify(&fixture.issuer.sign(&claims)).await.unwrap();
    assert_eq!(
        texts(&principal.subjects),
        [
            "authenticated",
            "client-role:note%2Fbooks/editor",
            "group:pangeo_notebook_users",
            "group:rangers/north",
            "role:ard reader",
            "user:0b1e",
        ]
    );
    assert_eq!((principal.user.as_str(), principal.name.as_str()), ("user:0b1e", "ranger"));
    assert_eq!(principal.client.as_deref(), Some("notebooks"));
    assert_eq!(principal.expires.timestamp(), claims["exp"].as_i64().unwrap());
}

#[tokio::test]
async fn every_kind_of_signature_that_counts_does() {
    let fixture = Fixture::new().await;
    for algorithm in [
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
        Algorithm::ES256,
        Algorithm::ES384,
    ] {
        fixture.issuer.rotate(SigningKey::new(&format!("{algorithm:?}"), algorithm).unwrap());
        let token = fixture.issuer.token("a", &[]);
        fixture.verifier.verify(&token).await.unwrap_or_else(|error| panic!("{algorithm:?}: {error}"));
    }
}

#[tokio::test]
async fn tokens_of_other_providers_do_too() {
    let fixture = Fixture::new().await;
    let key = fixture.issuer.newest_key();
    let mut claims = fixture.issuer.claims("a");
    for member in ["typ", "azp", "preferred_username"] {
        claims.as_object_mut().unwrap().remove(member);
    }
    claims["aud"] = json!("ardent");
    claims["client_id"] = json!("rfc9068");
    let mut header = key.header();
    for kind in [Some("at+jwt"), Some("application/AT+JWT"), Some("JWT"), None] {
        header.typ = kind.map(ToOwned::to_owned);
        let principal = fixture.verifier.verify(&key.sign_with(&header, &claims)).await.unwrap();
        assert_eq!((principal.name.as_str(), principal.client.as_deref()), ("a", Some("rfc9068")), "{kind:?}");
    }
}

#[tokio::test]
async fn several_issuers_keep_their_names_apart() {
    let (ours, theirs) = (issuer::start().await.unwrap(), issuer::start().await.unwrap());
    let partner = Issuer { name: Some("partner".to_owned()), ..Issuer::new(theirs.url()) };
    let verifier = Verifier::start(vec![Issuer::new(ours.url()), partner], &Handle::current()).unwrap();
    let own = verifier.verify(&ours.token("7", &["admins@partner"])).await.unwrap();
    let foreign = verifier.verify(&theirs.token("7", &["admins"])).await.unwrap();
    assert_eq!((own.user.as_str(), foreign.user.as_str()), ("user:7", "user:7@partner"));
    assert!(texts(&own.subjects).contains(&"group:admins%40partner"), "{own:?}");
    assert!(texts(&foreign.subjects).contains(&"group:admins@partner"), "{foreign:?}");
    // A key of the one signs nothing of the other, whatever it is called.
    let forged = theirs.newest_key().sign(&ours.claims("7"));
    assert_eq!(verifier.verify(&forged).await.unwrap_err().to_string(), "the token has a wrong signature");
}

#[tokio::test]
async fn clients_can_be_limited() {
    let fixture = Fixture::with(|issuer| issuer.clients = ["notebooks".to_owned()].into()).await;
    assert!(fixture.accepts(&fixture.issuer.token("a", &[])).await);
    for client in [json!("elsewhere"), Value::Null] {
        let mut claims = fixture.issuer.claims("a");
        claims["azp"] = client;
        let refusal = fixture.refusal(&fixture.issuer.sign(&claims)).await;
        assert!(matches!(&refusal, Refusal::Client { allowed, .. } if allowed == "notebooks"), "{refusal:?}");
    }
}

#[tokio::test]
async fn nobody_is_in_thousands_of_groups() {
    let fixture = Fixture::new().await;
    let mut claims = fixture.issuer.claims("a");
    claims["groups"] = (0..2100).map(|index| json!(format!("{index}"))).collect();
    let refusal = fixture.refusal(&fixture.issuer.sign(&claims)).await;
    assert!(refusal.to_string().contains("groups and roles") || refusal.to_string().contains("longer"), "{refusal}");
    claims["groups"] = (0..500).map(|index| json!(format!("{index}"))).collect();
    assert!(fixture.accepts(&fixture.issuer.sign(&claims)).await);
}
