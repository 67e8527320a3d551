//! Runs, second runs, runs after an interruption.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, SystemTime},
};

use ardent_model::progress::Silent;
use ardent_uploader::Outcome;

use crate::archive::{Archive, Folder, files, json, key, run, server};

const BUCKET: &str = "sentinel2-ard";

#[tokio::test]
async fn everything_arrives_where_the_pilot_had_it() {
    let archive = Archive::new();
    let (server, stores) = server().await;
    let receipt = run(&archive.options("s3://sentinel2-ard"), &stores).await;
    assert_eq!((receipt.found, receipt.complete, receipt.uploaded), (2, 2, 2), "{:#?}", receipt.products);
    assert_eq!((receipt.files_sent, receipt.files_skipped), (15, 0), "seven files and eight");
    let bucket = server.folder().join(BUCKET);
    let mut expected: Vec<String> = archive
        .plan
        .products
        .iter()
        .flat_map(|product| {
            let folder = product.date.format("%Y/%m/%d");
            let documents = [format!("{}.json", product.name), format!("{}.yaml", product.name)];
            product.files.iter().cloned().chain(documents).map(move |file| format!("{folder}/{file}"))
        })
        .collect();
    expected.sort();
    assert_eq!(files(&bucket), expected);
    for product in &archive.plan.products {
        for file in &product.files {
            let sent = std::fs::read(bucket.join(product.date.format("%Y/%m/%d").to_string()).join(file)).unwrap();
            assert_eq!(sent, std::fs::read(archive.path().join(&product.folder).join(file)).unwrap(), "{file}");
        }
    }
    let bytes: u64 = receipt.products.iter().map(|product| product.bytes).sum();
    assert_eq!(receipt.bytes, bytes);
    let item = json(&bucket.join(key(&archive, 0, ".json")));
    let outcome = receipt.products.iter().find(|outcome| outcome.product == archive.plan.products[0].name).unwrap();
    assert_eq!(outcome.item, format!("s3://sentinel2-ard/{}", key(&archive, 0, ".json")));
    let href = item["assets"]["fmask"]["href"].as_str().unwrap();
    assert_eq!(href, format!("s3://sentinel2-ard/{}", key(&archive, 0, "_clouds.tif")));
}

#[tokio::test]
async fn a_second_run_sends_nothing() {
    let archive = Archive::new();
    let (server, stores) = server().await;
    let options = archive.options("s3://sentinel2-ard/with/prefix");
    let first = run(&options, &stores).await;
    let (puts, gets) = (server.requests("PUT"), server.requests("GET"));
    let second = run(&options, &stores).await;
    assert_eq!((second.skipped, second.uploaded, second.bytes), (2, 0, 0), "{:#?}", second.products);
    assert_eq!(second.files_skipped, first.files_sent);
    assert_eq!(server.requests("PUT"), puts);
    assert_eq!(server.requests("GET") - gets, 3, "the list, and two items; no file is read back");
    assert!(second.is_complete());
}

#[tokio::test]
async fn a_second_run_to_a_folder_reads_nothing_back_and_sends_nothing() {
    let (archive, folder) = (Archive::new(), Folder::new());
    let options = archive.options(&folder.target());
    run(&options, &folder.stores).await;
    let before = times(folder.path());
    let second = run(&options, &folder.stores).await;
    assert_eq!((second.skipped, second.uploaded, second.bytes), (2, 0, 0), "{:#?}", second.products);
    assert_eq!(times(folder.path()), before);
}

fn times(folder: &Path) -> BTreeMap<String, SystemTime> {
    let time = |file: &String| std::fs::metadata(folder.join(file)).unwrap().modified().unwrap();
    files(folder).into_iter().map(|file| (file.clone(), time(&file))).collect()
}

#[tokio::test]
async fn an_interrupted_run_is_completed_without_duplicates() {
    let (archive, folder) = (Archive::new(), Folder::new());
    let options = archive.options(&folder.target());
    run(&options, &folder.stores).await;
    let whole = files(folder.path());
    let id = json(&folder.path().join(key(&archive, 0, ".json")))["properties"]["odc:id"].clone();
    // As after an interruption: some files, no documents; or all files and the first document.
    for lost in
        [vec!["_clouds.tif", "_valid.tif", ".json", ".yaml"], vec![".json"], vec![".yaml"], vec![".json", ".yaml"]]
    {
        for ending in &lost {
            std::fs::remove_file(folder.path().join(key(&archive, 0, ending))).unwrap();
        }
        let receipt = run(&options, &folder.stores).await;
        assert_eq!((receipt.uploaded, receipt.skipped), (1, 1), "{lost:?}: {:#?}", receipt.products);
        assert_eq!(receipt.files_sent, lost.iter().filter(|ending| ending.starts_with('_')).count() as u64);
        assert_eq!(files(folder.path()), whole);
        assert_eq!(json(&folder.path().join(key(&archive, 0, ".json")))["properties"]["odc:id"], id);
    }
}

#[tokio::test]
async fn a_run_that_is_cut_off_anywhere_is_completed_by_the_next() {
    let archive = Archive::new();
    let (server, stores) = server().await;
    let options = archive.options("s3://sentinel2-ard");
    let bucket = server.folder().join(BUCKET);
    let mut cut_off = 0;
    for after_ms in [2, 5, 10, 20, 40, 80, 160] {
        let run = ardent_uploader::upload(&options, &stores, &Silent);
        cut_off += u32::from(tokio::time::timeout(Duration::from_millis(after_ms), run).await.is_err());
        for (at, product) in archive.plan.products.iter().enumerate() {
            let folder = bucket.join(product.date.format("%Y/%m/%d").to_string());
            let is_seen = [".json", ".yaml"].iter().any(|ending| bucket.join(key(&archive, at, ending)).exists());
            let is_whole = product.files.iter().all(|file| folder.join(file).exists());
            assert!(is_whole || !is_seen, "a document of a product whose files are not all there");
        }
    }
    assert!(cut_off > 0);
    assert!(run(&options, &stores).await.is_complete());
    let names = archive.plan.products.iter().flat_map(|product| &product.files);
    assert_eq!(files(&bucket).len(), names.count() + 4, "no duplicates, two documents each");
    assert_eq!(run(&options, &stores).await.skipped, 2);
}

