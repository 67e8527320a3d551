//! An archive of small products and places to upload it to.

use std::path::{Path, PathBuf};

use ardent_model::progress::Silent;
use ardent_storage::{Profiles, Stores};
use ardent_testkit::{
    raster::{self, DataType, RasterSpec},
    s3::S3,
    scenes::{self, Naming, Plan},
};
use ardent_uploader::{Options, Receipt, upload};
use serde_json::Value;

/// A Sentinel-1 product of the archive.
pub(crate) const RADAR: &str = "S1B_20200202_110_desc_055728_055753_VVVH_G0_GB_OSGB_RTCK_SpkRL";

/// An archive in a temporary folder.
pub(crate) struct Archive {
    folder: tempfile::TempDir,
    /// What is in it.
    pub(crate) plan: Plan,
}

impl Archive {
    /// One tile at two dates: the first product is named in the older, the second in the newer way.
    pub(crate) fn new() -> Self {
        let mut archive = Self::with(1, 3);
        let spare = archive.plan.products.remove(0);
        std::fs::remove_dir_all(archive.path().join(&spare.folder)).unwrap();
        let names: Vec<_> = archive.plan.products.iter().map(|product| product.files.len()).collect();
        assert_eq!(names, [7, 8], "tests are about both generations of names");
        archive
    }

    pub(crate) fn with(tiles: usize, dates: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = scenes::Options { size_px: 96, tiles, dates, naming: Naming::Mixed, ..Default::default() };
        let plan = scenes::write(folder.path(), &options).unwrap();
        Self { folder, plan }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file of a product, by the end of its name.
    pub(crate) fn file(&self, product: usize, suffix: &str) -> PathBuf {
        let product = &self.plan.products[product];
        self.path().join(&product.folder).join(format!("{}{suffix}", product.name))
    }

    /// Adds [`RADAR`]: data only in the columns from 20 on.
    pub(crate) fn add_radar(&self) {
        let folder = self.path().join("sentinel_1/2020/02/02");
        std::fs::create_dir_all(&folder).unwrap();
        let spec = RasterSpec {
            bands: 2,
            data_type: DataType::Float32,
            predictor: 3,
            width_px: 100,
            height_px: 80,
            nodata: Some(f64::NAN),
            ..RasterSpec::default()
        };
        let value = |band: usize, x: usize, _: usize| if x < 20 { f64::NAN } else { -10.0 - band as f64 };
        raster::write(&folder.join(format!("{RADAR}.tif")), &spec, value).unwrap();
        let metadata = "<m><dateStamp><x>2020-02-03T06:56:00Z</x></dateStamp><beginPosition>2020-02-02T05:57:28Z\
            </beginPosition><endPosition>2020-02-02T05:57:53Z</endPosition></m>";
        std::fs::write(folder.join(format!("{RADAR}_meta.xml")), metadata).unwrap();
    }

    pub(crate) fn options(&self, target: &str) -> Options {
        Options {
            source: self.path().to_owned(),
            target: target.to_owned(),
            from: None,
            to: None,
            platforms: Vec::new(),
            dry_run: false,
            transfers: 3,
        }
    }
}

/// A folder to upload to.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
    pub(crate) stores: Stores,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = Stores::new(Profiles::default().with_folder(folder.path())).unwrap();
        Self { folder, stores }
    }

    pub(crate) fn target(&self) -> String {
        format!("file://{}", self.folder.path().display())
    }

    pub(crate) fn files(&self) -> Vec<String> {
        files(self.folder.path())
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The stores of an S3 server.
pub(crate) fn stores(profiles: &str) -> Stores {
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), profiles).unwrap();
    Stores::new(Profiles::read(file.path()).unwrap()).unwrap()
}

/// An S3 server with the bucket `sentinel2-ard`.
pub(crate) async fn server() -> (S3, Stores) {
    let server = ardent_testkit::s3::start().await;
    server.create_bucket("sentinel2-ard");
    let stores = stores(&server.profile_toml());
    (server, stores)
}

/// Uploads, and expects that it can.
pub(crate) async fn run(options: &Options, stores: &Stores) -> Receipt {
    upload(options, stores, &Silent).await.unwrap()
}

/// The files below a folder, sorted, without those that begin with a point (the S3 server's own).
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().unwrap().to_string_lossy().starts_with('.') {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

/// A document below a folder.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The key of a document of a product in the store.
pub(crate) fn key(archive: &Archive, product: usize, ending: &str) -> String {
    let product = &archive.plan.products[product];
    format!("{}/{}{ending}", product.date.format("%Y/%m/%d"), product.name)
}
