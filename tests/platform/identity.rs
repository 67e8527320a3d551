//! Tokens, policies and quotas with real pixels.

use ardent_testkit::{ardent::Server, issuer};
use serde_json::{Value, json};

use crate::world::World;

async fn load(server: &Server, token: &str) -> (u16, Option<String>, Vec<u8>) {
    let recipe = json!({
        "collections": ["sentinel2"], "datetime": "2019-06-01/2019-08-31", "bands": ["red", "green"],
        "valid": {"vmask": [1]}, "mask": {"fmask": [0]}, "reduce": "median",
    });
    let request = reqwest::Client::new().post(format!("{}/datacube/load", server.url())).json(&recipe);
    let answer = request.bearer_auth(token).send().await.unwrap();
    let left = answer.headers().get("ardent-quota-left").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), left, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_collection_loads_for_its_group_until_the_quota_is_used_up() {
    let world = World::new().await;
    let issuer = issuer::start().await.unwrap();
    world.add_product().await;
    world.upload().await;
    world.index().await;
    world.ardent.succeed(["policy", "restrict", "sentinel2", "group:rangers"]).await.unwrap();
    // Two tiles of 256 px beside each other on five dates, two bands and two masks at the most: once, and not twice.
    let quota = (2 * 256 * 256 * 5 * 4).to_string();
    let flags = ["--oidc-issuer", &issuer.url(), "--pixels-per-day", &quota, "--log", "trace"];
    let server = world.serve_with(&flags).await;
    let (ranger, visitor) = (issuer.token("ranger", &["rangers"]), issuer.token("visitor", &[]));

    let (status, _, refusal) = load(&server, &visitor).await;
    assert_eq!(status, 404, "{}", String::from_utf8_lossy(&refusal));
    let (status, left, cube) = load(&server, &ranger).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&cube));
    let left: u64 = left.unwrap().parse().unwrap();
    assert!(left < quota.parse().unwrap());
    let mut refused = None;
    for _ in 0..5 {
        let (status, _, body) = load(&server, &ranger).await;
        if status == 429 {
            refused = Some(serde_json::from_slice::<Value>(&body).unwrap());
            break;
        }
    }
    let refused = refused.expect("the quota ends");
    let detail = refused["detail"].as_str().unwrap();
    assert_eq!(refused["code"], "QuotaExceeded");
    assert!(detail.contains("left today") && detail.contains("begins anew at"), "{detail}");
    // Others have their own.
    assert_eq!(load(&server, &issuer.token("second", &["rangers"])).await.0, 200);
    server.stop().await.unwrap();

    let log = std::fs::read_to_string(world.path("server.log")).unwrap();
    assert!(log.contains("/datacube/load"), "the log says what was asked");
    for token in [&ranger, &visitor] {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!log.contains(signature), "a token is in the log");
    }
    assert!(!log.contains("Bearer ey"), "a token is in the log");
}
