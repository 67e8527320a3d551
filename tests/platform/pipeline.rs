//! From the archive to mosaics whose every pixel is known.

use ardent_testkit::{image, scenes::Window};
use serde_json::{Value, json};

use crate::world::{World, get};

const SEASONS: [&str; 4] = ["2019-DJF", "2019-MAM", "2019-JJA", "2019-SON"];
const BANDS: [(&str, usize); 3] = [("red", 2), ("green", 1), ("nir1", 6)];

fn recipe() -> Value {
    json!({
        "collections": ["sentinel2"], "datetime": "2018-12-01/2019-11-30", "bands": ["red", "green", "nir1"],
        "valid": {"vmask": [1]}, "mask": {"fmask": [0]}, "group": "season", "reduce": "median",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn seasons_equal_the_truth_in_every_pixel() {
    let world = World::new().await;
    let server = world.serve().await;
    world.add_product().await;
    let products = world.plan.products.len() as u64;

    let uploaded = world.upload().await;
    assert_eq!((&uploaded["uploaded"], &uploaded["failed"]), (&json!(products), &json!(0)), "{uploaded}");
    let indexed = world.index().await;
    assert_eq!((&indexed["inserted"], &indexed["rejects"]), (&json!(products), &json!([])), "{indexed}");
    let found = get(&server, "/search?collections=sentinel2&limit=1000").await;
    let mut ids: Vec<_> =
        found["features"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let mut expected: Vec<_> = world.plan.products.iter().map(|product| product.name.as_str()).collect();
    expected.sort_unstable();
    assert_eq!(ids, expected);

    let answer = reqwest::Client::new().post(format!("{}/datacube/load?f=cog", server.url())).json(&recipe());
    let answer = answer.send().await.unwrap();
    let status = answer.status();
    let bytes = answer.bytes().await.unwrap();
    assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&bytes));
    let path = world.path("seasons.tif");
    std::fs::write(&path, &bytes).unwrap();
    compare(&world, &path);

    // The same without the server, and the same again after everything is done once more.
    let file = world.path("recipe.json");
    std::fs::write(&file, recipe().to_string()).unwrap();
    let again = world.path("again.tif");
    let load = ["load", &file.display().to_string(), "-o", &again.display().to_string()].map(str::to_owned);
    assert_eq!(world.upload().await["skipped"], json!(products));
    let indexed = world.index().await;
    assert_eq!((&indexed["inserted"], &indexed["unchanged"]), (&json!(0), &json!(products)), "{indexed}");
    let found = get(&server, "/search?collections=sentinel2&limit=1000").await;
    assert_eq!(found["features"].as_array().unwrap().len() as u64, products);
    server.stop().await.unwrap();
    let receipt: Value = serde_json::from_str(&world.ardent.succeed(load).await.unwrap()).unwrap();
    assert_eq!(receipt["items"], json!(products), "{receipt}");
    compare(&world, &again);
}

/// The mosaics against the truth, which knows nothing of files.
fn compare(world: &World, path: &std::path::Path) {
    let image = image::read(path).unwrap();
    let bounds @ [west, _, _, north] = world.plan.bounds();
    let window = Window::of_bounds(bounds);
    assert_eq!(image.geotransform, [west, 10.0, 0.0, north, 0.0, -10.0], "pixels of 10 m from the right corner");
    assert_eq!((image.width_px, image.height_px), (window.width_px, window.height_px));
    assert_eq!((image.epsg, image.layout.as_deref()), (Some(27700), Some("COG")));
    assert_eq!(image.bands.len(), SEASONS.len() * BANDS.len());
    for (index, season) in SEASONS.iter().enumerate() {
        let dates = &world.plan.seasons[*season];
        let truth = world.plan.landscape().median(&window, dates, &BANDS.map(|(_, band)| band));
        for (band, ((name, _), truth)) in image.bands[index * BANDS.len()..].iter().zip(BANDS.iter().zip(truth)) {
            assert_eq!(band.name, format!("{season}/{name}"));
            assert_eq!((band.data_type.as_str(), band.nodata), ("UInt16", Some(0.0)), "{}", band.name);
            let differs = band.pixels.iter().zip(&truth).filter(|(got, truth)| **got != f64::from(**truth)).count();
            assert_eq!(differs, 0, "pixels of {} differ from the truth", band.name);
            let seen = truth.iter().filter(|value| **value != 0).count();
            assert!(seen * 4 > truth.len(), "there is hardly anything to see in {}", band.name);
        }
    }
}
