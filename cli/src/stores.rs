//! The stores of a command: the profiles of the settings, the local store, and folders that the command line names.

use std::path::Path;

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

/// The folder that a place of the local disk is or lies in; `None` for places elsewhere.
fn local_folder(place: &str) -> Result<Option<std::path::PathBuf>> {
    let path = match url::Url::parse(place) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
        Ok(_) => None,
        Err(_) => Some(Path::new(place).to_owned()),
    };
    let Some(path) = path else { return Ok(None) };
    let path = std::path::absolute(&path).with_context(|| format!("`{place}` is not a path"))?;
    if path.is_file() {
        return Ok(path.parent().map(Path::to_owned));
    }
    Ok(Some(path))
}
