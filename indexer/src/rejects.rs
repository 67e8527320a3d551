//! Documents kept aside, each with its reason beside it.

use std::{collections::HashSet, fs, path::PathBuf};

use crate::{Error, Result};

/// The folder for refused documents.
#[derive(Debug)]
pub(crate) struct Rejects {
    folder: PathBuf,
    taken: HashSet<String>,
}

impl Rejects {
    /// Makes the folder.
    pub(crate) fn open(folder: &std::path::Path) -> Result<Self> {
        let failed = |source| Error::Rejects { folder: folder.display().to_string(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        Ok(Self { folder: folder.to_owned(), taken: HashSet::new() })
    }

    /// Keeps `content` of the document at `href` as a file of its name, and the reason as `<name>.reason.txt`.
    pub(crate) fn keep(&mut self, href: &str, content: &[u8], reason: &str) -> std::io::Result<()> {
        let name = self.name(href);
        if !content.is_empty() {
            fs::write(self.folder.join(&name), content)?;
        }
        fs::write(self.folder.join(format!("{name}.reason.txt")), format!("{href}\n{reason}\n"))
    }

    /// The file name of `href`, with the part of the document and a number if need be: `scenes-line-17.ndjson`.
    fn name(&mut self, href: &str) -> String {
        let (path, fragment) = href.split_once('#').map_or((href, None), |(path, fragment)| (path, Some(fragment)));
        let name = path.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "json"));
        // An address may hold what a file name cannot; nothing leaves the folder.
        let plain = |text: &str| text.replace(['/', '\\', '\0'], "_");
        let stem = plain(&fragment.map_or_else(|| stem.to_owned(), |fragment| format!("{stem}-{fragment}")));
        let numbers = std::iter::once(String::new()).chain((2..).map(|number| format!("-{number}")));
        let mut names = numbers.map(|number| format!("{stem}{number}.{}", plain(extension)));
        let free = names.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_one_name_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut rejects = Rejects::open(&folder.path().join("a/b")).unwrap();
        rejects.keep("s3://ard/1/item.json", b"one", "bad").unwrap();
        rejects.keep("s3://ard/2/item.json", b"two", "worse").unwrap();
        rejects.keep("s3://ard/scenes.ndjson#line-7", b"{", "not JSON").unwrap();
        rejects.keep("s3://ard/large.json", b"", "too large").unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join("a/b").join(name));
        assert_eq!(read("item.json").unwrap(), "one");
        assert_eq!(read("item-2.json").unwrap(), "two");
        assert_eq!(read("item-2.json.reason.txt").unwrap(), "s3://ard/2/item.json\nworse\n");
        assert_eq!(read("scenes-line-7.ndjson").unwrap(), "{");
        assert!(read("large.json.reason.txt").unwrap().contains("too large"));
        assert!(read("large.json").is_err());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Rejects::open(&file.path().join("x")).unwrap_err().to_string();
        assert!(error.contains(file.path().to_str().unwrap()), "{error}");
    }
}
