//! The data folder: the private database and the local object store.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::arguments::Settings;

/// The data folder, which may not exist yet.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// As the settings say, else `/var/lib/ardent` for root and the user's data folder for others.
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let folder = match &settings.data_folder {
            Some(folder) => folder.clone(),
            None => usual(is_root(), &|name| std::env::var_os(name).map(PathBuf::from))
                .context("there is no home folder to keep data in; name a folder with --data-folder")?,
        };
        std::path::absolute(&folder).map(Self).with_context(|| format!("{} is not a folder", folder.display()))
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The local object store in it.
    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// Makes it, if it is not there.
    pub(crate) fn create(&self) -> Result<()> {
        let store = self.store();
        let fix = "make it writable for this user, or name another with --data-folder";
        std::fs::create_dir_all(&store).with_context(|| format!("{} cannot be made; {fix}", store.display()))
    }
}

fn is_root() -> bool {
    // The owner of /proc/self is this process's user.
    std::fs::metadata("/proc/self").is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0)
}

fn usual(is_root: bool, variable: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if is_root {
        return Some("/var/lib/ardent".into());
    }
    // A relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification).
    let data = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data =
        data.or_else(|| variable("HOME").filter(|path| path.is_absolute()).map(|home| home.join(".local/share")));
    data.map(|data| data.join("ardent"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_folder_depends_on_the_user() {
        let home = |name: &str| (name == "HOME").then(|| PathBuf::from("/home/me"));
        let data = |name: &str| Some(PathBuf::from(if name == "HOME" { "/home/me" } else { "/data" }));
        assert_eq!(usual(true, &home), Some("/var/lib/ardent".into()));
        assert_eq!(usual(false, &home), Some("/home/me/.local/share/ardent".into()));
        assert_eq!(usual(false, &data), Some("/data/ardent".into()));
        assert_eq!(usual(false, &|_| None), None);
    }
}
