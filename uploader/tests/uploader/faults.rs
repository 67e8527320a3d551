//! Bad input: each fault is named, and harms nothing else.

use ardent_model::progress::Silent;
use ardent_testkit::raster::{self, DataType, RasterSpec};
use ardent_uploader::{Error, Outcome, Receipt, upload};

use crate::archive::{Archive, Folder, files, run, server, stores};

/// What is done to a file.
type Change<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

/// The reason for the first product, the second being uploaded none the less.
fn only_the_first_is_incomplete(receipt: &Receipt) -> &str {
    assert_eq!((receipt.incomplete, receipt.uploaded), (1, 1), "{:#?}", receipt.products);
    assert!(!receipt.is_complete());
    let first = receipt.products.iter().find(|product| product.outcome == Outcome::Incomplete).unwrap();
    first.reason.as_deref().unwrap()
}

#[tokio::test]
async fn a_product_that_cannot_be_read_says_why_and_is_not_sent() {
    let image = "_vmsk_sharp_rad_srefdem_stdsref.tif";
    let metadata = "_vmsk_sharp_rad_srefdem_stdsref_meta.xml";
    let cut = |bytes: &[u8], part: usize| bytes[..bytes.len() * part / 100].to_vec();
    let without_times = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("gml:beginPosition", "gml:other").into();
    let cases: [(&str, Change<'_>, &str); 7] = [
        (image, &|bytes| cut(bytes, 90), "truncated"),
        ("_clouds.tif", &|bytes| cut(bytes, 1), "_clouds.tif"),
        ("_sat.tif", &|_| b"not a TIFF at all, but long enough to look at".to_vec(), "_sat.tif"),
        ("_valid.tif", &|_| Vec::new(), "_valid.tif is empty"),
        (metadata, &without_times, "beginPosition"),
        (metadata, &|bytes| cut(bytes, 50), "_meta.xml"),
        (metadata, &|_| vec![0xff, 0xfe, 0x00], "_meta.xml"),
    ];
    for (suffix, change, expected) in cases {
        let (archive, folder) = (Archive::new(), Folder::new());
        let file = archive.file(0, suffix);
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, change(&whole)).unwrap();
        let receipt = run(&archive.options(&folder.target()), &folder.stores).await;
        let reason = only_the_first_is_incomplete(&receipt);
        assert!(reason.contains(expected), "{suffix}: {reason}");
        let name = &archive.plan.products[0].name;
        assert!(!folder.files().iter().any(|file| file.contains(name.as_str())), "nothing of it is sent");
        // Whole again, it goes.
        std::fs::write(&file, whole).unwrap();
        let receipt = run(&archive.options(&folder.target()), &folder.stores).await;
        assert_eq!((receipt.uploaded, receipt.skipped), (1, 1), "{suffix}: {:#?}", receipt.products);
    }
}

#[tokio::test]
async fn rasters_that_do_not_fit_are_named() {
    let write = |archive: &Archive, suffix: &str, spec: RasterSpec, value: f64| {
        raster::write(&archive.file(0, suffix), &spec, |_, _, _| value).unwrap();
    };
    let archive = Archive::new();
    let [left, _, _, top] = archive.plan.products[0].bounds;
    let mask = RasterSpec {
        width_px: 96,
        height_px: 96,
        data_type: DataType::Uint8,
        predictor: 1,
        tile_px: None,
        geotransform: [left, 10.0, 0.0, top, 0.0, -10.0],
        ..RasterSpec::default()
    };
    let image = "_vmsk_sharp_rad_srefdem_stdsref.tif";
    for (suffix, spec, value, expected) in [
        ("_valid.tif", mask.clone(), 0.0, "no valid pixel"),
        ("_clouds.tif", RasterSpec { width_px: 48, ..mask.clone() }, 0.0, "not on the same grid"),
        ("_sat.tif", RasterSpec { epsg: None, ..mask.clone() }, 0.0, "no georeference"),
        (image, RasterSpec { bands: 3, ..mask.clone() }, 1.0, "3 bands, not 10"),
        (image, RasterSpec { bands: 10, epsg: Some(2056), ..mask.clone() }, 1.0, "EPSG:2056"),
    ] {
        let (archive, folder) = (Archive::new(), Folder::new());
        write(&archive, suffix, spec, value);
        let receipt = run(&archive.options(&folder.target()), &folder.stores).await;
        let reason = only_the_first_is_incomplete(&receipt);
        assert!(reason.contains(expected), "{suffix}: {reason}");
    }
}

#[tokio::test]
async fn a_target_that_cannot_be_used_stops_at_once() {
    let archive = Archive::new();
    let (server, good) = server().await;
    let profile = server.profile_toml();
    let wrong_secret = stores(&profile.replace(ardent_testkit::s3::SECRET_KEY, "wrong"));
    let wrong_key = stores(&profile.replace(ardent_testkit::s3::ACCESS_KEY, "WRONG"));
    for stores in [&wrong_secret, &wrong_key] {
        let error = upload(&archive.options("s3://sentinel2-ard"), stores, &Silent).await.unwrap_err();
        assert!(error.to_string().contains("check the profile's credentials"), "{error}");
    }
    let error = upload(&archive.options("s3://no-such-bucket"), &good, &Silent).await.unwrap_err();
    assert!(matches!(&error, Error::Target { target } if target == "s3://no-such-bucket"), "{error:?}");
    for target in ["file:///no/profile", "gs://bucket", "/no/profile"] {
        let error = upload(&archive.options(target), &good, &Silent).await.unwrap_err().to_string();
        assert!(error.contains("no storage profile covers"), "{error}");
    }
    assert!(upload(&archive.options("somewhere"), &good, &Silent).await.is_err());
    assert_eq!(files(&server.folder().join("sentinel2-ard")), Vec::<String>::new());
}

#[tokio::test]
async fn options_that_cannot_be_meant_are_refused() {
    let (archive, folder) = (Archive::new(), Folder::new());
    let mut options = archive.options(&folder.target());
    options.platforms = vec!["Landsat".to_owned()];
    let error = upload(&options, &folder.stores, &Silent).await.unwrap_err().to_string();
    assert!(error.contains("`Landsat`") && error.contains("S2A"), "{error}");
    options.platforms.clear();
    options.from = Some("2019-02-01".parse().unwrap());
    options.to = Some("2019-01-01".parse().unwrap());
    let error = upload(&options, &folder.stores, &Silent).await.unwrap_err().to_string();
    assert!(error.contains("2019-02-01") && error.contains("exchange"), "{error}");
}

#[tokio::test]
async fn a_failure_of_one_product_leaves_the_others() {
    let (archive, folder) = (Archive::new(), Folder::new());
    // A folder stands where a file of the first product has to go.
    let product = &archive.plan.products[0];
    let place = folder.path().join(product.date.format("%Y/%m/%d").to_string());
    std::fs::create_dir_all(place.join(format!("{}_clouds.tif/x", product.name))).unwrap();
    let receipt = run(&archive.options(&folder.target()), &folder.stores).await;
    assert_eq!((receipt.failed, receipt.uploaded), (1, 1), "{:#?}", receipt.products);
    let failed = receipt.products.iter().find(|product| product.outcome == Outcome::Failed).unwrap();
    assert!(failed.reason.as_ref().unwrap().contains("_clouds.tif"), "{failed:?}");
    assert!(!place.join(format!("{}.json", product.name)).exists(), "no document of what is not whole");
    let outcomes = serde_json::to_value(&receipt).unwrap()["products"].clone();
    assert!(outcomes.as_array().unwrap().iter().any(|product| product["outcome"] == "failed"), "{outcomes}");
}
