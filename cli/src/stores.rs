//! The stores of a command: the profiles of the settings, the local store, and folders that the command line names.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ardent_storage::{Profiles, Stores};

use crate::{arguments::Settings, folder::DataFolder};

/// The profiles, with the data folder's own store as the last of them.
pub(crate) fn profiles(settings: &Settings, folder: &DataFolder) -> Result<Profiles> {
    let profiles = settings.stores.as_deref().map(Profiles::read).transpose()?.unwrap_or_default();
    folder.create()?;
    Ok(profiles.with_folder(&folder.store()))
}

/// The stores; `named` are places that the user gave on the command line: folders and files among them may be read.
pub(crate) fn stores<'a>(
    settings: &Settings,
    folder: &DataFolder,
    named: impl IntoIterator<Item = &'a str>,
) -> Result<Stores> {
    let mut profiles = profiles(settings, folder)?;
    for place in named {
        if let Some(path) = local_folder(place)? {
            profiles = profiles.with_folder(&path);
        }
    }
    Ok(Stores::new(profiles)?)
}

/// The path of a place of the local disk; `None` for places elsewhere.
pub(crate) fn local_path(place: &str) -> Result<Option<PathBuf>> {
    let path = match url::Url::parse(place) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
        Ok(_) => None,
        Err(_) => Some(Path::new(place).to_owned()),
    };
    let absolute = |path: PathBuf| std::path::absolute(&path).with_context(|| format!("`{place}` is not a path"));
    path.map(absolute).transpose()
}

/// The innermost folder on the way to a place of the local disk that is there: what is below may still be made.
fn local_folder(place: &str) -> Result<Option<PathBuf>> {
    let path = local_path(place)?;
    Ok(path.and_then(|path| path.ancestors().find(|part| part.is_dir()).map(Path::to_owned)))
}
