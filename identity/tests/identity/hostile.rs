//! Tokens that must not count.

use ardent_identity::Refusal;
use ardent_testkit::issuer::SigningKey;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::fixture::Fixture;

fn encode(json: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(json)
}

/// A token whose header and claims are these texts, rightly signed.
fn signed(key: &SigningKey, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign_bytes(message.as_bytes());
    format!("{message}.{signature}")
}

#[tokio::test]
async fn unsigned_tokens() {
    let fixture = Fixture::new().await;
    let claims = fixture.issuer.claims("a").to_string();
    for algorithm in ["none", "None", "NONE", "nOnE", "", "RS256 ", "HS1", "EdDSA", "ES512"] {
        for signature in ["", "AAAA"] {
            let header = json!({"alg": algorithm, "typ": "JWT", "kid": "first"}).to_string();
            let token = format!("{}.{}.{signature}", encode(header), encode(&claims));
            let refusal = fixture.refusal(&token).await;
            assert!(matches!(refusal, Refusal::Algorithm { .. }), "{algorithm}: {refusal:?}");
        }
    }
}

#[tokio::test]
async fn signed_with_the_public_key_as_if_it_were_a_secret() {
    let fixture = Fixture::new().await;
    let public = fixture.issuer.newest_key().public().clone();
    let modulus = URL_SAFE_NO_PAD.decode(public["n"].as_str().unwrap()).unwrap();
    let secrets = [public.to_string().into_bytes(), modulus, public["n"].as_str().unwrap().as_bytes().to_vec()];
    for secret in secrets {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("first".to_owned()), ..Header::new(algorithm) };
            let token =
                jsonwebtoken::encode(&header, &fixture.issuer.claims("a"), &EncodingKey::from_secret(&secret)).unwrap();
            assert!(matches!(fixture.refusal(&token).await, Refusal::Algorithm { .. }));
        }
    }
}

#[tokio::test]
async fn signed_with_a_key_that_is_not_for_that() {
    let fixture = Fixture::new().await;
    for (id, change) in [
        ("enc", json!({"use": "enc"})),
        ("oaep", json!({"use": "enc", "alg": "RSA-OAEP"})),
        ("ops", json!({"use": null, "key_ops": ["encrypt"]})),
        ("pss", json!({"alg": "PS256"})),
    ] {
        let key = SigningKey::new(id, Algorithm::RS256).unwrap();
        let mut shown = key.public().clone();
        for (member, value) in change.as_object().unwrap() {
            shown[member] = value.clone();
        }
        fixture.issuer.show(shown);
        let refusal = fixture.refusal(&key.sign(&fixture.issuer.claims("a"))).await;
        assert_eq!(refusal, Refusal::UnknownKey, "{id}");
    }
    // And with one that the token brings itself, or says where to find.
    let own = SigningKey::new("first", Algorithm::RS256).unwrap();
    let mut header = own.header();
    header.jwk = Some(serde_json::from_value(own.public().clone()).unwrap());
    header.jku = Some(format!("{}/certs", fixture.issuer.url()));
    header.x5u = header.jku.clone();
    let token = own.sign_with(&header, &fixture.issuer.claims("a"));
    assert_eq!(fixture.refusal(&token).await, Refusal::Signature);
}

