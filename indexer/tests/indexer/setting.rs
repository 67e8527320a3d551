//! A catalogue with products, and a folder for documents.

use std::path::{Path, PathBuf};

use ardent_catalog::{Access, Catalog};
use ardent_indexer::{Options, Receipt, index, read_products};
use ardent_model::{Item, Search, progress::Silent};
use ardent_storage::Stores;
use ardent_testkit::database::{self, Database};

use crate::documents::PRODUCTS;

/// A catalogue of its own, with the products of [`PRODUCTS`].
pub(crate) struct Setting {
    pub(crate) catalog: Catalog,
    pub(crate) stores: Stores,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) database: Database,
}

impl Setting {
    pub(crate) async fn new() -> Self {
        let setting = Self::without_products().await;
        for product in read_products("products.yaml", PRODUCTS).unwrap() {
            setting.catalog.put_collection(&product.collection).await.unwrap();
        }
        setting
    }

    pub(crate) async fn without_products() -> Self {
        let database = database::fresh().await;
        let catalog = Catalog::connect(&database.url()).await.unwrap();
        catalog.migrate().await.unwrap();
        Self { catalog, stores: Stores::default(), folder: tempfile::tempdir().unwrap(), database }
    }

    /// Writes a document into the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        write(self.folder.path(), name, content)
    }

    /// Options that read the whole folder.
    pub(crate) fn options(&self) -> Options {
        Options { sources: vec![self.folder.path().display().to_string()], ..Options::default() }
    }

    pub(crate) async fn index(&self, options: &Options) -> Receipt {
        index(options, &self.stores, &self.catalog, &Silent).await.unwrap()
    }

    /// The ids of everything in the catalogue.
    pub(crate) async fn ids(&self) -> Vec<String> {
        let search = Search { limit: 10_000, ..Search::default() };
        let page = self.catalog.search(&search, &Access::Full).await.unwrap();
        let mut ids: Vec<_> = page.items.into_iter().map(|item| item.id).collect();
        ids.sort();
        ids
    }

    /// The document as it is stored.
    pub(crate) async fn document(&self, collection: &str, id: &str) -> serde_json::Value {
        let stored = self.catalog.item(collection, id, &Access::Full).await.unwrap();
        serde_json::from_str(&stored.unwrap_or_else(|| panic!("no item {id}")).document).unwrap()
    }

    pub(crate) async fn item(&self, collection: &str, id: &str) -> Item {
        Item::from_stac(&self.document(collection, id).await).unwrap()
    }
}

pub(crate) fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

/// Why the document whose href ends so was refused.
pub(crate) fn reason<'r>(receipt: &'r Receipt, end: &str) -> &'r str {
    let found = receipt.rejects.iter().find(|reject| reject.href.ends_with(end));
    &found.unwrap_or_else(|| panic!("{end} was not refused: {:?}", receipt.rejects)).reason
}
