//! Recipes that cannot be carried out: each is answered with what is wrong and what would pass, and the server lives on.

use ardent_testkit::{ardent::Server, scenes::Product};
use serde_json::{Value, json};

use crate::world::{BUCKET, World, get};

async fn load(server: &Server, body: String) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("{}/datacube/load", server.url()));
    let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
    let (status, kind) = (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    assert_eq!(kind, "application/problem+json", "{text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&problem["status"], &problem["description"]), (&json!(status), &problem["detail"]), "{text}");
    (status, problem["detail"].as_str().unwrap().to_owned())
}

/// A recipe that works, with changes.
fn recipe(changes: Value) -> String {
    let mut recipe = json!({"collections": ["sentinel2"], "datetime": "2019-06-01/2019-08-31", "bands": ["red"]});
    let Value::Object(changes) = changes else { return changes.to_string() };
    for (member, value) in changes {
        recipe[member] = value;
    }
    recipe.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_is_said_with_the_fix() {
    let world = World::new().await;
    let server = world.serve().await;
    world.add_product().await;
    world.upload().await;
    world.index().await;

    let everywhere =
        json!({"bbox": [0, 0, 1_000_000, 1_000_000], "bbox_crs": "EPSG:27700", "crs": "EPSG:27700", "resolution": 1});
    let elsewhere = json!({"bbox": [10, 60, 11, 61]});
    let nowhere = json!({"bbox": [450_000, 95_000, 450_000, 96_000], "bbox_crs": "EPSG:27700"});
    for (status, changes, parts) in [
        (
            400,
            json!({"bands": ["purple"]}),
            ["purple", "vmask, blue, green, red, rededge1, rededge2, rededge3, nir1, nir2, swir1, swir2"],
        ),
        (400, json!({"mask": {"smoke": [0]}}), ["smoke", "it has"]),
        (400, json!({"crs": "EPSG:999999", "resolution": 10}), ["EPSG:999999", "EPSG:27700"]),
        (400, json!({"crs": "Britain", "resolution": 10}), ["Britain", "EPSG:27700"]),
        (400, json!({"reduce": "mode"}), ["mode", "median"]),
        (400, json!({"group": "fortnight"}), ["fortnight", "season"]),
        (400, nowhere, ["bbox", "left < right"]),
        (400, elsewhere, ["no item of sentinel2", "widen"]),
        (400, json!({"datetime": "2019-08-31/2019-06-01"}), ["ends before it starts", "exchange"]),
        (413, everywhere, ["1000000000000", "would pass"]),
        (404, json!({"collections": ["sentinel9"]}), ["sentinel9", "does not exist"]),
        (404, json!({"ids": ["nobody"]}), ["nobody", "not found"]),
    ] {
        let (got, detail) = load(&server, recipe(changes.clone())).await;
        assert_eq!(got, status, "{changes}: {detail}");
        assert!(parts.iter().all(|part| detail.contains(part)), "{changes}: {detail}");
    }
    for text in ["", "{", "[]", "{\"collections\": 5}", "recipe"] {
        let (got, detail) = load(&server, text.to_owned()).await;
        assert_eq!(got, 400, "{text}: {detail}");
    }
    broken_sources(&world, &server).await;
    assert_eq!(get(&server, "/health/ready").await["status"], "ready");
    server.stop().await.unwrap();
}

/// A file of the store that is cut short, and one that is gone: both are named, and other scenes are not affected.
async fn broken_sources(world: &World, server: &Server) {
    let summer: Vec<&Product> =
        world.plan.products.iter().filter(|product| product.date.to_string().starts_with("2019-0")).collect();
    let [short, gone, whole] = summer[..3] else { panic!("the archive has {} summer scenes", summer.len()) };
    let path = |product: &Product| {
        let folder = product.date.format("%Y/%m/%d").to_string();
        world.store().join(BUCKET).join(folder).join(product.image())
    };
    let of = |product: &Product| recipe(json!({"ids": [product.name], "datetime": null}));
    // Its header is read and kept; then it is replaced.
    succeed(server, of(short)).await;
    let bytes = std::fs::read(path(short)).unwrap();
    std::fs::write(path(short), &bytes[..bytes.len() / 2]).unwrap();
    std::fs::remove_file(path(gone)).unwrap();
    for (product, reason) in [(short, "truncated"), (gone, "does not exist")] {
        let (status, detail) = load(server, of(product)).await;
        assert_eq!(status, 502, "{detail}");
        assert!(detail.contains(&product.name) && detail.contains(reason), "{detail}");
    }
    succeed(server, of(whole)).await;
    std::fs::write(path(short), &bytes).unwrap();
    succeed(server, of(short)).await;
}

async fn succeed(server: &Server, body: String) {
    let request = reqwest::Client::new().post(format!("{}/datacube/load", server.url())).body(body);
    let answer = request.header("content-type", "application/json").send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}
