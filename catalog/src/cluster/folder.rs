//! The data folder: its place, and who has it.

use std::fs::{File, OpenOptions, Permissions, TryLockError, create_dir_all, set_permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::{Account, ClusterError};

/// Makes the folder if it is not there, and sees that the server can get to it. Returns its full path.
pub(super) async fn prepare(folder: &Path, account: &Account) -> Result<PathBuf, ClusterError> {
    let fault = |doing| move |source| ClusterError::Io { doing, path: folder.to_owned(), source };
    if !folder.exists() {
        create_dir_all(folder).map_err(fault("make the folder"))?;
        // As root, `postgres` must pass through, whatever our umask says; what is inside is closed to others.
        let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
        set_permissions(folder, Permissions::from_mode(mode)).map_err(fault("set the permissions of"))?;
    }
    let folder = folder.canonicalize().map_err(fault("find"))?;
    let (user, way, tried) = (account.name.clone(), folder.clone(), account.clone());
    let refused = tokio::task::spawn_blocking(move || tried.cannot_enter(&way)).await.ok().flatten();
    match refused {
        Some(folder) => Err(ClusterError::CannotEnter { user, folder }),
        None => Ok(folder),
    }
}

/// Takes the cluster for this process. The system lets go of the lock when the process ends, however it ends.
pub(super) fn lock(folder: &Path) -> Result<File, ClusterError> {
    let path = folder.join("lock");
    let fault = |doing, source| ClusterError::Io { doing, path: path.clone(), source };
    let opened = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = opened.map_err(|source| fault("open", source))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let owner = std::fs::read_to_string(&path).unwrap_or_default();
            let process = if owner.trim().is_empty() { "unknown" } else { owner.trim() }.to_owned();
            return Err(ClusterError::InUse { folder: folder.to_owned(), process });
        }
        Err(TryLockError::Error(source)) => return Err(fault("lock", source)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(|source| fault("write", source))?;
    Ok(file)
}