#[tokio::test]
async fn a_changed_file_is_sent_again() {
    let archive = Archive::new();
    let (server, stores) = server().await;
    let options = archive.options("s3://sentinel2-ard");
    run(&options, &stores).await;
    let item = server.folder().join(BUCKET).join(key(&archive, 0, ".json"));
    let before = json(&item);

    // In the archive, of the same size.
    let thumbnail = archive.file(0, "_vmsk_sharp_rad_srefdem_stdsref_thumbnail.jpg");
    let mut bytes = std::fs::read(&thumbnail).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&thumbnail, &bytes).unwrap();
    let receipt = run(&options, &stores).await;
    assert_eq!((receipt.uploaded, receipt.skipped, receipt.files_sent), (1, 1, 1), "{:#?}", receipt.products);
    let after = json(&item);
    let checksum = |item: &serde_json::Value| item["assets"]["thumbnail"]["file:checksum"].clone();
    assert_ne!(checksum(&before), checksum(&after));
    assert_eq!(before["properties"]["created"], after["properties"]["created"]);
    let sent = server.folder().join(BUCKET).join(key(&archive, 0, "_vmsk_sharp_rad_srefdem_stdsref_thumbnail.jpg"));
    assert_eq!(std::fs::read(sent).unwrap(), bytes);
}

#[tokio::test]
async fn an_object_that_somebody_changed_is_sent_again() {
    let (archive, folder) = (Archive::new(), Folder::new());
    let options = archive.options(&folder.target());
    run(&options, &folder.stores).await;
    let clouds = folder.path().join(key(&archive, 1, "_clouds.tif"));
    let bytes = std::fs::read(&clouds).unwrap();
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    std::fs::write(&clouds, &other).unwrap();
    let receipt = run(&options, &folder.stores).await;
    assert_eq!((receipt.files_sent, receipt.uploaded), (1, 1), "{:#?}", receipt.products);
    assert_eq!(std::fs::read(&clouds).unwrap(), bytes);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_it_would_do() {
    let archive = Archive::new();
    let (server, stores) = server().await;
    let mut options = archive.options("s3://sentinel2-ard");
    options.dry_run = true;
    let dry = run(&options, &stores).await;
    assert!(dry.dry_run);
    assert_eq!(files(&server.folder().join(BUCKET)), Vec::<String>::new());
    assert_eq!(server.requests("PUT") + server.requests("POST"), 0);
    options.dry_run = false;
    let real = run(&options, &stores).await;
    assert_eq!((dry.uploaded, dry.files_sent, dry.bytes), (real.uploaded, real.files_sent, real.bytes));
}

#[tokio::test]
async fn dates_and_platforms_are_chosen() {
    let (archive, folder) = (Archive::new(), Folder::new());
    archive.add_radar();
    let mut options = archive.options(&folder.target());
    options.from = Some(archive.plan.products[1].date);
    options.to = options.from;
    let receipt = run(&options, &folder.stores).await;
    assert_eq!(receipt.products.len(), 1);
    assert_eq!(receipt.products[0].product, archive.plan.products[1].name);
    options.platforms = vec!["S2Z".to_owned()];
    assert_eq!(run(&options, &folder.stores).await.found, 0);
}

#[tokio::test]
async fn a_large_file_goes_in_parts() {
    let archive = Archive::new();
    let (server, stores) = server().await;
    // Bytes after the end of a TIFF mean nothing; these make it larger than two parts.
    let image = archive.file(0, "_vmsk_sharp_rad_srefdem_stdsref.tif");
    let mut bytes = std::fs::read(&image).unwrap();
    bytes.extend((0..34_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8));
    std::fs::write(&image, &bytes).unwrap();
    let options = archive.options("s3://sentinel2-ard");
    let receipt = run(&options, &stores).await;
    assert!(receipt.is_complete(), "{:#?}", receipt.products);
    assert!(server.requests("POST") >= 2, "an upload in parts is begun and completed");
    let sent = server.folder().join(BUCKET).join(key(&archive, 0, "_vmsk_sharp_rad_srefdem_stdsref.tif"));
    assert!(std::fs::read(sent).unwrap() == bytes);
    let gets = server.requests("GET");
    assert_eq!(run(&options, &stores).await.skipped, 2);
    assert_eq!(server.requests("GET") - gets, 3, "its ETag is that of its parts: it is not read back");

    let folder = Folder::new();
    let receipt = run(&archive.options(&folder.target()), &folder.stores).await;
    assert!(receipt.is_complete(), "{:#?}", receipt.products);
    assert!(receipt.products.iter().all(|product| product.outcome == Outcome::Uploaded));
}

#[tokio::test]
async fn a_store_that_fails_now_and_then_is_tried_again() {
    let archive = Archive::new();
    let (server, stores) = server().await;
    server.fail_next(6);
    let receipt = run(&archive.options("s3://sentinel2-ard"), &stores).await;
    assert!(receipt.is_complete(), "{:#?}", receipt.products);
}
