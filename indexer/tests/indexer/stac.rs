//! STAC documents in folders.

use ardent_indexer::Options;
use serde_json::json;

use crate::{
    documents::item,
    setting::{Setting, reason},
};

#[tokio::test]
async fn a_folder_with_its_collection_just_works() {
    let setting = Setting::without_products().await;
    let collection = json!({"type": "Collection", "stac_version": "1.1.0", "id": "scenes", "description": "d",
        "license": "other", "links": [], "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
        "temporal": {"interval": [[null, null]]}}});
    setting.write("z/collection.json", collection.to_string());
    setting.write("catalog.json", json!({"type": "Catalog", "id": "root"}).to_string());
    setting.write("a/one.json", item("one", "scenes", "2019-06-27").to_string());
    let features = [item("two", "scenes", "2019-06-28"), item("three", "scenes", "2019-06-29")];
    setting.write("a/more.geojson", json!({"type": "FeatureCollection", "features": features}).to_string());
    let lines: Vec<_> =
        (0..2500).map(|number| item(&format!("line{number}"), "scenes", "2019-07-01").to_string()).collect();
    setting.write("b/lines.ndjson", lines.join("\n"));
    let receipt = setting.index(&setting.options()).await;
    assert!(receipt.is_complete(), "{:?}", receipt.rejects);
    assert_eq!((receipt.documents.found, receipt.documents.read, receipt.documents.passed_over), (5, 5, 1));
    assert_eq!((receipt.items, receipt.counts.inserted), (2503, 2503));
    assert!(receipt.collections["scenes"].document);
    let href = &setting.item("scenes", "two").await.assets[0].href;
    let path = url::Url::parse(href).unwrap().to_file_path().unwrap();
    assert_eq!(path, setting.folder.path().join("a/two.tif"));
    let again = setting.index(&setting.options()).await;
    assert_eq!((again.counts.inserted, again.counts.unchanged), (0, 2503));
}

#[tokio::test]
async fn items_of_no_or_an_unknown_collection_say_what_to_do() {
    let setting = Setting::new().await;
    let mut without = item("without", "", "2019-06-27");
    without.as_object_mut().unwrap().remove("collection");
    setting.write("without.json", without.to_string());
    setting.write("unknown.json", item("unknown", "nowhere", "2019-06-27").to_string());
    let receipt = setting.index(&setting.options()).await;
    assert!(reason(&receipt, "without.json").contains("--collection"));
    assert!(reason(&receipt, "unknown.json").contains("ardent product add"));
    assert_eq!(receipt.documents.refused, 2);
    let receipt = setting.index(&Options { collection: Some("radar".to_owned()), ..setting.options() }).await;
    assert_eq!((receipt.counts.inserted, receipt.rejects.len()), (1, 1));
    assert_eq!(setting.item("radar", "without").await.collection, "radar");
}

#[tokio::test]
async fn without_a_date_layout_the_items_own_times_decide() {
    let setting = Setting::new().await;
    for day in 26..=29 {
        setting.write(
            &format!("scene{day}.json"),
            item(&format!("scene{day}"), "optical", &format!("2019-06-{day}")).to_string(),
        );
    }
    let june = |day| chrono::NaiveDate::from_ymd_opt(2019, 6, day);
    let options = Options { from: june(27), to: june(28), ..setting.options() };
    let receipt = setting.index(&options).await;
    assert_eq!((receipt.items, receipt.documents.out_of_range), (2, 2));
    assert_eq!(setting.ids().await, ["scene27", "scene28"]);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let setting = Setting::new().await;
    setting.write("one.json", item("one", "optical", "2019-06-27").to_string());
    setting.write("bad.json", "{");
    let rejects = setting.folder.path().join("rejects");
    let options = Options { dry_run: true, rejects: Some(rejects.clone()), ..setting.options() };
    let receipt = setting.index(&options).await;
    assert!(receipt.dry_run && !rejects.exists());
    assert_eq!((receipt.items, receipt.counts.inserted, receipt.rejects.len()), (1, 0, 1));
    assert!(setting.ids().await.is_empty());
}
