//! Real documents, where they are there.

use std::path::PathBuf;

use ardent_indexer::{Options, read_products};
use ardent_model::{Bbox, Search};

use crate::setting::{Setting, reason};

fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: {variable} is not set");
    }
    folder
}

#[tokio::test]
async fn the_pilots_folder_is_indexed_with_its_products() {
    let Some(folder) = folder("ARDENT_TEST_PILOT") else { return };
    let setting = Setting::without_products().await;
    let options = Options { sources: vec![folder.display().to_string()], ..Options::default() };
    let label = "S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb";
    let before = setting.index(&options).await;
    assert!(reason(&before, &format!("{label}.yaml")).contains("ardent product add"));
    for name in ["sen1_prod_spec.yaml", "sen2_prod_spec.yaml"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        for product in read_products(name, &text).unwrap() {
            setting.catalog.put_collection(&product.collection).await.unwrap();
        }
    }
    for run in 0..2 {
        let receipt = setting.index(&options).await;
        assert!(receipt.is_complete(), "{:?}", receipt.rejects);
        assert_eq!((receipt.documents.passed_over, receipt.items, receipt.counts.inserted), (2, 2, 2 * (1 - run)));
    }
    let item = setting.item("sentinel2", label).await;
    assert_eq!(item.assets.len(), 4);
    assert_eq!(item.resolve_band("RE_B7").unwrap().1.layer, 6);
    let radar = setting.item("sentinel1", "S1B_20200202_110_desc_055728_055753_VVVH_G0_GB_OSGB_RTCK_SpkRL").await;
    assert_eq!(radar.interval.to_string(), "2020-02-02T05:57:28Z/2020-02-02T05:57:53Z");
}

#[tokio::test]
async fn real_scenes_are_indexed_with_their_collection() {
    let Some(folder) = folder("ARDENT_TEST_SCENES") else { return };
    let setting = Setting::without_products().await;
    let options = Options { sources: vec![folder.display().to_string()], ..Options::default() };
    let receipt = setting.index(&options).await;
    assert!(receipt.is_complete(), "{:?}", receipt.rejects);
    assert_eq!((receipt.counts.inserted, receipt.documents.other_files), (10, 50));
    let again = setting.index(&options).await;
    assert_eq!((again.counts.inserted, again.counts.unchanged), (0, 10));
    // So far north only the northern tile has anything.
    let bbox = Bbox::parse("15.5,46.9,15.6,46.92").unwrap();
    let search = Search { bbox: Some(bbox), limit: 100, ..Search::default() };
    let page = setting.catalog.search(&search, &ardent_catalog::Access::Public).await.unwrap();
    assert!(!page.items.is_empty());
    assert!(page.items.iter().all(|item| item.id.contains("33TWM")));
}
