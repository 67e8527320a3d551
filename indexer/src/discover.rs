//! Which documents there are, with as few requests as the dates allow.

use std::collections::HashSet;

use ardent_storage::{Object, Stores};
use object_store::{ObjectMeta, ObjectStoreExt};
use url::Url;

use crate::{Options, error::chain, receipt::SourceReceipt, source::Source};

mod dates;

/// A file that may hold a document.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its address.
    pub(crate) url: Url,
    /// The file.
    pub(crate) object: Object,
    /// Its size.
    pub(crate) size_bytes: u64,
    /// The folder it is in says that it is of the days asked for.
    pub(crate) is_dated: bool,
}

/// What the sources hold.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The documents, by source and address: runs are alike, and an item comes before the dataset it replaces.
    pub(crate) documents: Vec<Document>,
    /// The sources.
    pub(crate) sources: Vec<SourceReceipt>,
    /// Files that are no documents.
    pub(crate) other_files: u64,
}

/// How the names of documents end.
const ENDINGS: &str = "documents end in .json, .geojson, .ndjson, .jsonl, .yaml or .yml";

/// The ending of a file's name, in small letters.
pub(crate) fn extension(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

/// Whether a file of this name is a document.
pub(crate) fn is_document(name: &str) -> bool {
    let known = ["yaml", "yml", "json", "geojson", "ndjson", "jsonl"];
    extension(name).is_some_and(|extension| known.contains(&extension.as_str()))
}

/// Looks into every source; one that cannot be listed does not keep the others from being read.
pub(crate) async fn discover(options: &Options, stores: &Stores) -> Found {
    let mut found = Found::default();
    let mut seen = HashSet::new();
    let kept_aside = options.rejects.as_ref().and_then(|folder| std::path::absolute(folder).ok());
    let kept_aside = kept_aside.and_then(|folder| Url::from_directory_path(folder).ok());
    for given in &options.sources {
        let mut look = Look::default();
        let fault = look.inside(given, options, stores).await.err();
        let Look { mut documents, other_files } = look;
        found.other_files += other_files;
        documents.retain(|document| {
            let is_reject = kept_aside.as_ref().is_some_and(|url| document.url.as_str().starts_with(url.as_str()));
            !is_reject && seen.insert(document.url.clone())
        });
        documents.sort_by(|a, b| a.url.cmp(&b.url));
        found.sources.push(SourceReceipt { source: given.clone(), documents: documents.len() as u64, fault });
        found.documents.append(&mut documents);
    }
    found
}

/// What one source holds.
#[derive(Debug, Default)]
struct Look {
    documents: Vec<Document>,
    other_files: u64,
}

impl Look {
    fn add(&mut self, source: &Source, meta: ObjectMeta, is_dated: bool) {
        if is_document(meta.location.as_ref()) {
            let (url, object) = source.object(meta.location);
            self.documents.push(Document { url, object, size_bytes: meta.size, is_dated });
        } else {
            self.other_files += 1;
        }
    }

    /// Adds what is in the source `given`; what was found before a fault stays.
    async fn inside(&mut self, given: &str, options: &Options, stores: &Stores) -> Result<(), String> {
        let source = Source::open(given, stores)?;
        if source.is_file {
            let meta = source.root.store.head(&source.root.path).await.map_err(|error| reason(&error))?;
            self.add(&source, meta, false);
            return if self.other_files == 0 { Ok(()) } else { Err(format!("it is no document; {ENDINGS}")) };
        }
        let days = dates::Days { from: options.from, to: options.to };
        let mut add = |meta, is_dated| self.add(&source, meta, is_dated);
        dates::list(&source.root, days, &mut add).await.map_err(|error| reason(&error))?;
        let is_empty = self.documents.is_empty() && self.other_files == 0;
        if is_empty && days.is_open() {
            return Err("there is nothing in it; check the prefix".to_owned());
        }
        Ok(())
    }
}

fn reason(error: &object_store::Error) -> String {
    use object_store::Error as Store;
    let text = chain(error);
    // Listings give the answer of the store as text alone.
    let says = |status: &str| text.contains(&format!("status code: {status}"));
    if matches!(error, Store::NotFound { .. }) || says("404") {
        "it does not exist; check the names of bucket and prefix".to_owned()
    } else if matches!(error, Store::PermissionDenied { .. } | Store::Unauthenticated { .. })
        || says("403")
        || says("401")
    {
        "the store refuses access to it; check the profile's credentials".to_owned()
    } else {
        format!("the store failed: {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &std::path::Path, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
        }
    }

    #[tokio::test]
    async fn documents_of_every_source_are_found_once() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &["b/x.yaml", "b/x.JSON", "a.ndjson", "b/x.tif", "c.xml", "rejects/y.json"]);
        let text = |path: &std::path::Path| path.display().to_string();
        let options = Options {
            sources: vec![text(&folder.path().join("b")), text(folder.path()), "/no/such".to_owned()],
            rejects: Some(folder.path().join("rejects")),
            ..Options::default()
        };
        let found = discover(&options, &Stores::default()).await;
        let names: Vec<_> =
            found.documents.iter().map(|one| one.url.path_segments().unwrap().next_back().unwrap()).collect();
        assert_eq!(names, ["x.JSON", "x.yaml", "a.ndjson"]);
        assert_eq!(found.documents[2].size_bytes, 2);
        let counts: Vec<_> = found.sources.iter().map(|source| (source.documents, source.fault.is_some())).collect();
        assert_eq!(counts, [(2, false), (1, false), (0, true)]);
    }

    #[tokio::test]
    async fn an_empty_folder_and_a_file_of_another_kind_are_faults() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &["x.tif"]);
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        for (name, reason) in [("empty", "nothing in it"), ("x.tif", "no document")] {
            let sources = vec![folder.path().join(name).display().to_string()];
            let found = discover(&Options { sources, ..Options::default() }, &Stores::default()).await;
            assert!(found.sources[0].fault.as_ref().unwrap().contains(reason), "{name}");
        }
    }
}
