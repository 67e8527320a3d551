//! Documents in an S3 bucket.

use ardent_indexer::Options;
use ardent_storage::{Profiles, Stores};
use ardent_testkit::s3;

use crate::{
    documents::{dataset, item},
    setting::{Setting, write},
};

/// A bucket with a dataset a day for a month, beside files that are no documents.
async fn setting() -> (Setting, s3::S3) {
    let server = s3::start().await;
    server.create_bucket("optical-ard");
    for day in 1..=30 {
        let (label, date) = (format!("S2A_201906{day:02}"), format!("2019-06-{day:02}"));
        let folder = format!("optical-ard/2019/06/{day:02}");
        let id = format!("1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c{day:02}");
        write(server.folder(), &format!("{folder}/{label}.yaml"), dataset(&label, &date, &id));
        write(server.folder(), &format!("{folder}/{label}_sref.tif"), "pixels");
    }
    let mut setting = Setting::new().await;
    let profiles = setting.write("stores.toml", server.profile_toml());
    setting.stores = Stores::new(Profiles::read(&profiles).unwrap()).unwrap();
    (setting, server)
}

fn options(source: &str) -> Options {
    Options { sources: vec![source.to_owned()], ..Options::default() }
}

#[tokio::test]
async fn datasets_of_the_pilot_become_items_and_again_are_unchanged() {
    let (setting, _server) = setting().await;
    let receipt = setting.index(&options("s3://optical-ard")).await;
    assert!(receipt.is_complete(), "{receipt:?}");
    assert_eq!((receipt.documents.found, receipt.documents.read, receipt.documents.other_files), (30, 30, 30));
    assert_eq!((receipt.items, receipt.counts.inserted, receipt.collections["optical"].counts.inserted), (30, 30, 30));
    let item = setting.item("optical", "S2A_20190627").await;
    assert_eq!(item.datetime.to_rfc3339(), "2019-06-27T11:21:21+00:00", "naive times are UTC");
    assert_eq!(item.properties["odc:id"], "1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c27");
    let (asset, band) = item.resolve_band("NIR_B8A").unwrap();
    assert_eq!((asset.href.as_str(), band.layer), ("s3://optical-ard/2019/06/27/S2A_20190627_sref.tif", 2));
    assert_eq!(setting.stores.object(&asset.href).unwrap().get().await.unwrap(), "pixels", "the href can be read");

    let again = setting.index(&options("s3://optical-ard")).await;
    assert_eq!((again.counts.inserted, again.counts.updated, again.counts.unchanged), (0, 0, 30));
    assert_eq!(setting.ids().await.len(), 30);
}

#[tokio::test]
async fn only_the_days_asked_for_are_listed_and_read() {
    let (setting, server) = setting().await;
    let before = server.requests("GET");
    let june = |day| chrono::NaiveDate::from_ymd_opt(2019, 6, day);
    let options = Options { from: june(27), to: june(28), ..options("s3://optical-ard") };
    let receipt = setting.index(&options).await;
    assert_eq!((receipt.documents.found, receipt.items), (2, 2));
    assert_eq!(setting.ids().await, ["S2A_20190627", "S2A_20190628"]);
    assert_eq!(server.requests("GET") - before, 3 + 2 + 2, "root, year, month; two days; two documents");
    let one = setting.index(&self::options("s3://optical-ard/2019/06/01/S2A_20190601.yaml")).await;
    assert_eq!(one.counts.inserted, 1);
}

#[tokio::test]
async fn a_missing_bucket_and_wrong_keys_do_not_keep_the_rest_from_being_read() {
    let (mut setting, server) = setting().await;
    let mut options = options("s3://no-such-bucket");
    options.sources.push("s3://optical-ard/2018".to_owned());
    options.sources.push("s3://optical-ard/2019/06/27".to_owned());
    let receipt = setting.index(&options).await;
    assert!(!receipt.is_complete());
    assert!(receipt.sources[0].fault.as_ref().unwrap().contains("does not exist"), "{:?}", receipt.sources[0]);
    assert!(receipt.sources[1].fault.as_ref().unwrap().contains("nothing in it"));
    assert_eq!(receipt.counts.inserted, 1);

    let wrong = server.profile_toml().replace(s3::SECRET_KEY, "wrong");
    let profiles = Profiles::read(&setting.write("wrong.toml", wrong)).unwrap();
    setting.stores = Stores::new(profiles).unwrap();
    let receipt = setting.index(&self::options("s3://optical-ard")).await;
    assert!(receipt.sources[0].fault.as_ref().unwrap().contains("credentials"), "{:?}", receipt.sources[0]);
}

#[tokio::test]
async fn relative_hrefs_are_resolved_in_the_bucket() {
    let (setting, server) = setting().await;
    let scene = item("scene", "optical", "2019-07-01");
    write(server.folder(), "optical-ard/stac/scene/scene.json", scene.to_string());
    let receipt = setting.index(&options("s3://optical-ard/stac")).await;
    assert!(receipt.is_complete(), "{receipt:?}");
    let item = setting.item("optical", "scene").await;
    assert_eq!(item.assets[0].href, "s3://optical-ard/stac/scene/scene.tif");
}
