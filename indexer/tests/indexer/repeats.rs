//! The same item more than once.

use std::time::Duration;

use crate::{
    documents::{dataset, item},
    setting::Setting,
};

#[tokio::test]
async fn documents_of_one_label_with_two_ids_are_one_item() {
    let setting = Setting::new().await;
    setting.write("a/S2A_x.yaml", dataset("S2A_x", "2019-06-27", "1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11"));
    setting.write("b/S2A_x.yaml", dataset("S2A_x", "2019-06-27", "9c3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c22"));
    for run in 0..2 {
        let receipt = setting.index(&setting.options()).await;
        assert!(receipt.is_complete());
        assert_eq!((receipt.items, receipt.counts.inserted, receipt.counts.updated), (1, 1 - run, 0));
        assert_eq!(receipt.duplicates.len(), 1);
        assert_eq!(receipt.duplicates[0].id, "S2A_x");
        assert!(receipt.duplicates[0].href.ends_with("b/S2A_x.yaml"));
        assert_eq!(setting.ids().await, ["S2A_x"]);
        let stored = setting.document("optical", "S2A_x").await;
        assert_eq!(stored["properties"]["odc:id"], "9c3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c22", "the last is kept");
    }
}

#[tokio::test]
async fn a_dataset_written_again_replaces_the_item() {
    let setting = Setting::new().await;
    setting.write("S2A_x.yaml", dataset("S2A_x", "2019-06-27", "1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11"));
    setting.index(&setting.options()).await;
    setting.write("S2A_x.yaml", dataset("S2A_x", "2019-06-27", "9c3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c22"));
    let receipt = setting.index(&setting.options()).await;
    assert_eq!((receipt.counts.inserted, receipt.counts.updated), (0, 1));
    assert_eq!(setting.ids().await, ["S2A_x"]);
}

#[tokio::test]
async fn a_stac_item_is_preferred_to_the_dataset_beside_it() {
    let setting = Setting::new().await;
    setting.write("S2A_x.yaml", dataset("S2A_x", "2019-06-27", "1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11"));
    setting.write("S2A_x.json", item("S2A_x", "optical", "2019-06-27").to_string());
    for run in 0..2 {
        let receipt = setting.index(&setting.options()).await;
        assert!(receipt.is_complete());
        assert_eq!((receipt.items, receipt.counts.inserted, receipt.counts.unchanged), (1, 1 - run, run));
        assert_eq!((receipt.documents.superseded, receipt.duplicates.len()), (1, 0));
        let stored = setting.document("optical", "S2A_x").await;
        assert_eq!(stored["properties"].get("odc:id"), None, "it is the STAC item");
    }
    // The other way round: the dataset is read first.
    let setting = Setting::new().await;
    setting.write("a.yaml", dataset("S2A_x", "2019-06-27", "1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11"));
    setting.write("b.json", item("S2A_x", "optical", "2019-06-27").to_string());
    let receipt = setting.index(&setting.options()).await;
    assert_eq!((receipt.items, receipt.documents.superseded), (1, 1));
    assert_eq!(setting.document("optical", "S2A_x").await["properties"].get("odc:id"), None);
}

#[tokio::test]
async fn what_comes_again_waits_until_the_first_is_stored() {
    let setting = Setting::new().await;
    let line = |id: usize, n: usize| {
        let mut item = item(&format!("scene{id:04}"), "optical", "2019-06-27");
        item["properties"]["n"] = n.into();
        item.to_string()
    };
    setting.write("a.ndjson", line(1000, 0));
    setting.index(&setting.options()).await;
    // The second thousand has to wait for its first item, while the third, half of them the same items, is read.
    let lines =
        (0..3000).map(|n| line(if n < 2000 { n } else { n - 1500 }, n)).filter(|line| !line.contains("\"n\":2500"));
    setting.write("a.ndjson", lines.collect::<Vec<_>>().join("\n"));
    // Longer than it takes to store the third thousand, if that did not wait.
    let longer = Duration::from_millis(1500);
    let (is_held, held) = tokio::sync::oneshot::channel();
    let hold = setting.database.hold_item("scene1000", longer, || is_held.send(()).unwrap());
    let options = setting.options();
    let index = async {
        held.await.unwrap();
        setting.index(&options).await
    };
    let (receipt, held) = tokio::join!(index, hold);
    held.unwrap();
    assert_eq!((receipt.items, receipt.duplicates.len()), (2000, 999));
    for (scene, n) in [(499, 499), (500, 2000), (999, 2499), (1000, 1000), (1001, 2501), (1499, 2999), (1500, 1500)] {
        let stored = setting.document("optical", &format!("scene{scene:04}")).await;
        assert_eq!(stored["properties"]["n"], n, "scene{scene:04}");
    }
}
