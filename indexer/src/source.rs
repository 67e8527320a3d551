//! A source as it was given, and the store it is in.

use std::path::Path as FilePath;

use ardent_storage::{Error as StorageError, Object, Profiles, Stores};
use object_store::path::Path;
use url::Url;

use crate::error::chain;

/// A place to look for documents.
#[derive(Debug)]
pub(crate) struct Source {
    /// The folder, prefix or file.
    pub(crate) root: Object,
    /// It is one file.
    pub(crate) is_file: bool,
    /// Address of the store, to which the paths in it are added.
    store_url: Url,
}

impl Source {
    /// Finds the store of `given`. A local folder that no profile covers is read all the same: whoever gives it on
    /// the command line may read it.
    pub(crate) fn open(given: &str, stores: &Stores) -> Result<Self, String> {
        let (mut url, is_file) = address(given)?;
        if !is_file && !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let root = match stores.object(url.as_str()) {
            Err(StorageError::NoProfile { .. }) if url.scheme() == "file" => local(&url, is_file),
            other => other,
        };
        let root = root.map_err(|error| chain(&error))?;
        let mut store_url = url;
        if let Ok(mut segments) = store_url.path_segments_mut() {
            segments.pop_if_empty();
            for _ in root.path.parts() {
                segments.pop();
            }
        }
        Ok(Self { root, is_file, store_url })
    }

    /// The object at `path` of this source's store, and its address.
    pub(crate) fn object(&self, path: Path) -> (Url, Object) {
        let mut url = self.store_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.as_ref().split('/'));
        }
        let object = Object { href: url.as_str().into(), store: self.root.store.clone(), path };
        (url, object)
    }
}

/// The absolute address, and whether it is of a file.
fn address(given: &str) -> Result<(Url, bool), String> {
    let url = if given.contains("://") {
        Url::parse(given).map_err(|error| format!("it is not an address: {error}"))?
    } else {
        let path = std::path::absolute(given).map_err(|error| format!("it is not a path: {error}"))?;
        Url::from_file_path(&path).map_err(|()| "it is not a path".to_owned())?
    };
    if url.scheme() != "file" {
        let is_file = crate::discover::is_document(url.path());
        return Ok((url, is_file));
    }
    let path = url.to_file_path().map_err(|()| "it is not the address of a local folder or file".to_owned())?;
    let meta = std::fs::metadata(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such folder or file; check the path".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    Ok((url, meta.is_file()))
}

fn local(url: &Url, is_file: bool) -> ardent_storage::Result<Object> {
    let path = url.to_file_path().unwrap_or_default();
    let folder = if is_file { path.parent().unwrap_or(FilePath::new("/")) } else { path.as_path() };
    Stores::new(Profiles::default().with_folder(folder))?.object(url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_profile_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a b")).unwrap();
        std::fs::write(folder.path().join("a b/x.json"), "{}").unwrap();
        let stores = Stores::default();
        let given = folder.path().join("a b");
        let source = Source::open(given.to_str().unwrap(), &stores).unwrap();
        assert!(!source.is_file);
        let (url, _) = source.object(Path::from("x.json"));
        assert_eq!(url.to_file_path().unwrap(), given.join("x.json"));
        let file = Source::open(given.join("x.json").to_str().unwrap(), &stores).unwrap();
        assert!(file.is_file);
        assert_eq!(file.object(file.root.path.clone()).0, url);
    }

    #[test]
    fn addresses_in_a_bucket_round_trip() {
        let profiles: Profiles = Profiles {
            stores: vec![ardent_storage::StoreProfile {
                url: "s3://".to_owned(),
                anonymous: true,
                ..Default::default()
            }],
        };
        let stores = Stores::new(profiles).unwrap();
        for given in ["s3://ard", "s3://ard/", "s3://ard/2019/06", "s3://ard/2019/06/"] {
            let source = Source::open(given, &stores).unwrap();
            assert_eq!(
                source.object(Path::from("2019/06/a b.json")).0.as_str(),
                "s3://ard/2019/06/a%20b.json",
                "{given}"
            );
        }
        assert!(Source::open("s3://ard/2019/x.json", &stores).unwrap().is_file);
    }

    #[test]
    fn faults_say_what_is_missing() {
        let stores = Stores::default();
        assert!(Source::open("/there/is/none", &stores).unwrap_err().contains("no such folder"));
        assert!(Source::open("s3://ard/x", &stores).unwrap_err().contains("no storage profile covers"));
    }
}
