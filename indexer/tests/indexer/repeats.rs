//! The same item more than once.

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