#[tokio::test]
async fn of_another_kind() {
    let fixture = Fixture::new().await;
    for (change, kind) in [
        (json!({"typ": "ID"}), "an ID token"),
        (json!({"typ": "Refresh"}), "a refresh token"),
        (json!({"typ": "Offline"}), "a refresh token"),
        (json!({"typ": "Logout"}), "a logout token"),
        (json!({"typ": null, "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}), "a logout token"),
        (json!({"typ": null, "at_hash": "x"}), "an ID token"),
        (json!({"typ": "DPoP"}), "DPoP"),
        (json!({"typ": "bearer"}), "another kind"),
        (json!({"cnf": {"jkt": "x"}}), "bound to a key"),
    ] {
        let mut claims = fixture.issuer.claims("a");
        for (member, value) in change.as_object().unwrap() {
            claims[member] = value.clone();
        }
        let refusal = fixture.refusal(&fixture.issuer.sign(&claims)).await;
        assert!(matches!(&refusal, Refusal::Kind { kind: found } if found.contains(kind)), "{change}: {refusal:?}");
    }
    let key = fixture.issuer.newest_key();
    for kind in ["logout+jwt", "secevent+jwt", "JWE", "dpop+jwt"] {
        let header = Header { typ: Some(kind.to_owned()), ..key.header() };
        let refusal = fixture.refusal(&key.sign_with(&header, &fixture.issuer.claims("a"))).await;
        assert!(matches!(refusal, Refusal::Kind { .. }), "{kind}: {refusal:?}");
    }
    // Keycloak signs refresh tokens with a secret of its own.
    let header = Header { kid: Some("other".to_owned()), ..Header::new(Algorithm::HS512) };
    let mut claims = fixture.issuer.claims("a");
    claims["typ"] = json!("Refresh");
    let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(b"realm")).unwrap();
    assert!(matches!(fixture.refusal(&token).await, Refusal::Algorithm { .. }));
}

#[tokio::test]
async fn of_another_issuer_or_for_another_audience() {
    let fixture = Fixture::new().await;
    let url = fixture.issuer.url();
    for issuer in [
        "https://evil.example/realms/ardent".to_owned(),
        format!("{url}/"),
        url.to_uppercase(),
        url.replace("127.0.0.1", "localhost"),
        String::new(),
    ] {
        let mut claims = fixture.issuer.claims("a");
        claims["iss"] = json!(issuer);
        let refusal = fixture.refusal(&fixture.issuer.sign(&claims)).await;
        let Refusal::UnknownIssuer { issuer: named, known } = &refusal else { panic!("{issuer}: {refusal:?}") };
        assert_eq!((named, known), (&issuer, &url));
    }
    for audience in [json!("account"), json!(["account", "ardent2"]), json!([]), json!("ARDENT"), Value::Null] {
        let mut claims = fixture.issuer.claims("a");
        claims["aud"] = audience.clone();
        let refusal = fixture.refusal(&fixture.issuer.sign(&claims)).await;
        assert_eq!(refusal, Refusal::Audience { expected: "ardent".to_owned() }, "{audience}");
    }
}

#[tokio::test]
async fn before_and_after_their_time() {
    let fixture = Fixture::new().await;
    let now = chrono::Utc::now().timestamp();
    let refused = async |change: Value| {
        let mut claims = fixture.issuer.claims("a");
        for (member, value) in change.as_object().unwrap() {
            claims[member] = value.clone();
        }
        fixture.verifier.verify(&fixture.issuer.sign(&claims)).await.err().map(|error| error.to_string())
    };
    for (change, words) in [
        (json!({"exp": now - 11}), "expired at"),
        (json!({"exp": now - 40_000}), "expired at"),
        (json!({"exp": 0}), "expired at 1970"),
        (json!({"exp": -1}), ""),
        (json!({"exp": "soon"}), ""),
        (json!({"exp": null}), ""),
        (json!({"exp": 1e300}), "no `exp`"),
        (json!({"nbf": now + 30}), "not valid yet"),
        (json!({"iat": now + 30}), "not valid yet"),
    ] {
        let message = refused(change.clone()).await.unwrap_or_else(|| panic!("{change} counts"));
        assert!(message.contains(words), "{change}: {message}");
    }
    // Within ten seconds clocks may differ.
    for change in [json!({"exp": now - 5}), json!({"nbf": now + 5}), json!({"iat": now + 5}), json!({"exp": 1e12})] {
        assert_eq!(refused(change.clone()).await, None, "{change}");
    }
}

#[tokio::test]
async fn with_claims_that_say_two_things() {
    let fixture = Fixture::new().await;
    let key = fixture.issuer.newest_key();
    let claims = fixture.issuer.claims("a").to_string();
    let header = r#"{"alg":"RS256","typ" : "JWT","kid" : "first"}"#;
    // Keycloak's own form of the header counts.
    assert!(fixture.accepts(&signed(&key, header, &claims)).await);
    let twice = |member: &str| format!("{},{member}}}", &claims[..claims.len() - 1]);
    for member in [
        r#""sub":"b""#,
        r#""exp":9999999999"#,
        r#""aud":"ardent""#,
        r#""iss":"x""#,
        r#""typ":"Bearer""#,
        r#""azp":"notebooks""#,
        r#""realm_access":{"roles":["admin"]}"#,
    ] {
        let refusal = fixture.refusal(&signed(&key, header, &twice(member))).await;
        assert!(refusal.to_string().contains("duplicate"), "{member}: {refusal}");
    }
    for header in [
        r#"{"alg":"RS256","alg":"none","kid":"first"}"#,
        r#"{"alg":"RS256","kid":"first","kid":"second"}"#,
        r#"{"alg":"RS256","kid":"first","crit":["exp"]}"#,
        r#"{"alg":"RS256","kid":"first","crit":[]}"#,
        r#"{"alg":"RS256","kid":"first","zip":"DEF"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"RS256","kid":7}"#,
        r#"["RS256"]"#,
        "",
    ] {
        let refusal = fixture.refusal(&signed(&key, header, &claims)).await;
        assert!(matches!(refusal, Refusal::Malformed { .. }), "{header}: {refusal:?}");
    }
}

#[tokio::test]
async fn without_a_person() {
    let fixture = Fixture::new().await;
    for sub in [Value::Null, json!(""), json!("a\nb"), json!("x".repeat(600))] {
        let mut claims = fixture.issuer.claims("a");
        claims["sub"] = sub.clone();
        let refusal = fixture.refusal(&fixture.issuer.sign(&claims)).await;
        assert!(refusal.to_string().contains("no `sub`"), "{sub}: {refusal}");
    }
    let mut claims = fixture.issuer.claims("a");
    claims["sub"] = json!(7);
    assert!(matches!(fixture.refusal(&fixture.issuer.sign(&claims)).await, Refusal::Claims { .. }));
}

#[tokio::test]
async fn cut_short_and_overlong() {
    let fixture = Fixture::new().await;
    let token = fixture.issuer.token("a", &["rangers"]);
    for length in 0..token.len() {
        assert!(!fixture.accepts(&token[..length]).await, "the first {length} bytes");
    }
    for text in
        ["", ".", "..", "...", "a.b.c", "e30.e30.e30", "Bearer x", "\u{0}", "é.é.é", "eyJhbGciOiJSUzI1NiJ9..", "%2e%2e"]
    {
        assert!(matches!(fixture.refusal(text).await, Refusal::Malformed { .. }), "{text}");
    }
    let mut claims = fixture.issuer.claims("a");
    claims["padding"] = json!("x".repeat(20_000));
    let refusal = fixture.refusal(&fixture.issuer.sign(&claims)).await;
    assert!(refusal.to_string().contains("longer than 16384 bytes"), "{refusal}");
    assert!(!fixture.accepts(&format!("{token}.{token}")).await);
    assert!(!fixture.accepts(&format!("{token}=")).await);
    assert!(!fixture.accepts(&format!(" {token}")).await);
}
