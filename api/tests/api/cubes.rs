//! Cubes over HTTP, of files in a store that fails.

use std::time::{Duration, Instant};

use ardent_catalog::NewItem;
use ardent_model::Item;
use ardent_storage::Profiles;
use ardent_testkit::{
    raster::{self, RasterSpec},
    s3::{self, Fault, S3},
};
use serde_json::{Value, json};

use crate::site::Site;

/// Scenes of the archive.
const SCENES: usize = 8;

/// A site whose scenes `a0` to `a7` are in this store, `size_px` pixels wide and high.
async fn archive(size_px: usize) -> (Site, S3) {
    let store = s3::start().await;
    store.create_bucket("ard");
    let profiles = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(profiles.path(), store.profile_toml()).unwrap();
    let site = Site::with_stores(Profiles::read(profiles.path()).unwrap()).await;
    let mut items = Vec::new();
    for index in 0..SCENES {
        let spec = RasterSpec { width_px: size_px, height_px: size_px, tile_px: Some(64), ..RasterSpec::default() };
        let path = store.folder().join(format!("ard/a{index}.tif"));
        raster::write(&path, &spec, |_, x, y| (1 + index + (x * 37 + y * 91) % 5000) as f64).unwrap();
        items.push(item(index));
    }
    site.catalog.put_items(items).await.unwrap();
    (site, store)
}

fn item(index: usize) -> NewItem {
    let document = json!({
        "type": "Feature", "stac_version": "1.1.0", "id": format!("a{index}"), "collection": "sentinel2", "links": [],
        "geometry": {"type": "Point", "coordinates": [-1.4, 50.8]}, "bbox": [-1.4, 50.8, -1.4, 50.8],
        "properties": {"datetime": format!("2021-07-0{}T11:00:00Z", index + 1)},
        "assets": {"red": {"href": format!("s3://ard/a{index}.tif")}},
    });
    NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap()
}

fn recipe(on_error: &Value) -> Value {
    json!({"collections": ["sentinel2"], "datetime": "2021-07", "bands": ["red"], "on_error": on_error})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_skipped_is_told_in_headers_and_problems_name_the_file() {
    let (site, store) = archive(100).await;
    let load = async |on_error: Value| {
        let request = site.client.post(site.url("/datacube/load")).json(&recipe(&on_error));
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        (answer.status().as_u16(), header("ardent-skipped"), header("ardent-items"), header("ardent-summary"))
    };
    assert_eq!(load(json!("fail")).await.1, "0");
    std::fs::remove_file(store.folder().join("ard/a5.tif")).unwrap();
    store.break_object("a2.tif", Fault::OtherVersion);
    // Headers of all are known by now, and of these two they are wrong.
    let (status, skipped, items, summary) = load(json!("skip")).await;
    assert_eq!((status, skipped.as_str(), items.as_str()), (200, "1", "7"), "{summary}");
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["ledger"]["failures"][0]["item"], "a5", "the other has only changed: it was read again");
    assert_eq!(summary["ledger"]["failures"][0]["kind"], "missing");
    let failing = site.post("/datacube/load", &recipe(&json!("fail"))).await;
    failing.assert_problem(502, &["s3://ard/a5.tif", "`a5`"]);
    std::fs::remove_file(store.folder().join("ard/a6.tif")).unwrap();
    let failing = site.post("/datacube/load", &recipe(&json!({"threshold": 0.2}))).await;
    failing.assert_problem(502, &["2 of 8", "a5.tif", "a6.tif"]);
    let failing = site.post("/datacube/load", &recipe(&json!({"threshold": 20}))).await;
    failing.assert_problem(400, &["on_error.threshold", "0.05"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_client_goes_the_store_is_asked_no_more() {
    let (site, store) = archive(1500).await;
    // Windows of one scene each, three of them at a time.
    let mut plan = recipe(&json!("fail"));
    plan["group"] = json!("solar_day");
    assert_eq!(site.client.post(site.url("/datacube/load")).json(&plan).send().await.unwrap().status(), 200);
    let all = store.requests("GET");
    for index in 0..SCENES {
        store.break_object(&format!("a{index}.tif"), Fault::Late(Duration::from_millis(60)));
    }
    let client = reqwest::Client::new();
    let load = tokio::spawn(client.post(site.url("/datacube/load")).json(&plan).send());
    let begin = Instant::now();
    while store.requests("GET") < all + 3 {
        assert!(begin.elapsed() < Duration::from_secs(20), "nothing is fetched");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    load.abort();
    assert!(load.await.unwrap_err().is_cancelled());
    drop(client);
    // What was on its way has arrived by then.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let after = store.requests("GET");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(store.requests("GET"), after, "fetching went on");
    // The first time each header was read, too: the second takes at least this many.
    let needed = all - SCENES as u64;
    assert!((after - all) * 2 < needed, "{} of {needed} requests were made before it stopped", after - all);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_is_what_the_cube_then_takes() {
    let (site, store) = archive(200).await;
    let recipe = json!({"collections": ["sentinel2"], "datetime": "2021-07", "bands": ["red"], "crs": "EPSG:32630",
        "resolution": 20, "resampling": "bilinear"});
    let estimate = site.post("/datacube/estimate", &recipe).await;
    assert_eq!(estimate.status, 200, "{}", estimate.text);
    let estimate = estimate.json();
    assert_eq!((&estimate["items"], &estimate["dates"]), (&json!(SCENES), &json!(SCENES)));
    assert!(estimate["datum_shift"] == "helmert" || estimate["datum_shift"] == "ostn15", "{estimate}");
    assert_eq!(estimate["masks"], json!({"tiles": 0, "requests": 0, "bytes": 0}));
    let before = (store.requests("GET"), store.sent_bytes());
    let answer = site.client.post(site.url("/datacube/load")).json(&recipe).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let summary: Value = serde_json::from_str(answer.headers()["ardent-summary"].to_str().unwrap()).unwrap();
    let took = json!({"tiles": summary["tiles_read"], "requests": store.requests("GET") - before.0,
        "bytes": store.sent_bytes() - before.1});
    assert_eq!(estimate["data"], took);
    for same in ["grid", "bands", "pixels", "datum_shift"] {
        assert_eq!(estimate[same], summary[same], "{same}");
    }
    site.post("/datacube/estimate", &json!({"collections": ["sentinel2"]})).await.assert_problem(400, &["bands"]);
    site.post("/datacube/estimate?f=cog", &recipe).await.assert_problem(400, &["`f`"]);
}
