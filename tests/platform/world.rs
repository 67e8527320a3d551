//! What the tests stand on: a small archive of known pixels, a store, and the command with its settings.

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use ardent_testkit::{
    ardent::{Ardent, Server},
    s3::{self, S3},
    scenes::{self, Plan},
};
use serde_json::Value;

pub(crate) const BUCKET: &str = "sentinel2-ard";

pub(crate) struct World {
    pub(crate) ardent: Ardent,
    pub(crate) plan: Plan,
    folder: tempfile::TempDir,
    s3: S3,
}

/// A folder that the user who runs PostgreSQL can enter.
pub(crate) fn open_folder() -> tempfile::TempDir {
    let permissions = Permissions::from_mode(0o755);
    tempfile::Builder::new().prefix("ardent-test-").permissions(permissions).tempdir().unwrap()
}

impl World {
    /// With an archive of two tiles on twenty dates, five in each season.
    pub(crate) async fn new() -> Self {
        let folder = open_folder();
        let s3 = s3::start().await;
        s3.create_bucket(BUCKET);
        let stores = folder.path().join("stores.toml");
        std::fs::write(&stores, s3.profile_toml()).unwrap();
        let options = scenes::Options { size_px: 256, dates: 20, ..scenes::Options::default() };
        let plan = scenes::write(&folder.path().join("archive"), &options).unwrap();
        let ardent = Ardent::of_this_build()
            .unwrap()
            .with("--data-folder", folder.path().join("data"))
            .with("--stores", &stores);
        Self { ardent, plan, folder, s3 }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder behind the store; its folders are the buckets.
    pub(crate) fn store(&self) -> &Path {
        self.s3.folder()
    }

    pub(crate) async fn add_product(&self) {
        let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/sentinel2.yaml");
        self.ardent.succeed([Path::new("product"), Path::new("add"), &definition]).await.unwrap();
    }

    pub(crate) async fn upload(&self) -> Value {
        let archive = self.path("archive").display().to_string();
        let text = self.ardent.succeed(["upload", &archive, &format!("s3://{BUCKET}")]).await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn index(&self) -> Value {
        let text = self.ardent.succeed(["index", &format!("s3://{BUCKET}")]).await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn serve(&self) -> Server {
        self.serve_with(&[]).await
    }

    pub(crate) async fn serve_with(&self, flags: &[&str]) -> Server {
        let arguments = [&["--listen", "127.0.0.1:0"], flags].concat();
        self.ardent.serve(arguments, &self.path("server.log")).await.unwrap()
    }
}

pub(crate) async fn get(server: &Server, path: &str) -> Value {
    let answer = reqwest::get(format!("{}{path}", server.url())).await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}
